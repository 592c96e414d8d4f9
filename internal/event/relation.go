package event

import "siyu/internal/id"

// The kinds of fact about a relation (staff x customer). Subject: customer.
const (
	KindRelationAdded  Kind = "relation_added"
	KindRelationEnded  Kind = "relation_ended"
	KindRelationTagged Kind = "relation_tagged"
	KindTransferFailed Kind = "transfer_failed"
)

// RelationAdded says that staff and customer are connected since the fact's
// time. Half means the member has not confirmed yet; a later RelationAdded
// without it completes the relation.
type RelationAdded struct {
	Staff  id.Staff `json:"staff"`
	AddWay int      `json:"add_way"`         // WeCom's number, unknown values kept
	State  string   `json:"state,omitempty"` // channel of the contact way or link
	Half   bool     `json:"half,omitempty"`
}

// HandedOver is WeCom's way of an add that an administrator made when a customer was
// given to another member.
const HandedOver = 202

// EndedBy says who ended a relation.
type EndedBy string

// Who can end a relation.
const (
	ByCustomer EndedBy = "customer" // the customer deleted us: loss of reach
	ByStaff    EndedBy = "staff"
	ByTransfer EndedBy = "transfer"
	ByNobody   EndedBy = "unknown" // found missing by reconciliation
)

// RelationEnded says that staff and customer are no longer connected.
type RelationEnded struct {
	Staff id.Staff `json:"staff"`
	By    EndedBy  `json:"by"`
}

// RelationTagged gives all corp tags that the member's relation carries now.
type RelationTagged struct {
	Staff id.Staff `json:"staff"`
	Tags  []string `json:"tags"` // WeCom tag ids, sorted
	// By is the console account, or ByRule, on whose behalf Siyu changed them;
	// empty where WeCom said so, which names nobody.
	By string `json:"by,omitempty"`
}

// TransferFailed says that a hand-over to Staff did not happen.
type TransferFailed struct {
	Staff  id.Staff `json:"staff"`
	Reason string   `json:"reason"`
}

// Kind implements Body.
func (RelationAdded) Kind() Kind { return KindRelationAdded }

// Kind implements Body.
func (RelationEnded) Kind() Kind { return KindRelationEnded }

// Kind implements Body.
func (RelationTagged) Kind() Kind { return KindRelationTagged }

// Kind implements Body.
func (TransferFailed) Kind() Kind { return KindTransferFailed }
