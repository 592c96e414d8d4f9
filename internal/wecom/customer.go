package wecom

import (
	"context"
	"net/url"
)

// Kinds of external contacts.
const (
	ContactWeChat = 1
	ContactWeCom  = 2
)

// Customer is an external contact, the same for all staff who know him.
type Customer struct {
	ExternalUserID string           `json:"external_userid"`
	Name           string           `json:"name"`
	Avatar         string           `json:"avatar"`
	Type           Number           `json:"type"`
	Gender         Number           `json:"gender"` // 0 unknown, 1 male, 2 female
	UnionID        string           `json:"unionid"`
	Position       string           `json:"position"`
	CorpName       string           `json:"corp_name"`
	CorpFullName   string           `json:"corp_full_name"`
	Profile        *ExternalProfile `json:"external_profile"` // WeCom contacts only
}

// ExternalProfile is what a WeCom contact shows to others.
type ExternalProfile struct {
	Attributes []ExternalAttribute `json:"external_attr"`
}

// ExternalAttribute is one line of an external profile.
type ExternalAttribute struct {
	Type Number `json:"type"` // 0 text, 1 web, 2 mini-program
	Name string `json:"name"`
	Text *struct {
		Value string `json:"value"`
	} `json:"text"`
	Web *struct {
		URL   string `json:"url"`
		Title string `json:"title"`
	} `json:"web"`
}

// Follow is the relation of one member with one customer. Of tags Batch gives
// only the ids of corp and rule tags, Customer gives Tags.
type Follow struct {
	UserID         string      `json:"userid"`
	Remark         string      `json:"remark"`
	Description    string      `json:"description"`
	Created        Seconds     `json:"createtime"`
	TagIDs         []string    `json:"tag_id"`
	Tags           []FollowTag `json:"tags"`
	RemarkCorpName string      `json:"remark_corp_name"`
	RemarkMobiles  []string    `json:"remark_mobiles"`
	OperUserID     string      `json:"oper_userid"`
	AddWay         Number      `json:"add_way"` // AddedBy...; new values appear
	State          string      `json:"state"`
	Channels       *struct {
		Nickname string `json:"nickname"`
		Source   Number `json:"source"`
	} `json:"wechat_channels"`
}

// How a customer was added, where Siyu makes a difference.
const (
	AddedByScan     = 1
	AddedByGroup    = 4
	AddedByTransfer = 202 // assigned by an administrator
	AddedByLink     = 16  // customer-acquisition link
)

// FollowTag is a tag on a relation.
type FollowTag struct {
	Group string `json:"group_name"`
	Name  string `json:"tag_name"`
	ID    string `json:"tag_id"` // empty for personal tags
	Type  Number `json:"type"`   // 1 corp, 2 personal, 3 rule group
}

// CustomerFollowers is a customer with a page of his followers.
type CustomerFollowers struct {
	Customer  Customer `json:"external_contact"`
	Followers []Follow `json:"follow_user"`
	Next      string   `json:"next_cursor"` // empty: the last page of 500
}

// CustomersOf returns the external_userids of one member's customers. A
// member without any is an empty list, though the platform answers 84061.
func (c *Client) CustomersOf(ctx context.Context, userID string) ([]string, error) {
	got, err := get[struct {
		answer
		IDs []string `json:"external_userid"`
	}](ctx, c, "externalcontact/list", url.Values{"userid": {userID}})
	if IsCode(err, CodeNoRelation) {
		return nil, nil
	}
	return got.IDs, err
}

// Customer returns a customer and a page of his followers.
func (c *Client) Customer(ctx context.Context, externalUserID, cursor string) (CustomerFollowers, error) {
	query := url.Values{"external_userid": {externalUserID}}
	if cursor != "" {
		query.Set("cursor", cursor)
	}
	got, err := get[struct {
		answer
		CustomerFollowers
	}](ctx, c, "externalcontact/get", query)
	return got.CustomerFollowers, err
}

// Relation is a customer as one member knows him.
type Relation struct {
	Customer Customer `json:"external_contact"`
	Follow   Follow   `json:"follow_info"`
}

// RelationPage is a page of relations.
type RelationPage struct {
	Relations []Relation `json:"external_contact_list"`
	Next      string     `json:"next_cursor"` // empty: the last page
}

// Most the platform takes in one batch.
const (
	BatchMembers   = 100
	BatchRelations = 100
)

// Batch returns a page of the relations of up to BatchMembers members.
func (c *Client) Batch(ctx context.Context, userIDs []string, cursor string) (RelationPage, error) {
	got, err := read[struct {
		answer
		RelationPage
	}](ctx, c, "externalcontact/batch/get_by_user", struct {
		UserIDs []string `json:"userid_list"`
		Cursor  string   `json:"cursor,omitempty"`
		Limit   int      `json:"limit"`
	}{userIDs, cursor, BatchRelations})
	if IsCode(err, CodeNoRelation) {
		return RelationPage{}, nil
	}
	return got.RelationPage, err
}

// Remark is what a member notes about a customer. Absent fields stay as they
// are; Mobiles replaces all, and [""] clears them.
type Remark struct {
	UserID         string   `json:"userid"`
	ExternalUserID string   `json:"external_userid"`
	Remark         string   `json:"remark,omitempty"`         // at most 20 characters
	Description    string   `json:"description,omitempty"`    // at most 150
	Company        string   `json:"remark_company,omitempty"` // WeChat contacts only
	Mobiles        []string `json:"remark_mobiles,omitempty"`
}

// SetRemark changes a member's note.
func (c *Client) SetRemark(ctx context.Context, r Remark) error {
	_, err := set[answer](ctx, c, "externalcontact/remark", r)
	return err
}
