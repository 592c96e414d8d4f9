package web

import (
	"cmp"
	"net/http"
	"time"
	"unicode/utf8"

	"siyu/internal/event"
	"siyu/internal/id"
)

type apiOpening struct {
	Event    string     `json:"event" doc:"your own name of what happened, 1 to 100 characters: sent again it is the same opening"`
	Customer apiWho     `json:"customer" doc:"by exactly one of its members"`
	Content  apiPage    `json:"content"`
	At       *time.Time `json:"at,omitempty" doc:"when, such as 2026-03-12T08:00:00+08:00; absent: now"`
}

type apiWho struct {
	ID             string `json:"id,omitempty" doc:"as members of audiences are named"`
	ExternalUserID string `json:"external_user_id,omitempty" doc:"of WeCom, such as wmXXXX"`
	Phone          string `json:"phone,omitempty" doc:"mainland number; it is hashed and not kept"`
}

type apiPage struct {
	Name  string `json:"name" doc:"your own name of the page, 1 to 60 characters"`
	Title string `json:"title,omitempty" doc:"as people are shown it, up to 60 characters"`
}

type apiKept struct {
	Kept bool `json:"kept" doc:"false where openings of this customer are not to be kept"`
}

type apiSurvey struct {
	Name  string `json:"name" doc:"your own name of the survey, 1 to 60 characters"`
	Title string `json:"title,omitempty" doc:"its question as people are shown it, up to 60 characters"`
}

type apiAnswer struct {
	Event    string     `json:"event" doc:"your own name of what happened, 1 to 100 characters: sent again it is the same answer"`
	Customer apiWho     `json:"customer" doc:"by exactly one of its members"`
	Survey   apiSurvey  `json:"survey"`
	Score    int        `json:"score" doc:"1 to 5, more is better; turn other scales into this one"`
	At       *time.Time `json:"at,omitempty" doc:"when it was answered, such as 2026-03-12T08:00:00+08:00, at most two years ago; absent: now"`
}

func contentEndpoints() []Endpoint {
	return []Endpoint{
		taking(forLeads(Endpoint{Method: "POST", Path: "/content/opened", Name: "tellOpening", Status: http.StatusOK,
			Say:     "Tells that a customer opened a page of yours, such as one of a mini-program. Nothing is kept of customers who refused, nor while tracked reading is off.",
			Example: `{"event":"visit-20260312-1","customer":{"phone":"13800000001"},"content":{"name":"brewing-guide","title":"How to brew"}}`}), (*call).tellOpening),
		taking(forLeads(Endpoint{Method: "POST", Path: "/surveys/answered", Name: "tellAnswer", Status: http.StatusOK,
			Say:     "Tells what a customer answered to a survey of yours, such as a collection form of WeCom or a questionnaire after an order. It is a sign of trust, dated when it was answered; the first answer of an event stands.",
			Example: `{"event":"form-7-row-31","customer":{"phone":"13800000001"},"survey":{"name":"store-visit","title":"How was your visit?"},"score":4,"at":"2026-03-10T18:30:00+08:00"}`}), (*call).tellAnswer),
	}
}

// Lengths of texts that programs send, in characters.
const (
	mostEvent = 100
	mostPage  = 60
)

// How far the time of an opening may be from now: clocks differ a little, and
// programs that were cut off catch up within a month.
const (
	mostAhead = 5 * time.Minute
	mostLate  = 31 * 24 * time.Hour
	mostPast  = 2 * 366 * 24 * time.Hour // of surveys, which are handed over as a whole
)

func (c *call) tellOpening(in apiOpening) (apiKept, error) {
	o := PageOpening{Event: in.Event, Name: in.Content.Name, Title: in.Content.Title}
	err := c.named(in.Event, "content", in.Content)
	if err != nil {
		return apiKept{}, err
	}
	if o.At, err = c.saidAt(in.At, mostLate); err != nil {
		return apiKept{}, err
	}
	if o.Who, err = who(in.Customer); err != nil {
		return apiKept{}, err
	}
	kept, err := c.Contents.TellOpening(c.r.Context(), c.asker(), o)
	return apiKept{kept}, err
}

func (c *call) tellAnswer(in apiAnswer) (apiDone, error) {
	a := SurveyAnswer{Event: in.Event, Name: in.Survey.Name, Title: in.Survey.Title, Score: in.Score}
	err := c.named(in.Event, "survey", apiPage(in.Survey))
	if err != nil {
		return apiDone{}, err
	}
	if in.Score < event.LeastScore || in.Score > event.MostScore {
		return apiDone{}, misused("score", "api.error.range", "Most", event.MostScore)
	}
	if a.At, err = c.saidAt(in.At, mostPast); err != nil {
		return apiDone{}, err
	}
	if a.Who, err = who(in.Customer); err != nil {
		return apiDone{}, err
	}
	return apiDone{true}, c.Contents.TellAnswer(c.r.Context(), c.asker(), a)
}

// named checks the names that a program gives to what happened and to what it is about.
func (c *call) named(happened, about string, page apiPage) error {
	switch {
	case !shortText(happened, mostEvent):
		return misused("event", "api.error.length", "Most", mostEvent)
	case !shortText(page.Name, mostPage):
		return misused(about+".name", "api.error.length", "Most", mostPage)
	case !shortText(cmp.Or(page.Title, "-"), mostPage):
		return misused(about+".title", "api.error.length", "Most", mostPage)
	}
	return nil
}

// saidAt returns when something happened: now if nothing is said.
func (c *call) saidAt(at *time.Time, late time.Duration) (time.Time, error) {
	now := c.Clock.Now()
	if at == nil {
		return now, nil
	}
	if at.After(now.Add(mostAhead)) || now.Sub(*at) > late {
		return now, misused("at", "api.error.time", "Days", int(late/(24*time.Hour)))
	}
	return *at, nil
}

// who reads which customer is meant.
func who(in apiWho) (w Who, err error) {
	w = Who{ExternalUserID: in.ExternalUserID, Phone: in.Phone}
	named := 0
	for _, by := range []string{in.ID, w.ExternalUserID, w.Phone} {
		if by != "" {
			named++
		}
	}
	if named != 1 {
		return w, misused("customer", "api.error.who")
	}
	if in.ID != "" {
		var ok bool
		if w.Customer, ok = id.Parse[id.Customer](in.ID); !ok {
			return w, misused("customer.id", "api.error.who")
		}
	}
	return w, nil
}

// shortText tells whether a text has 1 to most characters, all of them readable.
func shortText(text string, most int) bool {
	if !utf8.ValidString(text) {
		return false
	}
	for _, r := range text {
		if r < ' ' || r == 0x7f {
			return false
		}
	}
	n := utf8.RuneCountInString(text)
	return n >= 1 && n <= most
}
