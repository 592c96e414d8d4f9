package desk

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/web"
)

var _ web.Groups = (*Desk)(nil)

// Groups implements web.Groups. A brand has some tens of thousands of groups at
// most; their states are read at once.
func (d *Desk) Groups(ctx context.Context, scope org.Scope, q web.GroupQuery) (web.GroupPage, error) {
	states, err := d.DB.Groups(ctx)
	if err != nil {
		return web.GroupPage{}, err
	}
	kinds, err := d.DB.GroupKinds(ctx)
	if err != nil {
		return web.GroupPage{}, err
	}
	var rows []web.GroupRow
	var owners []id.Staff
	ownerOf := map[id.Group]id.Staff{}
	for i := range states {
		g := &states[i]
		row := d.groupRow(g, kinds[g.ID])
		if !d.covers(scope, g.Owner) || q.Kind != "" && row.Kind != q.Kind || q.Store != 0 && d.Brand.StoreOf(g.Owner) != q.Store {
			continue
		}
		rows = append(rows, row)
		owners = append(owners, g.Owner)
		ownerOf[g.ID] = g.Owner
	}
	slices.SortFunc(rows, func(a, b web.GroupRow) int {
		return cmp.Or(cmp.Compare(flagged(a.Dismissed), flagged(b.Dismissed)), cmp.Compare(b.Leaves7, a.Leaves7), cmp.Compare(b.Customers, a.Customers), cmp.Compare(a.ID, b.ID))
	})
	names, err := d.staffNames(ctx, owners)
	if err != nil {
		return web.GroupPage{}, err
	}
	for i := range rows {
		rows[i].Owner = names[ownerOf[rows[i].ID]]
	}
	return pageOfGroups(rows, q)
}

func flagged(b bool) int {
	if b {
		return 1
	}
	return 0
}

func pageOfGroups(rows []web.GroupRow, q web.GroupQuery) (web.GroupPage, error) {
	page := web.GroupPage{Total: len(rows)}
	from := 0
	if q.After != "" {
		n, err := strconv.Atoi(q.After)
		if err != nil || n < 0 || n > len(rows) {
			return page, notFound("page")
		}
		from = n
	}
	until := min(len(rows), from+q.Limit)
	page.Rows = rows[from:until]
	if until < len(rows) {
		page.Next = strconv.Itoa(until)
	}
	return page, nil
}

func (d *Desk) groupRow(g *profile.Group, kind string) web.GroupRow {
	now := d.Clock.Now()
	week, month := g.Since(event.At(now.AddDate(0, 0, -7))), g.Since(event.At(now.AddDate(0, 0, -30)))
	row := web.GroupRow{
		ID: g.ID, Name: g.Name, Kind: web.GroupUnknown, Store: d.Brand.StoreName(d.Brand.StoreOf(g.Owner)),
		Customers: g.Customers, Staff: g.Staff, Joins7: week.Joins, Leaves7: week.Leaves, Joins30: month.Joins, Leaves30: month.Leaves,
		Created: g.Created.Time(), Dismissed: g.Dismissed != 0, LastActive: lastActive(g),
	}
	if kind != "" {
		row.Kind = web.GroupKind(kind)
	}
	return row
}

func lastActive(g *profile.Group) time.Time {
	last := g.LastTalk
	for _, day := range g.Days {
		last = max(last, day.At)
	}
	return last.Time()
}

// Group implements web.Groups.
func (d *Desk) Group(ctx context.Context, scope org.Scope, group id.Group) (web.GroupView, error) {
	states, err := d.DB.LoadGroups(ctx, []id.Group{group})
	if err != nil {
		return web.GroupView{}, err
	}
	g := &states[0]
	if g.Created == 0 || !d.covers(scope, g.Owner) {
		return web.GroupView{}, notFound("group")
	}
	kinds, err := d.DB.GroupKinds(ctx)
	if err != nil {
		return web.GroupView{}, err
	}
	names, err := d.staffNames(ctx, []id.Staff{g.Owner})
	if err != nil {
		return web.GroupView{}, err
	}
	v := web.GroupView{GroupRow: d.groupRow(g, kinds[group]), Archive: g.LastTalk != 0}
	v.Owner = names[g.Owner]
	since := event.At(d.Clock.Now().AddDate(0, 0, -90))
	for _, day := range g.Days {
		if day.At >= since {
			v.Days = append(v.Days, web.GroupDay{Day: day.At.Time(), Joins: day.Joins, Leaves: day.Leaves})
		}
	}
	return v, nil
}

// SetGroupKind implements web.Groups.
func (d *Desk) SetGroupKind(ctx context.Context, by web.Asker, g id.Group, kind web.GroupKind) error {
	if _, err := d.Group(ctx, by.Scope, g); err != nil {
		return err
	}
	if err := d.DB.SetGroupKind(ctx, g, string(kind)); err != nil {
		return err
	}
	return d.audit(ctx, by, "group.kind", id.Text(g))
}
