package simulator

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"siyu/internal/fault"
)

// Scenes of joining a group as groupchat/get gives them.
const (
	JoinInvited = 1
	JoinLink    = 2
	JoinScanned = 3
)

// Inheritance status of a group; 0 is a group with its owner.
const (
	groupOwnerLeft   = 1
	groupInheritDone = 3
)

const (
	scanFull = 200 // beyond this people must be invited by hand
	roomFull = 500
)

// NewGroup is a customer group about to be made. The owner is its first
// member; Members are staff and external ids who are in from the start.
type NewGroup struct {
	Name, Owner string
	Members     []string
	ChatID      string // made up if empty
}

type groupMember struct {
	id       string
	staff    bool
	joined   time.Time
	scene    int
	invitor  string
	nickname string
	state    string
}

// group is a customer group. Copies of its view are what calls see while the
// data trails behind the event.
type group struct {
	number uint32
	groupView
	present   map[string]int // position + 1 in members
	dismissed bool
	status    int
	log       []memberChange
	before    *groupView
	visibleAt time.Time
	moved     []time.Time // transfers between owners on the job
}

type groupView struct {
	id, name, notice, version string
	owner                     *member
	created                   time.Time
	members                   []groupMember
	admins                    []string
	changes                   int
}

// memberChange is one entry or exit, kept for the statistics.
type memberChange struct {
	at    time.Time
	delta int
}

type groupBook struct {
	byID  map[string]*group
	order []*group
}

func newGroupBook() groupBook { return groupBook{byID: map[string]*group{}} }

func (b *groupBook) of(chatID string) (*group, error) {
	g := b.byID[chatID]
	if g == nil {
		return nil, fault.New(fault.NotFound, "no group %q", chatID)
	}
	if g.dismissed {
		return nil, fault.New(fault.Conflict, "group %q is dismissed", chatID)
	}
	return g, nil
}

func (b *groupBook) ownerLeft(m *member) {
	for _, g := range b.order {
		if g.owner == m && !g.dismissed {
			g.status = groupOwnerLeft
		}
	}
}

// visible returns what a call sees at that time, nil if not even the group.
func (g *group) visible(now time.Time) *groupView {
	if now.Before(g.visibleAt) {
		return g.before
	}
	return &g.groupView
}

// trail keeps the old view for as long as group data lags behind.
func (p *Platform) trail(h People, g *group, existed bool) {
	if h.silent || p.cfg.GroupLag <= 0 {
		return
	}
	now := p.wire.Now()
	if !now.Before(g.visibleAt) {
		g.before = nil
		if existed {
			view := g.groupView
			view.members = slices.Clone(g.members)
			g.before = &view
		}
	}
	g.visibleAt = now.Add(p.cfg.GroupLag)
}

func (g *group) step() (last, current string) {
	last = g.version
	g.changes++
	sum := md5.Sum(fmt.Appendf(nil, "%s %d", g.id, g.changes))
	g.version = hex.EncodeToString(sum[:])
	return last, g.version
}

// CreateGroup makes a customer group and returns its chat id.
func (h People) CreateGroup(n NewGroup) (string, error) {
	if n.ChatID == "" {
		h.p.mu.Lock()
		n.ChatID = h.p.nextID("wr")
		h.p.mu.Unlock()
	}
	err := h.act(func(p *Platform) error {
		_, err := p.createGroup(h, n)
		return err
	})
	return n.ChatID, err
}

func (p *Platform) createGroup(h People, n NewGroup) (*group, error) {
	owner, err := p.org.of(n.Owner)
	if err != nil {
		return nil, err
	}
	if p.groups.byID[n.ChatID] != nil {
		return nil, fault.New(fault.Conflict, "group %q exists", n.ChatID)
	}
	g := &group{number: uint32(len(p.groups.order)), present: map[string]int{}, groupView: groupView{
		id: n.ChatID, name: n.Name, owner: owner, created: h.when(),
	}}
	for _, id := range append([]string{n.Owner}, n.Members...) {
		if _, _, err := p.party(id); err != nil {
			return nil, err
		}
		if g.present[id] == 0 {
			p.enter(g, groupMember{id: id, joined: h.when(), scene: JoinInvited, invitor: n.Owner})
		}
	}
	p.trail(h, g, false)
	g.step()
	p.groups.byID[g.id] = g
	p.groups.order = append(p.groups.order, g)
	h.emit(p, groupEvent("create", g))
	return g, nil
}

func (p *Platform) enter(g *group, m groupMember) {
	m.staff = p.org.members[m.id] != nil
	g.members = append(g.members, m)
	g.present[m.id] = len(g.members)
	g.log = append(g.log, memberChange{m.joined, 1})
}

func (g *group) leave(id string, at time.Time) {
	i := g.present[id] - 1
	g.members = slices.Delete(g.members, i, i+1)
	delete(g.present, id)
	for j := i; j < len(g.members); j++ {
		g.present[g.members[j].id] = j + 1
	}
	g.log = append(g.log, memberChange{at, -1})
}

// Join is somebody entering a group: into ChatID, or through the join way
// ConfigID, which picks (or opens) the group. Scene is JoinScanned for join
// ways and JoinInvited otherwise unless given.
type Join struct {
	Who, ChatID, ConfigID, Invitor, Nickname string
	Scene                                    int
}

// JoinGroup lets a person enter a group and returns which.
func (h People) JoinGroup(j Join) (chatID string, err error) {
	err = h.act(func(p *Platform) error {
		if _, _, err := p.party(j.Who); err != nil {
			return err
		}
		g, state, err := p.pickGroup(h, j)
		if err != nil {
			return err
		}
		chatID = g.id
		return p.join(h, g, j, state)
	})
	return chatID, err
}

func (p *Platform) pickGroup(h People, j Join) (*group, string, error) {
	if j.ConfigID != "" {
		return p.ways.roomOf(p, h, j.ConfigID)
	}
	g, err := p.groups.of(j.ChatID)
	return g, "", err
}

func (p *Platform) join(h People, g *group, j Join, state string) error {
	if g.present[j.Who] != 0 {
		return fault.New(fault.Conflict, "%q is in group %q already", j.Who, g.id)
	}
	if j.ConfigID != "" && j.Scene == 0 {
		j.Scene = JoinScanned
	}
	if j.Scene == 0 {
		j.Scene = JoinInvited
	}
	if n := len(g.members); n >= roomFull || (n >= scanFull && j.Scene == JoinScanned) {
		return fault.New(fault.Conflict, "group %q is full with %d people", g.id, n)
	}
	p.trail(h, g, true)
	p.enter(g, groupMember{id: j.Who, joined: h.when(), scene: j.Scene, invitor: j.Invitor, nickname: j.Nickname, state: state})
	scene := 0
	if j.Scene == JoinScanned {
		scene = JoinScanned
	}
	h.emit(p, changeEvent("add_member", g, []string{j.Who}, number("JoinScene", scene)))
	return nil
}

// LeaveGroup lets a person leave a group.
func (h People) LeaveGroup(chatID, who string) error { return h.quit(chatID, who, 0) }

// RemoveFromGroup lets the owner put a person out of a group.
func (h People) RemoveFromGroup(chatID, who string) error { return h.quit(chatID, who, 1) }

func (h People) quit(chatID, who string, quitScene int) error {
	return h.onGroup(chatID, func(p *Platform, g *group) error {
		if g.present[who] == 0 {
			return fault.New(fault.NotFound, "%q is not in group %q", who, chatID)
		}
		if who == g.owner.UserID {
			return fault.New(fault.Conflict, "the owner of %q cannot leave it", chatID)
		}
		p.trail(h, g, true)
		g.leave(who, h.when())
		h.emit(p, changeEvent("del_member", g, []string{who}, number("QuitScene", quitScene)))
		return nil
	})
}

// RenameGroup gives a group a new name.
func (h People) RenameGroup(chatID, name string) error {
	return h.onGroup(chatID, func(p *Platform, g *group) error {
		p.trail(h, g, true)
		g.name = name
		h.emit(p, changeEvent("change_name", g, nil))
		return nil
	})
}

// SetNotice puts up a new notice in a group.
func (h People) SetNotice(chatID, notice string) error {
	return h.onGroup(chatID, func(p *Platform, g *group) error {
		p.trail(h, g, true)
		g.notice = notice
		h.emit(p, changeEvent("change_notice", g, nil))
		return nil
	})
}

// ChangeOwner hands a group to another member in the client.
func (h People) ChangeOwner(chatID, userID string) error {
	return h.onGroup(chatID, func(p *Platform, g *group) error {
		m, err := p.org.of(userID)
		if err != nil {
			return err
		}
		p.trail(h, g, true)
		p.setOwner(g, m, h.when())
		h.emit(p, changeEvent("change_owner", g, nil))
		return nil
	})
}

func (p *Platform) setOwner(g *group, m *member, at time.Time) {
	g.owner = m
	if g.present[m.UserID] == 0 {
		p.enter(g, groupMember{id: m.UserID, joined: at, scene: JoinInvited})
	}
}

// SetAdmins names a group's administrators.
func (h People) SetAdmins(chatID string, userIDs ...string) error {
	return h.onGroup(chatID, func(_ *Platform, g *group) error {
		g.admins = userIDs
		return nil
	})
}

// DismissGroup ends a group: one event, none per member.
func (h People) DismissGroup(chatID string) error {
	return h.onGroup(chatID, func(p *Platform, g *group) error {
		g.dismissed = true
		h.emit(p, groupEvent("dismiss", g))
		return nil
	})
}

func (h People) onGroup(chatID string, f func(*Platform, *group) error) error {
	return h.act(func(p *Platform) error {
		g, err := p.groups.of(chatID)
		if err != nil {
			return err
		}
		return f(p, g)
	})
}

func groupEvent(change string, g *group, more ...field) event {
	return event{
		name: "change_external_chat", change: change, right: RightCustomers, member: g.owner,
		fields: append([]field{text("ChatId", g.id)}, more...),
	}
}

// changeEvent moves the group to its next version and tells who came or went.
func changeEvent(detail string, g *group, who []string, more ...field) event {
	last, current := g.step()
	fields := append([]field{text("UpdateDetail", detail)}, more...)
	if who != nil {
		fields = append(fields, number("MemChangeCnt", len(who)), items("MemChangeList", who))
	}
	fields = append(fields, text("LastMemVer", last), text("CurMemVer", current))
	return groupEvent("update", g, fields...)
}

// GroupState is one group as the platform knows it.
type GroupState struct {
	ChatID, Name, Owner, Version string
	Members                      []string
	Dismissed                    bool
	Created                      time.Time
}

// Groups returns every group there ever was, in the order they were made.
func (p *Platform) Groups() []GroupState {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]GroupState, 0, len(p.groups.order))
	for _, g := range p.groups.order {
		s := GroupState{ChatID: g.id, Name: g.name, Owner: g.owner.UserID, Version: g.version, Dismissed: g.dismissed, Created: g.created}
		for _, m := range g.members {
			s.Members = append(s.Members, m.id)
		}
		all = append(all, s)
	}
	return all
}
