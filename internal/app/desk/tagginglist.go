package desk

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/sheet"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// listLine is a line of a list of customers as it says who is meant.
type listLine struct {
	line     int
	text     string
	by       web.ListColumn
	customer id.Customer // 0: not recognised
	flaw     string      // why not
}

// TagListed implements web.Tagging.
func (d *Desk) TagListed(ctx context.Context, by web.Asker, f web.TagListForm) (string, error) {
	if err := headquarters(by.Scope); err != nil {
		return "", err
	}
	lines, err := readList(f)
	if err != nil {
		return "", err
	}
	if err := d.recognise(ctx, lines); err != nil {
		return "", err
	}
	var flaws web.ListFlaws
	var customers []id.Customer
	for _, l := range lines {
		if l.flaw != "" {
			flaws = append(flaws, web.ListFlaw{Line: l.line, Value: sheet.Masked(l.text), Key: l.flaw})
		} else {
			customers = append(customers, l.customer)
		}
	}
	switch {
	case len(flaws) > 0 && !f.Skip:
		return "", fault.WithKey(fault.Invalid, "error.tag_list", flaws)
	case len(customers) == 0:
		return "", fault.WithKey(fault.Invalid, "error.tag_nobody", errors.New("nobody is recognised"))
	}
	return d.beginTagging(ctx, by, web.TaggingForm{Tag: f.Tag, Off: f.Off}, customers)
}

// readList reads who is meant, in the first column that says it.
func readList(f web.TagListForm) (lines []listLine, err error) {
	r, err := sheet.New(bytes.NewReader(f.File), int64(len(f.File)), sheet.Options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	column, kind := -1, web.ListColumn("")
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		if column < 0 {
			header := row.Cells()
			column = slices.IndexFunc(header, func(name string) bool { kind = f.Columns[sheet.FoldName(name)]; return kind != "" })
			if column < 0 {
				return nil, fault.WithKey(fault.Invalid, "error.tag_list_header", errors.New("no column says who is meant"))
			}
			continue
		}
		if len(lines) == web.MostTagged {
			return nil, fault.WithKey(fault.Invalid, "error.tag_too_many", errors.New("more lines than one work may tag"))
		}
		lines = append(lines, listLine{line: row.Line, text: row.Cell(column), by: kind})
	}
}

// recognise finds out whom lines mean.
func (d *Desk) recognise(ctx context.Context, lines []listLine) error {
	const together = 1000
	for some := range slices.Chunk(lines, together) {
		if err := d.recogniseSome(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) recogniseSome(ctx context.Context, lines []listLine) error {
	var claims []flow.Identity
	for i := range lines {
		l := &lines[i]
		switch l.by {
		case web.ListPhone:
			if digits, ok := vault.PhoneDigits(l.text); ok {
				claims = append(claims, flow.Identity{Kind: event.ByPhone, Key: d.Vault.PhoneHash(digits), Customer: id.Customer(i)})
			} else {
				l.flaw = "tag_list_flaw.phone"
			}
		case web.ListCustomer:
			if who, ok := id.Parse[id.Customer](l.text); ok {
				l.customer = who
			} else {
				l.flaw = "tag_list_flaw.customer"
			}
		default:
			for _, corp := range d.corps() {
				l.customer = id.CustomerOf(corp, l.text)
			}
		}
	}
	owners, err := d.DB.IdentityOwners(ctx, claims)
	if err != nil {
		return err
	}
	for _, c := range claims {
		lines[c.Customer].customer = owners[c.Text()]
	}
	return d.mustBeKnown(ctx, lines)
}

// mustBeKnown notes which lines mean nobody.
func (d *Desk) mustBeKnown(ctx context.Context, lines []listLine) error {
	ids := make([]id.Customer, len(lines))
	for i := range lines {
		ids[i] = lines[i].customer
	}
	states, err := d.DB.LoadCustomers(ctx, ids)
	if err != nil {
		return err
	}
	for i := range lines {
		if lines[i].flaw == "" && (lines[i].customer == 0 || states[i].FirstSeen == 0) {
			lines[i].flaw = "tag_list_flaw.unknown"
		}
	}
	return nil
}
