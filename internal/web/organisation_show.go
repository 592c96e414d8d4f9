package web

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
)

type organisationPage struct {
	OrganisationView
	Store  id.Store // chosen, 0: all
	Name   string   // of the chosen store
	More   int      // stores that are not listed
	Sets   bool     // may change the settings
	Fields []capacityField
	Wrong  string
}

// capacityField is one field of the settings.
type capacityField struct {
	Name  string
	Value string
	Flaw  string
}

// mostStores is how many stores the page lists: those that lack most.
const mostStores = 50

// mostTeams is how many teams a warning names, and mostShort how many stores that are
// short a day does.
const (
	mostTeams = 20
	mostShort = 3
)

// Named returns the teams that the page names.
func (p organisationPage) Named() []WatchedTeam { return p.Watch[:min(len(p.Watch), mostTeams)] }

// Unnamed returns how many more there are.
func (p organisationPage) Unnamed() int { return max(0, len(p.Watch)-mostTeams) }

// First returns the stores that the page names of those that are short on the day.
func (a DayAhead) First() []StoreBalance { return a.Short[:min(len(a.Short), mostShort)] }

// Others returns how many more are short.
func (a DayAhead) Others() int { return max(0, len(a.Short)-mostShort) }

func (v *visit) organisationShow() error { return v.showOrganisation(nil, nil) }

// showOrganisation shows the page, with what was entered if that is wrong.
func (v *visit) showOrganisation(entered *capacity.Settings, wrong error) error {
	scope, store := v.narrowed()
	view, err := v.Organisation.Organisation(v.r.Context(), scope)
	if err != nil {
		return err
	}
	page := organisationPage{OrganisationView: view, Store: store, Sets: lead(v.seat) && store == 0}
	if store != 0 && len(view.Stores) == 1 {
		page.Name = view.Stores[0].Name
	}
	if page.More = len(page.Stores) - mostStores; page.More > 0 {
		page.Stores = page.Stores[:mostStores]
	}
	flaws, said := v.wrong(wrong)
	page.Wrong = said
	if entered == nil {
		entered = &page.Settings
	}
	page.Fields = capacityFields(*entered, flaws)
	return v.show("organisation", Page{Title: v.lang.text("organisation.title"), Menu: "organisation", Data: page})
}

// capacityNames are the fields of the settings in the order of the form.
func capacityNames() []string {
	return []string{"by_hand", "confirm", "invite", "process", "group", "moments", "day", "present"}
}

func capacityFields(s capacity.Settings, flaws Flaws) (fields []capacityField) {
	values := []string{
		strconv.Itoa(s.ByHand), strconv.Itoa(s.Confirm), strconv.Itoa(s.Invite), strconv.Itoa(s.Process), strconv.Itoa(s.Group),
		strconv.Itoa(s.Moments), strconv.Itoa(s.Day), plainPercent(s.Present),
	}
	for i, name := range capacityNames() {
		fields = append(fields, capacityField{name, values[i], flaws[name]})
	}
	return fields
}

func (v *visit) organisationSave() error {
	f := formReader{values: v.said}
	minutes := func(name string) int {
		n, err := strconv.Atoi(v.said(name))
		if err != nil {
			return -1
		}
		return n
	}
	form := CapacityForm{Version: f.whole("version", 0, maxVersion), Settings: capacity.Settings{
		ByHand: minutes("by_hand"), Confirm: minutes("confirm"), Invite: minutes("invite"), Process: minutes("process"),
		Group: minutes("group"), Moments: minutes("moments"), Day: minutes("day"), Present: f.percent("present", 100),
	}}
	err := form.Flaws().Err()
	if err == nil {
		err = v.Organisation.SetCapacity(v.r.Context(), v.asker(), form)
	}
	if refused(err) {
		return v.showOrganisation(&form.Settings, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/organisation?done=capacity")
	return nil
}

// Over tells whether a plan hands out more than the brand says members have time for.
func (p organisationPage) Over() bool { return p.Brand && p.Version > 0 && p.Fits < p.Limit }

// organisationLimit sets the plan's limit to what members have time for.
func (v *visit) organisationLimit() error {
	f := formReader{values: v.said}
	version, contacts := f.whole("version", 0, maxVersion), f.whole("contacts", 0, mostContacts)
	if f.wrong != "" {
		return fault.WithKey(fault.Invalid, "error.brand_capacity", fmt.Errorf("%s: no such number", f.wrong))
	}
	if err := v.Organisation.SetLimit(v.r.Context(), v.asker(), version, contacts); err != nil {
		return err
	}
	v.redirect("/organisation?done=capacity")
	return nil
}

// executionPlaces is the tab of execution by store or area.
type executionPlaces struct {
	By     Place
	Places []*PlaceExecution
}

// Wide tells whether a place has more members than one manager leads by
// experience.
func (p PlaceExecution) Wide() bool { return p.Stores == 0 && p.Staff > capacity.WideSpan }

// OnTimeShare returns which share was done on time.
func (p PlaceExecution) OnTimeShare() float64 { return ratio(p.OnTime, p.Due) }

func (v *visit) executionBy(by Place) error {
	if !slices.Contains(by.All(), by) {
		return fault.New(fault.NotFound, "execution by %q", by)
	}
	found, err := v.Organisation.ExecutionBy(v.r.Context(), v.seat.Scope, by)
	if err != nil {
		return err
	}
	return v.showTouch("places", executionPlaces{by, found})
}

func (v *visit) touchUrgeArea() error {
	reminded, err := v.Organisation.UrgeArea(v.r.Context(), v.asker(), v.said("area"))
	if err != nil {
		return err
	}
	return v.urged(reminded, "/touch/execution?by=area&done=urge")
}

// hours writes a time in hours with one decimal.
func (l *locale) hours(d time.Duration) string { return l.number(d.Hours()) }

// Missed returns the time that is missing, 0 if none is.
func (b StoreBalance) Missed() time.Duration { return max(0, -b.Left()) }
