package brand

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"

	"siyu/internal/account"
	"siyu/internal/connector/intake"
	"siyu/internal/id"
	"siyu/internal/org"
)

// findManagers says who manages each store: members to whom an account of the role is
// bound that sees the store, those of the fewest stores first, and then who leads the
// store's department in WeCom.
func (b *Brand) findManagers(ctx context.Context, o *org.Org) error {
	accounts, err := b.db.Accounts(ctx)
	if err != nil {
		return fmt.Errorf("find out who manages stores: %w", err)
	}
	accounts = slices.DeleteFunc(accounts, func(a account.Account) bool { return a.Role != account.Store || !a.Active || a.Staff == 0 })
	slices.SortStableFunc(accounts, func(x, y account.Account) int { return cmp.Compare(len(x.Stores), len(y.Stores)) })
	leaders, err := b.leaders(ctx, o)
	if err != nil {
		return err
	}
	for i := range o.Stores {
		s := &o.Stores[i]
		for _, a := range accounts {
			if slices.Contains(a.Stores, s.ID) {
				s.Managers = append(s.Managers, a.Staff)
			}
		}
		if s.Department != 0 {
			s.Managers = append(s.Managers, leaders[s.Department]...)
		}
	}
	return nil
}

// leaders returns who leads departments, as WeCom's contact list tells it.
func (b *Brand) leaders(ctx context.Context, o *org.Org) (map[int][]id.Staff, error) {
	var corps []id.Corp
	for _, s := range o.Staff {
		if !slices.Contains(corps, s.Corp) {
			corps = append(corps, s.Corp)
		}
	}
	leaders := map[int][]id.Staff{}
	for _, corp := range corps {
		departments, err := intake.Departments(ctx, b.db, corp)
		if err != nil {
			return nil, err
		}
		for key, d := range departments {
			n, err := strconv.Atoi(key)
			if err != nil {
				continue
			}
			for _, userID := range d.Leaders {
				leaders[n] = append(leaders[n], id.StaffOf(corp, userID))
			}
		}
	}
	return leaders, nil
}
