package desk

import (
	"context"
	"slices"

	"siyu/internal/app/brand"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Stores = (*Desk)(nil)

// StoreList implements web.Stores.
func (d *Desk) StoreList(ctx context.Context, scope org.Scope) (web.StoresView, error) {
	if err := headquarters(scope); err != nil {
		return web.StoresView{}, err
	}
	doc := d.Brand.Documents()
	v := web.StoresView{Version: doc.Versions[brand.StoresDoc], Entered: len(doc.Stores) > 0}
	staff := map[id.Store]int{}
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact {
			staff[s.Store]++
		}
	}
	for _, s := range d.Brand.Stores() {
		v.Stores = append(v.Stores, web.StoreEntry{Name: s.Name, Kind: s.Kind, Department: s.Department, Aliases: s.Aliases, Area: s.Area, Staff: staff[id.StoreOf(s.Name)]})
	}
	departments, err := d.Brand.Departments(ctx)
	if err != nil {
		return v, err
	}
	v.Departments = named(departments)
	return v, nil
}

// named tells departments of one name apart by the one above them.
func named(departments []brand.Department) []web.Department {
	times, name := map[string]int{}, map[int]string{}
	for _, d := range departments {
		times[d.Name]++
		name[d.ID] = d.Name
	}
	var list []web.Department
	for _, d := range departments {
		view := web.Department{ID: d.ID, Name: d.Name}
		if above := name[d.Parent]; times[d.Name] > 1 && above != "" {
			view.Name = above + " / " + d.Name
		}
		list = append(list, view)
	}
	return list
}

// SetStore implements web.Stores.
func (d *Desk) SetStore(ctx context.Context, by web.Asker, f web.StoreForm) error {
	e := edit{document: brand.StoresDoc, version: f.Version, did: "store.set"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) {
		stores := d.Brand.Stores()
		at := storeAt(stores, f.Name)
		flaws := storeFlaws(f, stores, at)
		store := brand.StoreDoc{Name: f.Name, Kind: f.Kind, Department: f.Department, Aliases: f.Aliases, Area: f.Area}
		stores, err := placed(stores, at, store, f.New, flaws)
		return stores, f.Name, err
	})
}

// storeFlaws returns what is wrong with a store, also beside the others; at is
// where it stands among them, -1 for nowhere.
func storeFlaws(f web.StoreForm, stores []brand.StoreDoc, at int) web.Flaws {
	flaws := web.StoreFlaws(f)
	if f.New && at >= 0 {
		flaws.Add("name", "error.store_taken")
	}
	for i, s := range stores {
		if i == at {
			continue
		}
		if slices.Contains(s.Aliases, f.Name) {
			flaws.Add("name", "error.store_taken")
		}
		if slices.ContainsFunc(f.Aliases, func(alias string) bool { return alias == s.Name || slices.Contains(s.Aliases, alias) }) {
			flaws.Add("aliases", "error.store_aliases")
		}
		if f.Department != 0 && s.Department == f.Department {
			flaws.Add("department", "error.store_department")
		}
	}
	return flaws
}

func storeAt(stores []brand.StoreDoc, name string) int {
	return slices.IndexFunc(stores, func(s brand.StoreDoc) bool { return s.Name == name })
}

// DropStore implements web.Stores.
func (d *Desk) DropStore(ctx context.Context, by web.Asker, entry web.Entry) error {
	e := edit{document: brand.StoresDoc, version: entry.Version, did: "store.dropped"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) {
		stores := d.Brand.Stores()
		stores, err := without(stores, storeAt(stores, entry.Key))
		return stores, entry.Key, err
	})
}

// AdoptStores implements web.Stores.
func (d *Desk) AdoptStores(ctx context.Context, by web.Asker) error {
	doc := d.Brand.Documents()
	if len(doc.Stores) > 0 {
		return nil
	}
	e := edit{document: brand.StoresDoc, version: doc.Versions[brand.StoresDoc], did: "store.adopted"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) { return d.Brand.Stores(), "", nil })
}
