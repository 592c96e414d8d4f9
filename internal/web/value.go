package web

import (
	"context"
	"time"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/measurement/cohort"
	"siyu/internal/org"
)

// Value reads what groups of customers bought and are expected to buy, and how
// well that is known. The night adds customers up; a read costs the documents
// of the scope's stores, or one for the whole brand.
type Value interface {
	// Worth returns the sums of the scope's customers. A scope of one member has
	// none: fault.NotFound.
	Worth(ctx context.Context, scope org.Scope, q WorthQuery) (WorthView, error)
	// Cycles returns how long customers take to buy each product line again.
	Cycles(ctx context.Context, scope org.Scope) (CyclesView, error)
	// FirstOrders returns how contacts who have not bought come to buy, in the whole
	// brand.
	FirstOrders(ctx context.Context, scope org.Scope) (FirstOrdersView, error)
	// Backtest returns how the forecasts fared on the brand's own past. It is
	// about the whole brand: fault.Denied for a part of it.
	Backtest(ctx context.Context, scope org.Scope) (BacktestView, error)
	// Card returns what is known of the models in force; fault.Denied for a part
	// of the brand.
	Card(ctx context.Context, scope org.Scope) (CardView, error)
	// Promises returns what plans promised and what came of it; fault.Denied for a
	// part of the brand.
	Promises(ctx context.Context, scope org.Scope) (PromisesView, error)
}

// WorthQuery says what the sums are to hold.
type WorthQuery struct {
	Staff bool // members, too
}

// WorthView is the sums of a scope.
type WorthView struct {
	Discount float64 // of value, per year
	Exists   bool    // a night has passed since customers are known
	Sums     *cohort.Sums
	Outlook  cohort.Outlook
	Origins  int // past moments that the common shock was measured at; 0: it is the prior
	// Bias is all orders that the model forecast at them over all that came, minus
	// 1; it means nothing without Origins.
	Bias float64
	// Cycle is the brand's usual days between two purchases, of CycleGaps seen;
	// a cohort is judged once its youngest customer is that old.
	Cycle     float64
	CycleGaps int
	Names     map[string]string // of stores, members and lines, by key
	Pending   PendingView
	// StoreRates are of Sums.Stores, OrderRates of Sums.Order; empty where nothing is
	// known of them.
	StoreRates, OrderRates []RateView
	// Newcomers is by what OrderRates are compared.
	Newcomers NewcomersView
	// StoresUsed and MonthsUsed tell whether forecasts hold factors of them.
	StoresUsed, MonthsUsed bool
	// Crowded: members are asked for, but of too many stores at once.
	Crowded bool
	// LinkRate is the share of recent orders that belong to a known customer,
	// negative without orders; below LinkFloor value is not measurable.
	LinkRate, LinkFloor float64
}

// CyclesView is the purchase cycles of all lines, most gaps first.
type CyclesView struct {
	LearnedAt time.Time // zero: nothing learned yet
	Lines     []CycleView
}

// CycleView is how long customers take to buy a product line again.
type CycleView struct {
	Line id.Line
	Name string  // "" where orders do not tell the line
	Days float64 // that due dates rest on, before the own rhythm is added
	// From says where Days come from.
	From CycleFrom
	Gaps int // waits that ended with a purchase, in the sample learned from
	Open int // waits that are not over
	// Watched is for how many days waits can be followed, Back the share of buyers
	// who have bought again by then, Returners the median wait of those.
	Watched   int
	Back      insight.Estimate
	Returners WaitView
	// Half, Most and NearAll are when 50, 80 and 90 % of all buyers have bought
	// again.
	Half, Most, NearAll WaitView
}

// WaitView is a number of days with its central 80 %.
type WaitView struct {
	Reached         bool // false: so many have not come back yet
	Days, Low, High float64
	Open            bool // High is not known
}

// CycleFrom is where a cycle comes from.
type CycleFrom string

// The sources of cycles.
const (
	CycleEntered CycleFrom = "entered" // by a person, in the product line
	CycleSeen    CycleFrom = "seen"    // median of those who come back
	CycleAssumed CycleFrom = "assumed" // too few gaps: the usual one
)

// BacktestView is how the forecasts fared: models fitted until a cut, judged
// on the orders after it.
type BacktestView struct {
	At        time.Time // of the backtest; zero: none yet
	Short     bool      // there is too little history to judge by
	Cut, End  time.Time // days; what is judged lies after Cut, up to and including End
	Customers int       // judged: first bought by the cut
	TooNew    int       // of the same sample, first bought after it
	// Young customers of the sample are too new to be judged by the own rhythm now:
	// one order, and less than a cycle of its line since.
	Young int
	// Members are the models of the choice that curve and tenths are of, and
	// InnerOrigins from how many days before the cut it was made.
	Members        []string
	InnerOrigins   int
	Force          ForceView
	Scores         []ForecastScore
	Tracking       []TrackedOrders
	Season         SeasonView
	Calendar       CalendarView
	Rates          RatesView
	Deciles        []ForecastDecile
	Spend          SpendScore
	CutsHeld, Cuts int // of so many cuts the interval of the total held so often what came
	Totals         []PastTotal
	Actual         float64 // orders after the cut
	Predicted      float64 // by the chosen model
	Low, High      float64 // central 80 %
	Shock          float64 // standard deviation of the common shock, log scale
	Origins        int     // it was measured at; 0: it is the prior
}

// PastTotal is what was forecast from a past day, by models chosen and fitted on what was
// known on it, and what came.
type PastTotal struct {
	Cut, End          string // days
	Actual, Predicted float64
	Low, High         float64 // central 80 %
}

// ForceView is the purchase models in force: those that customers' pages show.
type ForceView struct {
	Name     string    // of the one model, or "mix"; "" before anything was learned
	Members  []string  // of the mixture
	Fitted   bool      // false: a stated prior speaks
	ChosenAt time.Time // by a backtest; zero: there was too little history to choose by
	RPS      float64   // mean error on the inner backtest's Origins days
	Origins  int
	// Pending: a newer backtest chose others, or other ways of using them: the next
	// night fits so.
	Pending bool
}

// ForecastScore is how one model fared.
type ForecastScore struct {
	Name    string // "bgnbd", "pooled", "mix" ...
	Chosen  bool   // by an inner backtest before the cut
	Rule    bool   // a simple rule that models must beat
	InForce bool   // customers' pages show this model's forecasts
	// Inner is the error on the days before the cut by which the choice was made, 0
	// where the model took no part in it.
	Inner float64
	// RPS is the mean ranked probability score, in orders: smaller is better.
	RPS        float64
	Bias       float64 // total forecast over total actual, minus 1
	Coverage80 float64 // share of outcomes in the central 80 %
	AUC        float64 // for buying at all; .5 is chance
}

// TrackedOrders is the orders since the cut up to a week.
type TrackedOrders struct {
	Week              float64
	Actual, Predicted float64
}

// ForecastDecile is a tenth of the customers by what was expected of them.
type ForecastDecile struct {
	Customers        int
	Expected, Actual float64 // orders of one customer
	// NoneExpected is the mean probability of no order, None the share without one.
	NoneExpected, None float64
	Coverage80         float64 // share of outcomes in the central 80 %
}

// SpendScore is how the amounts of an order were forecast, fen: the continuous ranked
// probability score, for a point forecast the mean absolute error.
type SpendScore struct {
	Customers int     // who bought after the cut; 0: nobody's amounts could be judged
	CRPS      float64 // by the own orders and the brand's
	Pooled    float64 // by the brand's alone
	OwnMean   float64 // of the mean of the own orders, a point
	// Value is which share of customers brought what lies within the interval of
	// their value, Above which brought more; Bounded is Value of those Low customers
	// whose interval begins above nothing.
	Value, Above, Bounded float64
	Low                   int
}

// CardView is the model card: what the models in force were learned from, what
// they say, and where they end.
type CardView struct {
	Discount  float64   // of value, per year
	LearnedAt time.Time // zero: nothing learned yet, the stated priors speak
	OrdersTo  time.Time
	Customers int     // who have bought
	Repeats   int     // repeat orders of them
	Sampled   int     // customers the parts were learned from
	MeanOrder float64 // fen
	Fits      []FitView
	Archive   bool
	Heard     time.Time // of when the first known message is; zero: none is known
	HeardFrom time.Time // from when on silence says something
	LinkRate  float64
	LinkFloor float64
	Backtest  BacktestView
	Watch     WatchView
	Contacts  ContactsView
	Newcomers NewcomersView
}

// ContactsView is what contacts do, by what chance decided.
type ContactsView struct {
	At     time.Time // zero: no draw is old enough yet
	Until  time.Time // draws before this day are in it
	Days   int       // that customers are followed
	Levers []ContactView
	// Tiring is what contacts cost of relations, as a multiple of the fitted hazard of
	// fatigue; Losses are the relations that customers ended while they were followed.
	Tiring ContactView
	Losses int
	// Hazard is what the fitted hazard says that one contact costs of relations, on
	// average, and Lost the share of a customer's value that ends with a relation.
	Hazard, Lost float64
}

// Charged returns what one contact is believed to cost of relations, on average, with the
// central 80 % of it.
func (v ContactsView) Charged() (c struct{ Chance, Low, High float64 }) {
	c.Chance, c.Low, c.High = v.Hazard*max(0, v.Tiring.Times), v.Hazard*max(0, v.Tiring.Low), v.Hazard*max(0, v.Tiring.High)
	return c
}

// ContactView is the effect of contacts that work on one part, as a multiple of the
// orders that the assumption adds.
type ContactView struct {
	Part     insight.Part
	Grade    insight.Grade
	Assumed  float64 // share of the gap to the best fifth that a contact closes
	HalfLife float64 // days until half of that is gone; 0: it stays
	// Seen: draws say anything; then Measured is what they say by themselves.
	Seen                                bool
	Measured, MeasuredLow, MeasuredHigh float64
	Times, Low, High                    float64 // believed; central 80 %
	Weight                              float64 // share of that which was measured
	Open, Held, Reached, Drawn          int     // customers compared; of those held out, contacted all the same; contacts drawn
	AtOnce, Later                       int     // contacts whose day was drawn: the first, or a later one
}

// Measured returns how many levers are measured.
func (v ContactsView) Measured() int { return v.graded(insight.Measured) }

// Partly returns how many levers are partly measured.
func (v ContactsView) Partly() int { return v.graded(insight.PartlyMeasured) }

func (v ContactsView) graded(g insight.Grade) (n int) {
	for _, l := range v.Levers {
		if l.Grade == g {
			n++
		}
	}
	return n
}

// Leak returns which share of those held out was contacted all the same.
func (v ContactView) Leak() float64 { return float64(v.Reached) / float64(max(1, v.Held)) }

// WatchView is how a repurchase model of a month ago did: week by week the
// expected number of buyers is compared with what came.
type WatchView struct {
	Weeks     int       // judged so far; 0: no horizon is over yet
	Away      int       // of those, outside the interval
	From      time.Time // when the newest of the judged models was learned
	Until     time.Time
	Customers int
	Expected  float64
	Actual    int
	Low, High float64 // hold 95 of 100 right forecasts
	Error     float64 // mean distance between said and actual share over tenths
	Chance    float64 // what that is by luck alone
	Parted    bool    // the newest lies outside
}

// FitView is one fitted model of the card.
type FitView struct {
	Name       FitName
	Model      string // name of the purchase model, "" for all others
	Fitted     bool   // false: the stated prior speaks
	Converged  bool
	AtBorder   bool    // the data alone have no best answer: a weak prior holds it
	Likelihood float64 // log-likelihood, 0 where there is none
	N          int     // customers or rows it was fitted on, 0 where that is not kept
	Events     int     // orders, purchases or acts among them
	Simple     bool    // of the trust score: features were left out that did not foretell more
	Judged     bool    // of the trust score: a month that it was not learned on has judged it
	Worse      bool    // of the trust score: that month was foretold no better than by telling everybody the same
	Parameters []ParameterView
}

// FitName names a model of the card.
type FitName string

// The models of the card.
const (
	FitOrders     FitName = "orders"
	FitSpend      FitName = "spend"
	FitFirst      FitName = "first"
	FitRepurchase FitName = "repurchase"
	FitTrust      FitName = "trust"
	FitFatigue    FitName = "fatigue"
	FitLoss       FitName = "loss"
)

// WindowParameter begins the keys of the regression's parameters.
const WindowParameter = "window_"

// ParameterView is one number of a fit.
type ParameterView struct {
	// Key names a sentence of the locale files; where there is none it is shown
	// as it is: the letter of a formula.
	Key   string
	Value float64
	Error float64 // standard error, 0 where there is none
	Prior float64 // how much of it is still the prior, 0..1; negative where that is not known
}
