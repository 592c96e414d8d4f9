package desk

import (
	"cmp"
	"context"
	"math"
	"slices"

	"siyu/internal/insight/exposure"
	"siyu/internal/insight/ltv"
	"siyu/internal/insight/mind"
	"siyu/internal/insight/past"
	"siyu/internal/insight/repurchase"
	"siyu/internal/insight/trust"
	"siyu/internal/org"
	"siyu/internal/stats/btyd"
	"siyu/internal/web"
)

// unknownPrior says that nobody knows how much of a number is still its prior.
const unknownPrior = -1

// Card implements web.Value.
func (d *Desk) Card(ctx context.Context, scope org.Scope) (web.CardView, error) {
	judged, err := d.Backtest(ctx, scope)
	if err != nil {
		return web.CardView{}, err
	}
	orders, err := d.Orders(ctx, d.Clock.Now())
	if err != nil {
		return web.CardView{}, err
	}
	watch, err := NewestWatch(ctx, d.DB)
	if err != nil {
		return web.CardView{}, err
	}
	settings := &d.Brand.Documents().Understanding
	effects, err := NewestEffects(ctx, d.DB, settings)
	if err != nil {
		return web.CardView{}, err
	}
	card := web.CardView{Discount: settings.Discount, Contacts: contactsOf(&effects, settings), Watch: watchOf(watch), LinkRate: orders.Links.All, LinkFloor: d.Brand.Documents().General.LinkFloor, Archive: d.Archive, Backtest: judged}
	m := d.Learned()
	if m == nil {
		return card, nil
	}
	card.LearnedAt, card.Customers, card.Repeats, card.Sampled, card.MeanOrder = m.LearnedAt, m.Value.Customers, m.Value.Repeats, m.Sampled, m.Value.MeanOrder
	if m.Value.UntilDay > 0 {
		card.OrdersTo = past.StartOf(m.Value.UntilDay).Time()
	}
	if since := m.Repurchase.Trust.Since; since != 0 {
		card.Heard = since.Time()
		card.HeardFrom = card.Heard.AddDate(0, 0, trust.SilenceSpeaks)
	}
	d.addFactors(&card.Backtest.Rates, m.Value.Orders.Rates)
	card.Contacts.Hazard, card.Newcomers = m.Loss.Usual, newcomersOf(m.Value.Orders)
	card.Fits = append(orderFits(m.Value.Orders), spendFit(&m.Value), firstFit(&m.Value), repurchaseFit(m.Repurchase), trustFit(m.Repurchase), fatigueFit(web.FitFatigue, m.Fatigue), fatigueFit(web.FitLoss, m.Loss))
	return card, nil
}

func watchOf(w mind.Watch) web.WatchView {
	j, ok := w.Newest()
	if !ok {
		return web.WatchView{}
	}
	v := web.WatchView{Weeks: len(w.Judged), From: j.From, Until: j.Until, Customers: j.Customers, Expected: j.Expected, Actual: j.Actual,
		Low: j.Low, High: j.High, Error: j.Error, Chance: j.Chance, Parted: j.Parted()}
	for _, judged := range w.Judged {
		if judged.Parted() {
			v.Away++
		}
	}
	return v
}

// orderFits tells the purchase models in force.
func orderFits(o *ltv.Forecaster) []web.FitView {
	var list []web.FitView
	for _, member := range o.Members {
		f := fitOf(web.FitOrders, o.Fitted, member.Fit)
		f.Model, f.N, f.Events = member.Name, o.Customers, o.Repeats
		if prior := member.BG; !o.Fitted && prior != nil {
			f.Parameters = stated("r", prior.R, "alpha", prior.Alpha, "a", prior.A, "b", prior.B)
		}
		if w := member.Window; w != nil {
			nameWindow(f.Parameters, w.Priors)
		}
		list = append(list, f)
	}
	return list
}

// nameWindow tells the regression's parameters from those of other models, and how much of
// each is still prior: the coefficients come first.
func nameWindow(parameters []web.ParameterView, priors []float64) {
	for j := range parameters {
		p := &parameters[j]
		if p.Key = web.WindowParameter + p.Key; j < len(priors) {
			p.Prior = priors[j]
		}
	}
}

func spendFit(m *ltv.Model) web.FitView {
	f := fitOf(web.FitSpend, m.Fitted, m.SpendFit)
	if len(f.Parameters) == 0 {
		f.Fitted, f.Parameters = false, stated("p", m.Spend.P, "q", m.Spend.Q, "v", m.Spend.V)
	}
	f.Parameters = append(f.Parameters, amountParameters(&m.Amounts)...)
	return f
}

func fitOf(name web.FitName, fitted bool, fit btyd.Fit) web.FitView {
	f := web.FitView{Name: name, Fitted: fitted, Converged: fit.Converged, AtBorder: fit.AtBorder, Likelihood: fit.LogLikelihood}
	for _, p := range fit.Parameters {
		f.Parameters = append(f.Parameters, web.ParameterView{Key: p.Name, Value: p.Value, Error: p.Error, Prior: unknownPrior})
	}
	return f
}

// parameterOf is a stated number without an error.
func parameterOf(key string, value float64) web.ParameterView {
	return web.ParameterView{Key: key, Value: value, Prior: unknownPrior}
}

// stated returns pairs of key and value as parameters that are priors.
func stated(pairs ...any) []web.ParameterView {
	var list []web.ParameterView
	for i := 0; i+1 < len(pairs); i += 2 {
		p := parameterOf(pairs[i].(string), pairs[i+1].(float64))
		p.Prior = 1
		list = append(list, p)
	}
	return list
}

func firstFit(m *ltv.Model) web.FitView {
	f := web.FitView{Name: web.FitFirst, Fitted: m.First.Events > 0, Converged: true, N: m.First.Customers, Events: m.First.Events}
	for i, key := range []string{"week_1", "week_4", "week_13", "week_26", "week_52", "week_104", "later"} {
		if i < len(m.First.Hazard) {
			p := parameterOf(key, m.First.Hazard[i])
			if i < len(m.First.Error) {
				p.Error = m.First.Hazard[i] * m.First.Error[i]
			}
			f.Parameters = append(f.Parameters, p)
		}
	}
	f.Parameters = append(f.Parameters, parameterOf("first_ends", m.First.Reach.Ends))
	gone := parameterOf("first_gone", m.First.Reach.Gone)
	gone.Prior = m.First.Reach.Prior()
	f.Parameters = append(f.Parameters, gone)
	return f
}

func repurchaseFit(m *repurchase.Model) web.FitView {
	f := web.FitView{Name: web.FitRepurchase, Fitted: m.Fitted, Converged: m.Converged, N: m.Rows, Events: m.Buys}
	f.Parameters = coefficients{m.Coefficients, m.Covariance, m.PriorWeights}.named(func(j int) string {
		if j < len(m.Columns) {
			return m.Columns[j].Name
		}
		return ""
	})
	if m.Memory.Better() {
		f.Parameters = append(f.Parameters, parameterOf("half_life", m.HalfLife))
	}
	f.Parameters = append(f.Parameters, parameterOf("slope", m.Slope), parameterOf("shift", m.Shift))
	return f
}

// trustFit tells the score of trust. The ways customers came by, one number
// each, have no names of their own and are left out.
func trustFit(m *repurchase.Model) web.FitView {
	f := web.FitView{Name: web.FitTrust, Fitted: m.Score.Rows > 0, Converged: true, N: m.Score.Rows, Events: m.Score.Acts}
	f.Parameters = coefficients{m.Score.Coefficients, m.Score.Covariance, m.Score.PriorWeights}.named(func(j int) string {
		if j > 0 && j <= len(m.TrustColumns) {
			return m.TrustColumns[j-1].Name
		}
		return ""
	})
	f.Parameters = slices.DeleteFunc(f.Parameters, func(p web.ParameterView) bool { return p.Key == "trust.came_by" || m.Score.Simple && p.Value == 0 })
	if j := m.Score.Judged; j.Rows > 0 {
		gain := parameterOf("trust_gain", j.Gain)
		gain.Error = j.SE
		f.Parameters = append(f.Parameters, gain, parameterOf("trust_slope", j.Slope), parameterOf("trust_intercept", j.Intercept), parameterOf("trust_brier", j.Brier), parameterOf("trust_blind", j.Blind), parameterOf("trust_stretch", m.Score.Slope))
	}
	f.Simple, f.Judged, f.Worse = m.Score.Simple, m.Score.Judged.Rows > 0, m.Score.Judged.Worse()
	return f
}

func fatigueFit(name web.FitName, m exposure.Fatigue) web.FitView {
	f := web.FitView{Name: name, Fitted: m.Fitted, Converged: true, N: m.Contacts, Events: m.Events}
	keys := []string{"", "fatigue_load", "fatigue_silence", "fatigue_sells"}
	f.Parameters = coefficients{values: m.Coefficients}.named(func(j int) string { return keys[min(j, len(keys)-1)] })
	if m.Idle > 0 {
		f.Parameters = append(f.Parameters, parameterOf("fatigue_idle", m.Idle))
	}
	return f
}

// coefficients are those of a regression; the covariance and how much of each
// is still prior may be missing.
type coefficients struct {
	values     []float64
	covariance [][]float64
	priors     []float64
}

// named returns them as parameters; key names each, "" for the intercept.
func (c coefficients) named(key func(j int) string) []web.ParameterView {
	var list []web.ParameterView
	for j, value := range c.values {
		p := parameterOf(cmp.Or(key(j), "intercept"), value)
		if j < len(c.priors) {
			p.Prior = c.priors[j]
		}
		if j < len(c.covariance) {
			p.Error = math.Sqrt(max(0, c.covariance[j][j]))
		}
		list = append(list, p)
	}
	return list
}
