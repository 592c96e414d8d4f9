package desk

import (
	"context"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// firstLooked is how many customers of a crowd are shown while its rule is typed.
const firstLooked = 8

// Look implements web.Audiences.
func (d *Desk) Look(ctx context.Context, scope org.Scope, rule *audience.Rule) (web.AudienceLook, error) {
	ix, err := d.index()
	if err != nil {
		return web.AudienceLook{}, err
	}
	today, began := ix.Position().Day, clock.System{}.Now()
	crowd, err := ix.Evaluate(rule, scope, today)
	if err != nil {
		return web.AudienceLook{}, err
	}
	look := web.AudienceLook{Size: crowd.Len(), Took: clock.System{}.Now().Sub(began), AsOf: d.Clock.Now()}
	if look.Among, err = ix.Count(everybody, scope, today); err != nil {
		return look, err
	}
	look.Spread = d.spreads(crowd)
	look.First, err = d.rows(ctx, worthMost(crowd, firstLooked))
	return look, err
}

// worthMost returns the customers of a crowd who are worth most.
func worthMost(crowd *index.Crowd, n int) []id.Customer {
	entries := crowd.First(index.Page{Column: audience.ColumnAt("value", audience.Ever), Descending: true, N: n})
	customers := make([]id.Customer, len(entries))
	for i, e := range entries {
		customers[i] = e.ID
	}
	return customers
}

// largestShares is how many values a spread tells apart.
const largestShares = 6

// valueEdges part customers by what they are worth in the next year, in fen.
var valueEdges = []int64{10_000, 30_000, 100_000, 300_000, 1_000_000}

func (d *Desk) spreads(crowd *index.Crowd) []web.AudienceSpread {
	if crowd.Len() == 0 {
		return nil
	}
	var spreads []web.AudienceSpread
	for _, field := range []string{"stage", "limiting", "store"} {
		f, _ := audience.FieldOf(field)
		spread, rest := web.AudienceSpread{Field: field}, crowd.Len()
		for _, s := range crowd.Split(field, largestShares) {
			spread.Shares = append(spread.Shares, web.AudienceShare{Name: d.shareName(f, s.Value), None: f.Kind == audience.Ref && s.Value == 0, Count: s.Count})
			rest -= s.Count
		}
		if rest > 0 {
			spread.Shares = append(spread.Shares, web.AudienceShare{Count: rest})
		}
		spreads = append(spreads, spread)
	}
	bands := web.AudienceSpread{Field: "value"}
	counts := crowd.Bands(audience.ColumnAt("value", audience.Ever), valueEdges)
	for i, n := range counts[:len(valueEdges)] {
		low := int64(0)
		if i > 0 {
			low = valueEdges[i-1]
		}
		if n > 0 {
			bands.Shares = append(bands.Shares, web.AudienceShare{Low: low, High: valueEdges[i], Count: n})
		}
	}
	if last := counts[len(valueEdges)]; last > 0 {
		bands.Shares = append(bands.Shares, web.AudienceShare{Low: valueEdges[len(valueEdges)-1], Count: last})
	}
	return append(spreads, bands)
}

// shareName names one value of a spread: a Word by its word, a store by its name.
func (d *Desk) shareName(f audience.Field, value int64) string {
	if f.Kind == audience.Word {
		return f.Words[value]
	}
	return d.Brand.StoreName(id.Store(value))
}

// Overlap implements web.Audiences.
func (d *Desk) Overlap(_ context.Context, scope org.Scope, a, b *audience.Rule) (web.AudienceOverlap, error) {
	ix, err := d.index()
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	one, err := ix.Evaluate(a, scope, ix.Position().Day)
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	other, err := ix.Evaluate(b, scope, ix.Position().Day)
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	both := one.And(other)
	return web.AudienceOverlap{A: one.Len(), B: other.Len(), Both: both.Len(), First: worthMost(both, firstLooked)}, nil
}

// ReadyAudiences implements web.ReadyAudiences.
func (d *Desk) ReadyAudiences(_ context.Context, scope org.Scope) ([]web.ReadyAudience, error) {
	library, err := d.library()
	if err != nil {
		return nil, err
	}
	ix := d.Index()
	var all []web.ReadyAudience
	for _, ready := range library {
		one := web.ReadyAudience{Ready: ready, Size: -1}
		if ix != nil {
			if one.Size, err = ix.Count(&ready.Rule, scope, ix.Position().Day); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// ReadyRule implements web.ReadyAudiences.
func (d *Desk) ReadyRule(_ context.Context, name string) (audience.Rule, error) {
	library, err := d.library()
	if err != nil {
		return audience.Rule{}, err
	}
	for _, ready := range library {
		if ready.Name == name {
			return ready.Rule, nil
		}
	}
	return audience.Rule{}, notFound("ready audience")
}

// library returns the ready audiences, cut at the brand's own points as far as
// they are known.
func (d *Desk) library() ([]audience.Ready, error) {
	var cuts audience.Cuts
	if ix := d.Index(); ix != nil {
		var err error
		if cuts, err = libraryCuts(ix); err != nil {
			return nil, err
		}
	}
	return audience.Library(cuts), nil
}

// libraryCuts cuts the brand's customers into layers by their own quantiles: the
// nearer half of buyers bought lately, a fifth buy often and spend much; half
// are worth little, a tenth much.
func libraryCuts(ix *index.Index) (audience.Cuts, error) {
	const half, fourFifths, nineTenths = .5, .8, .9
	today := ix.Position().Day
	buyers := func(window int) (*index.Crowd, error) {
		return ix.Evaluate(&audience.Rule{Ask: &audience.Condition{Field: "orders", Window: window, Is: audience.AtLeast, Values: []audience.Value{{Number: 1}}}}, org.All(), today)
	}
	ever, err := buyers(audience.Ever)
	if err != nil {
		return audience.Cuts{}, err
	}
	const year = 365
	lately, err := buyers(year)
	if err != nil {
		return audience.Cuts{}, err
	}
	at := func(c *index.Crowd, field string, window int, share float64) int64 {
		if q := c.Quantiles(audience.ColumnAt(field, window), share); len(q) > 0 {
			return q[0]
		}
		return 0
	}
	last := at(ever, "last_order", audience.Ever, half)
	if last == 0 {
		last = today
	}
	return audience.Cuts{RecentDays: max(1, today-last+1), Orders: max(1, at(lately, "orders", year, fourFifths)),
		Turnover: fen(max(1, at(lately, "turnover", year, fourFifths))),
		ValueLow: fen(max(1, at(ever, "value", audience.Ever, half))), ValueHigh: fen(max(2, at(ever, "value", audience.Ever, nineTenths)))}, nil
}
