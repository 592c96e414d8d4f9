package delivery

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// Post is one text for groups of customers or for Moments. It is not about single
// customers: budgets, hold-out and consent are not asked, quotas of groups and
// members' confirmations are.
type Post struct {
	ID      int64
	Channel event.Channel // GroupPost or Moments
	Corp    id.Corp       // whose Tags these are, "" without
	Purpose event.Purpose
	Text    string // no personal data, no placeholders
	Title   string // of the card that shows the link, "" puts the address under the text
	Link    string
	Files   string   // pictures, a film and files, as content.FilesText writes them
	Tags    []string // WeCom tags: of Moments, customers with one of them see it; none: everybody
	Author  string   // console account, AuthorRestored, or AuthorProcess and a number
	Made    time.Time
	From    time.Time
	Until   time.Time // what is unconfirmed then is cancelled
}

// AuthorProcess begins the Author of a post that a standard process wrote; the
// process's number follows.
const AuthorProcess = "sop/"

// AuthorRestored is the Author of a post that was found in WeCom's list after an older
// copy of the database was put back; what it was for is lost.
const AuthorRestored = "siyu/restored"

// ProcessAuthor returns the Author of what a standard process writes.
func ProcessAuthor(process int64) string { return AuthorProcess + strconv.FormatInt(process, 10) }

// PostSend is one call to WeCom for a Post: into groups of one owner, who
// confirms it, or into Moments of the members of one store, who each do.
//
// It moves like a dispatch, with one arrow more: WeCom makes a Moments task
// after it has answered, and where it never says what it made, an accepted send
// is in doubt.
type PostSend struct {
	ID      int64
	Post    int64
	Channel event.Channel
	Corp    id.Corp
	Staff   id.Staff // the groups' owner; 0 for Moments
	Store   id.Store
	Day     time.Time // business day whose confirmations it uses up
	Link    string    // exactly as sent, with the Marker
	Marker  string
	From    time.Time
	Until   time.Time

	State      State
	ApprovedBy string
	NotBefore  time.Time
	Attempts   int
	Node       string
	Fence      int64
	Since      time.Time
	Called     time.Time
	Request    [32]byte
	Job        string // WeCom's name for the making of a Moments task
	MsgID      string // of the mass message, or of the Moments task
	Because    string
	DecidedBy  string
	ResendOf   int64

	CancelFor CancelReason
	Task      TaskState
	TaskSince time.Time
	Read      time.Time
	Urged     []time.Time

	Tally Tally // kept by the ledger
}

// Making is the task of a Moments send that WeCom has taken and not yet made.
const Making TaskState = "making"

// Tally counts the targets of a send by what became of them.
type Tally struct {
	Targets, Reached, Failed, Withdrawn int
	Audience                            int // customers in the groups, or whom the members reach
	Seen                                int // customers who could see it, of Moments
	Likes, Comments                     int
}

// TallyOf counts the targets that stand in a send.
func TallyOf(targets []PostTarget, send int64) (t Tally) {
	for i := range targets {
		is := &targets[i]
		if is.Send != send {
			continue
		}
		t.Targets++
		t.Audience, t.Seen, t.Likes, t.Comments = t.Audience+is.Audience, t.Seen+is.Seen, t.Likes+is.Likes, t.Comments+is.Comments
		switch is.State {
		case Delivered:
			t.Reached++
		case Failed:
			t.Failed++
		case Withdrawn:
			t.Withdrawn++
		}
	}
	return t
}

// PostTarget is where a post goes: one group, or the Moments of one member. A post
// goes to a target once; a person who sends it again moves the target to another
// send.
type PostTarget struct {
	Post     int64
	Target   int64 // id.Group or id.Staff
	Send     int64
	State    TouchState
	Because  string
	At       time.Time // when State was entered
	Audience int
	Seen     int
	Likes    int
	Comments int
	Looked   time.Time  // when WeCom was last asked who reacted
	Step     sop.RunKey // of the process that wants it, zero for none
}

// Group returns the group of a target of a group post.
func (t *PostTarget) Group() id.Group { return id.Group(t.Target) }

// Staff returns the member of a target in Moments.
func (t *PostTarget) Staff() id.Staff { return id.Staff(t.Target) }

// Number returns a number of the target, by which a process's step finds it.
func (t *PostTarget) Number() int64 { return targetNumber(t.Post, t.Target) }

func targetNumber(post, target int64) int64 {
	return numberOf("post_target", id.Text(post), id.Text(target))
}

func (t *PostTarget) end(state TouchState, because string, at time.Time) {
	t.State, t.Because, t.At = state, because, at
}

// Why a target did not get a post, beside the words of failed touches.
const (
	GroupGone  = "group_gone"  // dismissed
	OtherOwner = "other_owner" // the group has changed hands
	OverQuota  = overQuota     // WeCom lets it receive no more in the period
	NotTaken   = "not_taken"   // WeCom's answer left it out
	NotSent    = "not_sent"    // confirmed, and WeCom shows no message in the group
	NotJoined  = "not_related" // WeCom has no part for the member
	HasGot     = "has_got"     // the same words reached it before an older copy of the database was put back
	OnHold     = "paused"      // the process that wants it is paused
)

// enter moves the send along the arrows.
func (s *PostSend) enter(to State, now time.Time, because string) error {
	again := s.Channel == event.Moments && s.State == Accepted && s.Task == Making && (to == InDoubt || to == Rejected)
	if !again && !slices.Contains(arrows[s.State], to) {
		return fault.New(fault.Conflict, "post send %d is %s and cannot become %s", s.ID, s.State, to)
	}
	s.State, s.Since, s.Because = to, now, because
	return nil
}

func (s *PostSend) enterTask(task TaskState, now time.Time) {
	if s.Task != task {
		s.Task, s.TaskSince = task, now
	}
}

func (s *PostSend) accept(now time.Time, because string) error {
	s.Task, s.TaskSince = Open, now
	if s.MsgID == "" {
		s.Task = Making
	}
	return s.enter(Accepted, now, because)
}

func (s *PostSend) ownedBy(o Owner) bool { return s.Node == o.Node && s.Fence == o.Fence }

// Over tells whether nothing more becomes of the send by itself.
func (s *PostSend) Over() bool {
	switch s.State {
	case Rejected, Resent, Dropped:
		return true
	case Accepted:
		return s.Task == Confirmed || s.Task == Cancelled
	}
	return false
}

// PostRecord is a send as a transaction sees it, as Record is a dispatch. Targets
// may be altered, none is added or taken away; they move to Successor if a change
// sets it and their Send.
type PostRecord struct {
	Post      Post
	Send      PostSend
	Targets   []PostTarget // in order of Target
	Successor *PostSend
}

func (r *PostRecord) drop(now time.Time, because string) error {
	for i := range r.Targets {
		if r.Targets[i].State == Underway {
			r.Targets[i].end(Withdrawn, because, now)
		}
	}
	return r.Send.enter(Dropped, now, because)
}

// underway counts what is still on its way.
func (r *PostRecord) underway() (n int) {
	for i := range r.Targets {
		if r.Targets[i].State == Underway {
			n++
		}
	}
	return n
}

// successor returns the send that takes the place of this one for some targets.
func (g PostGate) successor(s *PostSend, now time.Time) PostSend {
	w := g.windowFrom(now)
	next := PostSend{
		ID: numberOf("post_resend", id.Text(s.ID), strconv.FormatInt(now.UnixMilli(), 10)), Post: s.Post, Channel: s.Channel, Corp: s.Corp, Staff: s.Staff, Store: s.Store,
		Day: w.day, From: w.from, Until: w.until, State: Planned, ApprovedBy: s.ApprovedBy, Since: now, ResendOf: s.ID,
	}
	next.Link, next.Marker = marked(s.Link, next.ID)
	return next
}

// postError says which send an error is about.
func postError(doing string, send int64, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s post send %d: %w", doing, send, err)
}
