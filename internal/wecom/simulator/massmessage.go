package simulator

import (
	"slices"
	"time"

	"siyu/internal/fault"
)

// Status of one receiver of a mass message.
const (
	SendWaiting   = 0 // the member has not confirmed
	SendDone      = 1
	SendNoFriend  = 2 // not connected any more
	SendOverQuota = 3 // received as many as the quota allows
)

const (
	taskOpen = 0
	taskSent = 2
)

// massMessage is one mass message with a task for every member who has to
// confirm it.
type massMessage struct {
	id      string
	number  int32 // in the ledger
	kind    string
	app     *app // nil if not made by API
	creator *member
	created time.Time
	listed  time.Time // when the list begins to show it, by the wire's clock
	handed  time.Time // when members have their tasks, by the wire's clock
	content
	tasks       []*massTask
	cancelled   bool
	allowSelect bool
	reminders   []time.Time
}

type massTask struct {
	member  *member
	status  int
	sent    time.Time
	targets []target
	remind  int
}

// target is one customer or group of a task.
type target struct {
	ext    *external
	group  *group
	status uint8
	at     int64
}

type massBook struct {
	byID  map[string]*massMessage
	order []*massMessage
	open  []*massMessage // those with unconfirmed tasks, and a few that were just finished
	used  map[quotaKey]int
}

func newMassBook() massBook {
	return massBook{byID: map[string]*massMessage{}, used: map[quotaKey]int{}}
}

// quotaKey is a customer or group in one span of the quota mode.
type quotaKey struct {
	ext    *external
	group  *group
	period int32
}

// Task is work a member finds in the client: a mass message to confirm or a
// Moment to publish. Receivers counts customers or groups.
type Task struct {
	Kind      string    `json:"kind"` // KindMass, KindGroup or KindMoment
	ID        string    `json:"id"`
	UserID    string    `json:"userid"`
	Created   time.Time `json:"created"`
	Receivers int       `json:"receivers"`
	Text      string    `json:"text"`
	Link      string    `json:"link,omitempty"` // of the first card with one
	Reminders int       `json:"reminders"`
}

// PendingTasks returns what waits for the member's confirmation, oldest first.
// Empty means of everybody.
func (p *Platform) PendingTasks(userID string) []Task {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mass.open = slices.DeleteFunc(p.mass.open, (*massMessage).settled)
	var open []Task
	for _, msg := range p.mass.open {
		if p.wire.Now().Before(msg.handed) {
			continue
		}
		for _, t := range msg.tasks {
			if t.status == taskOpen && (userID == "" || t.member.UserID == userID) {
				open = append(open, Task{
					Kind: msg.kind, ID: msg.id, UserID: t.member.UserID, Created: msg.created,
					Receivers: len(t.targets), Text: msg.words(), Link: msg.link(), Reminders: t.remind,
				})
			}
		}
	}
	return open
}

// ConfirmTask lets a member confirm a mass message: it goes out now. If the
// message lets them choose, they may name the groups; none means all.
func (h People) ConfirmTask(userID, msgID string, chats ...string) error {
	return h.onMember(userID, func(p *Platform, m *member) error {
		msg := p.mass.byID[msgID]
		if msg == nil {
			return fault.New(fault.NotFound, "no mass message %q", msgID)
		}
		if msg.cancelled {
			return fault.New(fault.Conflict, "mass message %q was cancelled", msgID)
		}
		t := msg.taskOf(m)
		if t == nil {
			return fault.New(fault.NotFound, "member %q has no task in %q", userID, msgID)
		}
		if t.status != taskOpen {
			return fault.New(fault.Conflict, "member %q has confirmed %q already", userID, msgID)
		}
		p.sendOut(msg, t, h.when(), chats)
		return nil
	})
}

func (m *massMessage) settled() bool {
	return m.cancelled || !slices.ContainsFunc(m.tasks, func(t *massTask) bool { return t.status == taskOpen })
}

func (m *massMessage) taskOf(who *member) *massTask {
	for _, t := range m.tasks {
		if t.member == who {
			return t
		}
	}
	return nil
}

// sendOut gives every target of the task its final status.
func (p *Platform) sendOut(msg *massMessage, t *massTask, at time.Time, chats []string) {
	t.status, t.sent = taskSent, at
	for i := range t.targets {
		to := &t.targets[i]
		if to.group != nil && msg.allowSelect && len(chats) > 0 && !slices.Contains(chats, to.group.id) {
			continue
		}
		to.status = uint8(p.reach(t.member, to, at))
		to.at = at.UnixMilli()
		if to.status == SendDone {
			p.ledger.deliver(ledgerRow{at: to.at, message: msg.number, ext: to.ext, group: to.group, member: t.member})
		}
	}
}

func (p *Platform) reach(m *member, to *target, at time.Time) int {
	if to.group != nil && (to.group.dismissed || to.group.owner != m) {
		return SendNoFriend
	}
	if to.ext != nil {
		if rel := to.ext.with(m); rel == nil || rel.bond != bondAdded {
			return SendNoFriend
		}
	}
	period, most := p.quota(at)
	key := quotaKey{to.ext, to.group, period}
	if p.mass.used[key] >= most {
		return SendOverQuota
	}
	p.mass.used[key]++
	return SendDone
}

// quota returns the current span of the quota mode and how many messages one
// receiver may get in it.
func (p *Platform) quota(at time.Time) (period int32, most int) {
	day := dayNumber(at)
	switch p.cfg.Quota {
	case QuotaWeekly:
		return (day + mondayShift) / 7, 7
	case QuotaDaily:
		return day, 1
	}
	local := dayStart(day).Add(beijing).UTC()
	y, month, _ := local.Date()
	days := time.Date(y, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return int32(y*12) + int32(month), days
}

// mondayShift makes day numbers divisible by 7 on Mondays: 1970-01-01 was a
// Thursday.
const mondayShift = 3

// SetQuota changes the quota mode from now on, as an administrator can.
func (p *Platform) SetQuota(mode QuotaMode) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Quota = mode
}

// OwnMass is a mass message made without the API: by a member for their own
// customers or groups, or by an administrator for the corp, already confirmed
// by the member.
type OwnMass struct {
	UserID          string
	ExternalUserIDs []string
	ChatIDs         []string
	Text            string
	Corp            bool
}

// SendOwnMass sends such a message at once and returns its id. It uses up the
// receivers' quota like any other.
func (h People) SendOwnMass(o OwnMass) (msgID string, err error) {
	err = h.onMember(o.UserID, func(p *Platform, m *member) error {
		t := &massTask{member: m}
		for _, id := range o.ExternalUserIDs {
			e, err := p.people.of(id)
			if err != nil {
				return err
			}
			t.targets = append(t.targets, target{ext: e})
		}
		for _, id := range o.ChatIDs {
			g, err := p.groups.of(id)
			if err != nil {
				return err
			}
			t.targets = append(t.targets, target{group: g})
		}
		msg := &massMessage{kind: KindMass, created: h.when(), content: content{Text: &TextBody{o.Text}}, tasks: []*massTask{t}}
		if len(o.ChatIDs) > 0 {
			msg.kind = KindGroup
		}
		if !o.Corp {
			msg.creator = m
		}
		p.mass.add(p, msg)
		msgID = msg.id
		p.sendOut(msg, t, h.when(), nil)
		return nil
	})
	return msgID, err
}

func (b *massBook) add(p *Platform, msg *massMessage) {
	msg.id = p.nextID("msg")
	msg.number = p.ledger.message(msg.id, msg.kind, msg.hash())
	b.byID[msg.id] = msg
	b.order = append(b.order, msg)
	b.open = append(b.open, msg)
}
