package customers

import (
	"maps"

	"siyu/internal/connector/export"
	"siyu/internal/sheet"
)

// Result is what an import did. CustomersMatched and CustomersNew add up to the
// customers in the file; Described and Duplicates to its lines, with those that
// were rejected.
type Result struct {
	Format           string            `json:"format"`
	Rows             int               `json:"rows"`      // lines of data
	Described        int               `json:"described"` // of whom something new was told
	Duplicates       int               `json:"duplicates"`
	CustomersMatched int               `json:"customers_matched"`
	CustomersNew     int               `json:"customers_new"` // known from now on by their phone
	Referred         int               `json:"referred"`      // of whom it was told who brought them
	ReferrersNew     int               `json:"referrers_new"` // who brought somebody and were not known before
	Rejected         []export.Rejected `json:"rejected"`      // the first 1000
	RejectedTotal    int               `json:"rejected_total"`
	RejectFile       string            `json:"reject_file,omitempty"` // all of them
	// Phones counts the lines by what their phone was.
	Phones map[export.PhoneState]int `json:"phones"`
	// Notes counts what was read with a remark.
	Notes   map[string]int `json:"notes,omitempty"`
	Facts   int            `json:"facts"`
	Resumed bool           `json:"resumed,omitempty"`
	DryRun  bool           `json:"dry_run,omitempty"`
	Seconds float64        `json:"seconds"`
}

func (r *Result) reject(p *sheet.Problem) export.Rejected {
	out := export.RejectedFor(p)
	r.RejectedTotal++
	if len(r.Rejected) < export.KeptRejections {
		r.Rejected = append(r.Rejected[:len(r.Rejected):len(r.Rejected)], out)
	}
	return out
}

// clone returns a copy whose counts can be changed.
func (r Result) clone() Result {
	r.Phones, r.Notes = maps.Clone(r.Phones), maps.Clone(r.Notes)
	if r.Phones == nil {
		r.Phones = map[export.PhoneState]int{}
	}
	if r.Notes == nil {
		r.Notes = map[string]int{}
	}
	return r
}

// shown returns r as people read it: no null lists.
func (r Result) shown() Result {
	r = r.clone()
	if r.Rejected == nil {
		r.Rejected = []export.Rejected{}
	}
	return r
}
