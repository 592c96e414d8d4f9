package desk

import (
	"cmp"
	"context"
	"fmt"

	"siyu/internal/connector/reading"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/web"
)

var _ web.Surveys = (*Desk)(nil)

// addTold says what the customer answered to surveys, and how members found the
// customer to be.
func (d *Desk) addTold(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	rapport, since := c.Rapport()
	v.Rapport, v.RapportAt = rapport, since.Time()
	for i := len(c.Surveys) - 1; i >= 0; i-- {
		title, err := d.pieceTitle(ctx, c.Surveys[i].Survey)
		if err != nil {
			return err
		}
		v.Surveys = append(v.Surveys, web.SurveySaid{Title: title, Score: c.Surveys[i].Score, At: c.Surveys[i].At.Time()})
	}
	return nil
}

// TellAnswer implements web.Contents. An answer is given and not observed, so it is kept
// whoever is counted for reading.
func (d *Desk) TellAnswer(ctx context.Context, by web.Asker, a web.SurveyAnswer) error {
	who, err := d.named(ctx, a.Who)
	if err != nil {
		return err
	}
	customer, err := d.visible(ctx, by.Scope, who)
	if err != nil {
		return err
	}
	p := content.SurveyOf(a.Name, a.Title)
	if known, ok, err := d.Bookshelf.Piece(ctx, p.Code); err != nil {
		return err
	} else if ok && a.Title == "" {
		p = known
	}
	if err := d.Bookshelf.Keep(ctx, p); err != nil {
		return err
	}
	answered, err := event.New(event.Customer(who), a.At, event.FromPages, id.Hash("survey", a.Name, a.Event),
		event.SurveyAnswered{Survey: p.Code, Score: a.Score, Staff: customer.Owner()})
	if err != nil {
		return err
	}
	return d.Bookshelf.AddOpening(ctx, answered)
}

// Survey implements web.Surveys.
func (d *Desk) Survey(ctx context.Context, token string) (web.SurveyView, error) {
	sent, survey, ok, err := d.Bookshelf.Asked(ctx, token)
	if err != nil || !ok {
		return web.SurveyView{}, cmp.Or(err, notFound("survey"))
	}
	v := web.SurveyView{Brand: d.Brand.Documents().General.Name, Question: survey.Title, Named: sent.One()}
	if !sent.One() {
		return v, nil
	}
	who, err := d.DB.Canonical(ctx, []id.Customer{sent.Customer})
	if err != nil {
		return v, fmt.Errorf("look up who answers a survey: %w", err)
	}
	states, err := d.DB.LoadCustomers(ctx, []id.Customer{cmp.Or(who[sent.Customer], sent.Customer)})
	if err != nil {
		return v, fmt.Errorf("load who answers a survey: %w", err)
	}
	for _, a := range states[0].Surveys {
		if a.Touch == sent.Touch {
			v.Score = a.Score
		}
	}
	return v, nil
}

// AnswerSurvey implements web.Surveys.
func (d *Desk) AnswerSurvey(ctx context.Context, token string, score int) error {
	sent, _, ok, err := d.Bookshelf.Asked(ctx, token)
	if err != nil || !ok {
		return cmp.Or(err, notFound("survey"))
	}
	if score < event.LeastScore || score > event.MostScore {
		return fault.WithKey(fault.Invalid, "error.survey_score", fmt.Errorf("answer a survey: expected a score from %d to %d", event.LeastScore, event.MostScore))
	}
	if !sent.One() {
		return d.Bookshelf.AddMassAnswer(ctx, sent, score)
	}
	answered, err := reading.Answered(sent, score, d.Clock.Now())
	if err != nil {
		return err
	}
	return d.Bookshelf.AddOpening(ctx, answered)
}

// surveyEntry names the question that the customer answered, and the score.
func (d *Desk) surveyEntry(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	e := web.TimelineEntry{At: f.At, Kind: f.Kind}
	body, err := event.Read[event.SurveyAnswered](f)
	if err != nil {
		return e, err
	}
	e.Score = body.Score
	if e.Detail, err = d.pieceTitle(ctx, body.Survey); err != nil || body.Staff == 0 {
		return e, err
	}
	names, err := d.staffNames(ctx, []id.Staff{body.Staff})
	e.Staff = names[body.Staff]
	return e, err
}
