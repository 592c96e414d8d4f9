// Package org is who works for the brand, in which store, and who may see
// what. It is entered by people or read from WeCom's departments, versioned.
package org

import (
	"slices"

	"siyu/internal/id"
)

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
	// Managers are the members who manage the store (店长), whom accounts name before whom
	// WeCom names; none where nobody says who does.
	Managers []id.Staff
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

// ActingFor returns the member who does what a store has to do, as one of that store: the
// first active one of its Managers, else its first active member; false for none.
func (o *Org) ActingFor(store id.Store) (member Staff, found bool) {
	at := slices.IndexFunc(o.Stores, func(s Store) bool { return s.ID == store })
	if at >= 0 {
		for _, manager := range o.Stores[at].Managers {
			if i := o.active(func(s *Staff) bool { return s.ID == manager }); i >= 0 {
				member = o.Staff[i]
				member.Store = store
				return member, true
			}
		}
	}
	if i := o.active(func(s *Staff) bool { return s.Store == store }); i >= 0 {
		return o.Staff[i], true
	}
	return Staff{}, false
}

// active returns the place of the first active member who is asked for, -1 for none.
func (o *Org) active(wanted func(*Staff) bool) int {
	for i := range o.Staff {
		if s := &o.Staff[i]; s.Active && wanted(s) {
			return i
		}
	}
	return -1
}

// StoreOf returns the store of a member, 0 if unknown.
func (o *Org) StoreOf(member id.Staff) id.Store {
	if i := slices.IndexFunc(o.Staff, func(s Staff) bool { return s.ID == member }); i >= 0 {
		return o.Staff[i].Store
	}
	return 0
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
