package wecom

import "context"

// Codes about tags that callers branch on.
const (
	CodeBadTag       = 40068 // no such tag or group, or it was deleted
	CodeTagNameTaken = 40071
	CodeTagName      = 40072 // empty or too long
	CodeTooManyTags  = 40126 // of the corp
	CodeTagsPerPair  = 45035 // of one member and customer
)

// Limits of the platform on tags. How many tags a corp may have was 3,000 when
// it was last documented and is said to be 10,000 now: the lower one is kept.
const (
	MaxTagName  = 30    // characters of a tag or of a group
	MaxCorpTags = 3_000 // corp tags and rule tags together, also of one pair
)

// TagGroup is a group of corp tags, or of a rule group's tags.
type TagGroup struct {
	ID      string  `json:"group_id"`
	Name    string  `json:"group_name"`
	Created Seconds `json:"create_time"`
	Order   Number  `json:"order"` // larger first
	Deleted bool    `json:"deleted"`
	Tags    []Tag   `json:"tag"`
	// Strategy is the rule group whose tags these are, 0 for corp tags.
	Strategy Number `json:"strategy_id"`
}

// Tag is a corp tag.
type Tag struct {
	ID      string  `json:"id"`
	Name    string  `json:"name"`
	Created Seconds `json:"create_time"`
	Order   Number  `json:"order"`
	Deleted bool    `json:"deleted"`
}

// Tags returns the corp tags of these groups, or all if there are none. Groups
// that are asked for come back as Deleted for a while after they were.
func (c *Client) Tags(ctx context.Context, groupIDs ...string) ([]TagGroup, error) {
	got, err := read[struct {
		answer
		Groups []TagGroup `json:"tag_group"`
	}](ctx, c, "externalcontact/get_corp_tag_list", struct {
		GroupIDs []string `json:"group_id,omitempty"`
	}{groupIDs})
	return got.Groups, err
}

// NewTags are tags to add to a group, which is made if no group has its name.
type NewTags struct {
	GroupID   string   `json:"group_id,omitempty"`
	GroupName string   `json:"group_name,omitempty"` // at most 30 characters
	Order     int      `json:"order,omitempty"`
	Tags      []NewTag `json:"tag"`
}

// NewTag is a tag to be made.
type NewTag struct {
	Name  string `json:"name"` // at most 30 characters
	Order int    `json:"order,omitempty"`
}

// AddTags makes tags and returns their group. Names that exist are not made
// again, so the call can be repeated.
func (c *Client) AddTags(ctx context.Context, tags NewTags) (TagGroup, error) {
	got, err := set[struct {
		answer
		Group TagGroup `json:"tag_group"`
	}](ctx, c, "externalcontact/add_corp_tag", struct {
		NewTags
		AgentID int64 `json:"agentid,omitempty"`
	}{tags, c.config.AgentID})
	return got.Group, err
}

// TagEdit renames or reorders a tag or a group that this app has made.
type TagEdit struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Order *int   `json:"order,omitempty"`
}

// EditTag changes a tag or a group.
func (c *Client) EditTag(ctx context.Context, edit TagEdit) error {
	_, err := set[answer](ctx, c, "externalcontact/edit_corp_tag", struct {
		TagEdit
		AgentID int64 `json:"agentid,omitempty"`
	}{edit, c.config.AgentID})
	return err
}

// DeleteTags removes tags and whole groups that this app has made.
func (c *Client) DeleteTags(ctx context.Context, tagIDs, groupIDs []string) error {
	_, err := set[answer](ctx, c, "externalcontact/del_corp_tag", struct {
		TagIDs   []string `json:"tag_id,omitempty"`
		GroupIDs []string `json:"group_id,omitempty"`
		AgentID  int64    `json:"agentid,omitempty"`
	}{tagIDs, groupIDs, c.config.AgentID})
	return err
}

// TagMark adds tags to a relation and removes others.
type TagMark struct {
	UserID         string   `json:"userid"`
	ExternalUserID string   `json:"external_userid"`
	Add            []string `json:"add_tag,omitempty"`
	Remove         []string `json:"remove_tag,omitempty"`
}

// MarkTags changes the tags of a relation.
func (c *Client) MarkTags(ctx context.Context, mark TagMark) error {
	_, err := set[answer](ctx, c, "externalcontact/mark_tag", mark)
	return err
}
