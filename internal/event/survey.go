package event

import "siyu/internal/id"

// KindSurveyAnswered is the kind of fact about questions that customers answer
// with a number. Subject: customer.
const KindSurveyAnswered Kind = "survey_answered"

// The scores of a survey.
const (
	LeastScore = 1
	MostScore  = 5
)

// SurveyAnswered says that the customer answered the one question of a survey:
// once for each message that asked it. Surveys made elsewhere are told with the
// time at which they were answered.
type SurveyAnswered struct {
	Survey id.Code  `json:"survey"`          // see content.Piece
	Score  int      `json:"score"`           // LeastScore to MostScore, more is better
	Touch  int64    `json:"touch,omitempty"` // that asked, 0 for a survey made elsewhere
	Staff  id.Staff `json:"staff,omitempty"` // who asked; of a survey made elsewhere whose customer it is
}

// Kind implements Body.
func (SurveyAnswered) Kind() Kind { return KindSurveyAnswered }
