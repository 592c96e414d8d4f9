package web

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"siyu/internal/audience"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// OneOffs write to an audience once: a mass message, or something that members do
// one by one. A draft is reviewed before anything happens, started, and over when its
// time is. Under the hood it is a process of one step. A store's account sees and makes
// those of its own stores' customers alone.
type OneOffs interface {
	// OneOffs returns a page of them, the newest first, without what was thrown away.
	OneOffs(ctx context.Context, scope org.Scope, after string) (OneOffPage, error)
	// OneOff returns one, with its review while it is a draft.
	OneOff(ctx context.Context, by Asker, name string) (OneOffView, error)
	// OneOffForm returns a draft as it was written.
	OneOffForm(ctx context.Context, by Asker, name string) (OneOffForm, error)
	// KeepFiles keeps the files that came with a form and returns all that it has; they
	// are named even where something else is wrong.
	KeepFiles(ctx context.Context, f OneOffForm) ([]content.File, error)
	// SaveOneOff stores a draft, or a later version of the one that the form names. The
	// same form twice is one draft. fault.Conflict where somebody changed it since.
	SaveOneOff(ctx context.Context, by Asker, f OneOffForm) (name string, err error)
	// StartOneOff starts the version that the asker saw, or notes the asker's word where
	// another person has to approve it, too. What has started stays as it is.
	StartOneOff(ctx context.Context, by Asker, s OneOffStart) (ApprovalDone, error)
	// ApproveOneOff approves the mass messages of one whose time has not come, up to as
	// many customers as its rule describes now. fault.Conflict where it is another
	// version, or its time has come.
	ApproveOneOff(ctx context.Context, by Asker, s OneOffStart) (ApprovalDone, error)
	// SetOneOff throws a draft away, holds up what has started, lets it go on, or ends
	// it, which takes back what nobody has done.
	SetOneOff(ctx context.Context, by Asker, name string, to ProcessState) error
}

// OneOffStage says where a one-off message stands.
type OneOffStage string

// The stages, in their order.
const (
	OneOffDraft    OneOffStage = "draft"    // is reviewed
	OneOffSecond   OneOffStage = "second"   // somebody approved it, and it takes another person
	OneOffPlanned  OneOffStage = "planned"  // its time has not come
	OneOffApproval OneOffStage = "approval" // mass messages of it wait for approval
	OneOffRunning  OneOffStage = "running"
	OneOffPaused   OneOffStage = "paused"
	OneOffOver     OneOffStage = "over"
	OneOffEnded    OneOffStage = "ended" // by a person, before its time
)

// OneOffStages returns all of them.
func OneOffStages() []OneOffStage {
	return []OneOffStage{OneOffDraft, OneOffSecond, OneOffPlanned, OneOffApproval, OneOffRunning, OneOffPaused, OneOffOver, OneOffEnded}
}

// OneOffPage is one page of one-off messages.
type OneOffPage struct {
	Rows []OneOffRow
	Next string
}

// OneOffRow is a one-off message in a list.
type OneOffRow struct {
	Name     string // of its process
	Version  int
	Document sop.Process
	Audience string // name, "" where there is none of the number any more
	At       time.Time
	Until    time.Time
	By       string // who wrote it
	Stage    OneOffStage
	Followed sop.Line // what became of it, within the scope
	Waiting  int      // batches that wait for approval
}

// Channel is how it reaches customers.
func (r OneOffRow) Channel() sop.Channel { return r.Document.Steps[0].Channel }

// OneOffView is the page of a one-off message.
type OneOffView struct {
	OneOffRow
	Files    []content.File
	Review   *OneOffReview // of a draft
	Approval ApprovalView  // of a draft that members do by hand, and of a mass message whose time has not come
	Ahead    int           // customers for whom mass messages were approved before they were made, 0: they were not
	Batches  []int64       // mass messages that wait for approval
	Reaches  int           // customers of Batches
	Staff    []ProcessLine // least on time first
	Spread   sop.Spread    // of members
	Results  []sop.Result  // none for who does not see the whole brand
}

// OneOffReview is what a draft would come to by what is known now. It is looked up in
// the background.
type OneOffReview struct {
	Done        bool
	Failed      bool
	Looked      int // customers so far
	AsOf        time.Time
	Customers   int // whom the rule describes
	Given       int // who would get it
	Held        int // of the others, those held out to compare with
	Withheld    map[sop.Because]int
	Members     []OneOffMember // most customers first
	More        int            // members that are not listed
	Short       int            // members whose day has no room for all of it
	Samples     []OneOffSample
	NeedsDays   int // on which members with the most to do by hand are at it
	Confirmings int // confirmations of all members together
}

// OneOffMember is what a one-off message costs a member.
type OneOffMember struct {
	Name          string
	Store         string
	Customers     int
	Confirmations int // that it takes of a mass message
	Left          int // confirmations that the day has left, or customers that a day has room for
	Short         bool
}

// OneOffSample is what one customer would get.
type OneOffSample struct {
	Customer id.Customer
	Name     string
	Staff    string
	Text     string
}

// OneOffForm is a one-off message as a person writes it.
type OneOffForm struct {
	Key      string // made with the form
	Name     string // of the draft that is changed, "" for a new one
	Version  int    // of that draft, as the form showed it
	Title    string // "": after the audience
	Audience int64
	Channel  sop.Channel
	Purpose  event.Purpose // none of a task
	Texts    []string      // wordings; customers get one of them by lot
	Link     string
	Files    []content.File // kept from before; only the codes count
	Brought  []BroughtFile  // with this form
	Now      bool
	At       time.Time
	Days     int // on how many business days it may happen
	Executor sop.Executor
	Stops    []sop.Signal
	GoalDays int // within which customers should buy, 0: no goal
	Minutes  int // of a member's time for one customer
}

// OneOffStart asks for a start.
type OneOffStart struct {
	Name    string
	Version int
	Typed   int // the number of customers, where nobody else approves
}

// OneOffChannels returns how a one-off message can reach customers.
func OneOffChannels() []sop.Channel { return []sop.Channel{sop.Mass, sop.Private, sop.Call, sop.Task} }

// OneOffPurposes returns what a one-off message can be for.
func OneOffPurposes() []event.Purpose {
	return []event.Purpose{event.Serve, event.Ask, event.Remind, event.Promote}
}

// OneOffStops returns what can stop a one-off message.
func OneOffStops() []sop.Signal { return []sop.Signal{sop.Bought, sop.Complained, sop.Answered} }

// What a form may hold.
const (
	mostOneOffBytes = 4000 // of a message's text, with the link that stands under it
	markedLink      = 25   // bytes that a link grows by, with the line break before it
	mostOneOffLink  = 1800 // bytes
	mostOneOffTitle = 60   // characters
	mostOneOffDays  = 14
	mostGoalDays    = 365
	mostMinutes     = 480 // a working day
)

// OneOffFlaws returns what is wrong with a form, as far as it can be told without the
// brand's rules.
func OneOffFlaws(f OneOffForm) Flaws {
	flaws := Flaws{}
	if f.Audience <= 0 {
		flaws.Add("audience", "error.send_audience")
	}
	if !slices.Contains(OneOffChannels(), f.Channel) {
		flaws.Add("channel", "error.send_channel")
	}
	if f.Channel != sop.Task && !slices.Contains(OneOffPurposes(), f.Purpose) {
		flaws.Add("purpose", "error.text_purpose")
	}
	if utf8.RuneCountInString(f.Title) > mostOneOffTitle || !utf8.ValidString(f.Title) {
		flaws.Add("title", "error.send_title")
	}
	wordingFlaws(f, flaws)
	if f.Link != "" {
		to, err := url.Parse(f.Link)
		if err != nil || to.Scheme != "https" || to.Host == "" || len(f.Link) > mostOneOffLink {
			flaws.Add("link", "error.text_link")
		}
	}
	if !slices.Contains([]sop.Executor{sop.ByRelation, sop.ByOwner}, f.Executor) {
		flaws.Add("executor", "error.send_executor")
	}
	if f.Days < 1 || f.Days > mostOneOffDays {
		flaws.Add("days", "error.send_days")
	}
	if f.GoalDays < 0 || f.GoalDays > mostGoalDays {
		flaws.Add("goal", "error.send_goal")
	}
	if f.Minutes < 0 || f.Minutes > mostMinutes {
		flaws.Add("minutes", "error.send_minutes")
	}
	if len(f.Files) > content.MostFiles {
		flaws.Add("file", "error.files_many")
	}
	return flaws
}

func wordingFlaws(f OneOffForm, flaws Flaws) {
	if len(f.Texts) == 0 {
		flaws.Add("text", "error.send_text")
	}
	if len(f.Texts) > content.MostWordings {
		flaws.Add("text", "error.text_wordings")
	}
	for i, text := range f.Texts {
		length := len(text)
		if f.Link != "" && f.Channel == sop.Mass {
			length += len(f.Link) + markedLink
		}
		switch {
		case !utf8.ValidString(text), length > mostOneOffBytes:
			flaws.Add("text", "error.send_long")
		case strings.ContainsAny(strings.NewReplacer("{name}", "", "{staff}", "").Replace(text), "{}"):
			flaws.Add("text", "error.text_placeholder")
		case slices.Contains(f.Texts[:i], text):
			flaws.Add("text", "error.text_wordings")
		}
	}
}

// OneOffRule returns the rule of a one-off message for who is in an audience, of the
// stores that a scope is limited to.
func OneOffRule(rule audience.Rule, scope org.Scope) audience.Rule {
	if scope.Everything {
		return rule
	}
	own := audience.Condition{Field: "store", Is: audience.OneOf}
	for _, s := range scope.Stores {
		own.Values = append(own.Values, audience.Value{Number: int64(s)})
	}
	return audience.Normal(audience.Rule{All: []audience.Rule{rule, {Ask: &own}}})
}
