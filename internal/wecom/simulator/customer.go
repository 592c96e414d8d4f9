package simulator

import (
	"slices"
	"time"

	"siyu/internal/fault"
)

// Kinds of external contact.
const (
	ExternalWeChat = 1 // a WeChat account
	ExternalWeCom  = 2 // a member of another corp
)

// Profile is an external contact as the platform knows them. ExternalUserID
// is made up when it is empty, Type is ExternalWeChat when it is 0.
type Profile struct {
	ExternalUserID, Name, UnionID, Avatar string
	Type                                  int
	Gender                                int
	CorpName, CorpFullName, Position      string // of members of other corps only
}

type external struct {
	Profile
	number    uint32
	relations []*relation
	disagree  bool // with being archived
	agreedAt  time.Time
}

// bond is the state of a relation.
type bond uint8

const (
	bondHalf              bond = iota + 1 // the customer added, the member has not confirmed
	bondAdded                             // both have each other
	bondDeletedByMember                   // the member deleted the customer
	bondDeletedByCustomer                 // the customer deleted the member
)

func (b bond) String() string {
	return [...]string{"", "half", "added", "deleted_by_member", "deleted_by_customer"}[b]
}

// relation is the pair of a member and a customer; remark, tags, way of
// adding and channel live on the pair.
type relation struct {
	member  *member
	ext     *external
	bond    bond
	added   time.Time
	way     int
	state   string
	oper    string
	remark  string
	desc    string
	company string
	mobiles []string
	tags    []string
	own     []string // personal tags: names only

	lastChat  int64 // unix ms of the last message either way
	chatted   bool  // since they were added
	codeGiven bool  // a half-added pair received its welcome code
}

// addressBook holds the customers.
type addressBook struct {
	byID  map[string]*external
	order []*external
}

func newAddressBook() addressBook { return addressBook{byID: map[string]*external{}} }

func (b *addressBook) of(externalUserID string) (*external, error) {
	if e := b.byID[externalUserID]; e != nil {
		return e, nil
	}
	return nil, fault.New(fault.NotFound, "no external contact %q", externalUserID)
}

func (e *external) with(m *member) *relation {
	for _, r := range e.relations {
		if r.member == m {
			return r
		}
	}
	return nil
}

// AddExternal makes a person known to the platform and returns their id.
func (h People) AddExternal(profile Profile) (string, error) {
	err := h.act(func(p *Platform) error {
		if profile.ExternalUserID == "" {
			profile.ExternalUserID = p.nextID("wm")
		}
		if p.people.byID[profile.ExternalUserID] != nil {
			return fault.New(fault.Conflict, "external contact %q exists", profile.ExternalUserID)
		}
		if profile.Type == 0 {
			profile.Type = ExternalWeChat
		}
		e := &external{Profile: profile, number: uint32(len(p.people.order)), agreedAt: h.when()}
		p.people.byID[profile.ExternalUserID] = e
		p.people.order = append(p.people.order, e)
		return nil
	})
	return profile.ExternalUserID, err
}

// Remark is what a member notes about a customer. Nil fields stay as they are.
type Remark struct {
	Remark, Description, Company *string
	Mobiles                      []string // nil stays, empty clears
}

func (r Remark) apply(rel *relation) {
	if r.Remark != nil {
		rel.remark = *r.Remark
	}
	if r.Description != nil {
		rel.desc = *r.Description
	}
	if r.Company != nil && rel.ext.Type == ExternalWeChat {
		rel.company = *r.Company
	}
	if r.Mobiles != nil {
		rel.mobiles = slices.DeleteFunc(slices.Clone(r.Mobiles), func(m string) bool { return m == "" })
	}
}

// SetRemark lets a member note something about a customer in the client. A
// change of mobiles alone is not announced.
func (h People) SetRemark(userID, externalUserID string, r Remark) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		r.apply(rel)
		if r.Remark != nil || r.Description != nil || r.Company != nil {
			h.emit(p, pairEvent("edit_external_contact", rel))
		}
		return nil
	})
}

// TagInClient lets a member put corp tags on a customer and take them off.
func (h People) TagInClient(userID, externalUserID string, add, remove []string) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		for _, id := range slices.Concat(add, remove) {
			if p.tags.byID[id] == nil {
				return fault.New(fault.NotFound, "no tag %q", id)
			}
		}
		rel.mark(add, remove)
		h.emit(p, pairEvent("edit_external_contact", rel))
		return nil
	})
}

// PersonalTag lets a member note a tag of their own on a customer.
func (h People) PersonalTag(userID, externalUserID, name string) error {
	return h.onPair(userID, externalUserID, func(p *Platform, rel *relation) error {
		if !slices.Contains(rel.own, name) {
			rel.own = append(rel.own, name)
			h.emit(p, pairEvent("edit_external_contact", rel))
		}
		return nil
	})
}

func (r *relation) mark(add, remove []string) {
	for _, id := range remove {
		r.tags = without(r.tags, id)
	}
	for _, id := range add {
		if !slices.Contains(r.tags, id) {
			r.tags = append(r.tags, id)
		}
	}
}

// wouldCarry returns how many tags the pair would have after a mark.
func (r *relation) wouldCarry(add, remove []string) int {
	after := relation{tags: slices.Clone(r.tags)}
	after.mark(add, remove)
	return len(after.tags)
}

// onPair runs f on an existing friendship.
func (h People) onPair(userID, externalUserID string, f func(*Platform, *relation) error) error {
	return h.act(func(p *Platform) error {
		rel, err := p.pair(userID, externalUserID)
		if err != nil {
			return err
		}
		if rel.bond != bondAdded {
			return fault.New(fault.Conflict, "%q and %q are not connected: %s", userID, externalUserID, rel.bond)
		}
		return f(p, rel)
	})
}

// pair returns the relation of the two, in whatever state.
func (p *Platform) pair(userID, externalUserID string) (*relation, error) {
	m, err := p.org.of(userID)
	if err != nil {
		return nil, err
	}
	e, err := p.people.of(externalUserID)
	if err != nil {
		return nil, err
	}
	if rel := e.with(m); rel != nil {
		return rel, nil
	}
	return nil, fault.New(fault.NotFound, "%q has never added %q", userID, externalUserID)
}

func pairEvent(change string, rel *relation, more ...field) event {
	return event{
		name: "change_external_contact", change: change, right: RightCustomers, member: rel.member,
		fields: append([]field{text("UserID", rel.member.UserID), text("ExternalUserID", rel.ext.ExternalUserID)}, more...),
	}
}

// RelationState is one pair as the platform knows it, for comparison with
// what a product believes.
type RelationState struct {
	UserID, ExternalUserID, Bond, State, Remark string
	AddWay                                      int
	Tags                                        []string
	Added                                       time.Time
}

// Relations returns every pair there ever was, by customer and then in the
// order they were added.
func (p *Platform) Relations() []RelationState {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []RelationState
	for _, e := range p.people.order {
		for _, r := range e.relations {
			list = append(list, RelationState{
				UserID: r.member.UserID, ExternalUserID: e.ExternalUserID, Bond: r.bond.String(), State: r.state,
				Remark: r.remark, AddWay: r.way, Tags: slices.Clone(r.tags), Added: r.added,
			})
		}
	}
	return list
}
