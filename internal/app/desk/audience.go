package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
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
	broken := flow.Broken(list)
	rows := make([]web.AudienceRow, len(list))
	for i := range list {
		if rows[i], err = d.audienceRow(ctx, ix, scope, &list[i]); err != nil {
			return nil, err
		}
		rows[i].UsedBy, rows[i].Broken = uses[list[i].Number], brokenKey(broken[list[i].Number])
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

// brokenKey returns what is said of an audience that cannot be asked.
func brokenKey(err error) string {
	if err == nil {
		return ""
	}
	if _, circle := errors.AsType[*audience.Cycle](err); circle {
		return "audience_broken.circle"
	}
	return "audience_broken.rule"
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
	v.UsedBy, v.Broken = uses[number], brokenKey(flow.Broken(list)[number])
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

// SaveAudience implements web.Audiences.
func (d *Desk) SaveAudience(ctx context.Context, by web.Asker, f web.AudienceForm) (number int64, err error) {
	a, err := d.storeAudience(ctx, by, f)
	if err != nil {
		return 0, err
	}
	if err := d.audit(ctx, by, "audience.saved", fmt.Sprint(a.Number)); err != nil {
		return a.Number, err
	}
	return a.Number, d.refill(ctx)
}

// refill begins to store who is in audiences now. The rest is done in the
// background, and all of it once there is an index.
func (d *Desk) refill(ctx context.Context) error {
	if d.Index() == nil {
		return nil
	}
	return d.Refill(ctx)
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
		naming, err := d.naming(ctx, a.Number)
		if err != nil {
			return a, err
		}
		return a, d.DB.ChangeAudience(ctx, a, naming)
	}
	a.Number, err = d.DB.AddAudience(ctx, a)
	return a, err
}

// audienceFrom returns what is to be stored.
func (d *Desk) audienceFrom(ctx context.Context, by web.Asker, f web.AudienceForm) (a flow.Audience, err error) {
	f.Name = strings.TrimSpace(f.Name)
	if err := web.AudienceFlaws(f).Err(); err != nil {
		return a, err
	}
	if err := audience.Check(&f.Rule); err != nil {
		return a, err
	}
	now := d.Clock.Now()
	if f.Number == 0 {
		a = flow.Audience{Kind: flow.AudienceKind(f.Kind), Created: now, CreatedBy: by.Account}
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
	a.Version, a.Name, a.Note, a.Rule, a.Watched = f.Version, f.Name, strings.TrimSpace(f.Note), f.Rule, f.Watched && a.Kind == flow.Dynamic
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

// naming returns the audiences that name one, also through others.
func (d *Desk) naming(ctx context.Context, number int64) ([]int64, error) {
	list, err := d.DB.Audiences(ctx)
	if err != nil {
		return nil, err
	}
	found := []int64{number}
	for at := 0; at < len(found); at++ {
		for i := range list {
			if slices.Contains(audience.ReadsOf(&list[i].Rule).Audiences, found[at]) && !slices.Contains(found, list[i].Number) {
				found = append(found, list[i].Number)
			}
		}
	}
	return found[1:], nil
}

// ArchiveAudience implements web.Audiences. Whoever is in the audience leaves it
// in the background.
func (d *Desk) ArchiveAudience(ctx context.Context, by web.Asker, number int64, version int) error {
	if err := d.putAway(ctx, by, number, version); err != nil {
		return err
	}
	if ix := d.Index(); ix != nil {
		ix.Drop(number)
	}
	if err := d.audit(ctx, by, "audience.archived", fmt.Sprint(number)); err != nil {
		return err
	}
	return d.refill(ctx)
}

func (d *Desk) putAway(ctx context.Context, by web.Asker, number int64, version int) error {
	d.editing.Lock() // nobody begins to use it meanwhile
	defer d.editing.Unlock()
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
	return d.DB.ArchiveAudience(ctx, a)
}
