// Package org is who works for the brand, in which store, and who may see
// what. It is entered by people or read from WeCom's departments, versioned.
package org

import "siyu/internal/id"

// Kind of store.
type Kind string

// The kinds of store.
const (
	Direct    Kind = "direct"    // 直营
	Franchise Kind = "franchise" // 加盟
)

// Store is a shop.
type Store struct {
	ID         id.Store
	Name       string
	Kind       Kind
	Department int    // WeCom department of its staff, 0: none
	Area       string // to which it belongs, "" for none
}

// Staff is a person who works for the brand.
type Staff struct {
	ID       id.Staff
	Corp     id.Corp
	UserID   string // WeCom userid
	Store    id.Store
	Active   bool // in WeCom, may log in
	Contact  bool // may hold customers
	Capacity int  // one-to-one contacts a day
}

// Org is a version of the organisation.
type Org struct {
	Version int
	Stores  []Store
	Staff   []Staff
}

// ActingFor returns the member who does what a store has to do, its first active one;
// false for none.
func (o *Org) ActingFor(store id.Store) (member Staff, found bool) {
	for _, s := range o.Staff {
		if s.Active && s.Store == store {
			return s, true
		}
	}
	return Staff{}, false
}

// Scope is who is asking. Every query takes one; its zero value may see
// nothing.
type Scope struct {
	Everything bool
	Stores     []id.Store // of which the asker sees customers and staff
	Staff      id.Staff   // not 0: only this member's own customers and tasks
}

// All is the scope of headquarters.
func All() Scope { return Scope{Everything: true} }

// Sees tells whether the scope covers a store.
func (s Scope) Sees(store id.Store) bool {
	if s.Everything {
		return true
	}
	for _, own := range s.Stores {
		if own == store {
			return true
		}
	}
	return false
}
