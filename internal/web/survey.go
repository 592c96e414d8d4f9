package web

import (
	"context"
	"strconv"

	"siyu/internal/event"
)

// Surveys ask customers one question each, on a page that needs no account: the token
// of the link says who is asked. What is no token of a survey is fault.NotFound.
type Surveys interface {
	// Survey returns what the link of a message asks.
	Survey(ctx context.Context, token string) (SurveyView, error)
	// AnswerSurvey stores an answer, from event.LeastScore to event.MostScore, before it
	// returns; others are fault.Invalid. Of a message to one customer the first answer
	// stands, and another is no error.
	AnswerSurvey(ctx context.Context, token string, score int) error
}

// SurveyView is what a customer sees of a survey.
type SurveyView struct {
	Brand    string
	Question string
	Score    int  // that was given, 0: none yet
	Named    bool // the brand learns who answers
}

// surveyPage is the page of a survey, without anything of the console.
type surveyPage struct {
	Page
	SurveyView
	To   string
	Done bool
}

// Scores returns what can be tapped, the best first.
func (surveyPage) Scores() (scores []int) {
	for s := event.MostScore; s >= event.LeastScore; s-- {
		scores = append(scores, s)
	}
	return scores
}

func (v *visit) surveyShow() error {
	found, err := v.Surveys.Survey(v.r.Context(), v.r.PathValue("token"))
	if err != nil {
		return err
	}
	page := surveyPage{Page{Title: found.Question, Path: v.r.URL.RequestURI(), Other: v.lang.other()}, found, v.r.URL.Path, found.Score != 0 || v.r.URL.Query().Has("done")}
	return v.render("survey", "survey-frame", page)
}

func (v *visit) surveyAnswer() error {
	score, _ := strconv.Atoi(v.r.FormValue("score")) // what is no number is no score
	if err := v.Surveys.AnswerSurvey(v.r.Context(), v.r.PathValue("token"), score); err != nil {
		return err
	}
	v.redirect(v.r.URL.Path + "?done")
	return nil
}
