package web

import (
	"time"

	"siyu/internal/org"
)

// ApprovalSettings are the rules of approval as an owner sets them.
type ApprovalSettings struct {
	Version int
	org.ApprovalRules
}

// ApprovalView is whether the asker may approve a send, and who did.
type ApprovalView struct {
	org.Verdict
	Limits  org.ApprovalRules
	Reaches int // customers, with those of its other parts that are approved
	Number  int // to type where nobody else approves, 0 else
	Given   []ApprovalGiven
}

// Limit returns the number of customers that brings the rule about.
func (v ApprovalView) Limit() int {
	switch v.Rule {
	case org.RuleStore:
		return v.Limits.Store
	case org.RuleLead:
		return v.Limits.Lead
	case org.RuleOwner:
		return v.Limits.Lead
	}
	return v.Limits.One
}

// ApprovalGiven is one person's approval.
type ApprovalGiven struct {
	Account string
	At      time.Time
}

// ApprovalAsked asks for batches to be approved together.
type ApprovalAsked struct {
	Batches []int64
	Typed   int // the number of customers, where nobody else approves
}

// ApprovalDone is what became of an approval.
type ApprovalDone struct {
	Actions int            // contacts that may leave now
	Batches int            // of which they are
	Waits   int            // batches that wait for another person
	Left    []ApprovalLeft // batches that the asker may not approve
	Typed   []int64        // batches for which the number must be typed, or was not that
	Number  int            // to type for them
}

// Whole tells whether every batch may leave.
func (d ApprovalDone) Whole() bool { return d.Waits+len(d.Left)+len(d.Typed) == 0 }

// ApprovalLeft is a batch that the asker may not approve.
type ApprovalLeft struct {
	Batch int64
	Store string
	Staff string
	ApprovalView
}
