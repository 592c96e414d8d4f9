package intake

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"siyu/internal/id"
	"siyu/internal/wecom"
)

// DepartmentDocument is a department as the platform shows it.
type DepartmentDocument struct {
	Name   string `json:"name"`
	Parent int64  `json:"parent"`
	Order  int64  `json:"order"`
	// Leaders are the userids of who leads it, as far as the app may see them.
	Leaders []string `json:"leaders,omitempty"`
}

// ContactWayDocument is a code by which customers add staff.
type ContactWayDocument struct {
	Remark  string   `json:"remark,omitempty"`
	State   string   `json:"state,omitempty"`
	UserIDs []string `json:"userids,omitempty"`
	QRCode  string   `json:"qr_code,omitempty"`
	// Own says that Siyu made the code; the platform refuses changes to all
	// others, so they are read-only.
	Own bool `json:"own,omitempty"`
}

func departmentSet(corp id.Corp) string { return "departments/" + string(corp) }
func waySet(corp id.Corp) string        { return "contact-ways/" + string(corp) }

// Departments returns the corp's departments by id, as last seen.
func Departments(ctx context.Context, l Ledger, corp id.Corp) (map[string]DepartmentDocument, error) {
	return documents[DepartmentDocument](ctx, l, departmentSet(corp))
}

// ContactWays returns the corp's codes by config id, as last seen.
func ContactWays(ctx context.Context, l Ledger, corp id.Corp) (map[string]ContactWayDocument, error) {
	return documents[ContactWayDocument](ctx, l, waySet(corp))
}

func documents[T any](ctx context.Context, l Ledger, set string) (map[string]T, error) {
	rows, err := l.Told(ctx, set)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", set, err)
	}
	all := make(map[string]T, len(rows))
	for name, text := range rows {
		var document T
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, fmt.Errorf("read %s: %w", set, err)
		}
		all[name] = document
	}
	return all, nil
}

// Departments replaces what is kept of the corp's departments.
func (b *Batch) Departments(ctx context.Context, list []wecom.Department) error {
	set := departmentSet(b.Corp)
	if err := b.load(ctx, set); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, d := range list {
		name := strconv.FormatInt(d.ID, 10)
		seen[name] = true
		if err := b.remember(set, name, DepartmentDocument{Name: d.Name, Parent: d.Parent, Order: int64(d.Order), Leaders: d.Leaders}); err != nil {
			return err
		}
	}
	return b.forgetOthers(set, seen)
}

// ContactWays replaces what is kept of the corp's codes.
func (b *Batch) ContactWays(ctx context.Context, ways []wecom.ContactWay) error {
	set := waySet(b.Corp)
	if err := b.load(ctx, set); err != nil {
		return err
	}
	seen := map[string]bool{}
	for _, w := range ways {
		var known ContactWayDocument
		if _, err := b.row(ctx, set, w.ID, &known); err != nil {
			return err
		}
		seen[w.ID] = true
		err := b.remember(set, w.ID, ContactWayDocument{Remark: w.Remark, State: w.State, UserIDs: w.Users, QRCode: w.QRCode, Own: known.Own})
		if err != nil {
			return err
		}
	}
	return b.forgetOthers(set, seen)
}

func (b *Batch) forgetOthers(set string, seen map[string]bool) error {
	for _, name := range b.names(set) {
		if !seen[name] {
			if err := b.remember(set, name, nil); err != nil {
				return err
			}
		}
	}
	return nil
}
