package world

import (
	"fmt"
	"time"

	"siyu/internal/fault"
	"siyu/internal/wecom/simulator"
)

// wecom is the stage on which people really act: the simulated platform.
type wecom struct {
	platform *simulator.Platform
	archive  bool
	past     bool              // acts are dated back and announced to nobody
	chats    []string          // chat id by group
	last     map[string]uint32 // last message of a pair, by receiver and sender
	sources  map[string]string // tag id by source code
}

func newWecom(platform *simulator.Platform, archive bool, groups int) *wecom {
	return &wecom{
		platform: platform, archive: archive, past: true, chats: make([]string, groups),
		last: map[string]uint32{}, sources: map[string]string{},
	}
}

// hand returns the hand by which people act: back then, or now.
func (s *wecom) hand(at time.Time) simulator.People {
	if s.past {
		return s.platform.Past(at)
	}
	return s.platform.People()
}

// found sets up departments, members and the tags of the tool used before.
func (s *wecom) found(at time.Time, b Brand) error {
	hand := s.platform.Past(at)
	for _, source := range b.Sources {
		id, err := hand.CreateTag(oldTags, source.Name)
		if err != nil {
			return err
		}
		s.sources[source.Code] = id
	}
	if err := s.foundDepartments(hand, b); err != nil {
		return err
	}
	for i, member := range b.Staff {
		department := hqDepartment
		if member.Store >= 0 {
			department = firstStoreDepartment + member.Store
		}
		if err := hand.AddMember(simulator.Member{
			UserID: member.UserID, Name: member.Name, Position: member.Role.title(), Gender: 1 + i%2,
			Departments: []int{department}, Leader: member.Role == RoleManager || member.Role == RoleLead,
		}); err != nil {
			return err
		}
	}
	return nil
}

// oldTags is the tag group in which the tool used before noted sources.
const oldTags = "渠道来源"

func (s *wecom) foundDepartments(hand simulator.People, b Brand) error {
	if err := hand.AddDepartment(simulator.Department{ID: hqDepartment, Name: HQ}); err != nil {
		return err
	}
	for i, store := range b.Stores {
		if err := hand.AddDepartment(simulator.Department{ID: firstStoreDepartment + i, Name: store.Name, Order: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

// Departments below the root.
const (
	hqDepartment         = 2
	firstStoreDepartment = 11
)

// title returns the role as the corp's address book writes it.
func (r Role) title() string {
	return map[Role]string{
		RoleLead: "私域负责人", RoleArea: "区域经理", RoleOperator: "社群运营", RoleService: "客服",
		RoleContent: "内容运营", RoleManager: "店长", RoleGuide: "导购",
	}[r]
}

// allow drops the refusal of an act that stopped being possible behind the
// people's back (a transfer, a member who left, a group dismissed): whoever
// tried shrugs. The past is of this package's making and must be flawless.
func (s *wecom) allow(err error) error {
	if code := fault.CodeOf(err); !s.past && (code == fault.Conflict || code == fault.NotFound) {
		return nil
	}
	return err
}

func (s *wecom) add(at time.Time, way scan) (string, error) {
	hand, p := s.hand(at), way.person
	external := externalID(p.key)
	if way.first {
		if _, err := hand.AddExternal(simulator.Profile{
			ExternalUserID: external, Name: p.name, UnionID: p.union, Gender: p.gender,
		}); err != nil {
			return "", fmt.Errorf("making a customer known: %w", err)
		}
	}
	tie := simulator.Friendship{UserID: way.staff, ExternalUserID: external, AddWay: way.source.AddWay, State: way.state}
	if way.half {
		return external, hand.HalfAdd(tie)
	}
	if err := s.allow(hand.AddRelation(tie)); err != nil {
		return "", fmt.Errorf("adding %s: %w", way.staff, err)
	}
	if !way.first {
		return external, nil
	}
	if err := s.tag(hand, way, external); err != nil {
		return "", err
	}
	return external, s.note(hand, way.staff, p)
}

func (s *wecom) accept(at time.Time, staff string, p *person) error {
	hand := s.hand(at)
	if err := s.allow(hand.ConfirmHalf(staff, p.external)); err != nil {
		return fmt.Errorf("accepting a customer: %w", err)
	}
	return s.note(hand, staff, p)
}

// tag puts the source on a customer: the tool used before Siyu did, not always.
func (s *wecom) tag(hand simulator.People, way scan, external string) error {
	if !s.past || way.person.below(10, 0, drawMask) >= 7 {
		return nil
	}
	return hand.TagInClient(way.staff, external, []string{s.sources[way.source.Code]}, nil)
}

// note lets the member write down what they learned.
func (s *wecom) note(hand simulator.People, staff string, p *person) error {
	if !p.phoneKnown {
		return nil
	}
	remark := p.name
	return s.allow(hand.SetRemark(staff, externalID(p.key), simulator.Remark{Remark: &remark, Mobiles: []string{p.phone}}))
}

// externalID returns what WeCom calls the person: the same in every world in
// which the person exists, whatever happened to others before.
func externalID(key uint64) string {
	return fmt.Sprintf("wmDEMO%016x%010x", key, mix(key)>>24)
}

func (s *wecom) part(at time.Time, staff, external string) error {
	return s.allow(s.hand(at).DeleteByCustomer(staff, external))
}

func (s *wecom) say(at time.Time, m message) error {
	out := simulator.Message{From: m.from, To: m.to, Kind: "text", Length: len([]rune(m.text))}
	pair := m.to + m.from
	if m.group >= 0 {
		out.Room = s.chats[m.group]
	} else {
		out.ReplyTo = s.last[pair]
		delete(s.last, pair)
	}
	if s.archive {
		out.Text = m.text
	}
	seq, err := s.hand(at).ChatMessage(out)
	if err = s.allow(err); err != nil {
		return fmt.Errorf("writing a message: %w", err)
	}
	if m.group < 0 {
		s.last[m.from+m.to] = seq
	}
	return nil
}

func (s *wecom) open(at time.Time, group int, plan GroupPlan, owner string) error {
	id, err := s.hand(at).CreateGroup(simulator.NewGroup{Name: plan.Name, Owner: owner})
	if err != nil {
		return fmt.Errorf("opening a group: %w", err)
	}
	s.chats[group] = id
	return nil
}

func (s *wecom) join(at time.Time, group int, external string) error {
	_, err := s.hand(at).JoinGroup(simulator.Join{Who: external, ChatID: s.chats[group], Scene: simulator.JoinScanned})
	return s.allow(err)
}

func (s *wecom) leave(at time.Time, group int, external string) error {
	return s.allow(s.hand(at).LeaveGroup(s.chats[group], external))
}

func (s *wecom) send(at time.Time, staff, text string, to []string) error {
	_, err := s.hand(at).SendOwnMass(simulator.OwnMass{UserID: staff, ExternalUserIDs: to, Text: text})
	return err
}
