package intake

import (
	"context"

	"siyu/internal/wecom"
)

// mostPages bounds the pages of one customer's followers; 500 stand on each.
const mostPages = 20

// Look returns a customer with all followers the app may see.
func Look(ctx context.Context, c *wecom.Client, externalUserID string) (wecom.CustomerFollowers, error) {
	whole, err := c.Customer(ctx, externalUserID, "")
	for page := 1; err == nil && whole.Next != "" && page < mostPages; page++ {
		var more wecom.CustomerFollowers
		more, err = c.Customer(ctx, externalUserID, whole.Next)
		whole.Followers, whole.Next = append(whole.Followers, more.Followers...), more.Next
	}
	return whole, err
}

// With returns the relation with one of the followers.
func With(c wecom.CustomerFollowers, userID string) (wecom.Relation, bool) {
	for _, f := range c.Followers {
		if f.UserID == userID {
			return wecom.Relation{Customer: c.Customer, Follow: f}, true
		}
	}
	return wecom.Relation{}, false
}

// LookAtDepartments returns all departments in scope, with names as far as
// the app may see them.
func LookAtDepartments(ctx context.Context, c *wecom.Client) ([]wecom.Department, error) {
	if list, err := c.Departments(ctx, 0); err == nil {
		return list, nil
	}
	list, err := c.DepartmentIDs(ctx, 0)
	if err != nil {
		return nil, err
	}
	for i, d := range list {
		named, err := c.Department(ctx, d.ID)
		if err == nil {
			list[i] = named
		} else if wecom.ReactionOf(err) == wecom.TryLater {
			return nil, err
		}
	}
	return list, nil
}

// Unreachable reports whether err is the platform's or the network's state of
// the moment, so that the same may work later.
func Unreachable(err error) bool {
	return err != nil && wecom.ReactionOf(err) == wecom.TryLater
}
