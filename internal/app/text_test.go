package app

import (
	"slices"
	"strings"
	"testing"

	"siyu/internal/app/brand"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/org"
	"siyu/internal/web"
)

func TestWhatALeadWritesIsInForceAndAudited(t *testing.T) {
	h := openHouse(t)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	view, err := h.desk.Texts(ctx, org.All())
	must(t, err)
	form := web.TextForm{Version: view.Version, New: true, Text: web.Text{Purpose: event.Remind, Line: "tea", Text: "{name}, it is time"}}
	if err := h.desk.SetText(ctx, lead, form); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "line") {
		t.Errorf("a text about an unknown line: %v", err)
	}
	must(t, h.desk.SetLine(ctx, lead, web.LineForm{Version: h.brand.Documents().Versions[brand.CatalogDoc], New: true, ProductLine: web.ProductLine{Code: "tea", Name: "Tea", CycleDays: 30, MarginRate: .4, Words: []string{"oolong"}}}))
	must(t, h.desk.SetText(ctx, lead, form))
	if found := h.brand.Documents().Library.For(event.Remind, "tea"); len(found) == 0 || found[0].Code != "remind.tea.1" || found[0].Text != form.Text.Text {
		t.Errorf("the plan would choose %+v", found)
	}
	if err := h.desk.SetText(ctx, lead, form); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second change from the same page: %v, want a conflict", err)
	}
	version := h.brand.Documents().Versions[brand.CatalogDoc]
	if err := h.desk.DropLine(ctx, lead, web.Entry{Version: version, Key: "tea"}); fault.KeyOf(err) != "error.line_used" {
		t.Errorf("dropping a line that a text is about: %v", err)
	}
	must(t, h.desk.DropText(ctx, lead, web.Entry{Version: h.brand.Documents().Versions[brand.LibraryDoc], Key: "remind.tea.1"}))
	must(t, h.desk.DropLine(ctx, lead, web.Entry{Version: version, Key: "tea"}))
	audit, err := h.desk.Audit(ctx, org.All(), "")
	must(t, err)
	var did []string
	for _, e := range audit.Entries {
		did = append(did, e.Did+" "+e.About)
	}
	slices.Sort(did) // the clock stands: all of it happened at once
	const want = "line.dropped tea, line.set tea, text.dropped remind.tea.1, text.set remind.tea.1"
	if got := strings.Join(did, ", "); got != want {
		t.Errorf("the audit says %s, want %s", got, want)
	}
}

func TestAStoreManagerChangesNothingOfTheBrand(t *testing.T) {
	h := openHouse(t)
	ctx, manager := t.Context(), web.Asker{Account: "manager", Scope: org.Scope{}}
	for what, err := range map[string]error{
		"text": h.desk.SetText(ctx, manager, web.TextForm{New: true}), "line": h.desk.DropLine(ctx, manager, web.Entry{}), "store": h.desk.AdoptStores(ctx, manager),
	} {
		if fault.CodeOf(err) != fault.Denied {
			t.Errorf("%s: %v, want it denied", what, err)
		}
	}
}

func TestStoresOfDepartmentsStayWhenTheFirstOneIsChanged(t *testing.T) {
	j := join(t, "", web.ModePolling)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	before, err := j.desk.StoreList(ctx, org.All())
	must(t, err)
	if before.Entered || len(before.Stores) == 0 || len(before.Departments) == 0 {
		t.Fatalf("the stores before anybody entered one: %+v", before)
	}
	first := before.Stores[0]
	first.Kind, first.Aliases = org.Franchise, []string{"the corner shop"}
	must(t, j.desk.SetStore(ctx, lead, web.StoreForm{Version: before.Version, StoreEntry: first}))
	after, err := j.desk.StoreList(ctx, org.All())
	must(t, err)
	if !after.Entered || len(after.Stores) != len(before.Stores) || after.Stores[0].Kind != org.Franchise || after.Stores[0].Staff != first.Staff {
		t.Errorf("the stores after a change are %+v, before they were %+v", after.Stores, before.Stores)
	}
	if name := j.brand.StoreNames()["the corner shop"]; name != first.Name {
		t.Errorf("orders of the corner shop count for %q, want %q", name, first.Name)
	}
	second := web.StoreEntry{Name: "the corner shop", Kind: org.Direct, Department: first.Department}
	err = j.desk.SetStore(ctx, lead, web.StoreForm{Version: after.Version, New: true, StoreEntry: second})
	if fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "department") || !strings.Contains(err.Error(), "name") {
		t.Errorf("a second store of the same name and department: %v", err)
	}
}

func TestTheDoctorNamesFindingAndFixInEnglish(t *testing.T) {
	h := openHouse(t)
	for _, c := range h.Examine(t.Context()) {
		if c.Detail == "" || strings.Contains(c.Detail, "doctor_") || strings.Contains(c.Detail, "<no value>") || (c.OK && !c.Notice) != (c.Fix == "") {
			t.Errorf("the check %+v", c)
		}
	}
}

func TestAnInstallationWithoutOrdersIsHealthyUntilTheyStop(t *testing.T) {
	h := openHouse(t)
	orders := func() Check {
		t.Helper()
		for _, c := range h.Examine(t.Context()) {
			if c.Name == "orders" {
				return c
			}
		}
		t.Fatal("the doctor does not look at orders")
		return Check{}
	}
	if c := orders(); !c.OK || !c.Notice || c.Fix == "" {
		t.Errorf("before the first orders: %+v", c)
	}
	long := flow.DayOf(event.At(monday.AddDate(0, -3, 0)))
	if err := h.db.SetCounters(t.Context(), []flow.Counter{{Name: flow.CountOrders, Part: "pos", Store: 1, Day: long, Delta: 3}}); err != nil {
		t.Fatal(err)
	}
	if c := orders(); c.OK || c.Fix == "" {
		t.Errorf("after they stopped: %+v", c)
	}
}
