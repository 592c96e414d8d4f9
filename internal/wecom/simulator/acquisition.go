package simulator

import (
	"encoding/json"
	"slices"
	"time"

	"siyu/internal/fault"
)

// acquisitionLink is a paid customer-acquisition link made by an app.
type acquisitionLink struct {
	id      string
	app     *app
	created time.Time
	form    linkForm
	clicks  map[int32]int
	people  []*linkCustomer
}

type linkForm struct {
	Name       string          `json:"link_name"`
	Range      interceptRange  `json:"range"`
	SkipVerify *bool           `json:"skip_verify"`
	Priority   json.RawMessage `json:"priority_option,omitempty"`
	MarkSource bool            `json:"mark_source"`
}

type linkCustomer struct {
	rel   *relation
	state string
	at    time.Time
	wrote bool
}

// acquisitionBook holds the links and what is left of the quota the corp
// bought.
type acquisitionBook struct {
	order   []*acquisitionLink
	removed map[string]bool
	total   int
	balance int
	expires time.Time
	chats   map[string]chatKey
	waiting map[*relation]*linkCustomer
}

// chatKey is what get_chat_info accepts for 30 minutes.
type chatKey struct {
	customer *linkCustomer
	link     string
	at       time.Time
	messages int
}

const (
	standardQuota   = 1000
	lowBalance      = 20
	maxLinkPeople   = 500
	maxChannel      = 64
	chatKeyLife     = 30 * time.Minute
	linkIDDigits    = 16
	linkPage        = 100
	linkPeoplePage  = 1000
	quotaLifeMonths = 12
	maxLinks        = 10_000
)

func newAcquisitionBook() acquisitionBook {
	return acquisitionBook{
		removed: map[string]bool{}, total: standardQuota, balance: standardQuota,
		chats: map[string]chatKey{}, waiting: map[*relation]*linkCustomer{},
	}
}

func (b *acquisitionBook) of(id string) *acquisitionLink {
	for _, l := range b.order {
		if l.id == id && !b.removed[id] {
			return l
		}
	}
	return nil
}

// BuyAcquisitions lets an administrator buy n more customers for links.
func (h People) BuyAcquisitions(n int) error {
	return h.act(func(p *Platform) error {
		if p.links.balance == 0 && n > 0 {
			h.emit(p, acquisitionEvent("balance_increased"))
		}
		p.links.total += n
		p.links.balance += n
		p.links.expires = h.when().AddDate(0, quotaLifeMonths, 0)
		return nil
	})
}

// ClickAcquisitionLink lets a customer open a link and add one of its members.
// Channel is what stands behind customer_channel in the address.
func (h People) ClickAcquisitionLink(externalUserID, linkID, channel string) (userID string, err error) {
	err = h.act(func(p *Platform) error {
		l := p.links.of(linkID)
		if l == nil {
			return fault.New(fault.NotFound, "no acquisition link %q", linkID)
		}
		l.clicks[dayNumber(h.when())]++
		staff := p.wayMembers(wayForm{Users: l.form.Range.Users, Parties: l.form.Range.Departments})
		if len(staff) == 0 || p.links.balance == 0 {
			h.emit(p, acquisitionEvent("link_unavailable", text("LinkId", l.id)))
			return fault.New(fault.Conflict, "acquisition link %q has nobody to add or no quota left", linkID)
		}
		if len(channel) > maxChannel {
			channel = channel[:maxChannel]
		}
		who := staff[p.rng.IntN(len(staff))]
		if channel != "" {
			h.emit(p, acquisitionEvent("friend_request", text("LinkId", l.id), text("State", channel)))
		}
		userID = who.UserID
		f := Friendship{UserID: userID, ExternalUserID: externalUserID, AddWay: AddWayAcquisition, State: channel}
		if err := p.befriend(h, f, bondAdded); err != nil {
			return err
		}
		p.links.take(h, l, p.people.byID[externalUserID].with(who), channel)
		return nil
	})
	return userID, err
}

// DeleteAcquisitionLink lets an administrator delete a link in the console.
func (h People) DeleteAcquisitionLink(linkID string) error {
	return h.act(func(p *Platform) error {
		if p.links.of(linkID) == nil {
			return fault.New(fault.NotFound, "no acquisition link %q", linkID)
		}
		p.links.removed[linkID] = true
		h.emit(p, acquisitionEvent("delete_link", text("LinkId", linkID)))
		return nil
	})
}

// take uses up one of the quota and warns when it runs low.
func (b *acquisitionBook) take(h People, l *acquisitionLink, rel *relation, channel string) {
	customer := &linkCustomer{rel: rel, state: channel, at: h.when()}
	l.people = append(l.people, customer)
	b.waiting[rel] = customer
	switch b.balance--; b.balance {
	case lowBalance - 1:
		h.emit(h.p, acquisitionEvent("balance_low"))
	case 0:
		h.emit(h.p, acquisitionEvent("balance_exhausted"))
	}
}

// customerWrote notes a customer's first message after they came by a link.
func (b *acquisitionBook) customerWrote(h People, rel *relation) {
	customer := b.waiting[rel]
	if customer == nil {
		return
	}
	delete(b.waiting, rel)
	customer.wrote = true
	h.emit(h.p, acquisitionEvent("customer_start_chat",
		text("UserID", rel.member.UserID), text("ExternalUserID", rel.ext.ExternalUserID)))
}

// ChatKey makes a key for get_chat_info about a customer who came by a link,
// as the event about repeated messages carries it.
func (p *Platform) ChatKey(linkID, externalUserID string, messages int) (string, error) {
	var key string
	err := p.do(func() error {
		l := p.links.of(linkID)
		if l == nil {
			return fault.New(fault.NotFound, "no acquisition link %q", linkID)
		}
		i := slices.IndexFunc(l.people, func(c *linkCustomer) bool { return c.rel.ext.ExternalUserID == externalUserID })
		if i < 0 {
			return fault.New(fault.NotFound, "%q did not come by link %q", externalUserID, linkID)
		}
		key = p.nextID("CK")
		p.links.chats[key] = chatKey{l.people[i], linkID, p.wire.Now(), messages}
		return nil
	})
	return key, err
}

func acquisitionEvent(change string, fields ...field) event {
	return event{name: "customer_acquisition", change: change, right: RightAcquisition, fields: fields}
}
