package web

import (
	"cmp"
	"slices"

	"siyu/internal/fault"
	"siyu/internal/org"
)

func (v *visit) storeList() error {
	found, err := v.Stores.StoreList(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("stores", found)
}

// DepartmentName returns the name of a department, "" if it is not known.
func (s StoresView) DepartmentName(department int) string {
	i := slices.IndexFunc(s.Departments, func(d Department) bool { return d.ID == department })
	if i < 0 {
		return ""
	}
	return s.Departments[i].Name
}

type storePage struct {
	StoreForm
	Kinds       []org.Kind
	Departments []Department
	Areas       []string // of the other stores
	Flaws       Flaws
	Wrong       string
}

// storeEdit opens the form for the store of a name, or for a new one.
func (v *visit) storeEdit() error {
	found, err := v.Stores.StoreList(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	form := StoreForm{New: true, StoreEntry: StoreEntry{Kind: org.Direct}}
	if name := v.r.URL.Query().Get("name"); name != "" {
		i := slices.IndexFunc(found.Stores, func(s StoreEntry) bool { return s.Name == name })
		if i < 0 {
			return fault.New(fault.NotFound, "no store of that name")
		}
		form = StoreForm{StoreEntry: found.Stores[i]}
	}
	return v.showStore(found, form, nil)
}

func (v *visit) showStore(found StoresView, form StoreForm, wrong error) error {
	form.Version = found.Version
	page := storePage{StoreForm: form, Kinds: []org.Kind{org.Direct, org.Franchise}, Departments: found.Departments}
	for _, s := range found.Stores {
		if s.Area != "" && !slices.Contains(page.Areas, s.Area) {
			page.Areas = append(page.Areas, s.Area)
		}
	}
	slices.Sort(page.Areas)
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showSetting("store", page)
}

func (v *visit) storeSave() error {
	entry := v.entry()
	department := formReader{values: v.known}
	form := StoreForm{Version: entry.Version, New: entry.Key == "", StoreEntry: StoreEntry{
		Name: cmp.Or(entry.Key, v.said("name")), Kind: org.Kind(v.said("kind")),
		Department: department.whole("department", 0, maxVersion), Aliases: v.listed("aliases"), Area: v.said("area"),
	}}
	err := v.Stores.SetStore(v.r.Context(), v.asker(), form)
	if refused(err) {
		found, unread := v.Stores.StoreList(v.r.Context(), v.seat.Scope)
		if unread != nil {
			return unread
		}
		return v.showStore(found, form, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/stores?done=store")
	return nil
}

func (v *visit) storeDrop() error {
	if err := v.Stores.DropStore(v.r.Context(), v.asker(), v.entry()); err != nil {
		return err
	}
	v.redirect("/settings/stores?done=store_dropped")
	return nil
}

func (v *visit) storeAdopt() error {
	if err := v.Stores.AdoptStores(v.r.Context(), v.asker()); err != nil {
		return err
	}
	v.redirect("/settings/stores?done=stores_adopted")
	return nil
}
