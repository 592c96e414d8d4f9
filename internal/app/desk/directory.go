package desk

import (
	"cmp"
	"context"
	"slices"

	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var (
	_ web.Directory   = (*Desk)(nil)
	_ web.Preferences = (*Desk)(nil)
)

// Stores implements web.Directory.
func (d *Desk) Stores(_ context.Context, scope org.Scope) ([]web.StoreName, error) {
	var list []web.StoreName
	for _, s := range d.Brand.Org().Stores {
		if scope.Sees(s.ID) {
			list = append(list, web.StoreName{ID: s.ID, Name: s.Name, Kind: s.Kind})
		}
	}
	slices.SortFunc(list, func(a, b web.StoreName) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Staff implements web.Directory.
func (d *Desk) Staff(ctx context.Context, scope org.Scope) ([]web.StaffName, error) {
	var list []web.StaffName
	var ids []id.Staff
	for _, s := range d.Brand.Org().Staff {
		if s.Active && s.Contact && d.covers(scope, s.ID) {
			list = append(list, web.StaffName{ID: s.ID, Store: s.Store})
			ids = append(ids, s.ID)
		}
	}
	names, err := d.staffNames(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Name = names[list[i].ID]
	}
	slices.SortFunc(list, func(a, b web.StaffName) int { return cmp.Compare(a.Name, b.Name) })
	return list, nil
}

// Acting implements web.Directory.
func (d *Desk) Acting(ctx context.Context, scope org.Scope) ([]web.StoreActing, error) {
	brand := d.Brand.Org()
	var list []web.StoreActing
	var ids []id.Staff
	for _, s := range brand.Stores {
		if scope.Sees(s.ID) {
			member, _ := brand.ActingFor(s.ID)
			list = append(list, web.StoreActing{Store: s.Name, Manages: slices.Contains(s.Managers, member.ID)})
			ids = append(ids, member.ID)
		}
	}
	names, err := d.staffNames(ctx, ids)
	for i, who := range ids {
		list[i].Member = names[who]
	}
	slices.SortFunc(list, func(a, b web.StoreActing) int { return cmp.Compare(a.Store, b.Store) })
	return list, err
}

// Lines implements web.Directory.
func (d *Desk) Lines(context.Context) (map[id.Line]string, error) {
	names := map[id.Line]string{}
	for _, l := range d.Brand.Documents().Catalog.Lines {
		names[l.ID] = l.Name
	}
	return names, nil
}

// Preference implements web.Preferences.
func (d *Desk) Preference(ctx context.Context, account, name string) (string, error) {
	return d.DB.Preference(ctx, account, name)
}

// SetPreference implements web.Preferences.
func (d *Desk) SetPreference(ctx context.Context, account, name, text string) error {
	return d.DB.SetPreference(ctx, account, name, text)
}
