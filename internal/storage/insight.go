package storage

import (
	"context"
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
)

var (
	_ flow.Understandings = (*DB)(nil)
	_ flow.Plans          = (*DB)(nil)
)

// insightTable has no index beside its key: a night rewrites every row, and
// lists are served from columns in memory, see list.go.
var insightTable = table{name: "insight", key: []string{"customer_id"}, known: replace,
	columns: []column{{"customer_id", bigint}, {"as_of", bigint}, {"related", boolean}, {"refuses", boolean},
		{"staff_id", bigint}, {"store_id", bigint}, {"limiting", text}, {"value", double}, {"repurchase", double},
		{"next_due", bigint}, {"last_order", bigint}, {"last_fact", bigint}, {"first_seen", bigint}, {"orders", bigint}, {"estimates", bytes}}}

// insightChunk is how many rows one transaction writes: about 25 ms of the
// SQLite writer.
const insightChunk = 2000

// SaveInsights implements flow.Understandings. It may be called from several
// goroutines; no customer may stand in rows twice. A number that is not finite
// is fault.Invalid and nothing of its chunk is stored.
func (db *DB) SaveInsights(ctx context.Context, rows []flow.InsightRow) error {
	for len(rows) > 0 {
		n := min(insightChunk, len(rows))
		if err := db.saveInsights(ctx, rows[:n]); err != nil {
			return fmt.Errorf("store %d insights: %w", n, err)
		}
		rows = rows[n:]
	}
	return nil
}

func (db *DB) saveInsights(ctx context.Context, rows []flow.InsightRow) error {
	values := make([][]any, len(rows))
	for i := range rows {
		r := &rows[i]
		box, err := packInsight(&r.Customer)
		if err != nil {
			return fmt.Errorf("customer %s: %w", id.Text(r.ID), err)
		}
		values[i] = []any{int64(r.ID), int64(event.At(r.AsOf)), r.Related, r.Refuses, int64(r.Staff), int64(r.Store),
			string(r.Limiting), r.Value.Value, r.Repurchase.Value, int64(event.At(r.NextDue)), int64(event.At(r.LastOrder)),
			int64(event.At(r.LastFact)), int64(event.At(r.FirstSeen)), int64(r.Orders), box}
	}
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.put(ctx, insightTable, values)
		return err
	})
	if err == nil {
		db.list.update(rows)
	}
	return err
}

// LoadInsights implements flow.Understandings.
func (db *DB) LoadInsights(ctx context.Context, ids []id.Customer) ([]insight.Customer, error) {
	found := make([]insight.Customer, 0, len(ids))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var box []byte
		if err := scan(&who, &box); err != nil {
			return err
		}
		c, err := unpackInsight(box)
		if err != nil {
			return fmt.Errorf("customer %s: %w", id.Text(who), err)
		}
		c.ID = who
		found = append(found, c)
		return nil
	}, "SELECT customer_id, estimates FROM insight WHERE customer_id "+db.dialect.among(1), idList(db.dialect, ids))
	if err != nil {
		return nil, fmt.Errorf("load %d insights: %w", len(ids), err)
	}
	return found, nil
}

// packedInsight is insight.Customer as the database holds it: arrays instead
// of names, 32-bit numbers, each model named once.
type packedInsight struct {
	_         struct{} `cbor:",toarray"`
	AsOf      int64
	Models    []string
	Base      float32
	Estimates [7]packedEstimate
	Margin    bool
	Limiting  insight.Part
	Levers    []packedLever
	NextDue   int64
	DueLine   id.Line
	Fatigue   float32
}

type packedEstimate struct {
	_                struct{} `cbor:",toarray"`
	Value, Low, High float32
	Unit             uint8 // position in units
	Evidence         uint8 // position in grades
	Model            uint8 // position in Models
	AsOf             int64 // milliseconds after the customer's
	Because          []packedReason
}

type packedReason struct {
	_              struct{} `cbor:",toarray"`
	Key            string
	Weight, Number float32
	Line           id.Line
}

type packedLever struct {
	_                                struct{} `cbor:",toarray"`
	Part                             insight.Part
	Gap, Effect, Low, Gain, Hi, Cost float32
	Assumed                          bool
}

// The words of an estimate by their stored number. New words go to the end.
var (
	units  = [...]insight.Unit{"", insight.Probability, insight.Orders, insight.Fen, insight.Eta}
	grades = [...]insight.Evidence{"", insight.Fitted, insight.Prior, insight.NotMeasurable}
)

func packInsight(c *insight.Customer) ([]byte, error) {
	p := packedInsight{AsOf: int64(event.At(c.AsOf)), Base: float32(c.Base), Margin: c.Margin, Limiting: c.Limiting,
		NextDue: int64(event.At(c.NextDue)), DueLine: c.DueLine, Fatigue: float32(c.Fatigue)}
	var err error
	for i, e := range [...]*insight.Estimate{&c.Need, &c.Trust, &c.Exposure, &c.Repurchase, &c.Alive, &c.Expected, &c.Value} {
		if p.Estimates[i], err = p.packEstimate(e); err != nil {
			return nil, err
		}
	}
	for _, l := range c.Levers {
		if !finite(l.Gap, l.Effect, l.GainLow, l.Gain, l.GainHigh, l.Cost) {
			return nil, fault.New(fault.Invalid, "lever %s is not a finite number", l.Part)
		}
		p.Levers = append(p.Levers, packedLever{Part: l.Part, Gap: float32(l.Gap), Effect: float32(l.Effect), Low: float32(l.GainLow),
			Gain: float32(l.Gain), Hi: float32(l.GainHigh), Cost: float32(l.Cost), Assumed: l.Assumed})
	}
	if !finite(c.Base, c.Fatigue) {
		return nil, fault.New(fault.Invalid, "base or fatigue is not a finite number")
	}
	return encode(&p)
}

func (p *packedInsight) packEstimate(e *insight.Estimate) (packedEstimate, error) {
	q := packedEstimate{Value: float32(e.Value), Low: float32(e.Low), High: float32(e.High)}
	if !finite(e.Value, e.Low, e.High) {
		return q, fault.New(fault.Invalid, "an estimate is not a finite number")
	}
	var ok [2]bool
	q.Unit, ok[0] = position(units[:], e.Unit)
	q.Evidence, ok[1] = position(grades[:], e.Evidence)
	if !ok[0] || !ok[1] {
		return q, fault.New(fault.Invalid, "an estimate has the unknown unit %q or evidence %q", e.Unit, e.Evidence)
	}
	if !e.AsOf.IsZero() {
		q.AsOf = int64(event.At(e.AsOf)) - p.AsOf
	}
	q.Model = p.modelNumber(e.Model)
	for _, r := range e.Because {
		if !finite(r.Weight, r.Number) {
			return q, fault.New(fault.Invalid, "reason %s is not a finite number", r.Key)
		}
		q.Because = append(q.Because, packedReason{Key: r.Key, Weight: float32(r.Weight), Number: float32(r.Number), Line: r.Line})
	}
	return q, nil
}

// modelNumber adds the model to the list if it is not there.
func (p *packedInsight) modelNumber(model string) uint8 {
	n, ok := position(p.Models, model)
	if !ok {
		n = uint8(len(p.Models))
		p.Models = append(p.Models, model)
	}
	return n
}

func position[T comparable](list []T, wanted T) (uint8, bool) {
	for i, v := range list {
		if v == wanted {
			return uint8(i), true
		}
	}
	return 0, false
}

func finite(numbers ...float64) bool {
	for _, n := range numbers {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return false
		}
	}
	return true
}

func unpackInsight(box []byte) (insight.Customer, error) {
	var p packedInsight
	if err := cbor.Unmarshal(box, &p); err != nil {
		return insight.Customer{}, fmt.Errorf("decode insight: %w", err)
	}
	c := insight.Customer{AsOf: event.Instant(p.AsOf).Time(), Base: float64(p.Base), Margin: p.Margin, Limiting: p.Limiting,
		NextDue: event.Instant(p.NextDue).Time(), DueLine: p.DueLine, Fatigue: float64(p.Fatigue)}
	for i, e := range [...]*insight.Estimate{&c.Need, &c.Trust, &c.Exposure, &c.Repurchase, &c.Alive, &c.Expected, &c.Value} {
		if err := p.unpackEstimate(&p.Estimates[i], e); err != nil {
			return insight.Customer{}, err
		}
	}
	for _, l := range p.Levers {
		c.Levers = append(c.Levers, insight.Lever{Part: l.Part, Gap: float64(l.Gap), Effect: float64(l.Effect), GainLow: float64(l.Low),
			Gain: float64(l.Gain), GainHigh: float64(l.Hi), Cost: float64(l.Cost), Assumed: l.Assumed})
	}
	return c, nil
}

func (p *packedInsight) unpackEstimate(q *packedEstimate, e *insight.Estimate) error {
	if int(q.Unit) >= len(units) || int(q.Evidence) >= len(grades) || int(q.Model) >= len(p.Models) {
		return fmt.Errorf("decode insight: it holds words this program does not know")
	}
	*e = insight.Estimate{Value: float64(q.Value), Low: float64(q.Low), High: float64(q.High), Unit: units[q.Unit],
		Evidence: grades[q.Evidence], Model: p.Models[q.Model]}
	if e.Unit != "" {
		e.AsOf = event.Instant(p.AsOf + q.AsOf).Time()
	}
	for _, r := range q.Because {
		e.Because = append(e.Because, insight.Reason{Key: r.Key, Weight: float64(r.Weight), Number: float64(r.Number), Line: r.Line})
	}
	return nil
}

// SaveModel implements flow.Understandings.
func (db *DB) SaveModel(ctx context.Context, name, version string, document []byte) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO model (name, serial, version, document)
			SELECT CAST($1 AS text), coalesce(max(serial), 0) + 1, CAST($2 AS text), $3 FROM model WHERE name = $4`,
			name, version, document, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("store model %s: %w", name, err)
	}
	return nil
}

// NewestModel implements flow.Understandings.
func (db *DB) NewestModel(ctx context.Context, name string) (version string, document []byte, err error) {
	_, err = one(ctx, db.reader, []any{&version, &document},
		"SELECT version, document FROM model WHERE name = $1 ORDER BY serial DESC LIMIT 1", name)
	if err != nil {
		return "", nil, fmt.Errorf("read model %s: %w", name, err)
	}
	return version, document, nil
}
