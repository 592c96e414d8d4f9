package web

import (
	"cmp"
	"net/http"
	"time"
	"unicode/utf8"

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

func contentEndpoints() []Endpoint {
	return []Endpoint{
		taking(forLeads(Endpoint{Method: "POST", Path: "/content/opened", Name: "tellOpening", Status: http.StatusOK,
			Say:     "Tells that a customer opened a page of yours, such as one of a mini-program. Nothing is kept of customers who refused, nor while tracked reading is off.",
			Example: `{"event":"visit-20260312-1","customer":{"phone":"13800000001"},"content":{"name":"brewing-guide","title":"How to brew"}}`}), (*call).tellOpening),
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
)

func (c *call) tellOpening(in apiOpening) (apiKept, error) {
	o := PageOpening{Event: in.Event, ExternalUserID: in.Customer.ExternalUserID, Phone: in.Customer.Phone, Name: in.Content.Name, Title: in.Content.Title, At: c.Clock.Now()}
	switch {
	case !shortText(in.Event, mostEvent):
		return apiKept{}, misused("event", "api.error.length", "Most", mostEvent)
	case !shortText(in.Content.Name, mostPage):
		return apiKept{}, misused("content.name", "api.error.length", "Most", mostPage)
	case !shortText(cmp.Or(in.Content.Title, "-"), mostPage):
		return apiKept{}, misused("content.title", "api.error.length", "Most", mostPage)
	}
	if in.At != nil {
		o.At = *in.At
		if now := c.Clock.Now(); o.At.After(now.Add(mostAhead)) || now.Sub(o.At) > mostLate {
			return apiKept{}, misused("at", "api.error.time")
		}
	}
	named := 0
	for _, by := range []string{in.Customer.ID, o.ExternalUserID, o.Phone} {
		if by != "" {
			named++
		}
	}
	if named != 1 {
		return apiKept{}, misused("customer", "api.error.who")
	}
	if in.Customer.ID != "" {
		var ok bool
		if o.Customer, ok = id.Parse[id.Customer](in.Customer.ID); !ok {
			return apiKept{}, misused("customer.id", "api.error.who")
		}
	}
	kept, err := c.Contents.TellOpening(c.r.Context(), c.asker(), o)
	return apiKept{kept}, err
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
