package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// staffRow is what was told of a member.
type staffRow struct {
	Seen string `json:"g,omitempty"` // the body of the last StaffSeen
	Turn int    `json:"n,omitempty"`
	Left bool   `json:"l,omitempty"`
	Name []byte `json:"x,omitempty"` // keyed hash
}

func staffSet(corp id.Corp) string { return "staff/" + string(corp) }

func (b *Batch) staff() string { return staffSet(b.Corp) }

// StaffUserIDs returns the userids of all members ever told.
func StaffUserIDs(ctx context.Context, l Ledger, corp id.Corp) (map[string]bool, error) {
	rows, err := l.Told(ctx, staffSet(corp))
	if err != nil {
		return nil, fmt.Errorf("look up staff: %w", err)
	}
	userIDs := make(map[string]bool, len(rows))
	for userID := range rows {
		userIDs[userID] = true
	}
	return userIDs, nil
}

// Staff tells what is new about a member; contact says whether he may have
// customers.
func (b *Batch) Staff(ctx context.Context, m wecom.Member, contact bool, at time.Time) error {
	staff := event.Staff(id.StaffOf(b.Corp, m.UserID))
	var row staffRow
	if _, err := b.row(ctx, b.staff(), m.UserID, &row); err != nil {
		return err
	}
	if digest := b.Vault.KeyedHash(m.Name); string(digest) != string(row.Name) {
		row.Name = digest
		b.keep(staff, vault.Name, "", m.Name)
	}
	body := event.StaffSeen{Corp: b.Corp, UserID: m.UserID, Departments: departments(m), Status: int(m.Status), Contact: contact}
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write staff: %w", err)
	}
	if row.Left || row.Seen != string(text) {
		row.Left, row.Seen, row.Turn = false, string(text), row.Turn+1
		if err := b.tell(staff, b.or(at), body, m.UserID, row.Seen, strconv.Itoa(row.Turn)); err != nil {
			return err
		}
	}
	return b.remember(b.staff(), m.UserID, row)
}

func departments(m wecom.Member) []int {
	var list []int
	for _, d := range m.Departments {
		list = append(list, int(d))
	}
	slices.Sort(list)
	return list
}

// StaffLeft tells that a member left the corp, if it was not told.
func (b *Batch) StaffLeft(ctx context.Context, userID string, at time.Time) error {
	var row staffRow
	if _, err := b.row(ctx, b.staff(), userID, &row); err != nil || row.Left {
		return err
	}
	row.Left = true
	if err := b.tell(event.Staff(id.StaffOf(b.Corp, userID)), b.or(at), event.StaffLeft{}, userID, strconv.Itoa(row.Turn)); err != nil {
		return err
	}
	return b.remember(b.staff(), userID, row)
}

// CompareStaff tells that members who are not listed any more have left.
func (b *Batch) CompareStaff(ctx context.Context, listed []string, at time.Time) error {
	if err := b.load(ctx, b.staff()); err != nil {
		return err
	}
	present := map[string]bool{}
	for _, userID := range listed {
		present[userID] = true
	}
	for _, userID := range b.names(b.staff()) {
		if present[userID] {
			continue
		}
		if err := b.StaffLeft(ctx, userID, at); err != nil {
			return err
		}
	}
	return nil
}

// BulkRule says when a member's deletions are an alarm.
type BulkRule struct {
	Deletions int
	Within    time.Duration
}

// deletionRow holds a member's latest deletions by customer.
type deletionRow struct {
	Times map[string]int64 `json:"t"` // Unix seconds
	Alarm int64            `json:"a,omitempty"`
}

// Deleted counts that a member deleted a customer, and tells an alarm when
// the rule's number is reached within its window; at most one per window.
func (b *Batch) Deleted(ctx context.Context, e Ending, rule BulkRule) error {
	set := "deletions/" + string(b.Corp)
	row := deletionRow{Times: map[string]int64{}}
	if _, err := b.row(ctx, set, e.UserID, &row); err != nil {
		return err
	}
	row.Times[b.customerName(e.ExternalUserID)] = e.At.Unix()
	newest := slices.Max(slices.Collect(maps.Values(row.Times)))
	begin := newest - int64(rule.Within/time.Second)
	maps.DeleteFunc(row.Times, func(_ string, t int64) bool { return t <= begin })
	if len(row.Times) >= rule.Deletions && row.Alarm <= begin {
		row.Alarm = newest
		body := event.StaffDeletedInBulk{Count: len(row.Times), Window: int64(rule.Within / time.Second)}
		err := b.tell(event.Staff(id.StaffOf(b.Corp, e.UserID)), time.Unix(newest, 0), body, e.UserID, strconv.FormatInt(newest, 10))
		if err != nil {
			return err
		}
	}
	return b.remember(set, e.UserID, row)
}
