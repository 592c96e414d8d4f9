package storage

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/id"
	"siyu/internal/insight"
)

// anyInsight draws insights whose numbers survive 32 bits and whose times
// survive milliseconds.
func anyInsight(t *rapid.T) insight.Customer {
	float := func() float64 { return float64(rapid.Float32Range(-1e9, 1e9).Draw(t, "number")) }
	when := func() time.Time {
		if rapid.Bool().Draw(t, "zero time") {
			return time.Time{}
		}
		return time.UnixMilli(rapid.Int64Range(1, 1<<42).Draw(t, "time")).UTC()
	}
	line := func() id.Line { return id.Line(rapid.Int64Range(0, 1<<62).Draw(t, "line")) }
	c := insight.Customer{AsOf: when(), Base: float(), Margin: float64(rapid.SampledFrom([]float32{0, .25, 1}).Draw(t, "margin")),
		Limiting: rapid.SampledFrom(parts[:]).Draw(t, "limiting"), NextDue: when(), DueLine: line(), Fatigue: float(), Loss: float(), LossGrade: rapid.SampledFrom(certain[:]).Draw(t, "loss grade"),
		Stage: rapid.SampledFrom(stages[:]).Draw(t, "stage"), StageUntil: when()}
	for _, e := range estimates(&c) {
		if e.Unit = rapid.SampledFrom(units[:]).Draw(t, "unit"); e.Unit == "" {
			continue
		}
		*e = insight.Estimate{Value: float(), Low: float(), High: float(), Unit: e.Unit, AsOf: when(),
			Model: rapid.SampledFrom([]string{"", "parts/1", boxWords[0]}).Draw(t, "model"), Evidence: rapid.SampledFrom(grades[:]).Draw(t, "evidence")}
		for range rapid.IntRange(0, 3).Draw(t, "reasons") {
			e.Because = append(e.Because, insight.Reason{Key: rapid.SampledFrom([]string{"need.due", "replied", "到期"}).Draw(t, "key"), Weight: float(), Number: float(), Line: line()})
		}
	}
	for range rapid.IntRange(0, 3).Draw(t, "levers") {
		c.Levers = append(c.Levers, insight.Lever{Part: rapid.SampledFrom(parts[:]).Draw(t, "part"), Gap: float(), Effect: float(),
			GainLow: float(), Gain: float(), GainHigh: float(), LastingLow: float(), Lasting: float(), LastingHigh: float(),
			Cost: float(), Grade: rapid.SampledFrom([]insight.Grade{insight.Assumed, insight.PartlyMeasured, insight.Measured}).Draw(t, "grade")})
	}
	return c
}

func TestAnInsightComesOutOfItsBoxAsItWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyInsight(t)
		box, err := packInsight(nil, &c)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := unpackInsight(box); err != nil || !reflect.DeepEqual(again, c) {
			t.Fatalf("got %+v, %v\nwant %+v", again, err, c)
		}
	})
}

func TestABoxThatSpellsItsWordsStillOpens(t *testing.T) {
	c := insight.Customer{Need: insight.Estimate{Unit: insight.Eta, Model: "parts/1"}, Trust: insight.Estimate{Unit: insight.Eta, Model: "parts/1"}}
	box, err := packInsight(nil, &c)
	if err != nil {
		t.Fatal(err)
	}
	box[0] = 1
	box = box[:len(box)-7] // without stage and loss
	if place := slices.Index(box, byte(2*(firstNumbered+1))); place < 0 {
		t.Fatal("the second time a word is not named by its place")
	} else {
		box[place] = 2 * 1
	}
	if again, err := unpackInsight(box); err != nil || again.Need.Model != "parts/1" || again.Trust.Model != "parts/1" {
		t.Fatalf("got %+v, %v", again, err)
	}
}

// everyReason is an insight whose box names all words of the table and spells
// others, some of them twice.
func everyReason() insight.Customer {
	noon := time.UnixMilli(1_767_225_600_000).UTC()
	c := insight.Customer{AsOf: noon, Base: -2.5, Margin: 1, Limiting: insight.Trust, NextDue: noon.AddDate(0, 0, 9), DueLine: 3, Fatigue: 0.125, Loss: 0.125,
		Levers: []insight.Lever{{Part: insight.Need, Gap: 1, Effect: 2, GainLow: 3, Gain: 4, GainHigh: 5, Cost: 6, Grade: insight.Assumed}}}
	for i, e := range estimates(&c) {
		*e = insight.Estimate{Value: float64(i), Low: -1, High: 9, Unit: insight.Eta, AsOf: noon.Add(-time.Hour), Model: "parts/1", Evidence: insight.Prior}
	}
	c.Alive = insight.Estimate{}
	for i, word := range boxWords[:firstNumbered] {
		c.Need.Because = append(c.Need.Because, insight.Reason{Key: word, Weight: float64(i), Number: 0.5, Line: 3})
	}
	c.Trust.Because = []insight.Reason{{Key: "replied"}, {Key: "到期"}, {Key: "replied", Weight: 1}}
	return c
}

func TestABoxOfVersion2IsReadForEver(t *testing.T) {
	box, want := golden(t, "insight-2.hex"), everyReason()
	if c, err := unpackInsight(box); err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, want)
	}
}

func TestABoxOfVersion3IsReadForEver(t *testing.T) {
	box, want := golden(t, "insight-3.hex"), everyReason()
	want.Stage, want.StageUntil = insight.Mature, want.AsOf.AddDate(0, 0, 40)
	if c, err := unpackInsight(box); err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, want)
	}
}

func TestABoxOfVersion4IsReadForEver(t *testing.T) {
	box, want := golden(t, "insight-4.hex"), everyReason()
	want.Stage, want.StageUntil = insight.Mature, want.AsOf.AddDate(0, 0, 40)
	want.Levers[0].LastingLow, want.Levers[0].Lasting, want.Levers[0].LastingHigh = 7, 8, 9
	if c, err := unpackInsight(box); err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, want)
	}
}

func TestABoxOfVersion5IsReadForEver(t *testing.T) {
	box, want := golden(t, "insight-5.hex"), everyReason()
	want.Stage, want.StageUntil = insight.Mature, want.AsOf.AddDate(0, 0, 40)
	want.Levers[0].LastingLow, want.Levers[0].Lasting, want.Levers[0].LastingHigh = 7, 8, 9
	want.Loss, want.LossGrade = 0.0625, insight.Assumed
	if c, err := unpackInsight(box); err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, want)
	}
}

func TestABoxOfVersion6IsReadForEver(t *testing.T) {
	box, want := golden(t, "insight-6.hex"), everyReason()
	want.Stage, want.StageUntil, want.Margin = insight.Mature, want.AsOf.AddDate(0, 0, 40), 0.375
	want.Levers[0].LastingLow, want.Levers[0].Lasting, want.Levers[0].LastingHigh = 7, 8, 9
	want.Loss, want.LossGrade = 0.0625, insight.Assumed
	if c, err := unpackInsight(box); err != nil || !reflect.DeepEqual(c, want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, want)
	}
	again, err := packInsight(nil, &want)
	if err != nil || !slices.Equal(again, box) {
		t.Errorf("the same insight is written otherwise: %x, %v", again, err)
	}
}

func TestReasonsMayBeAppendedToTheTable(t *testing.T) {
	longer := append(boxWords[:], "到期", "parts/1")
	rapid.Check(t, func(t *rapid.T) {
		c := anyInsight(t)
		before, err := packInsight(nil, &c)
		if err != nil {
			t.Fatal(err)
		}
		now := packer{table: numbersOf(longer), asOf: at(c.AsOf)}
		now.insight(&c)
		for build, box := range map[string][]byte{"this": before, "the next": now.bytes} {
			u := unpacker{bytes: box}
			if again, err := u.insight(longer); err != nil || !reflect.DeepEqual(again, c) {
				t.Fatalf("what %s build packed: got %+v, %v\nwant %+v", build, again, err, c)
			}
		}
	})
}

func TestADamagedBoxIsAnErrorAndNoPanic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyInsight(t)
		box, err := packInsight(nil, &c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := unpackInsight(box[:rapid.IntRange(0, len(box)-1).Draw(t, "cut")]); err == nil {
			t.Fatal("a cut box opens")
		}
		for range 3 {
			box[rapid.IntRange(0, len(box)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		_, _ = unpackInsight(box) // whatever it says, it must not panic
	})
}

func BenchmarkPackInsight(b *testing.B) {
	c, box := everyReason(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if box, err = packInsight(box[:0], &c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnpackInsight(b *testing.B) {
	c := everyReason()
	box, err := packInsight(nil, &c)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unpackInsight(box); err != nil {
			b.Fatal(err)
		}
	}
}
