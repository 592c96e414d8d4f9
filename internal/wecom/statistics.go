package wecom

import (
	"context"
	"net/http"
	"time"
)

// The platform keeps statistics for 180 days and gives at most 30 at a time,
// by Beijing days.
const (
	StatisticsKept = 180 * 24 * time.Hour
	StatisticsSpan = 30 * 24 * time.Hour
)

// Behaviour is one day of one or several members together.
type Behaviour struct {
	Day              Seconds  `json:"stat_time"`
	Chats            Number   `json:"chat_cnt"`
	Messages         Number   `json:"message_cnt"`
	ReplyPercentage  *float64 `json:"reply_percentage"` // absent without chats
	AverageReply     *float64 `json:"avg_reply_time"`   // minutes; absent without chats
	NegativeFeedback Number   `json:"negative_feedback_cnt"`
	Applications     Number   `json:"new_apply_cnt"`
	NewContacts      Number   `json:"new_contact_cnt"`
}

// Behaviour returns the days from start to end, summed over up to 100
// members.
func (c *Client) Behaviour(ctx context.Context, userIDs []string, start, end time.Time) ([]Behaviour, error) {
	got, err := statistic[struct {
		answer
		Days []Behaviour `json:"behavior_data"`
	}](ctx, c, "externalcontact/get_user_behavior_data", struct {
		UserIDs []string `json:"userid"`
		Start   Seconds  `json:"start_time"`
		End     Seconds  `json:"end_time"`
	}{userIDs, secondsOf(start), secondsOf(end)})
	return got.Days, err
}

// GroupActivity counts the groups of one owner, or of one day.
type GroupActivity struct {
	Owner string  `json:"owner"`     // of GroupActivityByOwner
	Day   Seconds `json:"stat_time"` // of GroupActivityByDay
	Data  struct {
		NewGroups        Number `json:"new_chat_cnt"`
		Groups           Number `json:"chat_total"`
		GroupsTalking    Number `json:"chat_has_msg"`
		NewMembers       Number `json:"new_member_cnt"`
		Members          Number `json:"member_total"`
		MembersTalking   Number `json:"member_has_msg"`
		Messages         Number `json:"msg_total"`
		MigratedTrainees Number `json:"migrate_trainee_chat_cnt"`
	} `json:"data"`
}

// GroupActivityPage is a page of owners.
type GroupActivityPage struct {
	Total int             `json:"total"`
	Next  int             `json:"next_offset"`
	Items []GroupActivity `json:"items"`
}

const activityPage = 1000

// GroupActivityQuery selects owners (at most 100) and days.
type GroupActivityQuery struct {
	Owners     []string
	Start, End time.Time
	Offset     int // of a page; 0 is the first
}

// GroupActivityByOwner returns a page of the owners' sums.
func (c *Client) GroupActivityByOwner(ctx context.Context, q GroupActivityQuery) (GroupActivityPage, error) {
	got, err := statistic[struct {
		answer
		GroupActivityPage
	}](ctx, c, "externalcontact/groupchat/statistic", struct {
		Start  Seconds     `json:"day_begin_time"`
		End    Seconds     `json:"day_end_time"`
		Owners ownerFilter `json:"owner_filter"`
		Offset int         `json:"offset,omitempty"`
		Limit  int         `json:"limit"`
	}{secondsOf(q.Start), secondsOf(q.End), ownerFilter{q.Owners}, q.Offset, activityPage})
	return got.GroupActivityPage, err
}

// GroupActivityByDay returns the days' sums over the owners.
func (c *Client) GroupActivityByDay(ctx context.Context, q GroupActivityQuery) ([]GroupActivity, error) {
	got, err := statistic[struct {
		answer
		Items []GroupActivity `json:"items"`
	}](ctx, c, "externalcontact/groupchat/statistic_group_by_day", struct {
		Start  Seconds     `json:"day_begin_time"`
		End    Seconds     `json:"day_end_time"`
		Owners ownerFilter `json:"owner_filter"`
	}{secondsOf(q.Start), secondsOf(q.End), ownerFilter{q.Owners}})
	return got.Items, err
}

func statistic[T any, P answerOf[T]](ctx context.Context, c *Client, path string, body any) (T, error) {
	return call[T, P](ctx, c, request{method: http.MethodPost, path: path, body: body, priority: StatisticsLast, repeatable: true})
}
