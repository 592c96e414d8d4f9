package wecom

import (
	"context"
	"net/url"
	"time"
)

// MomentTask is a post to customers' Moments, which members have to confirm.
type MomentTask struct {
	Text        *Text              `json:"text,omitempty"` // at most 2,000 characters
	Attachments []MomentAttachment `json:"attachments,omitempty"`
	Range       *MomentRange       `json:"visible_range,omitempty"` // absent: everybody
}

// MomentAttachment is an image, a video or a link; one kind per post, media
// ids from UploadAttachment.
type MomentAttachment struct {
	Type  AttachmentType `json:"msgtype"`
	Image *MediaPart     `json:"image,omitempty"`
	Video *MediaPart     `json:"video,omitempty"`
	Link  *MomentLink    `json:"link,omitempty"`
}

// MomentLink is a card that opens a page.
type MomentLink struct {
	Title   string `json:"title"` // at most 64 bytes
	URL     string `json:"url"`
	MediaID string `json:"media_id"`
}

// MomentRange says who posts and who sees it.
type MomentRange struct {
	Senders   *MomentSenders   `json:"sender_list,omitempty"`
	Customers *MomentCustomers `json:"external_contact_list,omitempty"`
}

// MomentSenders are the members who get the task.
type MomentSenders struct {
	UserIDs     []string `json:"user_list,omitempty"`
	Departments []int64  `json:"department_list,omitempty"`
}

// MomentCustomers are the customers who see it, by corp tag.
type MomentCustomers struct {
	TagIDs []string `json:"tag_list,omitempty"`
}

// AddMoment makes a Moments task and returns the id of the job that makes it,
// valid for a day.
func (c *Client) AddMoment(ctx context.Context, task MomentTask) (jobID string, err error) {
	got, err := effect[struct {
		answer
		JobID string `json:"jobid"`
	}](ctx, c, "externalcontact/add_moment_task", task)
	return got.JobID, err
}

// MomentJobDone is the status of a finished job.
const MomentJobDone = 3

// MomentJob is the state of a job; Result counts when Status is MomentJobDone.
type MomentJob struct {
	Status Number `json:"status"`
	Result struct {
		Code           int    `json:"errcode"`
		Message        string `json:"errmsg"`
		MomentID       string `json:"moment_id"`
		InvalidSenders struct {
			UserIDs []string `json:"user_list"`
		} `json:"invalid_sender_list"`
	} `json:"result"`
}

// MomentJob returns the state of the job AddMoment started.
func (c *Client) MomentJob(ctx context.Context, jobID string) (MomentJob, error) {
	got, err := get[struct {
		answer
		MomentJob
	}](ctx, c, "externalcontact/get_moment_task_result", url.Values{"jobid": {jobID}})
	return got.MomentJob, err
}

type momentID struct {
	ID string `json:"moment_id"`
}

// CancelMoment stops what members have not yet published.
func (c *Client) CancelMoment(ctx context.Context, id string) error {
	_, err := set[answer](ctx, c, "externalcontact/cancel_moment_task", momentID{id})
	return err
}

// Moment is a post in the platform's list.
type Moment struct {
	ID         string  `json:"moment_id"`
	Creator    string  `json:"creator"`
	Created    Seconds `json:"create_time"`
	CreateType Number  `json:"create_type"`  // 0 corp, 1 personal
	Visible    Number  `json:"visible_type"` // 0 some, 1 all
	Text       Text    `json:"text"`
	Link       struct {
		URL string `json:"url"`
	} `json:"link"`
}

// MomentSpan is the longest time Moments looks at.
const MomentSpan = 30 * 24 * time.Hour

// MostMomentRunes is how long the text of a post in Moments may be.
const MostMomentRunes = 2000

// MomentPage is a page of posts.
type MomentPage struct {
	Moments []Moment `json:"moment_list"`
	Next    string   `json:"next_cursor"`
}

const (
	momentPage     = 20 // the platform's maximum
	momentRows     = 1000
	momentSeenRows = 5000
)

// Moments returns a page of the posts made between start and end, at most 30
// days apart.
func (c *Client) Moments(ctx context.Context, start, end time.Time, cursor string) (MomentPage, error) {
	got, err := read[struct {
		answer
		MomentPage
	}](ctx, c, "externalcontact/get_moment_list", struct {
		Start  Seconds `json:"start_time"`
		End    Seconds `json:"end_time"`
		Filter int     `json:"filter_type"`
		Limit  int     `json:"limit"`
		Cursor string  `json:"cursor,omitempty"`
	}{secondsOf(start), secondsOf(end), 2, momentPage, cursor})
	return got.MomentPage, err
}

// MomentMember is a member's part of a post.
type MomentMember struct {
	UserID    string `json:"userid"`
	Published Number `json:"publish_status"` // 1 if so
}

// MomentMemberPage is a page of members.
type MomentMemberPage struct {
	Members []MomentMember `json:"task_list"`
	Next    string         `json:"next_cursor"`
}

// MomentMembers returns a page of who has published a post.
func (c *Client) MomentMembers(ctx context.Context, id, cursor string) (MomentMemberPage, error) {
	got, err := read[struct {
		answer
		MomentMemberPage
	}](ctx, c, "externalcontact/get_moment_task", struct {
		momentID
		Limit  int    `json:"limit"`
		Cursor string `json:"cursor,omitempty"`
	}{momentID{id}, momentRows, cursor})
	return got.MomentMemberPage, err
}

// MomentCustomer is a customer whom a member's post concerns.
type MomentCustomer struct {
	ExternalUserID string `json:"external_userid"`
}

// MomentCustomerPage is a page of customers.
type MomentCustomerPage struct {
	Customers []MomentCustomer `json:"customer_list"`
	Next      string           `json:"next_cursor"`
}

type momentOf struct {
	momentID
	UserID string `json:"userid"`
	Limit  int    `json:"limit"`
	Cursor string `json:"cursor,omitempty"`
}

// MomentChosen returns a page of the customers for whom a member's post is meant.
func (c *Client) MomentChosen(ctx context.Context, id, userID, cursor string) (MomentCustomerPage, error) {
	got, err := read[struct {
		answer
		MomentCustomerPage
	}](ctx, c, "externalcontact/get_moment_customer_list", momentOf{momentID{id}, userID, momentRows, cursor})
	return got.MomentCustomerPage, err
}

// MomentSeen returns a page of the customers who can see a member's post.
func (c *Client) MomentSeen(ctx context.Context, id, userID, cursor string) (MomentCustomerPage, error) {
	got, err := read[struct {
		answer
		MomentCustomerPage
	}](ctx, c, "externalcontact/get_moment_send_result", momentOf{momentID{id}, userID, momentSeenRows, cursor})
	return got.MomentCustomerPage, err
}

// MomentVoice is one comment (without its text) or one like.
type MomentVoice struct {
	ExternalUserID string  `json:"external_userid"`
	UserID         string  `json:"userid"`
	At             Seconds `json:"create_time"`
}

// MomentVoices are the reactions to one member's post.
type MomentVoices struct {
	Comments []MomentVoice `json:"comment_list"`
	Likes    []MomentVoice `json:"like_list"`
}

// MomentComments returns the reactions to a post at one member.
func (c *Client) MomentComments(ctx context.Context, id, userID string) (MomentVoices, error) {
	got, err := read[struct {
		answer
		MomentVoices
	}](ctx, c, "externalcontact/get_moment_comments", struct {
		momentID
		UserID string `json:"userid"`
	}{momentID{id}, userID})
	return got.MomentVoices, err
}
