package web

import (
	"net/http"
	"strconv"
	"strings"

	"siyu/internal/id"
)

// settingPage is any page of Settings: the row of tabs and what the tab shows.
type settingPage struct {
	Tab  string
	Data any
}

func (v *visit) showSetting(tab string, data any) error {
	page := Page{Title: v.lang.text("settings.title"), Menu: "settings", Data: settingPage{Tab: tab, Data: data}}
	return v.show("setting_"+tab, page)
}

// settingHome opens the first tab the role may use.
func (v *visit) settingHome() error {
	if owner(v.seat) {
		v.redirect("/settings/connection")
		return nil
	}
	v.redirect("/settings/imports")
	return nil
}

type connectionPage struct {
	ConnectionView
	Backfill Backfill
	Form     ConnectionForm // without secrets
	Wrong    string
}

func (v *visit) connectionShow() error { return v.showConnection(nil, "") }

// showConnection shows the stored link, or the form as it was sent together
// with what is wrong with it.
func (v *visit) showConnection(sent *ConnectionForm, wrong string) error {
	ctx := v.r.Context()
	stored, err := v.Connection.Connection(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	page := connectionPage{ConnectionView: stored, Wrong: wrong}
	page.Form = ConnectionForm{Corp: stored.Corp, Agent: stored.Agent, Mode: stored.Mode}
	if sent != nil {
		page.Form = ConnectionForm{Corp: sent.Corp, Agent: sent.Agent, Mode: sent.Mode}
	}
	if page.Form.Mode == "" {
		page.Form.Mode = ModePolling
	}
	if page.Backfill, err = v.Connection.Backfill(ctx, v.seat.Scope); err != nil {
		return err
	}
	return v.showSetting("connection", page)
}

func (v *visit) connectionUpdate() error {
	value := func(name string) string { return strings.TrimSpace(v.r.FormValue(name)) }
	form := ConnectionForm{
		Corp: id.Corp(value("corp")), Mode: ModePolling,
		Secret: value("secret"), Token: value("token"), AESKey: value("aes_key"),
	}
	if value("mode") == string(ModeCallbacks) {
		form.Mode = ModeCallbacks
	}
	agent, err := strconv.Atoi(value("agent"))
	if err != nil || form.Corp == "" || agent <= 0 {
		v.status = http.StatusUnprocessableEntity
		return v.showConnection(&form, v.lang.text("error.connection_form"))
	}
	form.Agent = agent
	err = v.Connection.Connect(v.r.Context(), v.asker(), form)
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		return v.showConnection(&form, v.lang.fault(err))
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/connection?done=connection")
	return nil
}

func (v *visit) connectionDoctor() error {
	checks, err := v.Connection.Doctor(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	for i, c := range checks {
		if said, ok := v.lang.lookup("doctor_says."+c.Key, anys(c.Args)...); ok {
			checks[i].Detail = said
		}
		if said, ok := v.lang.lookup("doctor_fix."+c.Remedy, anys(c.Args)...); ok {
			checks[i].Fix = said
		}
	}
	if v.partial() {
		return v.part("setting_doctor", "checks", checks)
	}
	return v.showSetting("doctor", checks)
}

func (v *visit) backfillShow() error {
	backfill, err := v.Connection.Backfill(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	if v.partial() {
		return v.part("setting_connection", "backfill", backfill)
	}
	v.redirect("/settings/connection")
	return nil
}

func (v *visit) backfillStart() error {
	if err := v.Connection.StartBackfill(v.r.Context(), v.asker()); err != nil {
		return err
	}
	v.redirect("/settings/connection")
	return nil
}

// Running tells whether the page has to ask again.
func (b Backfill) Running() bool { return b.State == "running" }

// Width returns how much is read, as the width of a bar.
func (r BackfillRow) Width() string {
	if r.Through {
		return percentage(100)
	}
	return percentage(100 * clamp(ratio(r.Done, r.Total), 0, 1))
}
