package web

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/measurement"
	"siyu/internal/org"
)

// Contents is what the brand's links show, and who opened it.
type Contents interface {
	// Content returns every text with a link and every page that was told of,
	// with what came of it within the scope in the last ContentDays days, those
	// opened most first.
	Content(ctx context.Context, scope org.Scope) (ContentView, error)
	// SetReading says of whom openings are kept from now on.
	SetReading(ctx context.Context, by Asker, whose Whose) error
	// TellOpening notes that a customer opened a page of the brand's own, and
	// returns whether it was kept. The same event of the same customer is one
	// opening. A customer who cannot be found within the scope is
	// fault.NotFound.
	TellOpening(ctx context.Context, by Asker, o PageOpening) (kept bool, err error)
	// TellAnswer keeps what a customer answered to a survey made elsewhere. The same
	// event of the same customer is one answer, the first. A customer who cannot be
	// found within the scope is fault.NotFound.
	TellAnswer(ctx context.Context, by Asker, a SurveyAnswer) error
}

// ContentDays is over how many days openings are shown.
const ContentDays = 90

// Whose says of whom openings are kept.
type Whose string

// The answers.
const (
	WhoseNobody     Whose = "nobody"
	WhoseAgreed     Whose = "agreed"
	WhoseNotRefused Whose = "not_refused"
)

// Answers returns all of them, the most reserved first.
func (Whose) Answers() []Whose { return []Whose{WhoseNobody, WhoseAgreed, WhoseNotRefused} }

// ContentView is what the page of content shows.
type ContentView struct {
	Whose     Whose
	Reachable bool // the installation has an address for links
	Lost      int  // openings that could not be stored
	Rows      []ContentRow
	Trials    []WordingTrial
	Answers   bool // customers' messages are known
}

// WordingTrial is a text of which customers got one wording each, by lot.
type WordingTrial struct {
	Name     string        // code of the text, "" of a process's own words
	Purpose  event.Purpose // "" where the text is gone
	Channel  event.Channel
	Wordings []WordingRow
}

// WordingRow is one wording with what came of it.
type WordingRow struct {
	Text             string
	Given, Delivered int
	Effects          [measurement.Outcomes]measurement.WordingEffect
}

// ContentRow is one piece of content.
type ContentRow struct {
	Name    string // code of the text, or of the page
	Title   string
	Kind    content.Kind
	Purpose event.Purpose // "" of a page, and of a text that is gone
	Address string        // "" of a page
	Gone    bool          // no text has this link any more

	// To one customer each: how many messages arrived, and how many of them
	// were opened, with an interval of 80 %.
	Sent, OpenedOnce int
	Rate, Low, High  float64
	Opened           int // a message counts once a day
	Readers          int // customers
	// To many at once: who opened is not known.
	SentMass, OpenedMass int
	// Of a survey: what known customers answered, and what mass messages brought.
	Scores, MassScores Scores
}

// Scores are how the answers to a survey spread.
type Scores struct {
	Of              [event.MostScore]int // answers of 1, 2, ...
	Answers         int
	Mean, Low, High float64 // with an interval of 80 %; all 0 without answers
}

// Who is a customer as a program of the brand names one, by exactly one of these.
type Who struct {
	Customer       id.Customer
	ExternalUserID string // of WeCom
	Phone          string
}

// PageOpening is an opening as a program of the brand tells it.
type PageOpening struct {
	Event string // the program's own name of what happened
	Who
	Name  string // of the page, as the brand calls it
	Title string
	At    time.Time // zero: now
}

// SurveyAnswer is an answer to a survey as a program of the brand tells it.
type SurveyAnswer struct {
	Event string // the program's own name of what happened
	Who
	Name  string // of the survey, as the brand calls it
	Title string
	Score int // event.LeastScore to event.MostScore
	At    time.Time
}
