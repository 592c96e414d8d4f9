// Package trust measures whether a customer would listen: answers, threads the
// customer started, likes, content opened, referrals; against it deletions, open complaints
// and silence after offers. What each of them is worth is learned from acts of
// trust that are no purchases, and purchases are no feature: otherwise saying
// that trust leads to purchases would be saying nothing.
package trust

import (
	"math"

	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/profile"
	"siyu/internal/stats/regression"
)

// The features, in the order of Measure.
const (
	answers = iota
	started
	talk
	lately
	liked
	opened
	referred
	complaining
	complained
	deleted
	ignored
	surveyed // told.go
	familiar
	distant
	cameBy // first of Ways slots
	// Count is the number of features.
	Count = cameBy + WaySlots
)

// WaySlots is how many ways of having come are told apart; rarer ways are
// taken together.
const WaySlots = 4

// Half-lives in days: talk is of the season, likes and complaints are
// remembered longer.
const (
	talkHalfLife      = 60.0
	likeHalfLife      = 90.0
	openedHalfLife    = 90.0
	complaintHalfLife = 90.0
	talkForgotten     = 180.0 // talk this long ago is no better than none of late
	answerDays        = 180.0 // touches older than this say nothing of today
	ignoredDays       = 90.0
)

// answerWeight is how many touches the brand's own answer rate is worth when
// it meets a customer's.
const answerWeight = 4.0

// Brand is what trust needs to know of the brand.
type Brand struct {
	// Since is of when the first known message is, 0 where messages are not known. What
	// nobody can have seen before it is left out rather than taken as silence.
	Since event.Instant `json:"since,omitempty"`
	// AnswerRate is the share of touches that do not sell and are answered.
	AnswerRate float64 `json:"answer_rate"`
	// Ways are the most frequent ways customers came, WeCom's add_way.
	Ways []int `json:"ways,omitempty"`
}

// SilenceSpeaks is from how many days of known messages on it says something that there
// was none: the half-life of talk.
const SilenceSpeaks = talkHalfLife

// Heard tells whether messages had been known for SilenceSpeaks days at a moment.
func (b Brand) Heard(at event.Instant) bool {
	return b.Since != 0 && at-b.Since >= SilenceSpeaks*past.Day
}

// Alike tells whether acts of trust are seen alike in the two windows of so many days
// before and after a moment: in both with all messages, or in both with none.
func (b Brand) Alike(at event.Instant, days int) bool {
	window := event.Instant(days) * past.Day
	return b.Since == 0 || b.Since <= at-window || b.Since >= at+window
}

// Told returns the feature whose sentence speaks for the i-th: that somebody
// talks and how long ago are one thing.
func Told(i int) int {
	if i == lately {
		return talk
	}
	return i
}

// Silent tells whether a feature as measured says that the customer did not write: no talk,
// no answer.
func Silent(i int, f *feature.Measured) bool {
	switch i {
	case talk:
		return f.Nothing()
	case answers:
		return f.Number == 0
	}
	return i == ignored
}

// Features returns the terms of trust with what is believed of their weight
// for acts of trust in the next month, as log odds.
func Features() []feature.Feature {
	features := make([]feature.Feature, Count)
	features[answers] = feature.Feature{Key: "trust.answers", Prior: regression.Prior{Mean: 1, SD: .5}}
	features[started] = feature.Feature{Key: "trust.started_talk", Prior: regression.Prior{Mean: .3, SD: .3}}
	features[talk] = feature.Feature{Key: "trust.talk", Absent: feature.Absence{Key: "trust.never_talked"}, Prior: regression.Prior{Mean: .2, SD: .2}}
	features[lately] = feature.Feature{Key: "trust.talk_lately", Prior: regression.Prior{Mean: .1, SD: .15}}
	features[liked] = feature.Feature{Key: "trust.liked", Prior: regression.Prior{Mean: .3, SD: .2}}
	// What an opening says beyond the others nobody has measured: less than a
	// like, which everybody can see.
	features[opened] = feature.Feature{Key: "trust.opened", Prior: regression.Prior{Mean: .15, SD: .15}}
	features[referred] = feature.Feature{Key: "trust.referred", Prior: regression.Prior{Mean: .4, SD: .3}}
	features[complaining] = feature.Feature{Key: "trust.complaint_open", Prior: regression.Prior{Mean: -.8, SD: .4}}
	features[complained] = feature.Feature{Key: "trust.complaint_closed", Prior: regression.Prior{SD: .3}}
	features[deleted] = feature.Feature{Key: "trust.deleted_staff", Prior: regression.Prior{Mean: -.6, SD: .3}}
	features[ignored] = feature.Feature{Key: "trust.ignored_offers", Prior: regression.Prior{Mean: -.1, SD: .1}}
	toldFeatures(features)
	for i := range WaySlots {
		features[cameBy+i] = feature.Feature{Key: "trust.came_by", Prior: regression.Prior{SD: .4}}
	}
	return features
}

// Measure writes the features at the view into out, one for each of Features,
// and returns how many exchanges they rest on.
func Measure(v past.View, brand Brand, out []feature.Measured) (exchanges int) {
	clear(out)
	if brand.Since != 0 {
		exchanges += measureAnswers(v, brand, out)
		exchanges += measureTalk(v, out)
	}
	exchanges += measureMarks(v, out)
	exchanges += measureTold(v, out)
	measureComplaints(v, out)
	if n := v.Deleted(); n > 0 {
		out[deleted] = feature.Measured{Value: math.Log1p(float64(n)), Number: float64(n)}
		exchanges += n
	}
	_, way := v.Since()
	for i, w := range brand.Ways {
		if w == way {
			out[cameBy+i] = feature.Measured{Value: 1, Number: float64(way)}
		}
	}
	return exchanges
}

// measureAnswers compares answers to touches that do not sell with the brand's
// rate, and counts selling touches left unanswered since the last answer.
func measureAnswers(v past.View, brand Brand, out []feature.Measured) (answered int) {
	asked, silent := 0.0, 0
	for _, t := range brand.heard(v.Touches()) {
		said := v.Answered(t)
		days := v.Days(t.At)
		switch {
		case said:
			silent = 0
		case t.Purpose.Sells() && days <= ignoredDays:
			silent++
		}
		if t.Purpose.Sells() || days > answerDays {
			continue
		}
		asked++
		if said {
			answered++
		}
	}
	out[answers] = feature.Measured{Value: (float64(answered) - brand.AnswerRate*asked) / (asked + answerWeight), Number: float64(answered)}
	out[ignored] = feature.Measured{Value: math.Log1p(float64(silent)), Number: float64(silent)}
	return answered
}

// heard returns the touches, which are by time, whose answers can be known.
func (b Brand) heard(touches []profile.Touch) []profile.Touch {
	for len(touches) > 0 && touches[0].At < b.Since {
		touches = touches[1:]
	}
	return touches
}

func measureTalk(v past.View, out []feature.Measured) (days int) {
	var began float64
	for _, d := range v.Talk() {
		if d.In == 0 {
			continue
		}
		out[talk].Number = v.Days(d.At)
		days++
		if d.Started {
			began += v.Faded(d.At, talkHalfLife)
			out[started].Number = v.Days(d.At)
		}
	}
	out[talk].Value, out[started].Value = math.Log1p(float64(days)), math.Log1p(began)
	if days > 0 {
		out[lately] = feature.Measured{Value: max(0, math.Log((1+talkForgotten)/(1+out[talk].Number))), Number: out[talk].Number}
	}
	return days
}

func measureMarks(v past.View, out []feature.Measured) (marks int) {
	sum, likes := 0.0, v.Before(v.Customer.Reactions)
	for _, at := range likes {
		sum += v.Faded(at, likeHalfLife)
	}
	read, seen := 0, 0.0
	for _, o := range v.Customer.Openings.Recent {
		if o.At < v.At {
			read, seen = read+1, seen+v.Faded(o.At, openedHalfLife)
		}
	}
	brought := v.Referrals()
	out[opened] = feature.Measured{Value: math.Log1p(seen), Number: float64(read)}
	out[liked] = feature.Measured{Value: math.Log1p(sum), Number: float64(len(likes))}
	out[referred] = feature.Measured{Value: math.Log1p(float64(len(brought))), Number: float64(len(brought))}
	return len(likes) + read + len(brought)
}

func measureComplaints(v past.View, out []feature.Measured) {
	for _, c := range v.Complaints() {
		if v.Open(c) {
			out[complaining] = feature.Measured{Value: 1, Number: v.Days(c.Opened)}
			continue
		}
		out[complained] = feature.Measured{Value: max(out[complained].Value, v.Faded(c.Closed, complaintHalfLife)), Number: v.Days(c.Closed)}
	}
}

// Learner counts what Brand holds.
type Learner struct {
	brand             Brand
	touches, answered float64
	ways              map[int]int
}

// NewLearner returns a learner that has seen nobody, of a brand whose messages are known
// since a moment, 0: not at all.
func NewLearner(since event.Instant) *Learner {
	return &Learner{brand: Brand{Since: since}, ways: map[int]int{}}
}

// Add counts one customer.
func (l *Learner) Add(v past.View) {
	for _, t := range l.brand.heard(v.Touches()) {
		if t.Purpose.Sells() {
			continue
		}
		l.touches++
		if v.Answered(t) {
			l.answered++
		}
	}
	if _, way := v.Since(); way != 0 {
		l.ways[way]++
	}
}

// usualAnswerRate is what is assumed of a brand without touches: one in ten,
// worth a hundred touches.
const (
	usualAnswerRate   = .1
	usualAnswerWeight = 100
)

// Brand returns what was counted. The most frequent way is what the others are
// compared with and has no slot of its own.
func (l *Learner) Brand() Brand {
	b := l.brand
	b.AnswerRate = (l.answered + usualAnswerRate*usualAnswerWeight) / (l.touches + usualAnswerWeight)
	for range WaySlots + 1 {
		best := 0
		for way, n := range l.ways {
			if n > l.ways[best] || n == l.ways[best] && way < best {
				best = way
			}
		}
		if l.ways[best] == 0 {
			break
		}
		b.Ways = append(b.Ways, best)
		delete(l.ways, best)
	}
	if len(b.Ways) > 0 {
		b.Ways = b.Ways[1:]
	}
	return b
}
