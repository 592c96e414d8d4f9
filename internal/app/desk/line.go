package desk

import (
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

var _ web.Lines = (*Desk)(nil)

// ProductLines implements web.Lines.
func (d *Desk) ProductLines(_ context.Context, scope org.Scope) (web.LinesView, error) {
	if err := headquarters(scope); err != nil {
		return web.LinesView{}, err
	}
	doc := d.Brand.Documents()
	v := web.LinesView{Version: doc.Versions[brand.CatalogDoc]}
	for _, l := range doc.Catalog.Lines {
		v.Lines = append(v.Lines, web.ProductLine{
			Code: l.Code, Name: l.Name, CycleDays: l.CycleDays, MarginRate: l.MarginRate,
			Words: l.Words, Products: len(l.SKUs), Texts: textsAbout(doc.Library, l.Code),
		})
	}
	return v, nil
}

func textsAbout(library content.Library, line string) int {
	n := 0
	for _, m := range library.Materials {
		if m.Line == line {
			n++
		}
	}
	return n
}

// SetLine implements web.Lines.
func (d *Desk) SetLine(ctx context.Context, by web.Asker, f web.LineForm) error {
	e := edit{document: brand.CatalogDoc, version: f.Version, did: "line.set"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		lines := catalog.Catalog{Lines: slices.Clone(doc.Catalog.Lines)}
		at := lineAt(lines, f.Code)
		flaws := web.LineFlaws(f)
		if f.New && at >= 0 {
			flaws.Add("code", "error.line_taken")
		}
		for i, l := range lines.Lines {
			if i != at && slices.ContainsFunc(f.Words, func(word string) bool { return slices.Contains(l.Words, word) }) {
				flaws.Add("words", "error.line_words")
			}
		}
		line := catalog.Line{Code: f.Code, Name: f.Name, CycleDays: f.CycleDays, MarginRate: f.MarginRate, Words: f.Words}
		switch {
		case len(flaws) > 0:
			return nil, "", flaws.Err()
		case f.New:
			lines.Lines = append(lines.Lines, line)
		case at < 0:
			return nil, "", notFound("product line")
		default:
			line.SKUs = lines.Lines[at].SKUs
			lines.Lines[at] = line
		}
		return lines, f.Code, nil
	})
}

// DropLine implements web.Lines.
func (d *Desk) DropLine(ctx context.Context, by web.Asker, entry web.Entry) error {
	e := edit{document: brand.CatalogDoc, version: entry.Version, did: "line.dropped"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		at := lineAt(doc.Catalog, entry.Key)
		if at < 0 {
			return nil, "", notFound("product line")
		}
		if n := textsAbout(doc.Library, entry.Key); n > 0 {
			return nil, "", fault.WithKey(fault.Conflict, "error.line_used", fmt.Errorf("%d texts are about product line %s", n, entry.Key))
		}
		return catalog.Catalog{Lines: slices.Delete(slices.Clone(doc.Catalog.Lines), at, at+1)}, entry.Key, nil
	})
}
