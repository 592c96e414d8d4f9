package storage_test

import (
	"testing"

	"siyu/internal/account"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage/storagetest"
)

func TestBothDatabasesKeepKeys(t *testing.T) {
	for dialect, url := range map[string]string{"SQLite": storagetest.SQLite(t), "PostgreSQL": postgres(t)} {
		t.Run(dialect, func(t *testing.T) {
			ctx, db := t.Context(), open(t, url)
			ok(t, db.ChangeAccounts(ctx, func(b account.Book) error {
				return b.PutAccount(ctx, account.Account{Name: "lin", Role: account.Store, Stores: []id.Store{7}, Active: true})
			}))
			mine := account.Key{Name: "pos", Hash: [32]byte{1}, Role: account.Store, Stores: []id.Store{7}, Maker: "lin", Made: noon}
			other := account.Key{Name: "erp", Hash: [32]byte{2}, Role: account.Lead, Members: true, Made: noon}
			ok(t, db.AddKey(ctx, mine))
			ok(t, db.AddKey(ctx, other))
			if err := db.AddKey(ctx, account.Key{Name: "erp", Hash: [32]byte{3}, Role: account.Lead, Made: noon}); fault.CodeOf(err) != fault.Conflict {
				t.Errorf("a taken name: %v", err)
			}
			k, maker, err := db.KeyOf(ctx, mine.Hash)
			ok(t, err)
			if k == nil || k.Name != "pos" || k.Members || k.Stores[0] != 7 || !k.Made.Equal(noon) || !k.Used.IsZero() || maker == nil || !maker.Active || maker.Role != account.Store || maker.Stores[0] != 7 {
				t.Errorf("got %+v of %+v", k, maker)
			}
			if k, maker, err := db.KeyOf(ctx, other.Hash); err != nil || k == nil || maker != nil || !k.Members {
				t.Errorf("the key of the command line: %+v, %+v, %v", k, maker, err)
			}
			if k, _, err := db.KeyOf(ctx, [32]byte{9}); err != nil || k != nil {
				t.Errorf("an unknown hash: %+v, %v", k, err)
			}
			ok(t, db.KeyUsed(ctx, "pos", noon))
			was, err := db.DropKey(ctx, "erp")
			again, wrong := db.DropKey(ctx, "erp")
			if err != nil || wrong != nil || !was || again {
				t.Errorf("dropping twice: %v %v, %v %v", was, again, err, wrong)
			}
			all, err := db.Keys(ctx)
			ok(t, err)
			if len(all) != 1 || all[0].Name != "pos" || !all[0].Used.Equal(noon) {
				t.Errorf("left are %+v", all)
			}
		})
	}
}
