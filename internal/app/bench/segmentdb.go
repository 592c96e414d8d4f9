package bench

import (
	"context"
	"errors"
	"time"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// database stores the same rows in an installation of the engine and asks it
// the same.
func (o SegmentOptions) database(ctx context.Context, engine storage.Dialect, known Segments) (asked SegmentDatabase, err error) {
	asked.Engine = engine
	g, err := prepare(ctx, o.on(engine, 0))
	if err != nil {
		return asked, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	began := started()
	if err := o.store(ctx, g.DB()); err != nil {
		return asked, err
	}
	asked.Store = began.passed().Seconds()
	o.say("%s stored the rows in %.0f s", engine, asked.Store)
	for _, question := range []struct {
		rule audience.Rule
		to   *Asked
	}{{fourPredicates(), &asked.Four}, {mixedRule(), &asked.Mixed}} {
		if *question.to, _, err = ask(fewRounds, func() (int, error) {
			return g.DB().CountAudience(ctx, storage.AudienceQuery{Rule: &question.rule, Scope: org.All(), Today: segmentDay})
		}); err != nil {
			return asked, err
		}
	}
	asked.Agrees = asked.Four.Found == known.Four.Found && asked.Mixed.Found == known.Mixed.Found
	return asked, nil
}

func (o SegmentOptions) store(ctx context.Context, db *storage.DB) error {
	insights, judged := make([]flow.InsightRow, 0, rowsAtOnce), newJudged()
	return eachMadeUp(o.Customers, func(rows []audience.Row) error {
		insights = insights[:0]
		for i := range rows {
			insights = append(insights, judged.of(&rows[i]))
		}
		return errors.Join(db.SaveFacets(ctx, rows), db.SaveInsights(ctx, insights), ctx.Err())
	})
}

// judged knows where a row has what is understood every night.
type judged struct {
	places           map[string]int
	stages, limiting []string
}

func newJudged() judged {
	j := judged{places: map[string]int{}}
	for i, c := range audience.Columns() {
		if c.Field.Judged || c.Field.Name == "store" || c.Field.Name == "owner" {
			j.places[c.Field.Name] = i
		}
	}
	stage, _ := audience.FieldOf("stage")
	limiting, _ := audience.FieldOf("limiting")
	j.stages, j.limiting = stage.Words, limiting.Words
	return j
}

// of returns the insight that a row was made of, as far as rules ask it.
func (j judged) of(row *audience.Row) flow.InsightRow {
	value := func(field string) float64 { return float64(row.Values[j.places[field]]) }
	const thousandths, hundredths = 1000, 100
	r := flow.InsightRow{Store: id.Store(value("store")), Staff: id.Staff(value("owner")), LastFact: firstMorning}
	c := &r.Customer
	c.ID, c.AsOf = row.ID, firstMorning
	c.Stage, c.Limiting = insight.Stage(j.stages[int(value("stage"))]), insight.Part(j.limiting[int(value("limiting"))])
	c.Value.Value = value("value")
	c.Repurchase.Value, c.Alive.Value, c.Fatigue = value("repurchase")/thousandths, value("alive")/thousandths, value("fatigue")/thousandths
	c.Need.Value, c.Trust.Value, c.Exposure.Value = value("need")/hundredths, value("trust")/hundredths, value("exposure")/hundredths
	if due := row.Values[j.places["due"]]; due != 0 {
		c.NextDue = event.StartOfDay(due).Time().Add(12 * time.Hour)
	}
	return r
}
