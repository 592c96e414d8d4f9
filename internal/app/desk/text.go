package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"siyu/internal/app/brand"
	"siyu/internal/catalog"
	"siyu/internal/content"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Texts = (*Desk)(nil)

// Texts implements web.Texts.
func (d *Desk) Texts(_ context.Context, scope org.Scope) (web.TextsView, error) {
	if err := headquarters(scope); err != nil {
		return web.TextsView{}, err
	}
	doc := d.Brand.Documents()
	v := web.TextsView{Version: doc.Versions[brand.LibraryDoc]}
	for _, m := range doc.Library.Materials {
		v.Texts = append(v.Texts, web.Text(m))
	}
	slices.SortFunc(v.Texts, func(a, b web.Text) int { return cmp.Compare(a.Code, b.Code) })
	for _, l := range doc.Catalog.Lines {
		v.Lines = append(v.Lines, web.LineName{Code: l.Code, Name: cmp.Or(l.Name, l.Code)})
	}
	return v, nil
}

// SetText implements web.Texts.
func (d *Desk) SetText(ctx context.Context, by web.Asker, f web.TextForm) error {
	e := edit{document: brand.LibraryDoc, version: f.Version, did: "text.set"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		library, m := doc.Library, content.Material(f.Text)
		library.Materials = slices.Clone(library.Materials)
		if f.New && m.Code == "" {
			m.Code = library.FreeCode(m.Purpose, m.Line)
		}
		at := slices.IndexFunc(library.Materials, func(other content.Material) bool { return other.Code == m.Code })
		flaws := web.TextFlaws(m)
		if f.New && at >= 0 {
			flaws.Add("code", "error.text_taken")
		}
		if m.Line != "" && lineAt(doc.Catalog, m.Line) < 0 {
			flaws.Add("line", "error.text_line")
		}
		switch {
		case len(flaws) > 0:
			return nil, "", flaws.Err()
		case f.New:
			library.Materials = append(library.Materials, m)
		case at < 0:
			return nil, "", notFound("text")
		default:
			library.Materials[at] = m
		}
		return library, m.Code, nil
	})
}

// DropText implements web.Texts.
func (d *Desk) DropText(ctx context.Context, by web.Asker, entry web.Entry) error {
	e := edit{document: brand.LibraryDoc, version: entry.Version, did: "text.dropped"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		library := doc.Library
		library.Materials = slices.DeleteFunc(slices.Clone(library.Materials), func(m content.Material) bool { return m.Code == entry.Key })
		if len(library.Materials) == len(doc.Library.Materials) {
			return nil, "", notFound("text")
		}
		return library, entry.Key, nil
	})
}

func lineAt(c catalog.Catalog, code string) int {
	return slices.IndexFunc(c.Lines, func(l catalog.Line) bool { return l.Code == code })
}

// edit is a change of one document of the brand.
type edit struct {
	document string
	version  int    // that the person saw
	did      string // for the audit
}

// edit puts a changed document into force. The change gets the documents of
// now and returns the new one and what the audit says it was about.
func (d *Desk) edit(ctx context.Context, by web.Asker, e edit, change func(*brand.Documents) (document any, about string, err error)) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	d.editing.Lock() // or another change would be lost between reading and storing
	defer d.editing.Unlock()
	doc := d.Brand.Documents()
	if doc.Versions[e.document] != e.version {
		return fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s was changed since the page was shown", e.document))
	}
	document, about, err := change(doc)
	if err != nil {
		return err
	}
	if err := d.Brand.Set(ctx, e.document, document, by.Account); err != nil {
		return err
	}
	return d.audit(ctx, by, e.did, about)
}

func headquarters(scope org.Scope) error {
	if scope.Everything {
		return nil
	}
	return fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("what the brand says and sells is headquarters'"))
}
