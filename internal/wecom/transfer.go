package wecom

import "context"

// MostTransfers is how many customers or groups one call takes.
const MostTransfers = 100

// Transfer hands customers from one member to another.
type Transfer struct {
	From        string   `json:"handover_userid"`
	To          string   `json:"takeover_userid"`
	CustomerIDs []string `json:"external_userid"`
	Message     string   `json:"transfer_success_msg,omitempty"` // members on the job only; at most 200 characters
}

// TransferRow says whether a customer's transfer has been started. It is done
// a day later unless the customer refuses.
type TransferRow struct {
	ExternalUserID string `json:"external_userid"`
	Code           int    `json:"errcode"`
}

// TransferCustomers hands over customers of a member on the job.
func (c *Client) TransferCustomers(ctx context.Context, t Transfer) ([]TransferRow, error) {
	return c.transfer(ctx, "externalcontact/transfer_customer", t)
}

// TransferFromLeaver hands over customers of a member who has left.
func (c *Client) TransferFromLeaver(ctx context.Context, t Transfer) ([]TransferRow, error) {
	t.Message = ""
	return c.transfer(ctx, "externalcontact/resigned/transfer_customer", t)
}

func (c *Client) transfer(ctx context.Context, path string, t Transfer) ([]TransferRow, error) {
	got, err := effect[struct {
		answer
		Rows []TransferRow `json:"customer"`
	}](ctx, c, path, t)
	return got.Rows, err
}

// Transfer states.
const (
	TransferDone     = 1
	TransferWaiting  = 2
	TransferRefused  = 3
	TransferFull     = 4 // the taker has too many customers
	TransferNoRecord = 5
)

// TransferResult is the state of one customer's transfer.
type TransferResult struct {
	ExternalUserID string  `json:"external_userid"`
	Status         Number  `json:"status"`
	At             Seconds `json:"takeover_time"` // in the future while waiting
}

// TransferResultPage is a page of results.
type TransferResultPage struct {
	Results []TransferResult `json:"customer"`
	Next    string           `json:"next_cursor"`
}

// TransferResults returns a page of what became of transfers between two
// members, the first of whom is on the job.
func (c *Client) TransferResults(ctx context.Context, from, to, cursor string) (TransferResultPage, error) {
	return c.transferResults(ctx, "externalcontact/transfer_result", transferQuery{from, to, cursor})
}

// LeaverTransferResults is TransferResults for a member who has left.
func (c *Client) LeaverTransferResults(ctx context.Context, from, to, cursor string) (TransferResultPage, error) {
	return c.transferResults(ctx, "externalcontact/resigned/transfer_result", transferQuery{from, to, cursor})
}

type transferQuery struct {
	From   string `json:"handover_userid"`
	To     string `json:"takeover_userid"`
	Cursor string `json:"cursor,omitempty"`
}

func (c *Client) transferResults(ctx context.Context, path string, q transferQuery) (TransferResultPage, error) {
	got, err := read[struct {
		answer
		TransferResultPage
	}](ctx, c, path, q)
	return got.TransferResultPage, err
}

// Unassigned is a customer whose member has left.
type Unassigned struct {
	From           string  `json:"handover_userid"`
	ExternalUserID string  `json:"external_userid"`
	Left           Seconds `json:"dimission_time"`
}

// UnassignedPage is a page of them.
type UnassignedPage struct {
	Customers []Unassigned `json:"info"`
	Last      bool         `json:"is_last"`
	Next      string       `json:"next_cursor"`
}

const unassignedPage = 1000

// Unassigned returns a page of customers of members who have left.
func (c *Client) Unassigned(ctx context.Context, cursor string) (UnassignedPage, error) {
	got, err := read[struct {
		answer
		UnassignedPage
	}](ctx, c, "externalcontact/get_unassigned_list", struct {
		Cursor string `json:"cursor,omitempty"`
		Size   int    `json:"page_size"`
	}{cursor, unassignedPage})
	return got.UnassignedPage, err
}

// GroupTransferFailure is a group that was not handed over.
type GroupTransferFailure struct {
	ChatID  string `json:"chat_id"`
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// TransferGroups hands groups of an owner on the job to a new owner.
func (c *Client) TransferGroups(ctx context.Context, chatIDs []string, owner string) ([]GroupTransferFailure, error) {
	return c.transferGroups(ctx, "externalcontact/groupchat/onjob_transfer", groupTransfer{chatIDs, owner})
}

// TransferGroupsOfLeaver hands groups of an owner who has left to a new one.
func (c *Client) TransferGroupsOfLeaver(ctx context.Context, chatIDs []string, owner string) ([]GroupTransferFailure, error) {
	return c.transferGroups(ctx, "externalcontact/groupchat/transfer", groupTransfer{chatIDs, owner})
}

type groupTransfer struct {
	ChatIDs []string `json:"chat_id_list"`
	Owner   string   `json:"new_owner"`
}

func (c *Client) transferGroups(ctx context.Context, path string, t groupTransfer) ([]GroupTransferFailure, error) {
	got, err := effect[struct {
		answer
		Failed []GroupTransferFailure `json:"failed_chat_list"`
	}](ctx, c, path, t)
	return got.Failed, err
}
