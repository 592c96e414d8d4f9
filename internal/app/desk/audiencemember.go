package desk

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.AudienceMembers = (*Desk)(nil)

// memberOrder is the column by which pages of members go on: nobody's changes
// by itself, and who is new comes last.
const memberOrder = "first_seen"

// AudienceMembers implements web.AudienceMembers.
func (d *Desk) AudienceMembers(ctx context.Context, by web.Asker, q web.MemberQuery) (web.MemberPage, error) {
	page := index.Page{Column: audience.ColumnAt(memberOrder, audience.Ever), N: q.Limit}
	if q.After != "" {
		after, ok := entryOf(q.After)
		if !ok {
			return web.MemberPage{}, fault.New(fault.Invalid, "members: no such place to go on from")
		}
		page.After = &after
	}
	crowd, err := d.askedCrowd(ctx, by.Scope, q)
	if err != nil {
		return web.MemberPage{}, err
	}
	found := web.MemberPage{Size: crowd.Len()}
	entries := crowd.First(page)
	for _, e := range entries {
		found.Customers = append(found.Customers, e.ID)
	}
	if len(entries) == q.Limit && len(entries) > 0 {
		last := entries[len(entries)-1]
		found.Next = id.Text(last.Value) + "." + id.Text(last.ID)
	}
	if q.After != "" {
		return found, nil
	}
	return found, d.audit(ctx, by, "audience.members", fmt.Sprintf("%d: %d", q.Number, found.Size))
}

func (d *Desk) askedCrowd(ctx context.Context, scope org.Scope, q web.MemberQuery) (*index.Crowd, error) {
	if q.Number != 0 {
		return d.storedCrowd(ctx, scope, q.Number)
	}
	ix, err := d.index()
	if err != nil {
		return nil, err
	}
	return ix.Evaluate(q.Rule, scope, ix.Position().Day)
}

// entryOf reads a cursor. The day may be 0, which no id is.
func entryOf(cursor string) (index.Entry, bool) {
	day, customer, _ := strings.Cut(cursor, ".")
	value, unread := strconv.ParseInt(day, 36, 64)
	who, ok := id.Parse[id.Customer](customer)
	return index.Entry{Value: value, ID: who}, ok && unread == nil
}
