package web

import (
	"context"
	"slices"

	"siyu/internal/org"
)

// Stores are the brand's shops and who works there.
type Stores interface {
	// StoreList returns the stores. While nobody entered any, they are the
	// departments whose staff hold customers, and Entered is false.
	StoreList(ctx context.Context, scope org.Scope) (StoresView, error)
	// SetStore adds a store, or replaces the one of the same name. The first
	// one a person enters keeps those of the departments. Errors as of
	// Texts.SetText.
	SetStore(ctx context.Context, by Asker, f StoreForm) error
	// DropStore takes a store out; its staff are headquarters' then.
	DropStore(ctx context.Context, by Asker, e Entry) error
	// AdoptStores keeps the stores of the departments as they are, so that
	// they can be changed; it is no error if they were entered before.
	AdoptStores(ctx context.Context, by Asker) error
}

// StoresView is every store of the brand.
type StoresView struct {
	Version     int
	Entered     bool // a person entered or took over stores
	Stores      []StoreEntry
	Departments []Department // by name
}

// StoreEntry is one store.
type StoreEntry struct {
	Name       string // does not change: orders and accounts name it
	Kind       org.Kind
	Department int      // WeCom department of its staff, 0 for none
	Aliases    []string // other names shop systems use
	Area       string   // to which it belongs, "" for none
	Staff      int      // active, who hold customers
}

// Department is a department of WeCom.
type Department struct {
	ID   int
	Name string // with the one above it where the name alone stands twice
}

// StoreForm is a store as a person enters it.
type StoreForm struct {
	Version int
	New     bool
	StoreEntry
}

// StoreFlaws returns what is wrong with a store by itself.
func StoreFlaws(f StoreForm) Flaws {
	flaws := Flaws{}
	if f.Name == "" {
		flaws.Add("name", "error.store_name")
	}
	if f.Kind != org.Direct && f.Kind != org.Franchise {
		flaws.Add("kind", "error.store_kind")
	}
	if slices.Contains(f.Aliases, f.Name) {
		flaws.Add("aliases", "error.store_aliases")
	}
	return flaws
}
