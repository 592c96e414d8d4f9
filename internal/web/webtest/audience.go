package webtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"siyu/internal/audience"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var (
	_ web.Audiences      = (*Brand)(nil)
	_ web.AudienceFiles  = (*Brand)(nil)
	_ web.ReadyAudiences = (*Brand)(nil)
)

// crowds are the brand's stored audiences and what waits about them.
type crowds struct {
	limit    int
	stored   []web.AudienceView
	requests []web.ExportRequest
	tagged   []int64
	invites  []invite
	named    map[audience.Thing][]web.AudienceValue
}

// Two audiences that the full brand has.
const (
	LoyalAudience = 1
	DueAudience   = 2
)

// tagNames are the tags of the brand's customers.
func tagNames() []string { return []string{"爱喝岩茶", "常买礼盒", "会员日到店"} }

func (b *Brand) fillAudiences() {
	ask := func(field string, is audience.Test, window int, values ...int64) audience.Rule {
		c := &audience.Condition{Field: field, Is: is, Window: window}
		for _, n := range values {
			c.Values = append(c.Values, audience.Value{Number: n})
		}
		return audience.Rule{Ask: c}
	}
	gift := audience.Condition{Field: "tags", Is: audience.OneOf, Values: []audience.Value{{Number: int64(id.CodeOf(tagNames()[1])), Text: tagNames()[1]}}}
	day := func(i int) web.AudienceDay {
		return web.AudienceDay{Day: b.now.AddDate(0, 0, i-29).Truncate(24 * time.Hour), Size: 40 + i%7 + i, Entered: 3 + i%4, Left: i % 3}
	}
	for i, a := range []web.AudienceRow{
		{Name: b.text("买过三次以上"), Kind: web.Dynamic, Watched: true, Rule: audience.Rule{All: []audience.Rule{ask("orders", audience.AtLeast, 0, 3)}}},
		{Name: b.text("快到期、三十天没联系"), Kind: web.Dynamic, Rule: audience.Rule{All: []audience.Rule{
			ask("due", audience.Next, 0, 7), ask("last_touch", audience.Ago, 0, 30),
			{Not: &audience.Rule{Any: []audience.Rule{{Ask: &gift}}}},
		}}},
		{Name: b.text("三八节名单"), Kind: web.Frozen, Rule: audience.Rule{All: []audience.Rule{ask("store", audience.OneOf, 0, int64(b.stores[0].ID), int64(b.stores[1].ID))}}},
	} {
		a.Number, a.Version, a.Changed, a.By, a.Entered, a.Left = int64(i+1), 1, b.now.AddDate(0, 0, -i), LeadAccount, 4, 1
		view := web.AudienceView{AudienceRow: a}
		for d := range 30 {
			view.Days = append(view.Days, day(d))
		}
		b.crowds.stored = append(b.crowds.stored, view)
	}
	b.crowds.stored[0].UsedBy = []web.AudienceUse{{Kind: "tag", Name: b.text("老客")}}
	b.crowds.invites = []invite{{audience: LoyalAudience, Invitation: web.Invitation{
		Number: 1, Group: b.groups[0].ID, Name: b.groups[0].Name, By: LeadAccount, Begun: b.now.AddDate(0, 0, -2), State: web.InvitationInviting,
		Invited: 62, Open: 20, Said: 9, Joined: 18, Declined: 5, Missed: 6, TakenBack: 4, Back: []web.LeftAlone{{Because: decision.BecauseInGroup, Customers: 4}},
		Waiting: 31, NotAsked: 27, Because: []web.LeftAlone{{Because: decision.BecauseRefused, Customers: 14}, {Because: decision.BecauseHoldout, Customers: 8}, {Because: decision.BecauseBudgetWeek, Customers: 5}},
	}}}
	b.crowds.limit = exportLimit
	b.crowds.requests = []web.ExportRequest{{ID: 1, Audience: 1, Name: b.crowds.stored[0].Name, Account: StoreAccount, At: b.now.Add(-time.Hour), Rows: 1240, Format: "xlsx"}}
}

// Name adds a thing that rules can name.
func (b *Brand) Name(of audience.Thing, v audience.Value, name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.crowds.named == nil {
		b.crowds.named = map[audience.Thing][]web.AudienceValue{}
	}
	b.crowds.named[of] = append(b.crowds.named[of], web.AudienceValue{Number: v.Number, Text: v.Text, Name: name, Count: 1})
}

// fits returns who of a scope a rule describes.
func (b *Brand) fits(scope org.Scope, rule *audience.Rule) (found []web.CustomerRow, among int, err error) {
	m, err := audience.Compile(rule)
	if err != nil {
		return nil, 0, err
	}
	today := event.At(b.now).Day()
	inside := map[int64][]web.CustomerRow{}
	for i := range b.customers {
		c := &b.customers[i]
		if !b.sees(scope, b.holder[c.ID]) {
			continue
		}
		among++
		row := b.rowOf(c, i)
		members := func(n int64) bool {
			inner, known := inside[n]
			if !known {
				a := b.audience(n)
				inner, _, _ = b.fits(scope, &a.Rule)
				inside[n] = inner
			}
			return slices.ContainsFunc(inner, func(o web.CustomerRow) bool { return o.ID == c.ID })
		}
		if m.Matches(audience.Asked{Row: &row, Members: members, Today: today}) {
			found = append(found, *c)
		}
	}
	return found, among, nil
}

// rowOf makes a row of what the list of customers shows.
func (b *Brand) rowOf(c *web.CustomerRow, i int) audience.Row {
	row := audience.Row{ID: c.ID, Values: make([]int64, len(audience.Columns())), Refs: make([][]int64, len(audience.RefsFields()))}
	set := func(field string, value int64) { row.Values[audience.ColumnAt(field, audience.Ever)] = value }
	word := func(field, value string) {
		f, _ := audience.FieldOf(field)
		set(field, int64(max(0, slices.Index(f.Words, value))))
	}
	date := func(field string, at time.Time) {
		if !at.IsZero() {
			set(field, event.At(at).Day())
		}
	}
	word("limiting", string(c.Limiting))
	set("value", int64(c.Value.Value))
	set("orders", int64(c.Orders))
	set("turnover", int64(c.Turnover))
	date("due", c.NextDue)
	date("last_order", c.LastOrder)
	date("last_touch", c.LastTouch)
	set("owner", int64(b.holder[c.ID]))
	if j := slices.IndexFunc(b.staff, func(s web.StaffName) bool { return s.ID == b.holder[c.ID] }); j >= 0 {
		set("store", int64(b.staff[j].Store))
	}
	if i%3 == 0 {
		row.Refs[audience.RefsAt("tags")] = []int64{int64(id.CodeOf(tagNames()[i%len(tagNames())]))}
	}
	return row
}

func (b *Brand) audience(number int64) web.AudienceView {
	i := slices.IndexFunc(b.crowds.stored, func(a web.AudienceView) bool { return a.Number == number })
	if i < 0 {
		return web.AudienceView{}
	}
	return b.crowds.stored[i]
}

// Audiences implements web.Audiences.
func (b *Brand) Audiences(_ context.Context, scope org.Scope) ([]web.AudienceRow, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var rows []web.AudienceRow
	for _, a := range b.crowds.stored {
		row := a.AudienceRow
		found, _, err := b.fits(scope, &row.Rule)
		if err != nil {
			return nil, err
		}
		row.Size = len(found)
		rows = append(rows, row)
	}
	return rows, b.Fail
}

// Audience implements web.Audiences.
func (b *Brand) Audience(ctx context.Context, scope org.Scope, number int64) (web.AudienceView, error) {
	rows, err := b.Audiences(ctx, scope)
	i := slices.IndexFunc(rows, func(a web.AudienceRow) bool { return a.Number == number })
	if err != nil || i < 0 {
		return web.AudienceView{}, cmp.Or(err, fault.New(fault.NotFound, "no audience %d", number))
	}
	return web.AudienceView{AudienceRow: rows[i], Days: b.audience(number).Days}, nil
}

// Look implements web.Audiences.
func (b *Brand) Look(_ context.Context, scope org.Scope, rule *audience.Rule) (web.AudienceLook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.Fail != nil {
		return web.AudienceLook{}, b.Fail
	}
	found, among, err := b.fits(scope, rule)
	look := web.AudienceLook{Size: len(found), Among: among, First: found[:min(len(found), 8)], Took: 400 * time.Microsecond, AsOf: b.now}
	counts := map[string]int{}
	for _, c := range found {
		counts[string(c.Limiting)]++
	}
	spread := web.AudienceSpread{Field: "limiting"}
	f, _ := audience.FieldOf("limiting")
	for _, w := range f.Words {
		if counts[w] > 0 {
			spread.Shares = append(spread.Shares, web.AudienceShare{Name: w, Count: counts[w]})
		}
	}
	if len(found) > 0 {
		stores := web.AudienceSpread{Field: "store", Shares: []web.AudienceShare{{Name: b.stores[0].Name, Count: len(found) - len(found)/3}, {Count: len(found) / 3}}}
		value := web.AudienceSpread{Field: "value", Shares: []web.AudienceShare{{Low: 0, High: 50_000, Count: len(found) / 2}, {Low: 50_000, High: 90_000, Count: len(found) - len(found)/2}}}
		look.Spread = []web.AudienceSpread{spread, stores, value}
	}
	return look, err
}

// ReadyAudiences implements web.ReadyAudiences.
func (b *Brand) ReadyAudiences(_ context.Context, scope org.Scope) ([]web.ReadyAudience, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []web.ReadyAudience
	for _, r := range library() {
		found, _, err := b.fits(scope, &r.Rule)
		if err != nil {
			return nil, err
		}
		all = append(all, web.ReadyAudience{Ready: r, Size: len(found)})
	}
	return all, b.Fail
}

func library() []audience.Ready {
	return audience.Library(audience.Cuts{RecentDays: 40, Orders: 3, Turnover: 30_000, ValueLow: 20_000, ValueHigh: 70_000})
}

// ReadyRule implements web.ReadyAudiences.
func (b *Brand) ReadyRule(_ context.Context, name string) (audience.Rule, error) {
	for _, r := range library() {
		if r.Name == name {
			return r.Rule, nil
		}
	}
	return audience.Rule{}, fault.New(fault.NotFound, "no such ready audience")
}

// Values implements web.Audiences.
func (b *Brand) Values(_ context.Context, scope org.Scope, q web.ValueQuery) ([]web.AudienceValue, error) {
	var all []web.AudienceValue
	f, _ := audience.FieldOf(q.Field)
	switch f.Of {
	case audience.OfStore:
		for _, s := range b.stores {
			if scope.Sees(s.ID) {
				all = append(all, web.AudienceValue{Number: int64(s.ID), Name: s.Name, Count: 12})
			}
		}
	case audience.OfTag:
		for i, name := range tagNames() {
			all = append(all, web.AudienceValue{Number: int64(id.CodeOf(name)), Text: name, Name: b.text(name), Count: 40 - i})
		}
	case audience.OfGroup:
		for i, name := range []string{"福利群", "望京茶友"} {
			all = append(all, web.AudienceValue{Number: int64(i + 1), Name: b.text(name), Count: 30 - i})
		}
	case audience.OfLine:
		for i, code := range lines() {
			all = append(all, web.AudienceValue{Number: int64(id.LineOf(code)), Name: b.text([]string{"绿茶", "咖啡", "礼盒"}[i]), Count: 20})
		}
	case audience.OfStaff:
		for _, s := range b.staff {
			if scope.Sees(s.Store) {
				all = append(all, web.AudienceValue{Number: int64(s.ID), Name: s.Name, Count: 3})
			}
		}
	case audience.OfText:
		for _, city := range []string{"杭州", "北京"} {
			all = append(all, web.AudienceValue{Number: int64(id.CodeOf(city)), Text: city, Name: city, Count: 40})
		}
	case audience.OfAudience:
		for _, a := range b.crowds.stored {
			all = append(all, web.AudienceValue{Number: a.Number, Name: a.Name, Count: -1})
		}
	}
	b.mu.Lock()
	all = append(all, b.crowds.named[f.Of]...)
	b.mu.Unlock()
	all = slices.DeleteFunc(all, func(v web.AudienceValue) bool { return !strings.Contains(v.Name, q.Text) })
	return all[:min(len(all), q.Limit)], nil
}

// Names implements web.Audiences.
func (b *Brand) Names(_ context.Context, scope org.Scope) (audience.Names, error) {
	return names{b, scope}, b.Fail
}

type names struct {
	brand *Brand
	scope org.Scope
}

// fieldOf returns a field whose values are such things.
func fieldOf(of audience.Thing) string {
	all := audience.Fields()
	return all[slices.IndexFunc(all, func(f audience.Field) bool { return f.Of == of })].Name
}

func (n names) all(of audience.Thing) []web.AudienceValue {
	all, _ := n.brand.Values(context.Background(), n.scope, web.ValueQuery{Field: fieldOf(of), Limit: 1000})
	return all
}

// NameOf implements audience.Names.
func (n names) NameOf(of audience.Thing, v audience.Value) string {
	for _, known := range n.all(of) {
		if known.Number == v.Number {
			return known.Name
		}
	}
	return ""
}

// Find implements audience.Names.
func (n names) Find(of audience.Thing, name string) (found []audience.Named) {
	for _, known := range n.all(of) {
		if known.Name == name {
			found = append(found, audience.Named{Value: audience.Value{Number: known.Number, Text: known.Text}, Name: name})
		}
	}
	return found
}

// Overlap implements web.Audiences.
func (b *Brand) Overlap(_ context.Context, scope org.Scope, one, other *audience.Rule) (web.AudienceOverlap, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first, _, err := b.fits(scope, one)
	second, _, wrong := b.fits(scope, other)
	o := web.AudienceOverlap{A: len(first), B: len(second)}
	for _, c := range first {
		if slices.ContainsFunc(second, func(d web.CustomerRow) bool { return d.ID == c.ID }) {
			o.Both++
		}
	}
	return o, errors.Join(err, wrong)
}

// SaveAudience implements web.Audiences.
func (b *Brand) SaveAudience(_ context.Context, by web.Asker, f web.AudienceForm) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := audience.Check(&f.Rule); err != nil {
		return 0, err
	}
	for _, a := range b.crowds.stored {
		if a.Name == f.Name && a.Number != f.Number {
			return 0, fault.WithKey(fault.Conflict, "error.audience_taken", errors.New("name is taken"))
		}
	}
	row := web.AudienceRow{Number: f.Number, Version: f.Version + 1, Name: f.Name, Note: f.Note, Kind: f.Kind, Watched: f.Watched, Rule: f.Rule, Changed: b.now, By: by.Account}
	b.did(by, "audience", f.Name)
	if f.Number == 0 {
		row.Number = int64(len(b.crowds.stored) + 1)
		b.crowds.stored = append(b.crowds.stored, web.AudienceView{AudienceRow: row})
		return row.Number, nil
	}
	i := slices.IndexFunc(b.crowds.stored, func(a web.AudienceView) bool { return a.Number == f.Number })
	if i < 0 {
		return 0, fault.New(fault.NotFound, "no audience %d", f.Number)
	}
	if err := stale(f.Version, b.crowds.stored[i].Version); err != nil {
		return 0, err
	}
	b.crowds.stored[i].AudienceRow = row
	return f.Number, nil
}

// ArchiveAudience implements web.Audiences.
func (b *Brand) ArchiveAudience(_ context.Context, by web.Asker, number int64, _ int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.audience(number)
	switch {
	case a.Number == 0:
		return fault.New(fault.NotFound, "no audience %d", number)
	case len(a.UsedBy) > 0:
		return fault.WithKey(fault.Conflict, "error.audience_used", errors.New("audience is used"))
	}
	b.did(by, "audience_archived", a.Name)
	b.crowds.stored = slices.DeleteFunc(b.crowds.stored, func(o web.AudienceView) bool { return o.Number == number })
	return nil
}

// exportLimit is from how many rows on an export of the brand needs approval.
const exportLimit = 20

// ExportLimit implements web.AudienceFiles.
func (b *Brand) ExportLimit(context.Context) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.crowds.limit, b.Fail
}

// SetExportLimit implements web.AudienceFiles.
func (b *Brand) SetExportLimit(_ context.Context, by web.Asker, limit int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.crowds.limit = limit
	b.did(by, "audience.limit", fmt.Sprint(limit))
	return b.Fail
}

// ExportAudience implements web.AudienceFiles.
func (b *Brand) ExportAudience(_ context.Context, by web.Asker, number int64, format string) (web.File, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.audience(number)
	found, _, err := b.fits(by.Scope, &a.Rule)
	if err != nil || a.Number == 0 {
		return web.File{}, cmp.Or(err, fault.New(fault.NotFound, "no audience %d", number))
	}
	if len(found) > b.crowds.limit {
		b.crowds.requests = append(b.crowds.requests, web.ExportRequest{ID: int64(len(b.crowds.requests) + 1), Audience: number, Name: a.Name, Account: by.Account, At: b.now, Rows: len(found), Format: format})
		return web.File{}, fault.WithKey(fault.Conflict, "error.export_approval", errors.New("export is large"))
	}
	b.did(by, "audience_exported", a.Name)
	return web.File{Name: "audience." + format, Type: "text/csv", Write: func(to io.Writer) error {
		_, err := io.WriteString(to, "customer\n")
		return err
	}}, nil
}

// ExportRequests implements web.AudienceFiles.
func (b *Brand) ExportRequests(context.Context, org.Scope) ([]web.ExportRequest, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.crowds.requests), b.Fail
}

// AnswerExport implements web.AudienceFiles.
func (b *Brand) AnswerExport(_ context.Context, by web.Asker, request int64, approved bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.crowds.requests, func(r web.ExportRequest) bool { return r.ID == request })
	if i < 0 {
		return fault.New(fault.NotFound, "no export %d", request)
	}
	if b.crowds.requests[i].Account == by.Account {
		return fault.WithKey(fault.Denied, "error.export_own", errors.New("own export"))
	}
	did := map[bool]string{true: "export_approved", false: "export_refused"}[approved]
	b.did(by, did, b.crowds.requests[i].Name)
	b.crowds.requests = slices.Delete(b.crowds.requests, i, i+1)
	return nil
}

// TagAudience implements web.AudienceFiles.
func (b *Brand) TagAudience(_ context.Context, by web.Asker, number int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.audience(number)
	if a.Number == 0 {
		return fault.New(fault.NotFound, "no audience %d", number)
	}
	b.did(by, "audience_tagged", a.Name)
	b.crowds.tagged = append(b.crowds.tagged, number)
	return nil
}
