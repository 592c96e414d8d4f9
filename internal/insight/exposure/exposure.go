// Package exposure measures whether the brand comes to mind: contacts and
// visits, fading with one half-life, and how much contact there was of late.
package exposure

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
	memory = iota
	crowded
	// Count is the number of features.
	Count
)

// Memory is the place of the feature that depends on the half-life.
const Memory = memory

// HalfLives returns the candidates for the half-life of memory, in days. The
// brand's history chooses one.
func HalfLives() []float64 { return []float64{7, 14, 30, 60} }

// Features returns the terms of exposure with what is believed of them: who was
// reached a moment ago is some twelve times as likely to buy as who has forgotten.
// That is held closely: contacts were chosen by staff, mostly towards good
// customers, and visits leave memory too; past orders alone can turn its sign.
func Features() []feature.Feature {
	features := make([]feature.Feature, Count)
	features[memory] = feature.Feature{Key: "exposure.memory", Absent: feature.Absence{Key: "exposure.no_contact"}, Prior: regression.Prior{Mean: 2.5, SD: .1}}
	features[crowded] = feature.Feature{Key: "exposure.crowded", Prior: regression.Prior{Mean: -.15, SD: .1}}
	return features
}

// Fade turns features as Measure wrote them into what they are so many days later if
// nothing happens until then.
func Fade(measured []feature.Measured, halfLife, days float64) {
	sum := -math.Log1p(-min(measured[memory].Value, mostRemembered))
	measured[memory].Value = -math.Expm1(-sum * math.Exp2(-days/halfLife))
	load := measured[crowded].Number * math.Exp2(-days/fatigueHalfLife)
	measured[crowded].Value = max(0, load-easilyBorne)
}

// Visit adds to features as Measure wrote them what visits leave that come by chance, so
// many a day: with c a day and a half-life of h days the sum of their weights is
// visitWeight c h / ln 2 at any moment.
func Visit(measured []feature.Measured, perDay, halfLife float64, horizon int) {
	sum := visitWeight * perDay * halfLife / math.Ln2
	measured[memory].Value = 1 - (1-measured[memory].Value)*math.Exp(-sum*MeanLeft(halfLife, float64(horizon)))
}

// mostRemembered keeps memory away from 1, where its logarithm ends.
const mostRemembered = 1 - 1e-9

// Weights of what brings the brand to mind, relative to a personal message.
const (
	massWeight   = .7
	postWeight   = .3
	momentWeight = .2
	talkWeight   = .5 // a conversation the customer took part in
	visitWeight  = .7 // a purchase: the shop itself was seen
	// besideWeight is how much of that a contact has which is about something else
	// than buying: help, a question, a welcome.
	besideWeight = .2
)

// reminds returns the weight of a contact in memory.
func reminds(t profile.Touch) float64 {
	if t.Purpose.Sells() {
		return weight(t.Channel)
	}
	return besideWeight * weight(t.Channel)
}

func weight(c event.Channel) float64 {
	switch c {
	case event.OneToOne:
		return 1
	case event.GroupPost:
		return postWeight
	case event.Moments:
		return momentWeight
	default:
		return massWeight
	}
}

// fatigueHalfLife is how fast contact ceases to be felt as too much, in days.
const fatigueHalfLife = 7.0

// easilyBorne is how many contacts within that time nobody minds.
const easilyBorne = 2.0

// Measure writes the features at the view into out, one for each of Features. Memory is
// that of the horizon, in days, that is to be foretold.
func Measure(v past.View, halfLife float64, horizon int, out []feature.Measured) {
	clear(out)
	out[memory] = Remembered(v, halfLife, horizon)
	load := Load(v)
	out[crowded] = feature.Measured{Value: max(0, load-easilyBorne), Number: load}
}

// Remembered returns memory, 0 to 1, as what is left of it on average over a horizon in
// days: each contact adds its weight and halves with the half-life, and the more is
// there the less one more adds. Number is the days since the latest contact.
func Remembered(v past.View, halfLife float64, horizon int) feature.Measured {
	return remembered(v, halfLife, halfLife, float64(horizon))
}

// RememberedContacts is Remembered with visits that fade by usual and not by
// halfLife: what tells half-lives of contacts apart. How long ago a customer bought
// says who buys often, and would choose a half-life by that.
func RememberedContacts(v past.View, halfLife, usual float64, horizon int) float64 {
	return remembered(v, halfLife, usual, float64(horizon)).Value
}

func remembered(v past.View, halfLife, visits, days float64) feature.Measured {
	m := mind{View: v, halfLife: halfLife, latest: math.Inf(1)}
	touches, talk, orders := v.Touches(), v.Talk(), v.Bought()
	for i := len(touches) - 1; i >= 0 && m.add(touches[i].At, reminds(touches[i])); i-- {
	}
	for i := len(talk) - 1; i >= 0; i-- {
		if talk[i].In > 0 && !m.add(talk[i].At, talkWeight) {
			break
		}
	}
	m.halfLife = visits
	for i := len(orders) - 1; i >= 0; i-- {
		if orders[i].Net() > 0 && !m.add(orders[i].At, visitWeight) {
			break
		}
	}
	all := feature.Measured{Value: -math.Expm1(-m.sum * MeanLeft(halfLife, days))}
	if !math.IsInf(m.latest, 1) {
		all.Number = m.latest
	}
	return all
}

// MeanLeft returns what is left of 1 on average over so many days: with x = days ln 2 /
// halfLife it is (1 - e^-x) / x.
func MeanLeft(halfLife, days float64) float64 {
	x := days * math.Ln2 / halfLife
	return -math.Expm1(-x) / x
}

// recencyHalfLife is that of the rule memory is compared with, in days: a month.
const recencyHalfLife = 30.0

// Recency is what the rule that memory has to beat looks at: the latest contact
// or visit alone, 0 where there was none.
func Recency(v past.View) float64 {
	m := Remembered(v, recencyHalfLife, 1)
	if m.Nothing() {
		return 0
	}
	return math.Exp2(-m.Number / recencyHalfLife)
}

// mind sums up what is left of contacts.
type mind struct {
	past.View
	halfLife, sum, latest float64
}

// forgotten is after how many half-lives a contact has left nothing.
const forgotten = 10

// add counts one contact. It returns false once it and all earlier ones are
// forgotten.
func (m *mind) add(at event.Instant, weight float64) bool {
	days := m.Days(at)
	m.latest = min(m.latest, days)
	if days > forgotten*m.halfLife {
		return false
	}
	m.sum += weight * math.Exp2(-days/m.halfLife)
	return true
}

// Load returns how much contact is still felt, in contacts.
func Load(v past.View) float64 {
	sum, touches := 0.0, v.Touches()
	for i := len(touches) - 1; i >= 0; i-- {
		faded := v.Faded(touches[i].At, fatigueHalfLife)
		if faded < .01 {
			break
		}
		if touches[i].Purpose != event.Greet {
			sum += weight(touches[i].Channel) * faded
		}
	}
	return sum
}
