package web

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// MassResults tell what became of mass messages to customers. What lies outside the
// scope is fault.NotFound.
type MassResults interface {
	// Sent returns what was approved or has left, the last day first: a line for each
	// step of a process, or text, and day.
	Sent(ctx context.Context, scope org.Scope, after string) (SentPage, error)
	// SentMembers returns the mass messages of one such line, by its First.
	SentMembers(ctx context.Context, scope org.Scope, first int64, after string) (SentMembersPage, error)
	// Result returns what became of one, with a page of its customers. Of one that
	// waits for approval it holds the stage alone.
	Result(ctx context.Context, scope org.Scope, batch int64, q ResultQuery) (ResultView, error)
	// SendAgain sends one again to customers whom it missed for a reason that may
	// pass, and returns the number of what they get and how many they are. One that is
	// not over, and one that nobody missed so, is fault.Conflict.
	SendAgain(ctx context.Context, by Asker, batch int64) (next int64, customers int, err error)
}

// SentDays is for how long mass messages that were sent are listed.
const SentDays = 60

// SentPage is one page of what was said by mass messages.
type SentPage struct {
	Sent []SentGroup
	Next string
}

// SentGroup is what all members' mass messages of one day say of a step of a process,
// or with one text, in any of its wordings.
type SentGroup struct {
	First     int64 // the lowest number of them
	Day       time.Time
	Process   BatchStep
	Purpose   event.Purpose
	Text      string // of First
	Messages  int    // of one member each
	Confirmed int    // of them, by their members
	From      time.Time
	Until     time.Time
	MassTally
}

// At returns the address of its messages.
func (g SentGroup) At() string {
	if g.Messages == 1 {
		return "/touch/batches/" + id.Text(g.First)
	}
	return "/touch/sent/" + id.Text(g.First)
}

// SentMembersPage is one page of the mass messages of a SentGroup, of which it tells
// what they say.
type SentMembersPage struct {
	First   int64
	Day     time.Time
	Process BatchStep
	Purpose event.Purpose
	Text    string
	Sent    []SentRow
	Next    string
}

// SentRow is one mass message of one member.
type SentRow struct {
	ID      int64
	Staff   string
	Store   string
	Purpose event.Purpose
	Text    string
	Stage   PostStage
	From    time.Time
	Until   time.Time
	MassTally
}

// MassTally counts the customers of a mass message.
type MassTally struct {
	Asked     int // all whom it is for
	Delivered int
	Failed    int
	Withdrawn int // taken out before it left, or not sent after all
}

// Waiting returns how many of them nobody knows about yet.
func (t MassTally) Waiting() int { return t.Asked - t.Delivered - t.Failed - t.Withdrawn }

// ResultQuery asks for a page of the customers of a mass message.
type ResultQuery struct {
	State   string // of MassOutcome; "" for all customers
	Because string // of MassOutcome, with State
	After   string
}

// ResultView is what became of one mass message.
type ResultView struct {
	SentRow
	Process     BatchStep
	Title       string // of the card with the link
	Link        string
	Files       []content.File
	Because     string // why it was dropped, rejected, cancelled or waits
	Approver    string // console account, "" for nobody or the rules
	CalledAt    time.Time
	ConfirmedAt time.Time // when Siyu saw that the member had confirmed it
	Outcomes    []MassOutcome
	Again       int   // customers whom SendAgain would ask about
	Then        int64 // what the others, or those it missed, got instead; 0 for nothing
	Before      int64 // in whose place it stands, 0 for none
	Customers   []ResultRow
	After       string // of the next page of customers
}

// MassOutcome counts the customers of a mass message of whom the same became.
type MassOutcome struct {
	State   string // "underway", "delivered", "failed", "withdrawn"
	Because string // why it failed or was withdrawn
	N       int
	MayPass bool // the reason may be over another time
}

// ResultRow is what became of a message to one customer.
type ResultRow struct {
	Customer id.Customer
	Name     string
	State    string
	Because  string
	At       time.Time
}

// BatchStep is the step of a standard process that a mass message is of. It is zero
// for what no process sends.
type BatchStep struct {
	Name    string // of the process, in addresses
	Version int
	Title   sop.Text // of the process
	Step    sop.Text
	Paused  bool   // the process is
	Once    bool   // a person wrote it for an audience once
	Owner   string // who answers for the process, "" for nobody
}

// To returns the address of the process.
func (b BatchStep) To() string {
	if b.Once {
		return "/sends/" + b.Name
	}
	return "/sop/" + b.Name
}
