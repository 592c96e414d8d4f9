package promise

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"siyu/internal/event"
)

var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// brand promises a tenth of an order with each contact; true is which share of it comes.
func brand(seed uint64, customers int, true, leak float64) (r Record) {
	draw := rand.New(rand.NewPCG(seed, 3))
	for i := range customers {
		held := draw.Float64() < .2
		promised := .02 + .16*draw.Float64()
		if held && draw.Float64() >= leak {
			promised = 0
		}
		expected := .3 + float64(i%4)*.1 // weeks differ
		came := 0.0
		for draw.Float64() < (expected+true*promised)/(1+expected+true*promised) {
			came++
		}
		r.Drawn(monday.AddDate(0, 0, 7*(i%4)), event.Ask, held, came-expected, promised)
	}
	return r
}

func TestIntervalsOfWhatCameHoldTheTruthAsOftenAsTheySay(t *testing.T) {
	t.Parallel()
	inside, all := 0, 0
	for _, truth := range []float64{0, .6, 1} {
		for seed := range uint64(100) {
			r := brand(seed, 20_000, truth, .2)
			k := KeptOf(r.Rows)
			all++
			if !k.Measurable {
				t.Fatal("20,000 customers are not enough")
			}
			if k.Low <= truth && truth <= k.High {
				inside++
			}
		}
	}
	share := float64(inside) / float64(all)
	t.Logf("%.2f of %d intervals hold the truth", share, all)
	if math.Abs(share-.8) > .07 {
		t.Errorf("%.2f of %d intervals hold the truth, want .8", share, all)
	}
}

func TestWhatCannotBeMeasuredSaysSo(t *testing.T) {
	t.Parallel()
	few, alike := brand(1, 400, 1, 0), brand(2, 20_000, 1, 1)
	nobody := Record{}
	nobody.Drawn(monday, event.Ask, false, 1, .1)
	for name, r := range map[string]Record{"few": few, "the held out were contacted as well": alike, "nobody held out": nobody, "none": {}} {
		if k := KeptOf(r.Rows); k.Measurable {
			t.Errorf("%s: %+v", name, k)
		}
	}
}

func TestARecordAddsUpByWeekAndComesBack(t *testing.T) {
	t.Parallel()
	var r Record
	r.Done(monday.AddDate(0, 0, 6), event.Ask, 100, 150, 3)
	r.Done(monday, event.Ask, 50, 50, 3)
	r.Done(monday.AddDate(0, 0, 7), event.Serve, 10, 12, 1)
	r.Drawn(monday, event.Ask, true, -.25, 0)
	want := []Row{{Week: "2026-03-09", Purpose: event.Serve, Done: 1, Promised: 10, Raw: 12},
		{Week: "2026-03-02", Purpose: event.Ask, Done: 6, Promised: 450, Raw: 600, Held: Arm{N: 1, Beyond: -.25, Squares: .0625}}}
	if !reflect.DeepEqual(r.Rows, want) {
		t.Errorf("got %+v, want %+v", r.Rows, want)
	}
	r.Close(monday.AddDate(0, 0, 14))
	var back Record
	if raw, err := json.Marshal(r); err != nil || json.Unmarshal(raw, &back) != nil || !reflect.DeepEqual(back.Rows, r.Rows) {
		t.Errorf("%v: %+v", err, back)
	}
	if r.Close(monday.AddDate(2, 0, 0)); len(r.Rows) != 0 {
		t.Errorf("weeks of two years ago are kept: %+v", r.Rows)
	}
}
