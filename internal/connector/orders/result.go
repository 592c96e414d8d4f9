package orders

import (
	"cmp"
	"maps"
	"slices"

	"siyu/internal/connector/export"
	"siyu/internal/id"
)

// Result is what an import did. Orders, Updated, Duplicates, NotPurchases and
// Incomplete add up to the orders in the file.
type Result struct {
	Format           string            `json:"format"`
	Rows             int               `json:"rows"`   // lines of data
	Orders           int               `json:"orders"` // purchases not known before
	Updated          int               `json:"updated"`
	Duplicates       int               `json:"duplicates"`    // known already with the same content, or repeated lines
	NotPurchases     int               `json:"not_purchases"` // unpaid or closed
	Incomplete       int               `json:"incomplete"`    // refused as a whole; the reasons are in Rejected
	CustomersMatched int               `json:"customers_matched"`
	CustomersNew     int               `json:"customers_new"` // known from now on by their phone
	Unlinked         int               `json:"unlinked"`      // new purchases without a usable phone
	Rejected         []export.Rejected `json:"rejected"`      // the first 1000
	RejectedTotal    int               `json:"rejected_total"`
	RejectFile       string            `json:"reject_file,omitempty"` // all of them
	// Phones counts the orders by what their phone was.
	Phones map[export.PhoneState]int `json:"phones"`
	// Notes counts what was read with a remark.
	Notes map[string]int `json:"notes,omitempty"`
	// Links divides the new purchases by shop system and store.
	Links   []Link  `json:"links"`
	Facts   int     `json:"facts"`
	Resumed bool    `json:"resumed,omitempty"`
	DryRun  bool    `json:"dry_run,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Link says how many new purchases of a store belong to whom. The link rate is
// Matched / Orders.
type Link struct {
	Shop     string   `json:"shop"`
	Store    id.Store `json:"store,string"`
	Name     string   `json:"name,omitempty"` // as in the file
	Orders   int      `json:"orders"`
	Matched  int      `json:"matched"`  // of a customer known before
	Buyers   int      `json:"buyers"`   // of a customer known only by phone
	Unlinked int      `json:"unlinked"` // no usable phone
}

// keptLinks is of how many stores links are told; a file with more has a wrong
// column as store.
const keptLinks = 5000

func (r *Result) reject(p *rejection) export.Rejected {
	out := export.RejectedFor(p)
	r.RejectedTotal++
	if len(r.Rejected) < export.KeptRejections {
		r.Rejected = append(r.Rejected, out)
	}
	return out
}

// clone returns a copy that shares nothing with r.
func (r Result) clone() Result {
	r.Rejected = slices.Clone(r.Rejected)
	r.Links = slices.Clone(r.Links)
	r.Phones = maps.Clone(r.Phones)
	r.Notes = maps.Clone(r.Notes)
	return r
}

// sorted returns r as people read it: no null lists, stores by size.
func (r Result) sorted() Result {
	r = r.clone()
	if r.Rejected == nil {
		r.Rejected = []export.Rejected{}
	}
	slices.SortFunc(r.Links, func(a, b Link) int {
		return cmp.Or(cmp.Compare(b.Orders, a.Orders), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Shop, b.Shop))
	})
	if r.Links == nil {
		r.Links = []Link{}
	}
	if r.Phones == nil {
		r.Phones = map[export.PhoneState]int{}
	}
	return r
}
