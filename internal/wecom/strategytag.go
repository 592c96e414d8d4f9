package wecom

import "context"

// Strategy is a rule group of customer contact: an administrator of some
// members, who may have tags of their own.
type Strategy struct {
	ID     Number `json:"strategy_id"`
	Parent Number `json:"parent_id"` // 0: of the first level; only those have tags
	Name   string `json:"strategy_name"`
}

// StrategyPage is a page of rule groups.
type StrategyPage struct {
	IDs  []int64
	Next string // cursor of the next page, "" at the end
}

// Strategies returns a page of the ids of all rule groups.
func (c *Client) Strategies(ctx context.Context, cursor string) (StrategyPage, error) {
	const most = 1000
	got, err := read[struct {
		answer
		List []struct {
			ID Number `json:"strategy_id"`
		} `json:"strategy"`
		Next string `json:"next_cursor"`
	}](ctx, c, "externalcontact/customer_strategy/list", struct {
		Cursor string `json:"cursor,omitempty"`
		Limit  int    `json:"limit"`
	}{cursor, most})
	page := StrategyPage{Next: got.Next}
	for _, s := range got.List {
		page.IDs = append(page.IDs, int64(s.ID))
	}
	return page, err
}

// Strategy returns a rule group.
func (c *Client) Strategy(ctx context.Context, id int64) (Strategy, error) {
	got, err := read[struct {
		answer
		Strategy Strategy `json:"strategy"`
	}](ctx, c, "externalcontact/customer_strategy/get", struct {
		ID int64 `json:"strategy_id"`
	}{id})
	return got.Strategy, err
}

// StrategyTags returns the tags of a rule group, or of all of them for 0. Each
// group of tags says whose it is.
func (c *Client) StrategyTags(ctx context.Context, strategy int64, groupIDs ...string) ([]TagGroup, error) {
	got, err := read[struct {
		answer
		Groups []TagGroup `json:"tag_group"`
	}](ctx, c, "externalcontact/get_strategy_tag_list", struct {
		Strategy int64    `json:"strategy_id,omitempty"`
		GroupIDs []string `json:"group_id,omitempty"`
	}{strategy, groupIDs})
	return got.Groups, err
}

// AddStrategyTags makes tags of a rule group of the first level and returns
// their group. Names that exist are not made again.
func (c *Client) AddStrategyTags(ctx context.Context, strategy int64, tags NewTags) (TagGroup, error) {
	got, err := set[struct {
		answer
		Group TagGroup `json:"tag_group"`
	}](ctx, c, "externalcontact/add_strategy_tag", struct {
		NewTags
		Strategy int64 `json:"strategy_id"`
	}{tags, strategy})
	return got.Group, err
}

// EditStrategyTag changes a tag or a group of a rule group that this app has
// made.
func (c *Client) EditStrategyTag(ctx context.Context, edit TagEdit) error {
	_, err := set[answer](ctx, c, "externalcontact/edit_strategy_tag", edit)
	return err
}

// DeleteStrategyTags removes tags and whole groups of rule groups that this app
// has made.
func (c *Client) DeleteStrategyTags(ctx context.Context, tagIDs, groupIDs []string) error {
	_, err := set[answer](ctx, c, "externalcontact/del_strategy_tag", struct {
		TagIDs   []string `json:"tag_id,omitempty"`
		GroupIDs []string `json:"group_id,omitempty"`
	}{tagIDs, groupIDs})
	return err
}
