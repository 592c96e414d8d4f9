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
	empty := o.Options
	empty.Customers, empty.Engine = 0, engine
	if engine != storage.Postgres {
		empty.URL = ""
	}
	g, err := prepare(ctx, empty)
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
	insights := make([]flow.InsightRow, 0, rowsAtOnce)
	return eachMadeUp(o.Customers, func(rows []audience.Row) error {
		insights = insights[:0]
		for i := range rows {
			insights = append(insights, judgedOf(&rows[i]))
		}
		return errors.Join(db.SaveFacets(ctx, rows), db.SaveInsights(ctx, insights), ctx.Err())
	})
}

// judgedOf returns the insight that a row was made of, as far as rules ask it.
func judgedOf(row *audience.Row) flow.InsightRow {
	value := func(field string) float64 { return float64(row.Values[audience.ColumnAt(field, audience.Ever)]) }
	word := func(field string) string {
		f, _ := audience.FieldOf(field)
		return f.Words[int(value(field))]
	}
	const thousandths, hundredths = 1000, 100
	r := flow.InsightRow{Store: id.Store(value("store")), Staff: id.Staff(value("owner")), LastFact: firstMorning}
	c := &r.Customer
	c.ID, c.AsOf = row.ID, firstMorning
	c.Stage, c.Limiting = insight.Stage(word("stage")), insight.Part(word("limiting"))
	c.Value.Value = value("value")
	c.Repurchase.Value, c.Alive.Value, c.Fatigue = value("repurchase")/thousandths, value("alive")/thousandths, value("fatigue")/thousandths
	c.Need.Value, c.Trust.Value, c.Exposure.Value = value("need")/hundredths, value("trust")/hundredths, value("exposure")/hundredths
	if due := row.Values[audience.ColumnAt("due", audience.Ever)]; due != 0 {
		c.NextDue = event.StartOfDay(due).Time().Add(12 * time.Hour)
	}
	return r
}
