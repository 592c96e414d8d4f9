package trust

import (
	"siyu/internal/event"
	"siyu/internal/insight/feature"
	"siyu/internal/insight/past"
	"siyu/internal/stats/regression"
)

// What people say of trust outright: a customer by the score of a survey, a member by
// tapping how the customer is. Both are known with and without a message archive.

// Half-lives in days: a score is of the season, whom a member knows is known for long.
const (
	surveyHalfLife  = 90.0
	rapportHalfLife = 180.0
)

// toldFeatures states what is believed of them beyond the other features. Nobody has
// measured either here: who gives five of five instead of three is held for as
// much as a like, whom a member knows for as much as who brought somebody.
func toldFeatures(features []feature.Feature) {
	features[surveyed] = feature.Feature{Key: "trust.surveyed", Prior: regression.Prior{Mean: .3, SD: .2}}
	features[familiar] = feature.Feature{Key: "trust.familiar", Prior: regression.Prior{Mean: .4, SD: .3}}
	features[distant] = feature.Feature{Key: "trust.distant", Prior: regression.Prior{Mean: -.4, SD: .3}}
}

// measureTold takes the latest score, from -1 for the least to 1 for the most, and
// the latest judgement. It returns how many answers and judgements there were.
func measureTold(v past.View, out []feature.Measured) (told int) {
	const middle, half = (event.LeastScore + event.MostScore) / 2., (event.MostScore - event.LeastScore) / 2.
	answers := v.Surveys()
	if n := len(answers); n > 0 {
		newest := answers[n-1]
		out[surveyed] = feature.Measured{Value: (float64(newest.Score) - middle) / half * v.Faded(newest.At, surveyHalfLife), Number: float64(newest.Score)}
	}
	judged := v.Judged()
	if n := len(judged); n > 0 {
		newest := judged[n-1]
		said := feature.Measured{Value: v.Faded(newest.At, rapportHalfLife), Number: v.Days(newest.At)}
		switch newest.Rapport {
		case event.Close:
			out[familiar] = said
		case event.Cold:
			out[distant] = said
		}
	}
	return len(answers) + len(judged)
}

// answeredSurvey tells whether the customer answered, from an instant on, a survey
// that a message asked; such a message does not sell. Answers told of by other
// programs are no acts of trust: most of them are asked for by an order.
func answeredSurvey(v past.View, from event.Instant) bool {
	answers := v.Surveys()
	for i := len(answers) - 1; i >= 0 && answers[i].At >= from; i-- {
		if answers[i].Touch != 0 {
			return true
		}
	}
	return false
}
