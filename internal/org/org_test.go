package org_test

import (
	"testing"

	"siyu/internal/id"
	"siyu/internal/org"
)

func TestTheManagerActsForTheStoreAndElseItsFirstMember(t *testing.T) {
	staff := []org.Staff{{ID: 1, Store: 7}, {ID: 2, Store: 7, Active: true}, {ID: 3, Store: 7, Active: true}, {ID: 4, Store: 9, Active: true}, {ID: 5}}
	for _, c := range []struct {
		what     string
		managers []id.Staff
		want     org.Staff
	}{
		{"nobody is named", nil, org.Staff{ID: 2, Store: 7, Active: true}},
		{"a manager of the store", []id.Staff{3}, org.Staff{ID: 3, Store: 7, Active: true}},
		{"a manager who has left, and one of another store", []id.Staff{1, 4}, org.Staff{ID: 4, Store: 7, Active: true}},
		{"a manager who has left", []id.Staff{1, 99}, org.Staff{ID: 2, Store: 7, Active: true}},
	} {
		o := org.Org{Stores: []org.Store{{ID: 7, Managers: c.managers}, {ID: 8}}, Staff: staff}
		if got, found := o.ActingFor(7); !found || got != c.want {
			t.Errorf("%s: %+v, want %+v", c.what, got, c.want)
		}
		if got, found := o.ActingFor(8); found {
			t.Errorf("%s: for a store without members: %+v", c.what, got)
		}
	}
}
