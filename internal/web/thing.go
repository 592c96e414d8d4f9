package web

import (
	"context"
	"net/http"
	"slices"

	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/org"
)

// Things lists what Siyu found in WeCom beside people and groups.
type Things interface {
	// Things returns contact ways as WeCom showed them last, with the benefits promised
	// to who comes by them.
	Things(ctx context.Context, scope org.Scope) (ThingsView, error)
	// SetPromise keeps what is promised by a channel, in place of what was; without a
	// text nothing is promised any more. A channel or text that is not among those of
	// ThingsView is fault.Invalid.
	SetPromise(ctx context.Context, by Asker, p decision.Promise) error
}

// MostThings is how many contact ways a page lists.
const MostThings = 500

// ThingsView is what was found in WeCom, by name. At most MostThings are
// listed; those of other apps come first.
type ThingsView struct {
	Connected bool
	Ways      []ContactWay
	AllWays   int
	Promises  []ChannelPromise
	Channels  []Channel // that a benefit can be promised by
	Texts     []PromiseText
}

// ContactWay is a code by which customers add staff.
type ContactWay struct {
	Remark string
	State  string // channel that WeCom reports with a customer who came by it
	Staff  []string
	Own    bool // Siyu made it; WeCom refuses Siyu changes to all others
}

// Channel is where customers come from, as WeCom reports it: contact ways share one, and
// codes that WeCom does not list have one that is known from who came by them.
type Channel struct {
	State string
	Name  string // notes of its contact ways, "" where none is listed
}

// ChannelPromise is what is promised by a channel.
type ChannelPromise struct {
	Channel
	decision.Promise
	Says string // beginning of the text, "" where there is no such text any more
}

// PromiseText is a text that can keep a promise.
type PromiseText struct{ Code, Says string }

// PromisedBy returns within how many days a benefit is promised by a channel, 0 for none.
func (v ThingsView) PromisedBy(state string) int {
	at := slices.IndexFunc(v.Promises, func(p ChannelPromise) bool { return p.Promise.State == state && state != "" })
	if at < 0 {
		return 0
	}
	return v.Promises[at].Days
}

// thingsPage is the page with the form of a promise as it was sent.
type thingsPage struct {
	ThingsView
	Form  decision.Promise
	Wrong string
}

// usualPromise is how many days the form suggests.
const usualPromise = 14

func (v *visit) thingList() error {
	return v.showThings(thingsPage{Form: decision.Promise{Days: usualPromise}})
}

func (v *visit) showThings(page thingsPage) error {
	found, err := v.Things.Things(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page.ThingsView = found
	return v.showSetting("things", page)
}

// promiseSave keeps a promise, or takes one away where the form says so.
func (v *visit) promiseSave() error {
	f := formReader{values: v.r.FormValue}
	p := decision.Promise{State: v.r.FormValue("channel")}
	if v.r.FormValue("do") != "drop" {
		p.Days, p.Material = f.whole("days", 1, mostAYear), v.r.FormValue("text")
	}
	var err error
	switch {
	case p.State == "":
		err = fault.WithKey(fault.Invalid, "error.promise_channel", errNoChoice)
	case f.wrong != "":
		err = fault.WithKey(fault.Invalid, "error.promise_days", errNoChoice)
	case p.Material == "" && v.r.FormValue("do") != "drop":
		err = fault.WithKey(fault.Invalid, "error.promise_text", errNoChoice)
	default:
		err = v.Things.SetPromise(v.r.Context(), v.asker(), p)
	}
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		return v.showThings(thingsPage{Form: p, Wrong: v.lang.fault(err)})
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/things?done=promise#promises")
	return nil
}

var errNoChoice = fault.New(fault.Invalid, "promise: not filled in")
