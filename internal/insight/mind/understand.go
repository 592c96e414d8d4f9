package mind

import (
	"time"

	"siyu/internal/insight"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/need"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/profile"
	"siyu/internal/stats"
)

// mostReasons is how many reasons a part gives.
const mostReasons = 4

// tooNewToJudge is what a value carries of a customer who is too new to be judged
// by an own rhythm: what is said is the brand's.
func tooNewToJudge(n need.Newness) insight.Reason {
	return insight.Reason{Key: "value.too_new", Number: n.Days, Line: n.Line}
}

// reasonsBeside are those that are no features: messages are not known, too few
// orders belong to known customers, nothing has happened yet.
func reasonsBeside() (noArchive, unlinked, tooNew insight.Reason) {
	return insight.Reason{Key: "trust.no_archive"}, insight.Reason{Key: "need.orders_unlinked"}, insight.Reason{Key: "unknown.too_new"}
}

// youngArchive is what trust carries while messages are known for so few days that silence
// says nothing.
func youngArchive(days float64) insight.Reason {
	return insight.Reason{Key: "trust.young_archive", Number: days}
}

// ReasonKeys returns the keys of all reasons understanding can give, for the
// locale files.
func ReasonKeys() []string {
	noArchive, unlinked, tooNew := reasonsBeside()
	return append(repurchase.ReasonKeys(), noArchive.Key, unlinked.Key, tooNew.Key, tooNewToJudge(need.Newness{}).Key, youngArchive(0).Key,
		marginOfBrand(0).Key, marginOfUnshown(0).Key, marginOfPart(0).Key)
}

// Understand says what the customer's state means. It changes nothing and is
// safe for concurrent use.
func (m *Model) Understand(settings *Settings, s *Situation, c *profile.Customer) insight.Customer {
	v := repurchase.View(c, s.now(), s.ordersUntil())
	parts := m.Repurchase.Of(v)
	worth := m.Value.Of(v)
	whole := parts // as far as orders are known, be they enough to speak of or not
	if !s.measurable() {
		parts.Need = 0
	}
	out := insight.Customer{ID: c.ID, AsOf: s.Now, Base: parts.Base}
	out.Loss, out.LossGrade = m.loses(v)
	out.Fatigue = m.Fatigue.Next(v)
	m.describeParts(&out, s, &parts)
	kept := marginOf(&s.Catalog, &m.Sold, v)
	left := m.Value.Left(v, settings.Discount)
	m.describeWorth(&out, s, worth, kept.discounted(left))
	if s.measurable() {
		if newness := need.NewnessOf(v, m.Repurchase.Cycles); newness.TooNew() {
			out.Value.Because = []insight.Reason{tooNewToJudge(newness)}
		}
		out.Value.Because = append(out.Value.Because, kept.because()...)
	}
	due := need.Next(v, m.Repurchase.Cycles)
	out.NextDue, out.DueLine = due.At, due.Line
	out.Stage, out.StageUntil = lifecycle.Rule{Learned: &m.Stages, Set: &s.Stages}.Place(v, s.measurable())
	m.limit(&out, settings, limits{view: v, parts: &whole, worth: worth, rate: kept.rate, measurable: m.rhythmic(s, worth), linkRate: s.LinkRate, visited: m.Repurchase.ExposureVisited(&whole)})
	return out
}

func (m *Model) describeParts(out *insight.Customer, s *Situation, p *repurchase.Parts) {
	evidence := insight.Prior
	if m.Repurchase.Fitted {
		evidence = insight.Fitted
	}
	about := describer{model: repurchase.Version, asOf: s.Now, unit: insight.Eta}
	out.Need = about.estimate(p.Need, p.SD[0], evidence)
	out.Need.Because = m.Repurchase.Reasons(p, insight.Need, mostReasons)
	out.Trust = about.estimate(p.Trust, p.SD[1], evidence)
	out.Trust.Because = m.Repurchase.Reasons(p, insight.Trust, mostReasons)
	out.Exposure = about.estimate(p.Exposure, p.SD[2], evidence)
	out.Exposure.Because = m.Repurchase.Reasons(p, insight.Exposure, mostReasons)
	eta := p.Eta()
	out.Repurchase = insight.Estimate{
		Value: repurchase.Probability(eta), Unit: insight.Probability, AsOf: s.Now, Model: repurchase.Version, Evidence: evidence,
		Low: repurchase.Probability(eta - stats.Central80*p.EtaSD), High: repurchase.Probability(eta + stats.Central80*p.EtaSD),
	}
	if p.Exchanges == 0 {
		out.Trust.Evidence = insight.Prior
	}
	if !s.Archive || !p.Heard {
		unheard(&out.Trust)
		unheard(&out.Exposure)
		out.Trust.Because = append(out.Trust.Because, m.unheardBecause(s))
	}
	if !s.measurable() {
		out.Need.Evidence, out.Repurchase.Evidence = insight.NotMeasurable, insight.NotMeasurable
		_, unlinked, _ := reasonsBeside()
		unlinked.Number = max(0, s.LinkRate) * 100
		out.Need.Because = []insight.Reason{unlinked}
	}
}

// unheardBecause tells why nothing is said of silence.
func (m *Model) unheardBecause(s *Situation) insight.Reason {
	noArchive, _, _ := reasonsBeside()
	if since := m.Repurchase.Trust.Since; s.Archive && since != 0 {
		return youngArchive(past.View{At: s.now()}.Days(since))
	}
	return noArchive
}

// unheard says of an estimate that it was fitted without knowing messages, or none of long
// ago.
func unheard(e *insight.Estimate) {
	if e.Evidence == insight.Fitted {
		e.Evidence = insight.WithoutArchive
	}
}

type describer struct {
	model string
	asOf  time.Time
	unit  insight.Unit
}

func (d describer) estimate(value, sd float64, evidence insight.Evidence) insight.Estimate {
	return insight.Estimate{Value: value, Low: value - stats.Central80*sd, High: value + stats.Central80*sd,
		Unit: d.unit, AsOf: d.asOf, Model: d.model, Evidence: evidence}
}

// valueForm names the form of the value models behind the purchase model or the
// mixture in force; estimates carry both.
const valueForm = "-gammagamma-1"

func (m *Model) describeWorth(out *insight.Customer, s *Situation, w ltv.Worth, kept margin) {
	evidence := insight.Prior
	switch {
	case !s.measurable():
		evidence = insight.NotMeasurable
	case m.Value.Fitted:
		evidence = insight.Fitted
	}
	version := m.Value.Orders.Name() + valueForm
	say := func(unit insight.Unit, value, low, high float64) insight.Estimate {
		return insight.Estimate{Value: value, Low: low, High: high, Unit: unit, AsOf: s.Now, Model: version, Evidence: evidence}
	}
	out.Alive = say(insight.Probability, w.Alive, w.Alive, w.Alive)
	if !w.Bought && evidence == insight.Fitted {
		out.Alive.Evidence = insight.Prior
	}
	out.Expected = say(insight.Orders, w.Orders, w.OrdersLow, w.OrdersHigh)
	out.Value = say(insight.Fen, w.Turnover*kept.rate, w.TurnoverLow*kept.rate, w.TurnoverHigh*kept.rate)
	out.Variance = w.Variance * kept.rate * kept.rate
	out.Margin = kept.known
}
