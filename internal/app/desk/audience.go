package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var (
	_ web.Audiences      = audiencePort{}
	_ web.ReadyAudiences = (*Desk)(nil)
)

// audiencePort gives web.Audiences a method name that Desk uses for a field.
type audiencePort struct{ *Desk }

// Names implements web.Audiences.
func (p audiencePort) Names(ctx context.Context, scope org.Scope) (audience.Names, error) {
	return p.audienceNames(ctx, scope)
}

// everybody is the rule that is true of all.
var everybody = &audience.Rule{}

// index returns what answers rules, fault.Conflict while it is being built.
func (d *Desk) index() (*index.Index, error) {
	ix := d.Index()
	if ix == nil {
		return nil, fault.WithKey(fault.Conflict, "error.audience_building", fmt.Errorf("the audience index is being built"))
	}
	return ix, nil
}

// Audiences implements web.Audiences.
func (d *Desk) Audiences(ctx context.Context, scope org.Scope) ([]web.AudienceRow, error) {
	list, err := d.DB.Audiences(ctx)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	uses, err := d.audienceUses(ctx, list)
	if err != nil {
		return nil, err
	}
	ix, err := d.index()
	if err != nil {
		return nil, err
	}
	rows := make([]web.AudienceRow, len(list))
	for i := range list {
		if rows[i], err = d.audienceRow(ctx, ix, scope, &list[i]); err != nil {
			return nil, err
		}
		rows[i].UsedBy = uses[list[i].Number]
	}
	slices.SortFunc(rows, func(a, b web.AudienceRow) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Number, b.Number))
	})
	return rows, nil
}

func (d *Desk) audienceRow(ctx context.Context, ix *index.Index, scope org.Scope, a *flow.Audience) (web.AudienceRow, error) {
	row := web.AudienceRow{Number: a.Number, Version: a.Version, Name: a.Name, Note: a.Note, Kind: web.AudienceKind(a.Kind), Rule: a.Rule,
		Watched: a.Watched, Changed: a.Changed, By: a.Changer}
	crowd, err := d.crowdOf(ix, scope, a)
	if err != nil {
		return row, err
	}
	row.Size = crowd.Len()
	if !scope.Everything { // the history is the brand's
		return row, nil
	}
	days, err := d.DB.AudienceDays(ctx, a.Number, ix.Position().Day-1)
	for _, day := range days {
		row.Entered, row.Left = row.Entered+day.Came, row.Left+day.Went
	}
	return row, err
}

// crowdOf returns who of a scope is in a stored audience.
func (d *Desk) crowdOf(ix *index.Index, scope org.Scope, a *flow.Audience) (*index.Crowd, error) {
	named := &audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: a.Number}}}}
	if ix.Members(a.Number) == nil { // it is new and nobody was asked yet
		named = &a.Rule
	}
	return ix.Evaluate(named, scope, ix.Position().Day)
}

// audienceDays is how far back the page of an audience shows its size.
const audienceDays = 180

// Audience implements web.Audiences.
func (d *Desk) Audience(ctx context.Context, scope org.Scope, number int64) (web.AudienceView, error) {
	var v web.AudienceView
	a, err := d.audienceInUse(ctx, number)
	if err != nil {
		return v, err
	}
	ix, err := d.index()
	if err != nil {
		return v, err
	}
	if v.AudienceRow, err = d.audienceRow(ctx, ix, scope, &a); err != nil {
		return v, err
	}
	list, err := d.DB.Audiences(ctx)
	if err != nil {
		return v, err
	}
	uses, err := d.audienceUses(ctx, list)
	if err != nil {
		return v, err
	}
	v.UsedBy = uses[number]
	if !scope.Everything {
		return v, nil
	}
	days, err := d.DB.AudienceDays(ctx, number, ix.Position().Day-audienceDays)
	for _, day := range days {
		v.Days = append(v.Days, web.AudienceDay{Day: clock.Day(event.StartOfDay(day.Day).Time(), d.Zone), Size: day.Size, Entered: day.Came, Left: day.Went})
	}
	return v, err
}

func (d *Desk) audienceInUse(ctx context.Context, number int64) (flow.Audience, error) {
	a, err := d.DB.Audience(ctx, number)
	if err == nil && !a.Archived.IsZero() {
		err = notFound("audience")
	}
	return a, err
}

// audienceUses returns what reads each audience.
func (d *Desk) audienceUses(ctx context.Context, list []flow.Audience) (map[int64][]web.AudienceUse, error) {
	uses := map[int64][]web.AudienceUse{}
	for i := range list {
		for _, read := range audience.ReadsOf(&list[i].Rule).Audiences {
			uses[read] = append(uses[read], web.AudienceUse{Kind: "audience", Number: list[i].Number, Name: list[i].Name})
		}
	}
	if err := d.addInviting(ctx, uses); err != nil {
		return nil, err
	}
	groups, err := d.DB.TagGroups(ctx)
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Audience != 0 && t.Gone.IsZero() {
				uses[t.Audience] = append(uses[t.Audience], web.AudienceUse{Kind: "tag", Name: t.Name})
			}
		}
	}
	return uses, err
}

// firstLooked is how many customers of a crowd are shown while its rule is typed.
const firstLooked = 8

// Look implements web.Audiences.
func (d *Desk) Look(ctx context.Context, scope org.Scope, rule *audience.Rule) (web.AudienceLook, error) {
	ix, err := d.index()
	if err != nil {
		return web.AudienceLook{}, err
	}
	today, began := ix.Position().Day, clock.System{}.Now()
	crowd, err := ix.Evaluate(rule, scope, today)
	if err != nil {
		return web.AudienceLook{}, err
	}
	look := web.AudienceLook{Size: crowd.Len(), Took: clock.System{}.Now().Sub(began), AsOf: d.Clock.Now()}
	if look.Among, err = ix.Count(everybody, scope, today); err != nil {
		return look, err
	}
	if look.Spread, err = d.spreads(ctx, scope, crowd); err != nil {
		return look, err
	}
	look.First, err = d.rows(ctx, worthMost(crowd, firstLooked))
	return look, err
}

// worthMost returns the customers of a crowd who are worth most.
func worthMost(crowd *index.Crowd, n int) []id.Customer {
	entries := crowd.First(index.Page{Column: audience.ColumnAt("value", audience.Ever), Descending: true, N: n})
	customers := make([]id.Customer, len(entries))
	for i, e := range entries {
		customers[i] = e.ID
	}
	return customers
}

// largestShares is how many values a spread tells apart.
const largestShares = 6

// valueEdges part customers by what they are worth in the next year, in fen.
var valueEdges = []int64{10_000, 30_000, 100_000, 300_000, 1_000_000}

func (d *Desk) spreads(ctx context.Context, scope org.Scope, crowd *index.Crowd) ([]web.AudienceSpread, error) {
	names, err := d.audienceNames(ctx, scope)
	if err != nil || crowd.Len() == 0 {
		return nil, err
	}
	var spreads []web.AudienceSpread
	for _, field := range []string{"stage", "limiting", "store"} {
		f, _ := audience.FieldOf(field)
		spread, rest := web.AudienceSpread{Field: field}, crowd.Len()
		for _, s := range crowd.Split(field, largestShares) {
			spread.Shares = append(spread.Shares, web.AudienceShare{Name: names.shareName(f, s.Value), None: f.Kind == audience.Ref && s.Value == 0, Count: s.Count})
			rest -= s.Count
		}
		if rest > 0 {
			spread.Shares = append(spread.Shares, web.AudienceShare{Count: rest})
		}
		spreads = append(spreads, spread)
	}
	bands := web.AudienceSpread{Field: "value"}
	counts := crowd.Bands(audience.ColumnAt("value", audience.Ever), valueEdges)
	for i, n := range counts[:len(valueEdges)] {
		low := int64(0)
		if i > 0 {
			low = valueEdges[i-1]
		}
		if n > 0 {
			bands.Shares = append(bands.Shares, web.AudienceShare{Low: low, High: valueEdges[i], Count: n})
		}
	}
	if last := counts[len(valueEdges)]; last > 0 {
		bands.Shares = append(bands.Shares, web.AudienceShare{Low: valueEdges[len(valueEdges)-1], Count: last})
	}
	return append(spreads, bands), nil
}

// Overlap implements web.Audiences.
func (d *Desk) Overlap(_ context.Context, scope org.Scope, a, b *audience.Rule) (web.AudienceOverlap, error) {
	ix, err := d.index()
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	one, err := ix.Evaluate(a, scope, ix.Position().Day)
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	other, err := ix.Evaluate(b, scope, ix.Position().Day)
	if err != nil {
		return web.AudienceOverlap{}, err
	}
	both := one.And(other)
	return web.AudienceOverlap{A: one.Len(), B: other.Len(), Both: both.Len(), First: worthMost(both, firstLooked)}, nil
}

// ReadyAudiences implements web.ReadyAudiences.
func (d *Desk) ReadyAudiences(_ context.Context, scope org.Scope) ([]web.ReadyAudience, error) {
	ix := d.Index()
	var cuts audience.Cuts
	if ix != nil {
		var err error
		if cuts, err = libraryCuts(ix); err != nil {
			return nil, err
		}
	}
	var all []web.ReadyAudience
	for _, ready := range audience.Library(cuts) {
		one := web.ReadyAudience{Ready: ready, Size: -1}
		if ix != nil {
			var err error
			if one.Size, err = ix.Count(&ready.Rule, scope, ix.Position().Day); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// maxAudienceName is how long a name may be, in characters.
const maxAudienceName = 30

// SaveAudience implements web.Audiences.
func (d *Desk) SaveAudience(ctx context.Context, by web.Asker, f web.AudienceForm) (number int64, err error) {
	a, err := d.storeAudience(ctx, by, f)
	if err != nil {
		return 0, err
	}
	if err := d.audit(ctx, by, "audience.saved", fmt.Sprint(a.Number)); err != nil {
		return a.Number, err
	}
	if d.Index() == nil { // it is filled once there is one
		return a.Number, nil
	}
	return a.Number, d.Reckon(ctx)
}

// storeAudience lets one person at a time do so: two rules could otherwise close
// a circle that neither of them is.
func (d *Desk) storeAudience(ctx context.Context, by web.Asker, f web.AudienceForm) (a flow.Audience, err error) {
	d.editing.Lock()
	defer d.editing.Unlock()
	if a, err = d.audienceFrom(ctx, by, f); err != nil {
		return a, err
	}
	if a.Number != 0 {
		return a, d.DB.ChangeAudience(ctx, a)
	}
	a.Number, err = d.DB.AddAudience(ctx, a)
	return a, err
}

// audienceFrom returns what is to be stored.
func (d *Desk) audienceFrom(ctx context.Context, by web.Asker, f web.AudienceForm) (a flow.Audience, err error) {
	name := strings.TrimSpace(f.Name)
	if name == "" || utf8.RuneCountInString(name) > maxAudienceName {
		return a, fault.WithKey(fault.Invalid, "error.audience_name", fmt.Errorf("a name has 1 to %d characters", maxAudienceName))
	}
	if err := audience.Check(&f.Rule); err != nil {
		return a, err
	}
	now := d.Clock.Now()
	if f.Number == 0 {
		a = flow.Audience{Kind: flow.AudienceKind(f.Kind), Created: now, CreatedBy: by.Account}
		if a.Kind != flow.Dynamic && a.Kind != flow.Frozen {
			return a, fault.New(fault.Invalid, "an audience is dynamic or frozen, not %q", f.Kind)
		}
	} else if a, err = d.audienceInUse(ctx, f.Number); err != nil {
		return a, err
	}
	if a.Kind == flow.Frozen && f.Number != 0 { // who is in it was decided by the rule of then
		f.Rule = a.Rule
	}
	if same, err := sameRule(&a.Rule, &f.Rule); err != nil {
		return a, err
	} else if !same || a.Watched != (f.Watched && a.Kind == flow.Dynamic) {
		a.Filled = false
	}
	a.Version, a.Name, a.Note, a.Rule, a.Watched = f.Version, name, strings.TrimSpace(f.Note), f.Rule, f.Watched && a.Kind == flow.Dynamic
	a.Changed, a.Changer = now, by.Account
	return a, d.inNoCircle(ctx, &a)
}

func sameRule(a, b *audience.Rule) (bool, error) {
	one, err := audience.Marshal(a)
	if err != nil {
		return false, err
	}
	other, err := audience.Marshal(b)
	return string(one) == string(other), err
}

// inNoCircle refuses rules that name audiences which are not there, or which
// lead back to the audience itself.
func (d *Desk) inNoCircle(ctx context.Context, a *flow.Audience) error {
	list, err := d.DB.Audiences(ctx)
	if err != nil {
		return err
	}
	reads := map[int64][]int64{}
	for i := range list {
		reads[list[i].Number] = audience.ReadsOf(&list[i].Rule).Audiences
	}
	own := audience.ReadsOf(&a.Rule).Audiences
	for _, number := range own {
		if _, there := reads[number]; !there {
			return notFound(fmt.Sprint("audience ", number))
		}
	}
	reads[a.Number] = own
	if _, err := audience.Order(reads); err != nil {
		return fault.WithKey(fault.Conflict, "error.audience_cycle", err)
	}
	return nil
}

// ArchiveAudience implements web.Audiences.
func (d *Desk) ArchiveAudience(ctx context.Context, by web.Asker, number int64, version int) error {
	a, err := d.audienceInUse(ctx, number)
	if err != nil {
		return err
	}
	list, err := d.DB.Audiences(ctx)
	if err != nil {
		return err
	}
	uses, err := d.audienceUses(ctx, list)
	if err != nil {
		return err
	}
	if used := uses[number]; len(used) > 0 {
		return fault.WithKey(fault.Conflict, "error.audience_used", fmt.Errorf("audience %d is used by %s %s", number, used[0].Kind, used[0].Name))
	}
	a.Version, a.Archived, a.Changer = version, d.Clock.Now(), by.Account
	if err := d.DB.ArchiveAudience(ctx, a); err != nil {
		return err
	}
	if ix := d.Index(); ix != nil {
		ix.Drop(number)
	}
	return d.audit(ctx, by, "audience.archived", fmt.Sprint(number))
}

// libraryCuts cuts the brand's customers into layers by their own quantiles: the
// nearer half of buyers bought lately, a fifth buy often and spend much; half
// are worth little, a tenth much.
func libraryCuts(ix *index.Index) (audience.Cuts, error) {
	const half, fourFifths, nineTenths = .5, .8, .9
	today := ix.Position().Day
	buyers := func(window int) (*index.Crowd, error) {
		return ix.Evaluate(&audience.Rule{Ask: &audience.Condition{Field: "orders", Window: window, Is: audience.AtLeast, Values: []audience.Value{{Number: 1}}}}, org.All(), today)
	}
	ever, err := buyers(audience.Ever)
	if err != nil {
		return audience.Cuts{}, err
	}
	const year = 365
	lately, err := buyers(year)
	if err != nil {
		return audience.Cuts{}, err
	}
	at := func(c *index.Crowd, field string, window int, share float64) int64 {
		if q := c.Quantiles(audience.ColumnAt(field, window), share); len(q) > 0 {
			return q[0]
		}
		return 0
	}
	last := at(ever, "last_order", audience.Ever, half)
	if last == 0 {
		last = today
	}
	return audience.Cuts{RecentDays: max(1, today-last+1), Orders: max(1, at(lately, "orders", year, fourFifths)),
		Turnover: fen(max(1, at(lately, "turnover", year, fourFifths))),
		ValueLow: fen(max(1, at(ever, "value", audience.Ever, half))), ValueHigh: fen(max(2, at(ever, "value", audience.Ever, nineTenths)))}, nil
}
