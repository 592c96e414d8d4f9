package profile

import (
	"siyu/internal/event"
	"siyu/internal/id"
)

// SurveyAnswer is what the customer answered to one question.
type SurveyAnswer struct {
	At     event.Instant `cbor:"1,keyasint"`
	Survey id.Code       `cbor:"2,keyasint"`
	Score  int           `cbor:"3,keyasint"`
	Touch  int64         `cbor:"4,keyasint,omitempty"` // that asked, 0 for a survey made elsewhere
}

func (c *Customer) answerSurvey(b event.SurveyAnswered, at event.Instant) {
	c.Surveys = last(insert(c.Surveys, SurveyAnswer{At: at, Survey: b.Survey, Score: b.Score, Touch: b.Touch}, SurveyAnswer.when), RecentMarks)
}

func (a SurveyAnswer) when() event.Instant { return a.At }
