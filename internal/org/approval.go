package org

import (
	"fmt"
	"slices"

	"siyu/internal/id"
)

// Rank is what somebody may decide. It is written as the role of the account.
type Rank string

// The ranks that approve, the lowest first. A higher one may do what a lower one
// may.
const (
	RankStore Rank = "store" // of the own stores only
	RankLead  Rank = "lead"
	RankOwner Rank = "owner"
)

func (r Rank) height() int { return slices.Index([]Rank{"", RankStore, RankLead, RankOwner}, r) }

// ApprovalRules say who may let a send go by how many customers it reaches.
type ApprovalRules struct {
	Store int `json:"store"` // up to so many a store's own account suffices
	Lead  int `json:"lead"`  // up to so many a lead suffices; more takes an owner
	One   int `json:"one"`   // up to so many one person suffices; more takes two
}

// mostReached bounds the limits: no brand reaches more people at once.
const mostReached = 100_000_000

// DefaultApproval returns the rules of a new installation: a store knows its 500
// regulars; 5,000 is what one member may hold in WeCom at first, and a mistake
// before more than those deserves a second pair of eyes; 10,000 is what a single
// mass message reaches at most.
func DefaultApproval() ApprovalRules { return ApprovalRules{Store: 500, Lead: 10_000, One: 5_000} }

// Validate returns what is wrong with the rules, nil if nothing is.
func (r ApprovalRules) Validate() error {
	for name, limit := range map[string]int{"store": r.Store, "lead": r.Lead, "one": r.One} {
		if limit < 0 || limit > mostReached {
			return fmt.Errorf("limit %s %d: expected 0 to %d", name, limit, mostReached)
		}
	}
	if r.Store > r.Lead {
		return fmt.Errorf("a store may approve %d customers and a lead %d: a lead may not do less", r.Store, r.Lead)
	}
	return nil
}

// Approver is somebody who approves, approved, or could.
type Approver struct {
	Account string
	Rank    Rank
	Stores  []id.Store // of RankStore
}

func (a Approver) sees(store id.Store) bool {
	return a.Rank == RankLead || a.Rank == RankOwner || slices.Contains(a.Stores, store)
}

// Send is something that waits for approval before it reaches customers: a mass
// message, a post into groups, a Moments post.
type Send struct {
	Store    id.Store // whose it is, 0: headquarters'
	Reaches  int      // customers, with those of its other parts that were approved or are asked about now
	Approved []Approver
}

// NotApproved says why somebody may not approve a send.
type NotApproved string

// The reasons.
const (
	NotYours     NotApproved = "not_yours"     // of another store, or by an account that approves nothing
	NeedsLead    NotApproved = "needs_lead"    // too many customers for a store's account
	NeedsOwner   NotApproved = "needs_owner"   // too many for a lead
	NeedsAnother NotApproved = "needs_another" // who asks has approved already
)

// Refusals returns all of them.
func Refusals() []NotApproved { return []NotApproved{NotYours, NeedsLead, NeedsOwner, NeedsAnother} }

// ApprovalRule says by which rule a send is approved.
type ApprovalRule string

// The rules.
const (
	RuleStore ApprovalRule = "store" // few enough for a store's account
	RuleLead  ApprovalRule = "lead"  // few enough for a lead
	RuleOwner ApprovalRule = "owner" // so many that an owner decides
	RuleTwo   ApprovalRule = "two"   // so many that two people decide
	RuleAlone ApprovalRule = "alone" // two people should decide, and there is but one
)

// ApprovalRuleNames returns all of them.
func ApprovalRuleNames() []ApprovalRule {
	return []ApprovalRule{RuleStore, RuleLead, RuleOwner, RuleTwo, RuleAlone}
}

// Verdict is the answer to whether somebody may approve a send.
type Verdict struct {
	Why  NotApproved  // "" they may
	Rule ApprovalRule // by which the send is approved
	Rank Rank         // that the number of customers takes, of one of two where two decide
	// Goes tells that the send goes with this approval; else it waits for another
	// person.
	Goes bool
}

// Typed tells whether the approver has to type the number of customers, because
// nobody else looks at it.
func (v Verdict) Typed() bool { return v.Why == "" && v.Rule == RuleAlone }

// Ask tells whether who may approve the send. Everybody are the accounts that are
// in use. Where two people have to approve, both are leads or owners, and one has
// the rank that the number takes; whoever proposed the send counts as one of the
// two only by approving. Where there is nobody else of those ranks one person
// suffices, who types the number. A send that needs nothing more goes, whoever of
// its approvers asks again.
func (r ApprovalRules) Ask(s Send, who Approver, everybody []Approver) Verdict {
	v := r.rule(s, who, everybody)
	again := slices.ContainsFunc(s.Approved, func(a Approver) bool { return a.Account == who.Account })
	two := v.Rule == RuleTwo
	switch {
	case who.Rank.height() <= 0 || !who.sees(s.Store):
		v.Why = NotYours
	case two && who.Rank.height() < RankLead.height(), !two && who.Rank.height() < v.Rank.height():
		v.Why = NeedsLead
		if v.Rank == RankOwner && who.Rank != RankStore {
			v.Why = NeedsOwner
		}
	case !two:
		v.Goes = true
	case Enough(s.Approved, v.Rank):
		v.Goes = true
	case again:
		v.Why = NeedsAnother
	default:
		v.Goes = Enough(append(slices.Clone(s.Approved), who), v.Rank)
		if !v.Goes && len(s.Approved) > 0 { // only an owner is missing
			v.Why = NeedsOwner
		}
	}
	return v
}

// rule returns the rule by which the send is approved, and the rank it takes.
func (r ApprovalRules) rule(s Send, who Approver, everybody []Approver) Verdict {
	v := Verdict{Rule: RuleStore, Rank: RankStore}
	switch {
	case s.Reaches > r.Lead:
		v.Rule, v.Rank = RuleOwner, RankOwner
	case s.Reaches > r.Store:
		v.Rule, v.Rank = RuleLead, RankLead
	}
	if s.Reaches <= r.One {
		return v
	}
	v.Rule = RuleTwo
	if v.Rank == RankStore {
		v.Rank = RankLead
	}
	other := func(a Approver) bool { return a.Account != who.Account && a.Rank.height() >= RankLead.height() }
	if who.Rank.height() >= v.Rank.height() && !slices.ContainsFunc(everybody, other) && !slices.ContainsFunc(s.Approved, other) {
		v.Rule = RuleAlone
	}
	return v
}

// Enough tells whether two different people, leads or owners, are among those who
// approved, one of them of a rank.
func Enough(approved []Approver, rank Rank) bool {
	accounts, ranked := map[string]bool{}, false
	for _, a := range approved {
		if a.Rank.height() >= RankLead.height() {
			accounts[a.Account] = true
			ranked = ranked || a.Rank.height() >= rank.height()
		}
	}
	return len(accounts) > 1 && ranked
}
