package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
)

const (
	customerRows = 50 // fills a screen twice

	// Names under which an account's preferences are kept.
	columnsPreference = "customers.columns"
	viewsPreference   = "customers.views"

	maxViews    = 12 // as many as a row of chips can hold
	maxViewName = 40 // characters, three bytes each in Chinese
)

// everybody is the value of the filter that includes people who only bought.
const everybody = "all"

// columns are all that can be chosen, in the order they stand in. The name is
// always shown.
func columns() []string {
	return []string{"limiting", "stage", "store", "staff", "repurchase", "value", "due", "orders", "turnover", "last_order", "last_touch", "month", "since"}
}

func usualColumns() []string {
	return []string{"limiting", "stage", "store", "staff", "repurchase", "value", "due", "last_order"}
}

// dueChoices are the horizons of the due filter, in days.
func dueChoices() []int { return []int{0, 7, 30} }

type customerListPage struct {
	Rows    []CustomerRow
	Total   int
	Next    string
	Shown   []string // columns
	All     []string
	Columns int // for cells that span the table
	Lines   map[id.Line]string
	Stores  []StoreName
	Staff   []StaffName
	Filter  customerFilter
	Views   []savedView
	Parts   []insight.Part
	Tags    bool // may tag all of them
	Stages  []insight.Stage
	Due     []int
}

// customerFilter is the query as the form shows it.
type customerFilter struct {
	Name, Limiting, Stage, Store, Staff, Due, Refused, Who, Sort string
}

// savedView is a filter an account kept under a name.
type savedView struct {
	Name  string `json:"name"`
	Query string `json:"query"`
}

func filterOf(q url.Values) customerFilter {
	return customerFilter{
		Name: strings.TrimSpace(q.Get("name")), Limiting: q.Get("limiting"), Stage: q.Get("stage"), Store: q.Get("store"), Staff: q.Get("staff"),
		Due: q.Get("due"), Refused: q.Get("refused"), Who: q.Get("who"), Sort: q.Get("sort"),
	}
}

// Query returns the filter as the address of the list writes it.
func (f customerFilter) Query() string {
	q := url.Values{}
	for name, value := range map[string]string{
		"name": f.Name, "limiting": f.Limiting, "stage": f.Stage, "store": f.Store, "staff": f.Staff, "due": f.Due, "refused": f.Refused, "who": f.Who, "sort": f.Sort,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode()
}

// SortedBy returns the address of the same list in another order.
func (f customerFilter) SortedBy(order string) string {
	f.Sort = order
	return "/customers?" + f.Query()
}

func (f customerFilter) query(now time.Time, zone *time.Location) (CustomerQuery, error) {
	q := CustomerQuery{Name: f.Name, Limiting: insight.Part(f.Limiting), Stage: insight.Stage(f.Stage), Sort: Sort(f.Sort), Limit: customerRows, Related: f.Who != everybody}
	if q.Sort == "" {
		q.Sort = SortValue
	}
	if !slices.Contains([]Sort{SortValue, SortDue, SortRecent}, q.Sort) || !slices.Contains(append(parts(), ""), q.Limiting) || !slices.Contains(append(insight.Stages(), ""), q.Stage) {
		return q, fault.New(fault.Invalid, "customer list: unknown order, part or stage")
	}
	q.Store, _ = id.Parse[id.Store](f.Store)
	q.Staff, _ = id.Parse[id.Staff](f.Staff)
	if i := slices.IndexFunc(dueChoices(), func(d int) bool { return fmt.Sprint(d) == f.Due }); i >= 0 {
		q.DueBefore = clock.Day(now, zone).AddDate(0, 0, dueChoices()[i]+1)
	}
	if f.Refused == "yes" || f.Refused == "no" {
		refused := f.Refused == "yes"
		q.Refused = &refused
	}
	return q, nil
}

func parts() []insight.Part {
	return []insight.Part{insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown}
}

func (v *visit) customerList() error {
	ctx := v.r.Context()
	filter := filterOf(v.r.URL.Query())
	query, err := filter.query(v.now, v.Zone)
	if err != nil {
		return err
	}
	query.After = v.r.URL.Query().Get("after")
	found, err := v.Customers.Customers(ctx, v.seat.Scope, query)
	if err != nil {
		return err
	}
	page := customerListPage{Rows: found.Rows, Total: found.Total, Filter: filter, All: columns(), Parts: parts(), Tags: lead(v.seat), Stages: insight.Stages(), Due: dueChoices()}
	if found.Next != "" {
		page.Next = "/customers?" + filter.Query() + "&after=" + url.QueryEscape(found.Next)
	}
	if page.Shown, err = v.shownColumns(ctx); err != nil {
		return err
	}
	page.Columns = len(page.Shown) + 1
	if page.Lines, err = v.Directory.Lines(ctx); err != nil {
		return err
	}
	switch {
	case v.partial() && query.After != "":
		return v.part("customers", "rows", page)
	case v.partial():
		return v.part("customers", "results", page)
	}
	if err := v.addFilters(ctx, &page); err != nil {
		return err
	}
	return v.show("customers", Page{Title: v.lang.text("customers.title"), Menu: "customers", Data: page})
}

func (v *visit) addFilters(ctx context.Context, page *customerListPage) (err error) {
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return err
	}
	if page.Staff, err = v.Directory.Staff(ctx, v.seat.Scope); err != nil {
		return err
	}
	page.Views, err = v.savedViews(ctx)
	return err
}

func (v *visit) shownColumns(ctx context.Context) ([]string, error) {
	kept, err := v.Preference.Preference(ctx, v.seat.Account, columnsPreference)
	if err != nil {
		return nil, err
	}
	if kept == "" {
		return usualColumns(), nil
	}
	return known(strings.Split(kept, ",")), nil
}

// known keeps the chosen columns that exist, in their fixed order.
func known(chosen []string) []string {
	return slices.DeleteFunc(columns(), func(c string) bool { return !slices.Contains(chosen, c) })
}

func (v *visit) customerColumns() error {
	if err := v.r.ParseForm(); err != nil {
		return fault.New(fault.Invalid, "read columns: %w", err)
	}
	chosen := strings.Join(known(v.r.PostForm["column"]), ",")
	if err := v.Preference.SetPreference(v.r.Context(), v.seat.Account, columnsPreference, chosen); err != nil {
		return err
	}
	v.redirect("/customers?" + filterOf(queryOf(v.r.PostForm.Get("query"))).Query())
	return nil
}

// queryOf reads a query a form carried. What cannot be read filters nothing.
func queryOf(text string) url.Values {
	q, err := url.ParseQuery(text)
	if err != nil {
		return url.Values{}
	}
	return q
}

func (v *visit) savedViews(ctx context.Context) ([]savedView, error) {
	kept, err := v.Preference.Preference(ctx, v.seat.Account, viewsPreference)
	if err != nil || kept == "" {
		return nil, err
	}
	var views []savedView
	if err := json.Unmarshal([]byte(kept), &views); err != nil {
		return nil, fmt.Errorf("read saved views: %w", err)
	}
	return views, nil
}

func (v *visit) customerViewSave() error {
	filter := filterOf(queryOf(v.r.FormValue("query")))
	name := strings.TrimSpace(v.r.FormValue("name"))
	if name == "" || len(name) > 3*maxViewName {
		return fault.WithKey(fault.Invalid, "error.view_name", fmt.Errorf("save view: name of %d bytes", len(name)))
	}
	err := v.changeViews(func(views []savedView) []savedView {
		views = append(without(views, name), savedView{Name: name, Query: filter.Query()})
		return views[max(0, len(views)-maxViews):]
	})
	if err != nil {
		return err
	}
	v.redirect("/customers?" + filter.Query())
	return nil
}

func (v *visit) customerViewDelete() error {
	err := v.changeViews(func(views []savedView) []savedView { return without(views, v.r.FormValue("name")) })
	if err != nil {
		return err
	}
	v.redirect("/customers")
	return nil
}

func without(views []savedView, name string) []savedView {
	return slices.DeleteFunc(views, func(s savedView) bool { return s.Name == name })
}

func (v *visit) changeViews(change func([]savedView) []savedView) error {
	ctx := v.r.Context()
	views, err := v.savedViews(ctx)
	if err != nil {
		return err
	}
	text, err := json.Marshal(change(views))
	if err != nil {
		return fmt.Errorf("write saved views: %w", err)
	}
	return v.Preference.SetPreference(ctx, v.seat.Account, viewsPreference, string(text))
}
