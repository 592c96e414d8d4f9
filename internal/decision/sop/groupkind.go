package sop

import (
	"slices"
	"strings"
)

// GroupKind says why customers stay in a group, as a person classified it.
type GroupKind string

// The kinds.
const (
	StoreGroup    GroupKind = "store"
	DealGroup     GroupKind = "deal"
	InterestGroup GroupKind = "interest"
	LearningGroup GroupKind = "learning"
	VIPGroup      GroupKind = "vip"
	FlashGroup    GroupKind = "flash"
)

// GroupKinds returns all of them.
func GroupKinds() []GroupKind {
	return []GroupKind{StoreGroup, DealGroup, InterestGroup, LearningGroup, VIPGroup, FlashGroup}
}

// Concerns tells whether the trigger concerns a group of a name and kind, "" for one that
// nobody classified.
func (t *Trigger) Concerns(name string, kind GroupKind) bool {
	return t.Names(name) && (len(t.Kinds) == 0 || slices.Contains(t.Kinds, kind))
}

// Names tells whether the trigger concerns a group or a store of a name.
func (t *Trigger) Names(name string) bool {
	return len(t.Named) == 0 || slices.ContainsFunc(t.Named, func(part string) bool { return strings.Contains(name, part) })
}
