package web

import (
	"context"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight/loss"
	"siyu/internal/money"
	"siyu/internal/org"
)

// Losses are alerts of unusual losses of customers.
type Losses interface {
	// LossAlerts returns those of the last LossDays in scope, the newest day first.
	LossAlerts(ctx context.Context, scope org.Scope) ([]LossAlert, error)
	// LossAlert returns one with the customers it is about.
	LossAlert(ctx context.Context, scope org.Scope, number int64) (LossView, error)
	// AnswerLoss keeps what a person makes of an alert.
	AnswerLoss(ctx context.Context, by Asker, a LossAnswer) error
}

// LossDays is how far back alerts of losses are listed.
const LossDays = 30

// LossState says what people made of an alert.
type LossState string

// The states of an alert.
const (
	LossOpen   LossState = "open"
	LossSeen   LossState = "seen"
	LossClosed LossState = "closed"
)

// LossAlert is a business day on which somebody lost unusually many customers.
type LossAlert struct {
	ID       int64
	Kind     loss.Kind
	Name     string // of the member, store or contact way
	Store    string // of the member
	Staff    id.Staff
	Lost     int
	Expected float64
	Limit    int // the fewest that would have been an alert
	On       time.Time
	Opened   time.Time
	State    LossState
	Account  string // who changed the state last
	Word     string
	Changed  time.Time
}

// LossView is an alert with the customers it is about.
type LossView struct {
	LossAlert
	Customers []LostCustomer // those worth most first
	More      bool           // there are more than are listed
	Turnover  money.Fen      // of those listed, so far
	Buyers    int            // of those listed
	Kept      int            // of those listed, whom another member still holds
	// Bulk is when the member last deleted so many within an hour that it is no tidying
	// up one by one, zero if not on that day.
	Bulk time.Time
}

// LostCustomer is one customer who was lost.
type LostCustomer struct {
	CustomerRow
	At     time.Time
	HeldBy string // another member who still holds the customer, "" for nobody
}

// LossAnswer is what a person makes of an alert.
type LossAnswer struct {
	Alert int64
	State LossState
	Word  string // at most longestWord letters
}
