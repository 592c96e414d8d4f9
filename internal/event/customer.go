package event

import "siyu/internal/id"

// The kinds of fact about a customer as a person.
const (
	KindCustomerSeen       Kind = "customer_seen"
	KindCustomerIdentified Kind = "customer_identified"
	KindCustomerMerged     Kind = "customer_merged"
	KindCustomerUnmerged   Kind = "customer_unmerged"
	KindMarketingRefused   Kind = "marketing_refused"
	KindMarketingAllowed   Kind = "marketing_allowed"
	KindComplaintOpened    Kind = "complaint_opened"
	KindComplaintClosed    Kind = "complaint_closed"
	KindNeedExpressed      Kind = "need_expressed"
	KindCustomerDescribed  Kind = "customer_described"
	KindCustomerReferred   Kind = "customer_referred"
	KindCustomerStayed     Kind = "customer_stayed"
	KindReferralStayed     Kind = "referral_stayed"
	KindNoteTaken          Kind = "note_taken"
)

// CustomerSeen says that WeCom knows this customer.
type CustomerSeen struct {
	Corp id.Corp `json:"corp"`
	Type int     `json:"type"` // 1 WeChat, 2 WeCom of another corp
}

// IdentityKind names a way to recognise a person.
type IdentityKind string

// Ways to recognise a person. Keys are never the phone or unionid in clear.
const (
	ByExternalUserID IdentityKind = "external_userid"
	ByUnionID        IdentityKind = "unionid"
	ByPhone          IdentityKind = "phone"
)

// CustomerIdentified says that the customer can be recognised by Key.
type CustomerIdentified struct {
	Identity IdentityKind `json:"identity"`
	Key      []byte       `json:"key"` // keyed hash
}

// CustomerMerged says that the subject turned out to be the person Into. The
// ids stay; Into answers for both until they are un-merged.
type CustomerMerged struct {
	Into     id.Customer  `json:"into"`
	Identity IdentityKind `json:"identity"` // the evidence: both have this identity
	Key      []byte       `json:"key"`
}

// CustomerUnmerged says that a person decided the subject is not From.
type CustomerUnmerged struct {
	From id.Customer `json:"from"`
	By   string      `json:"by"` // console account
}

// MarketingRefused says that the customer does not want marketing.
type MarketingRefused struct {
	By string `json:"by"` // "customer" or a console account
}

// MarketingAllowed takes a refusal back.
type MarketingAllowed struct {
	By string `json:"by"`
}

// ComplaintOpened says that the customer complained.
type ComplaintOpened struct {
	Staff id.Staff `json:"staff,omitempty"`
}

// ComplaintClosed says that the customer's open complaint was solved.
type ComplaintClosed struct {
	Staff id.Staff `json:"staff,omitempty"`
}

// NeedExpressed says that the customer asked for, or looked for, something.
type NeedExpressed struct {
	Line id.Line `json:"line,omitempty"`
	How  string  `json:"how"` // "asked" or "browsed"
}

// CustomerDescribed is what a shop's list of members says of the customer. What
// is empty the list does not say.
type CustomerDescribed struct {
	BirthMonth int      `json:"birth_month,omitempty"` // 1 to 12; years of birth are never kept
	BirthDay   int      `json:"birth_day,omitempty"`   // of the month
	City       string   `json:"city,omitempty"`
	Level      string   `json:"level,omitempty"`    // of the shop's membership
	Campaign   string   `json:"campaign,omitempty"` // through which the first contact came
	Tags       []string `json:"tags,omitempty"`     // of the shop, sorted
}

// CustomerReferred says that By brought the customer.
type CustomerReferred struct {
	By    id.Customer `json:"by"`
	Since Instant     `json:"since"` // when the customer came
}

// CustomerStayed says that the customer, whom somebody had brought, was still
// there after the time that is set; ReferralStayed was told with it.
type CustomerStayed struct {
	By id.Customer `json:"by"`
}

// ReferralStayed says that somebody the customer brought stayed.
type ReferralStayed struct {
	Referred id.Customer `json:"referred"`
}

// NoteTaken says that a person wrote something down about the customer. The
// text stands in the vault under Part.
type NoteTaken struct {
	Part string `json:"part"`
	By   string `json:"by"` // console account
}

// Kind implements Body.
func (NoteTaken) Kind() Kind { return KindNoteTaken }

// Kind implements Body.
func (CustomerSeen) Kind() Kind { return KindCustomerSeen }

// Kind implements Body.
func (CustomerIdentified) Kind() Kind { return KindCustomerIdentified }

// Kind implements Body.
func (CustomerMerged) Kind() Kind { return KindCustomerMerged }

// Kind implements Body.
func (CustomerUnmerged) Kind() Kind { return KindCustomerUnmerged }

// Kind implements Body.
func (MarketingRefused) Kind() Kind { return KindMarketingRefused }

// Kind implements Body.
func (MarketingAllowed) Kind() Kind { return KindMarketingAllowed }

// Kind implements Body.
func (ComplaintOpened) Kind() Kind { return KindComplaintOpened }

// Kind implements Body.
func (ComplaintClosed) Kind() Kind { return KindComplaintClosed }

// Kind implements Body.
func (NeedExpressed) Kind() Kind { return KindNeedExpressed }

// Kind implements Body.
func (CustomerDescribed) Kind() Kind { return KindCustomerDescribed }

// Kind implements Body.
func (CustomerReferred) Kind() Kind { return KindCustomerReferred }

// Kind implements Body.
func (CustomerStayed) Kind() Kind { return KindCustomerStayed }

// Kind implements Body.
func (ReferralStayed) Kind() Kind { return KindReferralStayed }
