package event

import (
	"time"

	"siyu/internal/id"
)

// The kinds of fact about groups. GroupSeen and GroupDismissed are about the
// group; GroupJoined and GroupLeft about the customer.
const (
	KindGroupSeen      Kind = "group_seen"
	KindGroupDismissed Kind = "group_dismissed"
	KindGroupJoined    Kind = "group_joined"
	KindGroupLeft      Kind = "group_left"
)

// GroupSeen gives the group as WeCom shows it now.
type GroupSeen struct {
	Corp      id.Corp   `json:"corp"`
	Name      string    `json:"name"` // written by the brand, not by customers
	Owner     id.Staff  `json:"owner"`
	CreatedAt time.Time `json:"created_at"`
	Version   string    `json:"version,omitempty"` // member_version
	Customers int       `json:"customers"`
	Staff     int       `json:"staff"`
}

// GroupDismissed says that the group exists no more.
type GroupDismissed struct{}

// GroupJoined says that the customer came into the group.
type GroupJoined struct {
	Group id.Group `json:"group"`
	Scene int      `json:"scene,omitempty"` // WeCom's join_scene
	State string   `json:"state,omitempty"`
}

// GroupLeft says that the customer left or was removed.
type GroupLeft struct {
	Group id.Group `json:"group"`
}

// Kind implements Body.
func (GroupSeen) Kind() Kind { return KindGroupSeen }

// Kind implements Body.
func (GroupDismissed) Kind() Kind { return KindGroupDismissed }

// Kind implements Body.
func (GroupJoined) Kind() Kind { return KindGroupJoined }

// Kind implements Body.
func (GroupLeft) Kind() Kind { return KindGroupLeft }
