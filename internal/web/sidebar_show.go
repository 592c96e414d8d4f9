package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// Entering from within WeCom.
const (
	enterCookie = "siyu_enter"
	enterLife   = 10 * time.Minute // twice what a code lives
)

// inWeCom tells whether the browser is WeCom's own.
func (v *visit) inWeCom() bool {
	return strings.Contains(strings.ToLower(v.r.UserAgent()), "wxwork")
}

// enter sends a member to WeCom, which says who it is and sends back to
// enterBack.
func (v *visit) enter() error {
	to := v.r.URL.Query().Get("to")
	if !local(to) {
		to = "/"
	}
	state := rand.Text()
	login, err := v.Sidebar.Entrance(v.r.Context(), "/enter/back?to="+url.QueryEscape(to), state)
	if fault.CodeOf(err) == fault.NotFound { // the console has passwords, too
		v.redirect("/login")
		return nil
	}
	if err != nil {
		return err
	}
	v.setCookie(enterCookie, state, enterLife)
	http.Redirect(v.w, v.r, login, http.StatusSeeOther)
	return nil
}

// enterBack takes the code that a member brings back. The cookie shows that
// the way began in this browser.
func (v *visit) enterBack() error {
	query := v.r.URL.Query()
	cookie, err := v.r.Cookie(enterCookie)
	if err != nil || subtle.ConstantTimeCompare([]byte(cookie.Value), []byte(query.Get("state"))) != 1 {
		return fault.WithKey(fault.Denied, "error.enter_state", fmt.Errorf("come in from WeCom: the way did not begin in this browser"))
	}
	v.setCookie(enterCookie, "", -time.Second)
	session, err := v.Sidebar.LetIn(v.r.Context(), query.Get("code"))
	if err != nil {
		return err
	}
	v.setCookie(SessionCookie, session, sessionLife)
	to := query.Get("to")
	if !local(to) {
		to = "/"
	}
	v.redirect(to)
	return nil
}

// sidePage is the page beside a chat: the frame, and the customer once WeCom
// or the member has told whom.
type sidePage struct {
	Page
	List TaskList // of the member, to choose from outside WeCom
	View *sideView
}

// sideView is one customer beside a chat.
type sideView struct {
	CustomerView
	Parts   []partView
	Lines   map[id.Line]string
	Line    []lineChoice
	Tasks   []taskCard
	Scripts ScriptList
	Once    string // of this page
	Mine    bool   // a member looks
	Said    string // what was just done
}

func (v *visit) sideShow() error {
	page := sidePage{Page: Page{Title: v.lang.text("side.title"), Seat: v.seat, Path: v.r.URL.RequestURI(), Other: v.lang.other()}}
	if chosen, ok := id.Parse[id.Customer](v.r.URL.Query().Get("id")); ok {
		view, err := v.sideView(chosen)
		if err != nil {
			return err
		}
		page.View = &view
	} else if v.seat.Scope.Staff != 0 {
		var err error
		if page.List, err = v.Tasks.Tasks(v.r.Context(), v.seat.Scope); err != nil {
			return err
		}
		v.see(slices.DeleteFunc(slices.Clone(page.List.Tasks), func(t Task) bool { return t.Customer == 0 })) // the others are not shown
	}
	return v.render("side", "side-frame", page)
}

// sideCustomer shows who is in view, as WeCom's script tells it.
func (v *visit) sideCustomer() error {
	customer, err := v.Sidebar.InView(v.r.Context(), v.r.URL.Query().Get("external"))
	if err != nil {
		return err
	}
	return v.showSide(customer, "")
}

func (v *visit) showSide(customer id.Customer, said string) error {
	view, err := v.sideView(customer)
	if err != nil {
		return err
	}
	view.Said = said
	return v.part("side", "side-view", view)
}

func (v *visit) sideView(customer id.Customer) (view sideView, err error) {
	ctx, scope := v.r.Context(), v.seat.Scope
	if view.CustomerView, err = v.Customers.Customer(ctx, scope, customer); err != nil {
		return view, err
	}
	view.Parts = partsOf(view.CustomerView)
	if view.Lines, err = v.Directory.Lines(ctx); err != nil {
		return view, err
	}
	view.Line = choices(view.Lines)
	if scope.Staff != 0 {
		with, err := v.Tasks.TasksWith(ctx, scope, view.ID)
		if err != nil {
			return view, err
		}
		v.see(with)
		view.Tasks = cards(with, "/side/"+id.Text(view.ID)+"/tasks/", true)
	}
	view.Once, view.Mine = rand.Text(), scope.Staff != 0
	view.Scripts, err = v.Scripts.Scripts(ctx, scope, view.ID)
	return view, err
}

// sideWho names who is in view, so that a text about one customer goes into no other chat.
func (v *visit) sideWho() error {
	customer, err := v.Sidebar.InView(v.r.Context(), v.r.URL.Query().Get("external"))
	if err != nil {
		return err
	}
	return v.json(map[string]string{"customer": id.Text(customer)})
}

// sideSignature signs the page for WeCom's script.
func (v *visit) sideSignature() error {
	signed, err := v.Sidebar.Sign(v.r.Context(), v.r.URL.Query().Get("page"))
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]any{"corp": signed.Corp, "agent": signed.Agent, "config": signed.Config, "app": signed.App})
	if err != nil {
		return fmt.Errorf("write signatures: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(body) // a client that went away has nobody left to tell
	return nil
}

// sideMedia names a file to WeCom's script.
func (v *visit) sideMedia() error {
	code, ok := id.Parse[id.Code](v.r.PathValue("code"))
	if !ok {
		return fault.New(fault.NotFound, "no such file")
	}
	media, err := v.Sidebar.Media(v.r.Context(), code)
	if err != nil {
		return err
	}
	body, err := json.Marshal(media)
	if err != nil {
		return fmt.Errorf("write the name of a file: %w", err)
	}
	v.w.Header().Set("Content-Type", "application/json")
	_, _ = v.w.Write(body) // a client that went away has nobody left to tell
	return nil
}

// sideTask answers a task from beside the chat.
func (v *visit) sideTask() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	state, err := v.answerTask("task")
	if err != nil {
		return err
	}
	return v.showSide(customer, v.lang.text("done.task_"+string(state)))
}

// sideRecord records what a customer said.
func (v *visit) sideRecord() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	if err := v.record(customer); err != nil {
		return err
	}
	return v.showSide(customer, v.lang.text("done.record"))
}

// sideSaid records that a member sent a text beside the plan.
func (v *visit) sideSaid() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	said := ScriptSaid{Customer: customer, Purpose: event.Purpose(v.r.FormValue("purpose")), Once: v.r.FormValue("once")}
	if err := v.Scripts.ScriptSaid(v.r.Context(), v.asker(), said); err != nil {
		return err
	}
	return v.showSide(customer, v.lang.text("done.script"))
}
