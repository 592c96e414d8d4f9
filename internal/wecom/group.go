package wecom

import "context"

// GroupStatus says who owns a group.
type GroupStatus int

// Group states.
const (
	GroupNormal      GroupStatus = 0
	GroupOwnerLeft   GroupStatus = 1
	GroupInheriting  GroupStatus = 2
	GroupInheritDone GroupStatus = 3
)

// GroupEntry is a group in a list.
type GroupEntry struct {
	ChatID string `json:"chat_id"`
	Status Number `json:"status"` // GroupStatus
}

// GroupPage is a page of groups.
type GroupPage struct {
	Groups []GroupEntry `json:"group_chat_list"`
	Next   string       `json:"next_cursor"`
}

// MostOwners is how many owners Groups filters by.
const MostOwners = 100

const groupPage = 1000

type ownerFilter struct {
	UserIDs []string `json:"userid_list"`
}

func ownedBy(userIDs []string) *ownerFilter {
	if len(userIDs) == 0 {
		return nil
	}
	return &ownerFilter{userIDs}
}

// Groups returns a page of the groups of up to MostOwners owners, or of all
// in scope if there are none; CodeTooManyInScope then asks to name owners.
func (c *Client) Groups(ctx context.Context, owners []string, cursor string) (GroupPage, error) {
	got, err := read[struct {
		answer
		GroupPage
	}](ctx, c, "externalcontact/groupchat/list", struct {
		StatusFilter int          `json:"status_filter"`
		Owners       *ownerFilter `json:"owner_filter,omitempty"`
		Cursor       string       `json:"cursor,omitempty"`
		Limit        int          `json:"limit"`
	}{0, ownedBy(owners), cursor, groupPage})
	return got.GroupPage, err
}

// Group is a customer group chat.
type Group struct {
	ChatID  string        `json:"chat_id"`
	Name    string        `json:"name"`
	Owner   string        `json:"owner"`
	Created Seconds       `json:"create_time"`
	Notice  string        `json:"notice"`
	Members []GroupMember `json:"member_list"`
	Admins  []struct {
		UserID string `json:"userid"`
	} `json:"admin_list"`
	Version string `json:"member_version"` // changes with the members
}

// Kinds of group members.
const (
	GroupStaff    = 1
	GroupExternal = 2
)

// How a member came into a group.
const (
	JoinedInvited = 1
	JoinedByLink  = 2
	JoinedByScan  = 3
)

// GroupMember is a person in a group; UserID is a userid or an
// external_userid, as Type says.
type GroupMember struct {
	UserID    string  `json:"userid"`
	Type      Number  `json:"type"`
	UnionID   string  `json:"unionid"`
	Joined    Seconds `json:"join_time"`
	JoinScene Number  `json:"join_scene"`
	Invitor   *struct {
		UserID string `json:"userid"`
	} `json:"invitor"`
	Nickname string `json:"group_nickname"`
	Name     string `json:"name"`
	State    string `json:"state"`
}

// Group returns a group with its members and their names. Right after an
// event it may still show what was before.
func (c *Client) Group(ctx context.Context, chatID string) (Group, error) {
	got, err := read[struct {
		answer
		Group Group `json:"group_chat"`
	}](ctx, c, "externalcontact/groupchat/get", struct {
		ChatID   string `json:"chat_id"`
		NeedName int    `json:"need_name"`
	}{chatID, 1})
	return got.Group, err
}

// JoinWay is a code by which customers join groups.
type JoinWay struct {
	ID         string   `json:"config_id,omitempty"`
	Scene      Number   `json:"scene"`
	Remark     string   `json:"remark,omitempty"`
	AutoCreate *int     `json:"auto_create_room,omitempty"` // 1: open a new group when all are full
	BaseName   string   `json:"room_base_name,omitempty"`
	BaseNumber int      `json:"room_base_id,omitempty"`
	ChatIDs    []string `json:"chat_id_list"` // at most 5
	State      string   `json:"state,omitempty"`
	QRCode     string   `json:"qr_code,omitempty"`
}

// AddJoinWay makes a code and returns its id; its image comes from JoinWay.
func (c *Client) AddJoinWay(ctx context.Context, way JoinWay) (string, error) {
	way.ID, way.QRCode = "", ""
	got, err := effect[struct {
		answer
		configID
	}](ctx, c, "externalcontact/groupchat/add_join_way", way)
	return got.ID, err
}

// JoinWay returns one code.
func (c *Client) JoinWay(ctx context.Context, id string) (JoinWay, error) {
	got, err := read[struct {
		answer
		Way JoinWay `json:"join_way"`
	}](ctx, c, "externalcontact/groupchat/get_join_way", configID{id})
	return got.Way, err
}

// UpdateJoinWay replaces all of a code but its id and image.
func (c *Client) UpdateJoinWay(ctx context.Context, way JoinWay) error {
	way.QRCode = ""
	_, err := set[answer](ctx, c, "externalcontact/groupchat/update_join_way", way)
	return err
}

// DeleteJoinWay ends a code.
func (c *Client) DeleteJoinWay(ctx context.Context, id string) error {
	_, err := set[answer](ctx, c, "externalcontact/groupchat/del_join_way", configID{id})
	return err
}
