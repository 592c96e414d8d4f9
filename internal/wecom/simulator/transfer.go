package simulator

import (
	"slices"
	"time"

	"siyu/internal/fault"
)

// transferDelay is how long a customer may refuse before a transfer takes
// effect by itself.
const transferDelay = 24 * time.Hour

// Status of a transfer as transfer_result gives it.
const (
	transferDone    = 1
	transferWaiting = 2
	transferRefused = 3
	transferFull    = 4
)

// transfer is a customer on the way from one member to another.
type transfer struct {
	from, to *member
	ext      *external
	started  time.Time
	ended    time.Time
	status   int
	resigned bool
}

type groupMoveKey struct {
	from, to *member
	day      int32
}

type transferBook struct {
	all        []*transfer
	waiting    []*transfer // in the order they become due
	groupMoves map[groupMoveKey]int
}

func newTransferBook() transferBook { return transferBook{groupMoves: map[groupMoveKey]int{}} }

// settleTransfers carries out the transfers nobody refused in time.
func (p *Platform) settleTransfers(now time.Time) {
	for len(p.transfers.waiting) > 0 {
		t := p.transfers.waiting[0]
		if t.status == transferWaiting && now.Before(t.started.Add(transferDelay)) {
			return
		}
		p.transfers.waiting = p.transfers.waiting[1:]
		if t.status == transferWaiting {
			p.finishTransfer(t, t.started.Add(transferDelay))
		}
	}
}

// finishTransfer moves the pair. The old one ends with a deletion marked as
// caused by the transfer; the new member gets an added event unless they knew
// the customer already.
func (p *Platform) finishTransfer(t *transfer, at time.Time) {
	h := People{p: p}
	t.ended = at
	if p.friendsOf(t.to) >= maxCustomers {
		t.status = transferFull
		h.emit(p, transferFailure("customer_limit_exceed", t))
		return
	}
	t.status = transferDone
	old := t.ext.with(t.from)
	if old.bond == bondAdded {
		old.bond = bondDeletedByMember
		h.emit(p, pairEvent("del_external_contact", old, text("Source", "DELETE_BY_TRANSFER")))
	}
	rel := t.ext.with(t.to)
	if rel != nil && rel.bond == bondAdded {
		return
	}
	rel = p.connect(t.to, t.ext, rel)
	rel.bond, rel.added, rel.way, rel.state, rel.oper = bondAdded, at, AddWayAdmin, "", t.to.UserID
	p.dayOf(t.to, at).contacts++
	h.emit(p, pairEvent("add_external_contact", rel))
}

func transferFailure(reason string, t *transfer) event {
	return event{name: "change_external_contact", change: "transfer_fail", right: RightCustomers, member: t.to, fields: []field{
		text("FailReason", reason), text("UserID", t.to.UserID), text("ExternalUserID", t.ext.ExternalUserID),
	}}
}

func (b *transferBook) open(ext *external) *transfer {
	for _, t := range b.waiting {
		if t.ext == ext && t.status == transferWaiting {
			return t
		}
	}
	return nil
}

// AcceptTransfer lets a customer agree to a transfer before the day is over.
func (h People) AcceptTransfer(externalUserID string) error {
	return h.onTransfer(externalUserID, func(p *Platform, t *transfer) { p.finishTransfer(t, h.when()) })
}

// RefuseTransfer lets a customer refuse a transfer.
func (h People) RefuseTransfer(externalUserID string) error {
	return h.onTransfer(externalUserID, func(p *Platform, t *transfer) {
		t.status, t.ended = transferRefused, h.when()
		h.emit(p, transferFailure("customer_refused", t))
	})
}

func (h People) onTransfer(externalUserID string, f func(*Platform, *transfer)) error {
	return h.act(func(p *Platform) error {
		e, err := p.people.of(externalUserID)
		if err != nil {
			return err
		}
		t := p.transfers.open(e)
		if t == nil {
			return fault.New(fault.NotFound, "%q is not being transferred", externalUserID)
		}
		f(p, t)
		p.transfers.waiting = without(p.transfers.waiting, t)
		return nil
	})
}

const (
	transfersPerCall = 100
	transferPage     = 1000
	transferSpanDays = 90
	transfersPerSpan = 2
	maxTransferWords = 200
	unassignedWindow = 365 * 24 * time.Hour
)

func transferRoutes(t map[string]route) {
	t[contactPath+"transfer_customer"] = post(RightCustomers, transferOnJob)
	t[contactPath+"transfer_result"] = post(RightCustomers, transferResults(false))
	t[contactPath+"get_unassigned_list"] = post(RightCustomers, listUnassigned)
	t[contactPath+"resigned/transfer_customer"] = post(RightCustomers, transferOfLeaver)
	t[contactPath+"resigned/transfer_result"] = post(RightCustomers, transferResults(true))
}

type transferRequest struct {
	From     string   `json:"handover_userid"`
	To       string   `json:"takeover_userid"`
	External []string `json:"external_userid"`
	Words    string   `json:"transfer_success_msg"`
	Cursor   string   `json:"cursor"`
}

func transferOnJob(c *call, q transferRequest) (any, error) {
	if len([]rune(q.Words)) > maxTransferWords {
		return nil, refuse(codeInvalidParameter, "transfer_success_msg is too long")
	}
	from, err := c.servingMember(q.From)
	if err != nil {
		return nil, err
	}
	return c.startTransfers(q, from, false)
}

func transferOfLeaver(c *call, q transferRequest) (any, error) {
	from, err := c.seenMember(q.From)
	if err != nil {
		return nil, err
	}
	if from.status != MemberLeft {
		return nil, refuse(codeNotLeft, "handover user has not left")
	}
	if c.now.Sub(from.leftAt) > unassignedWindow {
		return nil, refuse(codeInvalidParameter, "handover user left more than a year ago")
	}
	return c.startTransfers(q, from, true)
}

func (c *call) startTransfers(q transferRequest, from *member, resigned bool) (any, error) {
	if len(q.External) == 0 || len(q.External) > transfersPerCall {
		return nil, refuse(codeInvalidParameter, "external_userid must hold 1 to 100 customers")
	}
	to, err := c.servingMember(q.To)
	if err != nil {
		return nil, err
	}
	if to == from {
		return nil, refuse(codeSameFollower, "takeover user is the handover user")
	}
	rows := []any{}
	for _, id := range q.External {
		code := c.startTransfer(id, from, to, resigned)
		rows = append(rows, map[string]any{"external_userid": id, "errcode": code})
	}
	return map[string]any{"customer": rows}, nil
}

// startTransfer returns the errcode of one row, 0 when the transfer started.
func (c *call) startTransfer(id string, from, to *member, resigned bool) int {
	e := c.people.byID[id]
	if e == nil {
		return codeBadExternal
	}
	if rel := e.with(from); rel == nil || rel.bond != bondAdded {
		return codeBadExternal
	}
	if c.transfers.open(e) != nil {
		return codeInTransfer
	}
	if !resigned && c.transfers.recent(e, c.now) >= transfersPerSpan {
		return codeTransferTooOften
	}
	if c.friendsOf(to) >= maxCustomers {
		return codeTakeoverFull
	}
	t := &transfer{from: from, to: to, ext: e, started: c.now, status: transferWaiting, resigned: resigned}
	c.transfers.all = append(c.transfers.all, t)
	c.transfers.waiting = append(c.transfers.waiting, t)
	return 0
}

func (b *transferBook) recent(e *external, now time.Time) int {
	first := dayNumber(now) - transferSpanDays
	n := 0
	for _, t := range b.all {
		if t.ext == e && !t.resigned && t.status == transferDone && dayNumber(t.started) > first {
			n++
		}
	}
	return n
}

func transferResults(resigned bool) func(*call, transferRequest) (any, error) {
	return func(c *call, q transferRequest) (any, error) {
		rows, next, err := gather(q.Cursor, transferPage, c.transfers.all, func(t *transfer) any {
			if t.resigned != resigned || t.from.UserID != q.From || t.to.UserID != q.To {
				return nil
			}
			at := t.ended
			if t.status == transferWaiting {
				at = t.started.Add(transferDelay)
			}
			return map[string]any{"external_userid": t.ext.ExternalUserID, "status": t.status, "takeover_time": at.Unix()}
		})
		return map[string]any{"customer": rows, "next_cursor": next}, err
	}
}

type unassignedRequest struct {
	Cursor   string `json:"cursor"`
	PageSize int    `json:"page_size"`
	PageID   int    `json:"page_id"`
}

const maxUnassignedRow = 50_000

func listUnassigned(c *call, q unassignedRequest) (any, error) {
	size := pageSize(q.PageSize, transferPage, transferPage)
	if q.PageID*size >= maxUnassignedRow {
		return nil, refuse(codeInvalidParameter, "page_id * page_size must be below 50000")
	}
	rows := c.unassigned()
	if q.PageID > 0 && q.Cursor == "" {
		q.Cursor = writeCursor(min(q.PageID*size, len(rows)))
	}
	from, to, next, err := c.cut(q.Cursor, size, len(rows))
	if err != nil {
		return nil, err
	}
	return map[string]any{"info": rows[from:to], "is_last": next == "", "next_cursor": next}, nil
}

func (c *call) unassigned() []any {
	rows := []any{}
	for _, m := range c.org.order {
		if m.status != MemberLeft || !c.sees(c.app, m) {
			continue
		}
		for _, rel := range m.relations {
			if rel.bond == bondAdded && !slices.ContainsFunc(c.transfers.waiting, func(t *transfer) bool { return t.ext == rel.ext && t.from == m }) {
				rows = append(rows, map[string]any{
					"handover_userid": m.UserID, "external_userid": rel.ext.ExternalUserID, "dimission_time": m.leftAt.Unix(),
				})
			}
		}
	}
	return rows
}
