package web

import (
	"regexp"
	"testing"
	"time"

	"siyu/internal/decision"
	"siyu/internal/insight"
)

// claim is what words say of a customer, and whether it is so.
type claim struct {
	words *regexp.Regexp
	holds func(s standing, v *CustomerView) bool
}

func claims() []claim {
	say := func(words string, holds func(standing, *CustomerView) bool) claim {
		return claim{regexp.MustCompile(words), holds}
	}
	return []claim{
		say(`no need|看不出需要`, func(s standing, v *CustomerView) bool { return v.Known.Need.Value <= 0 && !s.due }),
		say(`[Ii]n need|need already|^有需要|已经有需要`, func(s standing, v *CustomerView) bool { return v.Known.Need.Value > 0 || s.due }),
		say(`is due|到了该买`, func(s standing, _ *CustomerView) bool { return s.due }),
		say(`trusts us,|and trusting|trust already|^信任我们|也信任|已经有信任`, func(_ standing, v *CustomerView) bool {
			return v.Known.Trust.Evidence != insight.Prior && v.Known.Trust.Value >= 0
		}),
		say(`trusts us less|信任低于`, func(_ standing, v *CustomerView) bool {
			return v.Known.Trust.Evidence != insight.Prior && v.Known.Trust.Value < 0
		}),
		say(`too little is known of the trust|还看不出是否信任`, func(_ standing, v *CustomerView) bool { return v.Known.Trust.Evidence == insight.Prior }),
		say(`hardly come to mind|come to mind less|不太想得起|更少想起`, func(_ standing, v *CustomerView) bool { return v.Known.Exposure.Value < 0 }),
		say(`us in mind|还记得我们`, func(_ standing, v *CustomerView) bool { return v.Known.Exposure.Value >= 0 }),
		say(`held back by need|差在需求`, func(s standing, v *CustomerView) bool { return v.Known.Need.Value <= 0 && !s.due }),
		say(`held back by trust|差在信任`, func(_ standing, v *CustomerView) bool {
			return v.Known.Trust.Evidence != insight.Prior && v.Known.Trust.Value < 0
		}),
		say(`held back by exposure|差在曝光`, func(_ standing, v *CustomerView) bool { return v.Known.Exposure.Value < 0 }),
		say(`see Next|见“下一步”`, func(_ standing, v *CustomerView) bool {
			return v.Next != nil && v.Next.Limiting == insight.Trust && v.Known.Limiting != insight.Trust
		}),
	}
}

func TestNoSentenceOfWhatLimitsContradictsThePartsBesideIt(t *testing.T) {
	t.Parallel()
	all, err := locales()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 12, 9, 0, 0, 0, time.UTC)
	made := map[string]bool{}
	serve := &NextAction{Action: decision.Action{Limiting: insight.Trust}}
	for _, l := range all {
		c := calendar{locale: l, zone: time.UTC, now: func() time.Time { return now }}
		for _, v := range everyStanding(now, serve) {
			head, say, s := c.limitHead(v), c.limitSay(v), c.standing(&v)
			made[say] = true
			if head == "" || say == "" || regexp.MustCompile(`part_|parts`).MatchString(head+say) {
				t.Fatalf("%s of %+v: %q, %q", l.tag, s, head, say)
			}
			for _, claim := range claims() {
				if claim.words.MatchString(head) && !claim.holds(s, &v) || claim.words.MatchString(say) && !claim.holds(s, &v) {
					t.Errorf("%s: %q, %q of need %+.1f, trust %+.1f (%s), exposure %+.1f, due %v", l.tag, head, say, v.Known.Need.Value, v.Known.Trust.Value, v.Known.Trust.Evidence, v.Known.Exposure.Value, s.due)
				}
			}
		}
	}
	if least := 2 * 13; len(made) < least {
		t.Errorf("only %d sentences were said", len(made))
	}
}

// everyStanding returns a customer for each limiting part, sign of the parts, grade of
// trust, date and plan.
func everyStanding(now time.Time, serve *NextAction) (all []CustomerView) {
	some := []float64{-.4, 0, .4}
	dates := []time.Time{{}, now.AddDate(0, 0, -6), now.Add(5 * time.Hour), now.AddDate(0, 0, 6)}
	for _, part := range []insight.Part{insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown} {
		for i := range len(some) * len(some) * len(some) * len(dates) {
			for _, evidence := range []insight.Evidence{insight.Prior, insight.Fitted, insight.WithoutArchive} {
				for _, next := range []*NextAction{nil, serve} {
					k := insight.Customer{Limiting: part, NextDue: dates[i/27], Levers: []insight.Lever{{Part: insight.Need, Gain: 80, Cost: 50}, {Part: insight.Trust, Gain: 20, Lasting: 500, Cost: 50}}}
					k.Need.Value, k.Exposure.Value, k.Trust.Value, k.Trust.Evidence = some[i%3], some[i/3%3], some[i/9%3], evidence
					all = append(all, CustomerView{Known: k, Next: next, Horizon: 30})
				}
			}
		}
	}
	return all
}

func TestWhereTheYearDecidesThePageSaysSo(t *testing.T) {
	t.Parallel()
	v := CustomerView{Next: &NextAction{Action: decision.Action{Limiting: insight.Trust}}}
	v.Known.Limiting = insight.None
	v.Known.Levers = []insight.Lever{{Part: insight.Trust, Gain: 20, Lasting: 500, Cost: 50}}
	if part, found := overYear(&v); !found || part != insight.Trust {
		t.Errorf("no contact pays within the horizon, the plan serves: %q, %v", part, found)
	}
	v.Known.Limiting, v.Known.Levers = insight.Need, append(v.Known.Levers, insight.Lever{Part: insight.Need, Gain: 900, Cost: 50})
	if _, found := overYear(&v); found {
		t.Error("need is worth more over the year, too")
	}
}
