package app

import (
	"testing"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/org"
	"siyu/internal/web"
)

func TestHoursAreOfTheStoresInScope(t *testing.T) {
	j := join(t, "", web.ModePolling)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	stores, err := j.desk.StoreList(ctx, org.All())
	must(t, err)
	first := stores.Stores[0]
	first.Area = "north"
	must(t, j.desk.SetStore(ctx, lead, web.StoreForm{Version: stores.Version, StoreEntry: first}))

	whole, err := j.desk.Organisation(ctx, org.All())
	must(t, err)
	members := 0
	for _, s := range whole.Stores {
		members += s.Team.Members
	}
	if members == 0 || whole.Whole.Team.Members != members || whole.Whole.Has <= 0 || !whole.Brand || len(whole.Curves) != len(capacity.Outcomes()) {
		t.Errorf("the whole brand: %+v", whole)
	}
	for _, c := range whole.Curves {
		if c.Wanting == "" {
			t.Errorf("a few members say %+v", c)
		}
	}
	store := id.StoreOf(first.Name)
	own, err := j.desk.Organisation(ctx, org.Scope{Stores: []id.Store{store}})
	must(t, err)
	if len(own.Stores) != 1 || own.Stores[0].Store != store || own.Stores[0].Area != "north" || own.Brand || own.Curves != nil {
		t.Errorf("one store: %+v", own)
	}

	areas, err := j.desk.ExecutionBy(ctx, org.All(), web.ByArea)
	must(t, err)
	found := false
	for _, a := range areas {
		found = found || a.Name == "north" && a.Stores == 1 && a.Staff == first.Staff
	}
	if !found {
		t.Errorf("no area north of %d members among %d areas", first.Staff, len(areas))
	}
	if _, err := j.desk.UrgeArea(ctx, lead, "north"); err != nil {
		t.Errorf("urge the area: %v", err)
	}
	if _, err := j.desk.UrgeArea(ctx, web.Asker{Account: "other", Scope: org.Scope{Stores: []id.Store{store + 1}}}, "north"); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("urge an area out of sight: %v", err)
	}
}

func TestMinutesOfWorkAreInForceAtOnce(t *testing.T) {
	h := openHouse(t)
	ctx, lead := t.Context(), web.Asker{Account: "lead", Scope: org.All()}
	before, err := h.desk.Organisation(ctx, org.All())
	must(t, err)
	if before.Version != 0 || before.Settings != capacity.Defaults() {
		t.Errorf("before anybody set them: %+v", before.Settings)
	}
	form := web.CapacityForm{Version: before.Version, Settings: before.Settings}
	form.Day = 60
	must(t, h.desk.SetCapacity(ctx, lead, form))
	after, err := h.desk.Organisation(ctx, org.All())
	must(t, err)
	if after.Settings.Day != 60 || after.Version == 0 {
		t.Errorf("set: %+v", after.Settings)
	}
	if err := h.desk.SetCapacity(ctx, lead, form); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a second change from the same page: %v", err)
	}
	form.Version, form.Present = after.Version, 2
	if err := h.desk.SetCapacity(ctx, lead, form); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("more than all present: %v", err)
	}
}
