package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"siyu/internal/fault"
)

// Status of a member as user/get gives it.
const (
	MemberActive   = 1
	MemberDisabled = 2
	MemberInactive = 4
	MemberLeft     = 5
)

// RootDepartment is the department every corp has.
const RootDepartment = 1

// Department is a node of the corp's tree.
type Department struct {
	ID, Parent int
	Name       string
	Leaders    []string
	Order      int
}

// Member is a person of the corp. A member without departments is put into
// the root.
type Member struct {
	UserID, Name, Alias, Position, Mobile, Email string
	Gender                                       int // 1 male, 2 female
	Departments                                  []int
	Leader                                       bool // of all their departments
	// NoCustomers is a member without the right to customer contact.
	NoCustomers bool
}

// MemberTag is a tag of the address book (not of customers).
type MemberTag struct {
	ID      int
	Name    string
	Members []string
}

type member struct {
	Member
	number    uint32
	status    int
	leftAt    time.Time
	relations []*relation
}

// serves reports whether the member can have customers now.
func (m *member) serves() bool { return m.status == MemberActive && !m.NoCustomers }

// directory is the corp's address book.
type directory struct {
	depts   map[int]*Department
	members map[string]*member
	order   []*member
	tags    []MemberTag
}

func newDirectory() directory {
	return directory{
		depts:   map[int]*Department{RootDepartment: {ID: RootDepartment, Name: "corp"}},
		members: map[string]*member{},
	}
}

// within reports whether dept or one of its ancestors is in the set.
func (d *directory) within(dept int, set map[int]bool) bool {
	for node := d.depts[dept]; node != nil; node = d.depts[node.Parent] {
		if set[node.ID] {
			return true
		}
	}
	return false
}

// sortedDepartments returns the subtree under root by id.
func (d *directory) sortedDepartments(root int) []*Department {
	var list []*Department
	for id, dept := range d.depts {
		if d.within(id, map[int]bool{root: true}) {
			list = append(list, dept)
		}
	}
	slices.SortFunc(list, func(a, b *Department) int { return a.ID - b.ID })
	return list
}

// of returns the member, or a fault that names who is missing.
func (d *directory) of(userID string) (*member, error) {
	if m := d.members[userID]; m != nil {
		return m, nil
	}
	return nil, fault.New(fault.NotFound, "no member %q", userID)
}

// AddDepartment adds a department under an existing parent (the root if 0).
func (h People) AddDepartment(d Department) error {
	return h.act(func(p *Platform) error {
		if d.Parent == 0 && d.ID != RootDepartment {
			d.Parent = RootDepartment
		}
		if d.ID != RootDepartment && p.org.depts[d.Parent] == nil {
			return fault.New(fault.NotFound, "no department %d to put department %d into", d.Parent, d.ID)
		}
		p.org.depts[d.ID] = &d
		h.emit(p, event{name: "change_contact", change: "create_party", right: RightContacts, fields: []field{
			number("Id", d.ID), number("ParentId", d.Parent),
		}})
		return nil
	})
}

// AddMember lets somebody join the corp.
func (h People) AddMember(m Member) error {
	return h.act(func(p *Platform) error {
		if m.UserID == "" || p.org.members[m.UserID] != nil {
			return fault.New(fault.Conflict, "a member needs a new user id, not %q", m.UserID)
		}
		if len(m.Departments) == 0 {
			m.Departments = []int{RootDepartment}
		}
		for _, d := range m.Departments {
			if p.org.depts[d] == nil {
				return fault.New(fault.NotFound, "member %q: no department %d", m.UserID, d)
			}
		}
		made := &member{Member: m, number: uint32(len(p.org.order)), status: MemberActive}
		p.org.members[m.UserID] = made
		p.org.order = append(p.org.order, made)
		h.emit(p, memberEvent("create_user", made, text("Department", joinInts(m.Departments))))
		return nil
	})
}

// MoveMember puts a member into other departments.
func (h People) MoveMember(userID string, departments ...int) error {
	return h.onMember(userID, func(p *Platform, m *member) error {
		m.Departments = departments
		h.emit(p, memberEvent("update_user", m, text("Department", joinInts(departments))))
		return nil
	})
}

// DisableMember takes a member's account out of use; customers stay theirs.
func (h People) DisableMember(userID string) error {
	return h.onMember(userID, func(_ *Platform, m *member) error {
		m.status = MemberDisabled
		return nil
	})
}

// EnableMember gives a disabled member's account back.
func (h People) EnableMember(userID string) error {
	return h.onMember(userID, func(_ *Platform, m *member) error {
		m.status = MemberActive
		return nil
	})
}

// MemberLeaves lets a member leave the corp: the customers wait on the
// unassigned list, the groups without an owner.
func (h People) MemberLeaves(userID string) error {
	return h.onMember(userID, func(p *Platform, m *member) error {
		m.status, m.leftAt = MemberLeft, h.when()
		p.groups.ownerLeft(m)
		h.emit(p, memberEvent("delete_user", m))
		return nil
	})
}

// AddMemberTag adds a tag of the address book.
func (h People) AddMemberTag(t MemberTag) error {
	return h.act(func(p *Platform) error {
		p.org.tags = append(p.org.tags, t)
		h.emit(p, event{name: "change_contact", change: "update_tag", right: RightContacts, fields: []field{
			number("TagId", t.ID), text("AddUserItems", strings.Join(t.Members, ",")),
		}})
		return nil
	})
}

func (h People) onMember(userID string, f func(*Platform, *member) error) error {
	return h.act(func(p *Platform) error {
		m, err := p.org.of(userID)
		if err != nil {
			return err
		}
		if m.status == MemberLeft {
			return fault.New(fault.Conflict, "member %q has left", userID)
		}
		return f(p, m)
	})
}

func memberEvent(change string, m *member, more ...field) event {
	return event{
		name: "change_contact", change: change, right: RightContacts, member: m,
		fields: append([]field{text("UserID", m.UserID)}, more...),
	}
}

func joinInts(list []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ","), "[]")
}
