package wecom

import (
	"context"
	"time"
)

// Contact way types and scenes.
const (
	ContactWaySingle = 1 // exactly one member
	ContactWayMulti  = 2
	SceneMiniProgram = 1
	SceneQR          = 2
)

// ContactWay is a code by which customers add staff. Whoever loses ID loses
// control of the code for ever.
type ContactWay struct {
	ID          string   `json:"config_id,omitempty"`
	Type        Number   `json:"type"`
	Scene       Number   `json:"scene"`
	Style       Number   `json:"style,omitempty"`
	Remark      string   `json:"remark,omitempty"`      // at most 30 characters
	SkipVerify  *bool    `json:"skip_verify,omitempty"` // absent means true
	State       string   `json:"state,omitempty"`       // at most 30; comes back with every add event
	Users       []string `json:"user,omitempty"`
	Departments []int64  `json:"party,omitempty"`
	IsExclusive bool     `json:"is_exclusive,omitempty"`
	QRCode      string   `json:"qr_code,omitempty"` // URL of the image
}

// ContactWayChange are the fields that change; absent ones stay, given lists
// replace.
type ContactWayChange struct {
	ID          string   `json:"config_id"`
	Remark      string   `json:"remark,omitempty"`
	SkipVerify  *bool    `json:"skip_verify,omitempty"`
	State       string   `json:"state,omitempty"`
	Users       []string `json:"user,omitempty"`
	Departments []int64  `json:"party,omitempty"`
}

type configID struct {
	ID string `json:"config_id"`
}

// AddContactWay makes a code and returns its id and, for SceneQR, its image.
func (c *Client) AddContactWay(ctx context.Context, way ContactWay) (id, qrCode string, err error) {
	way.ID, way.QRCode = "", ""
	got, err := effect[struct {
		answer
		configID
		QRCode string `json:"qr_code"`
	}](ctx, c, "externalcontact/add_contact_way", way)
	return got.ID, got.QRCode, err
}

// ContactWay returns one code.
func (c *Client) ContactWay(ctx context.Context, id string) (ContactWay, error) {
	got, err := read[struct {
		answer
		Way ContactWay `json:"contact_way"`
	}](ctx, c, "externalcontact/get_contact_way", configID{id})
	return got.Way, err
}

// ContactWayPage is a page of ids of codes.
type ContactWayPage struct {
	Ways []configID `json:"contact_way"`
	Next string     `json:"next_cursor"`
}

// IDs returns the ids on the page.
func (p ContactWayPage) IDs() []string {
	ids := make([]string, len(p.Ways))
	for i, w := range p.Ways {
		ids[i] = w.ID
	}
	return ids
}

const contactWayPage = 1000

// ContactWays returns a page of the ids of codes made by API in the time from
// start to end; zero times mean the last 90 days.
func (c *Client) ContactWays(ctx context.Context, start, end time.Time, cursor string) (ContactWayPage, error) {
	body := struct {
		Start  Seconds `json:"start_time,omitempty"`
		End    Seconds `json:"end_time,omitempty"`
		Cursor string  `json:"cursor,omitempty"`
		Limit  int     `json:"limit"`
	}{Cursor: cursor, Limit: contactWayPage}
	if !start.IsZero() && !end.IsZero() {
		body.Start, body.End = secondsOf(start), secondsOf(end)
	}
	got, err := read[struct {
		answer
		ContactWayPage
	}](ctx, c, "externalcontact/list_contact_way", body)
	return got.ContactWayPage, err
}

// UpdateContactWay changes a code.
func (c *Client) UpdateContactWay(ctx context.Context, change ContactWayChange) error {
	_, err := set[answer](ctx, c, "externalcontact/update_contact_way", change)
	return err
}

// DeleteContactWay ends a code.
func (c *Client) DeleteContactWay(ctx context.Context, id string) error {
	_, err := set[answer](ctx, c, "externalcontact/del_contact_way", configID{id})
	return err
}
