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
		if f.New && m.Code == "" {
			m.Code = library.FreeCode(m.Purpose, m.Line)
		}
		at := textAt(library, m.Code)
		if !f.New && at >= 0 {
			m.Files = library.Materials[at].Files // they are put to a text by themselves
		}
		flaws := web.TextFlaws(m)
		if m.Kind == content.Survey && !d.Bookshelf.Reachable() {
			flaws.Add("kind", "error.text_survey_address")
		}
		if f.New && at >= 0 {
			flaws.Add("code", "error.text_taken")
		}
		if m.Line != "" && lineAt(doc.Catalog, m.Line) < 0 {
			flaws.Add("line", "error.text_line")
		}
		var err error
		if library.Materials, err = placed(library.Materials, at, m, f.New, flaws); err != nil || m.Kind != content.Survey {
			return library, m.Code, err
		}
		survey, _ := content.PieceOf(m)
		return library, m.Code, d.Bookshelf.Keep(ctx, survey) // before any message asks it
	})
}

// DropText implements web.Texts.
func (d *Desk) DropText(ctx context.Context, by web.Asker, entry web.Entry) error {
	e := edit{document: brand.LibraryDoc, version: entry.Version, did: "text.dropped"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		library := doc.Library
		var err error
		library.Materials, err = without(library.Materials, textAt(library, entry.Key))
		return library, entry.Key, err
	})
}

func textAt(library content.Library, code string) int {
	return slices.IndexFunc(library.Materials, func(m content.Material) bool { return m.Code == code })
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

// placed returns a copy of the list with the entry of a form: behind the
// others if it is fresh, else instead of the one at a place, -1 for none.
func placed[T any](list []T, at int, entry T, fresh bool, flaws web.Flaws) ([]T, error) {
	list = slices.Clone(list)
	switch {
	case len(flaws) > 0:
		return nil, flaws.Err()
	case fresh:
		return append(list, entry), nil
	case at < 0:
		return nil, notFound("entry")
	}
	list[at] = entry
	return list, nil
}

// without returns a copy of the list that lacks the entry.
func without[T any](list []T, at int) ([]T, error) {
	if at < 0 {
		return nil, notFound("entry")
	}
	return slices.Delete(slices.Clone(list), at, at+1), nil
}

func headquarters(scope org.Scope) error {
	if scope.Everything {
		return nil
	}
	return fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("what the brand says and sells is headquarters'"))
}
