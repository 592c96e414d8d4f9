package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

const groupRows = 50 // fills a screen twice

type groupListPage struct {
	Rows    []GroupRow
	Total   int
	Next    string
	Kind    GroupKind
	Store   string
	Kinds   []GroupKind
	Stores  []StoreName
	Columns int
}

func groupKinds() []GroupKind {
	return append(sop.GroupKinds(), GroupUnknown)
}

func (v *visit) groupList() error {
	ctx, query := v.r.Context(), v.r.URL.Query()
	page := groupListPage{Kind: GroupKind(query.Get("kind")), Store: query.Get("store"), Kinds: groupKinds(), Columns: 8}
	store, _ := id.Parse[id.Store](page.Store)
	found, err := v.Groups.Groups(ctx, v.seat.Scope, GroupQuery{Kind: page.Kind, Store: store, After: query.Get("after"), Limit: groupRows})
	if err != nil {
		return err
	}
	page.Rows, page.Total = found.Rows, found.Total
	if found.Next != "" {
		page.Next = "/groups?" + url.Values{"kind": {string(page.Kind)}, "store": {page.Store}, "after": {found.Next}}.Encode()
	}
	if v.partial() {
		return v.part("groups", "rows", page)
	}
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return err
	}
	return v.show("groups", Page{Title: v.lang.text("groups.title"), Menu: "groups", Data: page})
}

// Losing tells whether more left than joined in 7 days.
func (g GroupRow) Losing() bool { return g.Leaves7 > g.Joins7 }

// Net30 returns joins less leaves of 30 days.
func (g GroupRow) Net30() int { return g.Joins30 - g.Leaves30 }

func (v *visit) groupID() (id.Group, error) {
	group, ok := id.Parse[id.Group](v.r.PathValue("id"))
	if !ok {
		return 0, fault.New(fault.NotFound, "no group at this address")
	}
	return group, nil
}

func (v *visit) groupShow() error {
	group, err := v.groupID()
	if err != nil {
		return err
	}
	found, err := v.Groups.Group(v.r.Context(), v.seat.Scope, group)
	if err != nil {
		return err
	}
	page := struct {
		GroupView
		Kinds []GroupKind
	}{found, groupKinds()}
	return v.show("group", Page{Title: found.Name, Menu: "groups", Data: page})
}

// groupPoint is one day of the chart of joins and leaves.
type groupPoint struct {
	Day    string `json:"day"`
	Joins  int    `json:"joins"`
	Leaves int    `json:"leaves"`
}

func (v *visit) groupPoints() ([]groupPoint, error) {
	group, err := v.groupID()
	if err != nil {
		return nil, err
	}
	found, err := v.Groups.Group(v.r.Context(), v.seat.Scope, group)
	if err != nil {
		return nil, err
	}
	points := []groupPoint{}
	for _, d := range found.Days {
		points = append(points, groupPoint{d.Day.In(v.Zone).Format(time.DateOnly), d.Joins, d.Leaves})
	}
	return points, nil
}

func (v *visit) groupDays() error {
	points, err := v.groupPoints()
	if err != nil {
		return err
	}
	return v.json(points)
}

func (v *visit) groupDaysFile() error {
	points, err := v.groupPoints()
	if err != nil {
		return err
	}
	header := texts(v.lang.text("group.day"), v.lang.text("group.joins"), v.lang.text("group.leaves"))
	return v.download("group.csv", header, func(write func(...sheet.Cell) error) error {
		for _, p := range points {
			if err := write(sheet.Text(p.Day), sheet.Number(strconv.Itoa(p.Joins)), sheet.Number(strconv.Itoa(p.Leaves))); err != nil {
				return err
			}
		}
		return nil
	})
}

func (v *visit) groupKind() error {
	group, err := v.groupID()
	if err != nil {
		return err
	}
	kind := GroupKind(v.r.FormValue("kind"))
	if !slices.Contains(groupKinds(), kind) {
		return fault.New(fault.Invalid, "group: unknown kind")
	}
	if err := v.Groups.SetGroupKind(v.r.Context(), v.asker(), group, kind); err != nil {
		return err
	}
	v.redirect("/groups/" + id.Text(group) + "?done=group_kind")
	return nil
}
