package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// groupRow is what was told of a group.
type groupRow struct {
	Seen      string `json:"g,omitempty"` // the body of the last GroupSeen
	Turn      int    `json:"n,omitempty"`
	Dismissed bool   `json:"d,omitempty"`
}

// memberRow is what was told of a customer in a group.
type memberRow struct {
	Joined int64 `json:"j"` // Unix seconds
}

func (b *Batch) groups() string { return "groups/" + string(b.Corp) }

func membersOf(group id.Group) string { return "group/" + id.Text(group) }

// Group tells what is new about a group and its customers at a time.
func (b *Batch) Group(ctx context.Context, g wecom.Group, at time.Time) error {
	group := id.GroupOf(b.Corp, g.ChatID)
	var row groupRow
	known, err := b.row(ctx, b.groups(), id.Text(group), &row)
	if err != nil {
		return err
	}
	body := b.groupSeen(g)
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("write group: %w", err)
	}
	if !known {
		b.keep(event.Group(group), vault.ChatID, "", g.ChatID)
	}
	if row.Dismissed = false; row.Seen != string(text) {
		row.Seen, row.Turn = string(text), row.Turn+1
		if err := b.tell(event.Group(group), b.or(at), body, g.ChatID, row.Seen, strconv.Itoa(row.Turn)); err != nil {
			return err
		}
	}
	if err := b.members(ctx, g, at); err != nil {
		return err
	}
	return b.remember(b.groups(), id.Text(group), row)
}

func (b *Batch) groupSeen(g wecom.Group) event.GroupSeen {
	body := event.GroupSeen{Corp: b.Corp, Name: g.Name, CreatedAt: g.Created.Time().UTC(), Version: g.Version}
	if g.Owner != "" {
		body.Owner = id.StaffOf(b.Corp, g.Owner)
	}
	for _, m := range g.Members {
		if m.Type == wecom.GroupStaff {
			body.Staff++
		} else {
			body.Customers++
		}
	}
	return body
}

// members tells who came and who left.
func (b *Batch) members(ctx context.Context, g wecom.Group, at time.Time) error {
	group := id.GroupOf(b.Corp, g.ChatID)
	set := membersOf(group)
	if err := b.load(ctx, set); err != nil {
		return err
	}
	present := map[string]bool{}
	for _, m := range g.Members {
		if m.Type != wecom.GroupExternal {
			continue
		}
		present[b.customerName(m.UserID)] = true
		if err := b.joined(ctx, group, m); err != nil {
			return err
		}
	}
	for _, name := range b.names(set) {
		if !present[name] {
			if err := b.left(ctx, group, name, at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Batch) joined(ctx context.Context, group id.Group, m wecom.GroupMember) error {
	var row memberRow
	known, err := b.row(ctx, membersOf(group), b.customerName(m.UserID), &row)
	if err != nil || known && row.Joined == int64(m.Joined) {
		return err
	}
	row.Joined = int64(m.Joined)
	if !known {
		if err := b.person(wecom.Customer{ExternalUserID: m.UserID, Name: m.Name, UnionID: m.UnionID}, m.Joined); err != nil {
			return err
		}
	}
	err = b.tell(event.Customer(id.CustomerOf(b.Corp, m.UserID)), b.or(m.Joined.Time()),
		event.GroupJoined{Group: group, Scene: int(m.JoinScene), State: m.State}, id.Text(group), strconv.FormatInt(row.Joined, 10))
	if err != nil {
		return err
	}
	return b.remember(membersOf(group), b.customerName(m.UserID), row)
}

func (b *Batch) left(ctx context.Context, group id.Group, name string, at time.Time) error {
	var row memberRow
	if _, err := b.row(ctx, membersOf(group), name, &row); err != nil {
		return err
	}
	customer, ok := id.Parse[id.Customer](name)
	if !ok {
		return fmt.Errorf("ledger of group members holds %q, which is no customer", name)
	}
	err := b.tell(event.Customer(customer), b.or(at), event.GroupLeft{Group: group}, id.Text(group), strconv.FormatInt(row.Joined, 10))
	if err != nil {
		return err
	}
	return b.remember(membersOf(group), name, nil)
}

// Dismissed tells that a group is no more, and that its customers left it.
func (b *Batch) Dismissed(ctx context.Context, chatID string, at time.Time) error {
	return b.dismissed(ctx, id.GroupOf(b.Corp, chatID), at)
}

func (b *Batch) dismissed(ctx context.Context, group id.Group, at time.Time) error {
	var row groupRow
	if _, err := b.row(ctx, b.groups(), id.Text(group), &row); err != nil || row.Dismissed {
		return err
	}
	if err := b.tell(event.Group(group), b.or(at), event.GroupDismissed{}, id.Text(group), strconv.Itoa(row.Turn)); err != nil {
		return err
	}
	if err := b.load(ctx, membersOf(group)); err != nil {
		return err
	}
	for _, name := range b.names(membersOf(group)) {
		if err := b.left(ctx, group, name, at); err != nil {
			return err
		}
	}
	row.Dismissed = true
	return b.remember(b.groups(), id.Text(group), row)
}

// CompareGroups tells groups the platform does not list any more as dismissed.
func (b *Batch) CompareGroups(ctx context.Context, listed []string, at time.Time) error {
	present := map[string]bool{}
	for _, chatID := range listed {
		present[id.Text(id.GroupOf(b.Corp, chatID))] = true
	}
	if err := b.load(ctx, b.groups()); err != nil {
		return err
	}
	for _, name := range b.names(b.groups()) {
		group, ok := id.Parse[id.Group](name)
		if !ok {
			return fmt.Errorf("ledger of groups holds %q, which is no group", name)
		}
		if present[name] {
			continue
		}
		if err := b.dismissed(ctx, group, at); err != nil {
			return err
		}
	}
	return nil
}
