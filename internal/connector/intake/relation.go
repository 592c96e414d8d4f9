package intake

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// relationRow is what was told of a relation.
type relationRow struct {
	Since int64         `json:"s,omitempty"` // Unix seconds, as the platform counts them
	Half  bool          `json:"h,omitempty"`
	Ended int64         `json:"e,omitempty"`
	By    event.EndedBy `json:"b,omitempty"`
	Tags  []string      `json:"t,omitempty"`
	Turn  int           `json:"n,omitempty"` // how often tags were told
	Texts []byte        `json:"x,omitempty"` // keyed hash of names, notes and phones
}

func (r relationRow) stands() bool { return r.Since != 0 && r.Ended == 0 }

func (b *Batch) relations(userID string) string {
	return "relation/" + id.Text(id.StaffOf(b.Corp, userID))
}

func (b *Batch) customerName(externalUserID string) string {
	return id.Text(id.CustomerOf(b.Corp, externalUserID))
}

// LoadRelations reads at once what was told of a member's customers, so that
// Relation need not ask for each.
func (b *Batch) LoadRelations(ctx context.Context, userID string, externalUserIDs []string) error {
	names := make([]string, len(externalUserIDs))
	for i, externalUserID := range externalUserIDs {
		names[i] = b.customerName(externalUserID)
	}
	if len(names) == 0 {
		return nil
	}
	return b.load(ctx, b.relations(userID), names...)
}

// Relation tells what is new about a relation that the platform shows at a
// time.
func (b *Batch) Relation(ctx context.Context, r wecom.Relation, at time.Time) error {
	set, name := b.relations(r.Follow.UserID), b.customerName(r.Customer.ExternalUserID)
	var row relationRow
	if _, err := b.row(ctx, set, name, &row); err != nil {
		return err
	}
	if err := b.texts(r, &row); err != nil {
		return err
	}
	if err := b.added(r, &row, at); err != nil {
		return err
	}
	if err := b.tagged(r, &row, at); err != nil {
		return err
	}
	return b.remember(set, name, row)
}

// texts tells who the customer is, if anything about it is new.
func (b *Batch) texts(r wecom.Relation, row *relationRow) error {
	parts := append([]string{r.Customer.Name, r.Customer.UnionID, r.Follow.Remark}, r.Follow.RemarkMobiles...)
	digest := b.Vault.KeyedHash(strings.Join(parts, "\x00"))
	if bytes.Equal(digest, row.Texts) {
		return nil
	}
	first := row.Texts == nil
	row.Texts = digest
	if err := b.person(r.Customer, r.Follow.Created); err != nil {
		return err
	}
	if first && r.Follow.Remark == "" && len(r.Follow.RemarkMobiles) == 0 {
		return nil
	}
	return b.noted(r.Customer, r.Follow)
}

func (b *Batch) added(r wecom.Relation, row *relationRow, at time.Time) error {
	since := int64(r.Follow.Created)
	if since == 0 {
		since = b.or(at).Unix()
	}
	begun, again := time.Unix(since, 0), ""
	switch {
	case row.stands() && row.Since == since && !row.Half:
		return nil
	case row.Ended != 0 && row.By == event.ByNobody && since <= row.Ended:
		// It was missing once and is back: nothing had ended.
		begun, again = b.or(at), strconv.FormatInt(row.Ended, 10)
		row.Ended, row.By = 0, ""
	case row.Ended != 0 && since <= row.Ended:
		// The platform's list trails behind the end that was told.
	default:
		row.Ended, row.By = 0, ""
	}
	row.Since, row.Half = since, false
	body := event.RelationAdded{Staff: id.StaffOf(b.Corp, r.Follow.UserID), AddWay: int(r.Follow.AddWay), State: r.Follow.State}
	return b.tell(event.Customer(id.CustomerOf(b.Corp, r.Customer.ExternalUserID)), begun, body,
		r.Follow.UserID, r.Customer.ExternalUserID, strconv.FormatInt(since, 10), again)
}

func (b *Batch) tagged(r wecom.Relation, row *relationRow, at time.Time) error {
	tags := tagIDs(r.Follow)
	if slices.Equal(tags, row.Tags) {
		return nil
	}
	row.Tags, row.Turn = tags, row.Turn+1
	return b.tellTags(r.Follow.UserID, r.Customer.ExternalUserID, row, tagsTold{at: at})
}

// tagsTold is when, and on whose behalf, the tags of a row came to be.
type tagsTold struct {
	at time.Time
	by string
}

// tellTags tells the tags that the row has now. Whoever looks first tells
// them: the key is the same.
func (b *Batch) tellTags(userID, externalUserID string, row *relationRow, told tagsTold) error {
	body := event.RelationTagged{Staff: id.StaffOf(b.Corp, userID), Tags: row.Tags, By: told.by}
	return b.tell(event.Customer(id.CustomerOf(b.Corp, externalUserID)), b.or(told.at), body,
		userID, externalUserID, strings.Join(row.Tags, ","), strconv.Itoa(row.Turn))
}

// Marked is a change of a relation's tags that Siyu made by API.
type Marked struct {
	UserID, ExternalUserID string
	Add, Remove            []string
	By                     string // see event.RelationTagged
	At                     time.Time
}

// Carried returns the tags that were last told of a relation.
func (b *Batch) Carried(ctx context.Context, userID, externalUserID string) ([]string, error) {
	var row relationRow
	_, err := b.row(ctx, b.relations(userID), b.customerName(externalUserID), &row)
	return row.Tags, err
}

// Marked tells what Siyu itself changed, so that the callback that may follow
// tells nothing new.
func (b *Batch) Marked(ctx context.Context, m Marked) error {
	set, name := b.relations(m.UserID), b.customerName(m.ExternalUserID)
	var row relationRow
	if _, err := b.row(ctx, set, name, &row); err != nil {
		return err
	}
	tags := slices.DeleteFunc(slices.Concat(row.Tags, m.Add), func(t string) bool { return slices.Contains(m.Remove, t) })
	slices.Sort(tags)
	if tags = slices.Compact(tags); slices.Equal(tags, row.Tags) {
		return nil
	}
	row.Tags, row.Turn = tags, row.Turn+1
	if err := b.tellTags(m.UserID, m.ExternalUserID, &row, tagsTold{at: m.At, by: m.By}); err != nil {
		return err
	}
	return b.remember(set, name, row)
}

// tagIDs returns the corp and rule tags; personal tags have no id.
func tagIDs(f wecom.Follow) []string {
	ids := slices.Clone(f.TagIDs)
	for _, tag := range f.Tags {
		if tag.ID != "" {
			ids = append(ids, tag.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// Announced tells a relation of which only an event speaks, because the
// platform does not show it: half added, or ended meanwhile.
type Announced struct {
	UserID, ExternalUserID, State string
	At                            time.Time
	Half                          bool
}

// Announce tells an announced relation.
func (b *Batch) Announce(ctx context.Context, a Announced) error {
	set, name := b.relations(a.UserID), b.customerName(a.ExternalUserID)
	var row relationRow
	if _, err := b.row(ctx, set, name, &row); err != nil {
		return err
	}
	since := a.At.Unix()
	half := ""
	if a.Half {
		half = "half"
	}
	if row.Since < since && row.Ended < since {
		row.Since, row.Half, row.Ended, row.By = since, a.Half, 0, ""
	}
	if err := b.person(wecom.Customer{ExternalUserID: a.ExternalUserID}, wecom.Seconds(since)); err != nil {
		return err
	}
	body := event.RelationAdded{Staff: id.StaffOf(b.Corp, a.UserID), State: a.State, Half: a.Half}
	err := b.tell(event.Customer(id.CustomerOf(b.Corp, a.ExternalUserID)), a.At, body,
		a.UserID, a.ExternalUserID, strconv.FormatInt(since, 10), half)
	if err != nil {
		return err
	}
	return b.remember(set, name, row)
}

// Ending is the end of a relation.
type Ending struct {
	UserID, ExternalUserID string
	By                     event.EndedBy
	At                     time.Time
}

// End tells the end of a relation.
func (b *Batch) End(ctx context.Context, e Ending) error {
	set, name := b.relations(e.UserID), b.customerName(e.ExternalUserID)
	var row relationRow
	if _, err := b.row(ctx, set, name, &row); err != nil {
		return err
	}
	if at := e.At.Unix(); row.Since <= at {
		row.Ended, row.By, row.Half = at, e.By, false
	}
	body := event.RelationEnded{Staff: id.StaffOf(b.Corp, e.UserID), By: e.By}
	err := b.tell(event.Customer(id.CustomerOf(b.Corp, e.ExternalUserID)), e.At, body,
		e.UserID, e.ExternalUserID, strconv.FormatInt(e.At.Unix(), 10), string(e.By))
	if err != nil {
		return err
	}
	return b.remember(set, name, row)
}

// tooYoung is the age below which a relation that is not listed is not yet
// missed: it may have begun while the list was on its way.
const tooYoung = 5 * time.Minute

// Compare holds the customers the platform lists for a member at a time
// against what was told. Relations it does not list any more are told as ended
// by nobody knows whom; the ids of those that were never told, or as ended,
// come back to be looked at.
func (b *Batch) Compare(ctx context.Context, userID string, listed []string, at time.Time) (unknown []string, err error) {
	set := b.relations(userID)
	if err := b.load(ctx, set); err != nil {
		return nil, err
	}
	names := b.names(set)
	known := make(map[string]relationRow, len(names))
	for _, name := range names {
		var row relationRow
		if _, err := b.row(ctx, set, name, &row); err != nil {
			return nil, err
		}
		known[name] = row
	}
	present := make(map[string]bool, len(listed))
	for _, externalUserID := range listed {
		name := b.customerName(externalUserID)
		present[name] = true
		if row := known[name]; !row.stands() || row.Half {
			unknown = append(unknown, externalUserID)
		}
	}
	for _, name := range names {
		row := known[name]
		if present[name] || !row.stands() || row.Half || row.Since > at.Add(-tooYoung).Unix() {
			continue
		}
		if err := b.vanished(userID, name, row, at); err != nil {
			return nil, err
		}
		row.Ended, row.By = b.or(at).Unix(), event.ByNobody
		if err := b.remember(set, name, row); err != nil {
			return nil, err
		}
	}
	return unknown, nil
}

func (b *Batch) vanished(userID, name string, row relationRow, at time.Time) error {
	customer, ok := id.Parse[id.Customer](name)
	if !ok {
		return fmt.Errorf("ledger of relations holds %q, which is no customer", name)
	}
	return b.tell(event.Customer(customer), b.or(at), event.RelationEnded{Staff: id.StaffOf(b.Corp, userID), By: event.ByNobody},
		userID, name, "missing since", strconv.FormatInt(row.Since, 10))
}

// TransferFailed tells that a customer was not handed over to a member.
func (b *Batch) TransferFailed(userID, externalUserID, reason string, at time.Time) error {
	return b.tell(event.Customer(id.CustomerOf(b.Corp, externalUserID)), at,
		event.TransferFailed{Staff: id.StaffOf(b.Corp, userID), Reason: reason},
		userID, externalUserID, strconv.FormatInt(at.Unix(), 10))
}
