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
			Code: l.Code, Name: l.Name, CycleDays: l.CycleDays, MarginRate: l.MarginRate, CostRate: l.CostRate,
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
		lines := doc.Catalog.Lines
		at := lineAt(doc.Catalog, f.Code)
		flaws := web.LineFlaws(f)
		if f.New && at >= 0 {
			flaws.Add("code", "error.line_taken")
		}
		for i, l := range lines {
			if i != at && slices.ContainsFunc(f.Words, func(word string) bool { return slices.Contains(l.Words, word) }) {
				flaws.Add("words", "error.line_words")
			}
		}
		line := catalog.Line{Code: f.Code, Name: f.Name, CycleDays: f.CycleDays, MarginRate: f.MarginRate, CostRate: f.CostRate, Words: f.Words}
		if at >= 0 {
			line.SKUs = lines[at].SKUs
		}
		lines, err := placed(lines, at, line, f.New, flaws)
		return catalog.Catalog{Lines: lines}, f.Code, err
	})
}

// DropLine implements web.Lines.
func (d *Desk) DropLine(ctx context.Context, by web.Asker, entry web.Entry) error {
	e := edit{document: brand.CatalogDoc, version: entry.Version, did: "line.dropped"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		if n := textsAbout(doc.Library, entry.Key); n > 0 {
			return nil, "", fault.WithKey(fault.Conflict, "error.line_used", fmt.Errorf("%d texts are about product line %s", n, entry.Key))
		}
		lines, err := without(doc.Catalog.Lines, lineAt(doc.Catalog, entry.Key))
		return catalog.Catalog{Lines: lines}, entry.Key, err
	})
}
