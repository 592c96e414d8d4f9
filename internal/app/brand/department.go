package brand

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Department is a department of WeCom.
type Department struct {
	ID     int
	Name   string
	Parent int // 0: none
}

// Departments returns the departments that backfill read, by name.
func (b *Brand) Departments(ctx context.Context) ([]Department, error) {
	var corps []id.Corp
	for _, s := range b.Org().Staff {
		if !slices.Contains(corps, s.Corp) {
			corps = append(corps, s.Corp)
		}
	}
	var all []Department
	for _, corp := range corps {
		found, err := intake.Departments(ctx, b.db, corp)
		if err != nil {
			return nil, err
		}
		for key, d := range found {
			if n, err := strconv.Atoi(key); err == nil && d.Name != "" {
				all = append(all, Department{ID: n, Name: d.Name, Parent: int(d.Parent)})
			}
		}
	}
	slices.SortFunc(all, func(x, y Department) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.ID, y.ID))
	})
	return all, nil
}

// Stores returns the stores as documents: those that people entered, or else
// those that departments stand for.
func (b *Brand) Stores() []StoreDoc {
	if entered := b.Documents().Stores; len(entered) > 0 {
		return slices.Clone(entered)
	}
	var stores []StoreDoc
	for _, s := range b.Org().Stores {
		stores = append(stores, storeDocOf(s))
	}
	return stores
}

func storeDocOf(s org.Store) StoreDoc {
	return StoreDoc{Name: s.Name, Kind: s.Kind, Department: s.Department, Area: s.Area}
}
