package trust

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/regression"
)

const day = event.Instant(past.Day)

func on(c *profile.Customer, d int) past.View {
	return past.View{Customer: c, At: event.Instant(d) * day, Orders: event.Instant(d) * day}
}

var known = Brand{Since: day, AnswerRate: .1}

func measure(c *profile.Customer, d int, brand Brand) []feature.Measured {
	out := make([]feature.Measured, Count)
	Measure(on(c, d), brand, out)
	return out
}

func score(measured []feature.Measured) float64 {
	sum := 0.0
	for j, f := range Features() {
		sum += f.Prior.Mean * measured[j].Value
	}
	return sum
}

func quiet() *profile.Customer {
	return &profile.Customer{ID: 1, Relations: []profile.Relation{{Staff: 1, Since: day, AddWay: 3}}}
}

func touched(answered bool, purpose event.Purpose, days ...int) *profile.Customer {
	c := quiet()
	for _, d := range days {
		touch := profile.Touch{At: event.Instant(d) * day, Purpose: purpose}
		if answered {
			touch.Answered = touch.At + 1000
		}
		c.Touches.Recent = append(c.Touches.Recent, touch)
	}
	return c
}

func TestEachSignMovesTrustItsOwnWay(t *testing.T) {
	base := score(measure(quiet(), 100, known))
	more := map[string]*profile.Customer{
		"answered care":     touched(true, event.Serve, 60, 80),
		"started a talk":    {ID: 1, Talk: profile.Talk{Days: []profile.TalkDay{{At: 90 * day, In: 1, Started: true}}}},
		"liked a Moment":    {ID: 1, Reactions: []event.Instant{90 * day}},
		"opened content":    {ID: 1, Openings: profile.Openings{Count: 1, Last: 90 * day, Recent: []profile.Opening{{At: 90 * day, Content: 1}}}},
		"brought a friend":  {ID: 1, Referrals: []profile.Referral{{At: 90 * day}}},
		"wrote an answer":   {ID: 1, Talk: profile.Talk{Days: []profile.TalkDay{{At: 90 * day, In: 2}}}},
		"came back to talk": {ID: 1, Talk: profile.Talk{Days: []profile.TalkDay{{At: 40 * day, In: 1}, {At: 95 * day, In: 1, Started: true}}}},
	}
	less := map[string]*profile.Customer{
		"ignored care":     touched(false, event.Serve, 60, 80),
		"ignored offers":   touched(false, event.Promote, 60, 80),
		"open complaint":   {ID: 1, Complaints: []profile.Complaint{{Opened: 90 * day}}},
		"deleted somebody": {ID: 1, Relations: []profile.Relation{{Staff: 2, Since: day, Until: 50 * day, End: event.ByCustomer}}},
	}
	for name, c := range more {
		if got := score(measure(c, 100, known)); got <= base {
			t.Errorf("%s: %v, without %v", name, got, base)
		}
	}
	for name, c := range less {
		if got := score(measure(c, 100, known)); got >= base {
			t.Errorf("%s: %v, without %v", name, got, base)
		}
	}
}

func TestPurchasesStayOutOfTrust(t *testing.T) {
	with := touched(true, event.Ask, 50)
	with.Orders = profile.Orders{Count: 9, Days: 9, First: 10 * day, Last: 90 * day, Recent: []profile.Order{{ID: id.Order(1), At: 90 * day, Amount: 100}}}
	if a, b := measure(with, 100, known), measure(touched(true, event.Ask, 50), 100, known); score(a) != score(b) {
		t.Errorf("with orders %v, without %v", score(a), score(b))
	}
	if Acted(on(with, 100), 60*day, known) {
		t.Error("a purchase is an act of trust")
	}
}

func TestWithoutArchiveSilenceIsNotHeldAgainstAnybody(t *testing.T) {
	got := measure(touched(false, event.Promote, 60, 80, 90), 100, Brand{AnswerRate: .1})
	if got[ignored].Value != 0 || got[answers].Value != 0 {
		t.Errorf("ignored %+v, answers %+v", got[ignored], got[answers])
	}
}

func TestOpeningsAreSignsWithoutAnArchiveToo(t *testing.T) {
	c := &profile.Customer{ID: 1, Openings: profile.Openings{Recent: []profile.Opening{{At: 40 * day}, {At: 90 * day}, {At: 110 * day}}}}
	out := make([]feature.Measured, Count)
	if exchanges := Measure(on(c, 100), Brand{}, out); exchanges != 2 || out[opened].Number != 2 {
		t.Errorf("%d exchanges, %+v", exchanges, out[opened])
	}
	if Acted(on(c, 100), 80*day, Brand{}) {
		t.Error("an opening is an act of trust")
	}
}

func TestAComplaintIsForgottenAfterItWasClosed(t *testing.T) {
	c := &profile.Customer{ID: 1, Complaints: []profile.Complaint{{Opened: 50 * day, Closed: 60 * day}}}
	during, after := measure(c, 55, known), measure(c, 60+complaintHalfLife, known)
	if during[complaining].Value != 1 || during[complained].Value != 0 {
		t.Errorf("while open: %+v", during)
	}
	if after[complaining].Value != 0 || math.Abs(after[complained].Value-.5) > 1e-9 {
		t.Errorf("a half-life after it was closed: %+v", after[complained])
	}
}

func TestActsOfTrust(t *testing.T) {
	cases := map[string]struct {
		c    *profile.Customer
		want bool
	}{
		"nothing":               {quiet(), false},
		"a talk started":        {&profile.Customer{Talk: profile.Talk{Days: []profile.TalkDay{{At: 80 * day, In: 1, Started: true}}}}, true},
		"an answer to care":     {touched(true, event.Serve, 80), true},
		"an answer to an offer": {touched(true, event.Promote, 80), false},
		"a group joined":        {&profile.Customer{Groups: []profile.Membership{{Group: 1, Since: 80 * day}}}, true},
		"a like before":         {&profile.Customer{Reactions: []event.Instant{40 * day}}, false},
		"a like and a deletion": {&profile.Customer{Reactions: []event.Instant{80 * day},
			Relations: []profile.Relation{{Staff: 1, Since: day, Until: 90 * day, End: event.ByCustomer}}}, false},
	}
	for name, c := range cases {
		if got := Acted(on(c.c, 100), 70*day, known); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Who wrote twice in the last month writes again three times as often: the
// score must find that out and rank accordingly.
func TestTheScoreIsLearnedFromWhatFollowed(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	learner := NewScoreLearner()
	talker, other := measure(&profile.Customer{Talk: profile.Talk{Days: []profile.TalkDay{{At: 80 * day, In: 1}, {At: 95 * day, In: 1}}}}, 100, known), measure(quiet(), 100, known)
	for range 2000 {
		learner.Add(0, talker, random.Float64() < .3)
		learner.Add(0, other, random.Float64() < .1)
	}
	s := learner.Learned()
	want := math.Log(.3/.7) - math.Log(.1/.9)
	if got := s.Of(talker) - s.Of(other); math.Abs(got-want) > .25 {
		t.Errorf("distance of the scores %v, of the true log odds %v", got, want)
	}
	means := make([]float64, Count)
	if s.Rows != 4000 || s.Acts < 600 || !(s.Deviation(talker, means) > 0) || s.Deviation(other, means) > s.Deviation(talker, means) {
		t.Errorf("rows %d, acts %d, deviations %v and %v", s.Rows, s.Acts, s.Deviation(talker, means), s.Deviation(other, means))
	}
}

func TestTheMostFrequentWayIsWhatOthersAreComparedWith(t *testing.T) {
	l := NewLearner(day)
	for i := range 100 {
		c := quiet()
		c.Relations[0].AddWay = []int{1, 1, 1, 16, 16, 10}[i%6]
		l.Add(on(c, 100))
	}
	b := l.Brand()
	if len(b.Ways) != 2 || b.Ways[0] != 16 || b.Ways[1] != 10 || b.AnswerRate != usualAnswerRate {
		t.Errorf("%+v", b)
	}
}

// ladder learns from months in which some talk and some were referred to, who show trust by
// one of the two alone.
func ladder(byTalk, byReferral float64, random *rand.Rand) Score {
	learner := NewScoreLearner()
	for window := range 3 {
		for range 3000 {
			measured := make([]feature.Measured, Count)
			odds := -2.0
			if random.Float64() < .4 {
				measured[talk].Value = 1
				odds += byTalk
			}
			if random.Float64() < .4 {
				measured[referred].Value = 1
				odds += byReferral
			}
			learner.Add(window, measured, random.Float64() < 1/(1+math.Exp(-odds)))
		}
	}
	return learner.Learned()
}

func TestTheScoreStartsWithRecencyAndCountAndGrowsOnlyIfThatForetellsMore(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 2))
	if s := ladder(0, 1.5, random); s.Simple || !(s.Judged.Gain > 3*s.Judged.SE) || s.Judged.Rows != 3000 || math.Abs(s.Coefficients[1+referred]-1.5) > .25 {
		t.Errorf("who refers shows trust, and yet %+v", s)
	}
	if s := ladder(1.5, 0, random); !s.Simple || s.Coefficients[1+referred] != 0 || s.PriorWeights[1+referred] != 0 || math.Abs(s.Coefficients[1+talk]-1.5) > .25 || s.Covariance[1+talk][1+talk] == 0 {
		t.Errorf("who talked talks again, who refers says nothing, and yet %+v", s)
	}
	if !(Judged{Rows: 100, Gain: 3, SE: 2}).Better() || (Judged{Rows: 100, Gain: 1, SE: 2}).Better() || (Judged{}).Better() {
		t.Error("a score grows by what may be luck")
	}
}

func TestTheNewestMonthTellsHowFarChancesAreCalibrated(t *testing.T) {
	s := ladder(1, 1, rand.New(rand.NewPCG(4, 3)))
	if j := s.Judged; math.Abs(j.Slope-1) > .2 || math.Abs(j.Intercept) > .3 || j.Worse() || math.Abs(s.Slope-1) > .1 {
		t.Errorf("months of one law: %+v, stretched %v", j, s.Slope)
	}
	var j Judged
	j.calibrate([]float64{2, 2, 2, 2, -2, -2, -2, -2}, make([]float64, 8), []bool{true, true, true, false, false, false, false, true})
	if math.Abs(j.Slope-math.Log(3)/2) > .01 || math.Abs(j.Intercept) > 1e-6 || j.Blind != .25 {
		t.Errorf("three of four by each: %+v", j)
	}
	if j.Rows = 8; j.Worse() {
		t.Errorf("Brier score %v is no worse than %v", j.Brier, j.Blind)
	}
}

// turned learns from two months in which talk told who shows trust and a newest one in which
// it tells the opposite, at another level.
func turned(random *rand.Rand) *ScoreLearner {
	learner := NewScoreLearner()
	for window := range 3 {
		for range 3000 {
			measured := make([]feature.Measured, Count)
			measured[talk].Value = float64(random.IntN(2))
			odds := -2 + 1.5*measured[talk].Value
			if window == 0 {
				odds = -1 - .5*measured[talk].Value
			}
			learner.Add(window, measured, random.Float64() < regression.Odds(odds))
		}
	}
	return learner
}

func TestTheScoreIsStretchedToWhatTheNewestMonthAskedFor(t *testing.T) {
	s := turned(rand.New(rand.NewPCG(4, 4))).Learned()
	if !s.Judged.Worse() || !(s.Judged.Slope < 0) {
		t.Errorf("a month that went the other way: %+v", s.Judged)
	}
	whole := turned(rand.New(rand.NewPCG(4, 4))).Unjudged()
	if !(s.Slope < .7) || s.Coefficients[1+talk] != s.Slope*whole.Coefficients[1+talk] || math.Abs(s.Covariance[1+talk][1+talk]-s.Slope*s.Slope*whole.Covariance[1+talk][1+talk]) > 1e-12 {
		t.Errorf("stretched by %v: %v, as fitted %v", s.Slope, s.Coefficients, whole.Coefficients)
	}
	of := func(x float64) float64 { return regression.Odds(s.Coefficients[0] + s.Coefficients[1+talk]*x) }
	if said, came := (of(0)+of(1))/2, (regression.Odds(-1)+regression.Odds(-1.5))/2; math.Abs(said-came) > .02 {
		t.Errorf("%v said to show trust in the newest month, %v did", said, came)
	}
}

func TestMonthsThatWereSeenDifferentlyJudgeNothing(t *testing.T) {
	s := turned(rand.New(rand.NewPCG(4, 5))).Unjudged()
	if s.Judged.Rows != 0 || s.Slope != 1 || !s.Simple || s.Judged.Worse() {
		t.Errorf("judged: %+v", s)
	}
	for name, x := range map[string]struct {
		since event.Instant
		alike bool
	}{"no archive": {0, true}, "begins in the newest month": {120 * day, false}, "begins in the month before": {80 * day, false},
		"begins with the month before": {70 * day, true}, "begins after both": {130 * day, true}} {
		if got := (Brand{Since: x.since}).Alike(100*day, 30); got != x.alike {
			t.Errorf("an archive that %s: alike %v", name, got)
		}
	}
}

func TestNobodyWasSilentBeforeMessagesWereKnown(t *testing.T) {
	c := touched(false, event.Promote, 40, 50, 95)
	c.Touches.Recent = append(c.Touches.Recent, touched(false, event.Serve, 60, 70, 96).Touches.Recent...)
	slices.SortFunc(c.Touches.Recent, func(a, b profile.Touch) int { return int(a.At - b.At) })
	late := Brand{Since: 90 * day, AnswerRate: .1}
	if got := measure(c, 100, late); got[ignored].Number != 1 || math.Abs(got[answers].Value+.1/(1+answerWeight)) > 1e-12 {
		t.Errorf("offers ignored %+v, answers %+v: only two messages could have been answered", got[ignored], got[answers])
	}
	l := NewLearner(late.Since)
	l.Add(on(c, 100))
	if got, want := l.Brand().AnswerRate, usualAnswerRate*usualAnswerWeight/(1.+usualAnswerWeight); math.Abs(got-want) > 1e-12 {
		t.Errorf("the brand's rate of answers is %v, want %v", got, want)
	}
	if late.Heard(149*day) || !late.Heard(150*day) || (Brand{}).Heard(150*day) {
		t.Error("silence says something after sixty days of messages")
	}
}

func TestEveryFeatureHasANameOfItsOwn(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Features() {
		if seen[f.Key] && f.Key != "trust.came_by" {
			t.Errorf("two features are %s", f.Key)
		}
		seen[f.Key] = true
	}
}
