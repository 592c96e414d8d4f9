// Package insight is what the state of a customer means: what holds the next
// purchase back, what the customer is worth, what is due. It sees no names and
// no messages. Every number is an Estimate with an interval and its reasons.
package insight

import (
	"time"

	"siyu/internal/id"
)

// Unit says what an Estimate counts.
type Unit string

// The units.
const (
	Probability Unit = "probability" // 0..1
	Orders      Unit = "orders"
	Fen         Unit = "fen"
	Eta         Unit = "eta" // complementary log-log scale, parts add up on it
)

// Evidence says how far an Estimate can be trusted.
type Evidence string

// The grades of evidence.
const (
	Fitted        Evidence = "fitted"         // on the brand's own history
	Prior         Evidence = "prior"          // not enough evidence: the stated prior speaks
	NotMeasurable Evidence = "not_measurable" // what it needs is missing: the number means nothing
	// WithoutArchive is fitted on what is known without messages: contacts, visits,
	// deletions, likes, readings, referrals, complaints.
	WithoutArchive Evidence = "without_archive"
)

// Reason is one cause of an estimate with its weight in the estimate's unit.
// Key names a sentence in the locale files; Number and Line fill it.
type Reason struct {
	Key    string  `json:"key"`
	Weight float64 `json:"weight"`
	Number float64 `json:"number,omitempty"`
	Line   id.Line `json:"line,omitempty"`
}

// Estimate is a number with its uncertainty. Low and High bound the central
// 80 % of what is likely.
type Estimate struct {
	Value    float64   `json:"value"`
	Low      float64   `json:"low"`
	High     float64   `json:"high"`
	Unit     Unit      `json:"unit"`
	AsOf     time.Time `json:"as_of"`
	Model    string    `json:"model"` // name and version of what computed it
	Evidence Evidence  `json:"evidence"`
	Because  []Reason  `json:"because,omitempty"`
}

// Part is one of the three things a repurchase needs, or what is said when
// none of them limits.
type Part string

// The parts.
const (
	Need     Part = "need"
	Trust    Part = "trust"
	Exposure Part = "exposure"
	None     Part = "none"    // nothing pays: leave alone
	Unknown  Part = "unknown" // not enough evidence to say
)

// Grade says how the effect of a contact is known.
type Grade string

// The grades of effects.
const (
	Assumed        Grade = "assumed"         // nothing but the stated table
	PartlyMeasured Grade = "partly_measured" // the table still has more than a little weight beside what chance decided
	Measured       Grade = "measured"        // by what chance decided
)

// Drawn tells whether what chance decided speaks, if not alone.
func (g Grade) Drawn() bool { return g == Measured || g == PartlyMeasured }

// Stage is where a customer stands in the brand's own rhythm of buying. That all
// relations are over is no stage: who deleted every member may still buy.
type Stage string

// The stages; docs/lifecycle.md defines them.
const (
	Introduced   Stage = "introduced" // never bought, or the first order is young
	Growing      Stage = "growing"    // came back, and is within the rhythm
	Mature       Stage = "mature"     // came back often enough, and is within the rhythm
	Declining    Stage = "declining"  // silent for longer than 80 % of gaps take
	Lost         Stage = "lost"       // silent for longer than 90 % of gaps take
	Unmeasurable Stage = "unknown"    // orders do not lead to their buyers
)

// Stages returns all stages in the order of a customer's life.
func Stages() []Stage {
	return []Stage{Introduced, Growing, Mature, Declining, Lost, Unmeasurable}
}

// Lever is what working on one part is expected to do for one customer.
type Lever struct {
	Part     Part    `json:"part"`
	Gap      float64 `json:"gap"`    // eta: the best fifth's part minus the own
	Effect   float64 `json:"effect"` // share of the gap that one contact closes
	GainLow  float64 `json:"low"`    // fen
	Gain     float64 `json:"gain"`   // expected gross margin (or turnover, see Customer.Margin), fen, before cost
	GainHigh float64 `json:"high"`   // fen
	// Lasting is what the contact adds between the horizon of Gain and the year that
	// Customer.Value looks ahead, fen: plans weigh both.
	LastingLow  float64 `json:"lasting_low"`
	Lasting     float64 `json:"lasting"`
	LastingHigh float64 `json:"lasting_high"`
	Cost        float64 `json:"cost"`  // fen: staff time and the customer's patience
	Grade       Grade   `json:"grade"` // how the effect is known
	// Week is what the same contact gains WeekDays later, as a share of Life: both
	// are counted until the same day, and the later one only if no order came first.
	// It is there while a customer is being understood, and not stored; 0: not known.
	Week float64 `json:"-"`
	// Orders is how many orders Gain stands for, of those that can be linked. Not stored.
	Orders float64 `json:"-"`
}

// Life returns what the contact is expected to add within a year, fen, before cost.
func (l *Lever) Life() float64 { return l.Gain + l.Lasting }

// LifeLow returns the low end of Life: what closes less of a gap now, closes less later.
func (l *Lever) LifeLow() float64 { return l.GainLow + l.LastingLow }

// LifeHigh returns the high end of Life.
func (l *Lever) LifeHigh() float64 { return l.GainHigh + l.LastingHigh }

// WeekDays is how many days Lever.Week looks ahead.
const WeekDays = 7

// Customer is what is understood of one customer.
type Customer struct {
	ID         id.Customer `json:"id"`
	AsOf       time.Time   `json:"as_of"`
	Base       float64     `json:"base"` // eta = Base + Need + Trust + Exposure
	Need       Estimate    `json:"need"`
	Trust      Estimate    `json:"trust"`
	Exposure   Estimate    `json:"exposure"`
	Repurchase Estimate    `json:"repurchase"` // probability of an order within the horizon
	Alive      Estimate    `json:"alive"`      // probability of still being a customer
	Expected   Estimate    `json:"expected"`   // orders in the next year
	Value      Estimate    `json:"value"`      // fen in the next year
	Margin     float64     `json:"margin"`     // share of the turnover behind Value whose margin rate is known; the rest counts whole
	// Variance of the value, fen squared. It is there while a customer is being
	// understood, for sums over customers, and not stored.
	Variance float64   `json:"-"`
	Limiting Part      `json:"limiting"`
	Levers   []Lever   `json:"levers,omitempty"` // best first
	NextDue  time.Time `json:"next_due"`         // zero: nothing known to be due
	DueLine  id.Line   `json:"due_line,omitempty"`
	// Fatigue is the probability that one more contact brings a negative event - an ended
	// relation, a group left, a complaint, a refusal - which would not come without it, as
	// fitted on what followed contacts.
	Fatigue float64 `json:"fatigue"`
	// Loss is the probability that it costs the relation, which money is charged for, and
	// LossGrade how that is known: while it is an assumption it lowers what a contact is
	// worth, and caps nobody by itself.
	Loss      float64 `json:"loss"`
	LossGrade Grade   `json:"loss_grade"`
	Stage     Stage   `json:"stage"`
	// StageUntil is when passing time alone changes the stage; zero: never.
	StageUntil time.Time `json:"stage_until"`
}

// Bears tells whether one more contact costs the relation with less than so high a
// probability, as far as draws have identified it: a hazard fitted on contacts that people
// chose caps nobody.
func (c *Customer) Bears(most float64) bool { return !c.LossGrade.Drawn() || c.Loss < most }
