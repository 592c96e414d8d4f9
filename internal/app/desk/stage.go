package desk

import (
	"cmp"
	"context"
	"slices"

	"siyu/internal/app/brand"
	"siyu/internal/catalog"
	"siyu/internal/id"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/org"
	"siyu/internal/web"
)

var _ web.Stages = (*Desk)(nil)

// Stages implements web.Stages.
func (d *Desk) Stages(ctx context.Context, scope org.Scope) (v web.StagesView, err error) {
	if scope.Staff != 0 {
		return v, notFound("page for one member")
	}
	doc := d.Brand.Documents()
	v.Version, v.Mature = doc.Versions[brand.StagesDoc], doc.Stages.MatureFrom()
	learned := lifecycle.NewLearner().Learned(doc.Catalog) // the priors
	if m := d.Learned(); m != nil {
		v.LearnedAt, learned = m.LearnedAt, m.Stages
	}
	v.Cuts = cutsOf(&learned, &doc.Stages, &doc.Catalog)
	var worth web.WorthView
	if err := d.sums(ctx, scope, web.WorthQuery{}, &worth); err != nil || worth.Sums == nil {
		return v, err
	}
	v.AsOf, v.Stages = worth.Sums.AsOf, worth.Sums.Stages
	names := map[string]string{}
	for _, store := range d.Brand.Org().Stores {
		names[id.Text(store.ID)] = store.Name
	}
	for _, s := range worth.Sums.StoreStages {
		v.Stores = append(v.Stores, web.StoreStages{Name: names[s.Key], Customers: s.Customers})
	}
	slices.SortStableFunc(v.Stores, func(a, b web.StoreStages) int { return cmp.Compare(sum(b.Customers), sum(a.Customers)) })
	return v, nil
}

func sum(counts []int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// cutsOf returns the cut points in force of the brand and of its product lines.
func cutsOf(learned *lifecycle.Cuts, set *lifecycle.Settings, known *catalog.Catalog) []web.CutView {
	rule := lifecycle.Rule{Learned: learned, Set: set}
	view := func(code, name string, line id.Line) web.CutView {
		v := web.CutView{Name: name}
		v.Point, v.From = rule.Of(line)
		v.Code = code
		if c := learned.Of(line); c.Line == line {
			v.Learned = *c
		}
		return v
	}
	cuts := []web.CutView{view("", "", 0)}
	for _, line := range known.Lines {
		cuts = append(cuts, view(line.Code, line.Name, line.ID))
	}
	return cuts
}

// SetStage implements web.Stages.
func (d *Desk) SetStage(ctx context.Context, by web.Asker, f web.StageForm) error {
	e := edit{document: brand.StagesDoc, version: f.Version, did: "stage.set"}
	if f.Own {
		e.did = "stage.own"
	}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		if err := f.Flaws().Err(); err != nil {
			return nil, "", err
		}
		if f.Code != "" && lineAt(doc.Catalog, f.Code) < 0 {
			return nil, "", notFound("product line")
		}
		s := doc.Stages
		s.Points = slices.DeleteFunc(slices.Clone(s.Points), func(p lifecycle.Point) bool { return p.Code == f.Code })
		if !f.Own {
			s.Points = append(s.Points, lifecycle.Point{Code: f.Code, Declining: f.Declining, Lost: f.Lost})
		}
		return s, f.Code, nil
	})
}

// SetMature implements web.Stages.
func (d *Desk) SetMature(ctx context.Context, by web.Asker, f web.MatureForm) error {
	e := edit{document: brand.StagesDoc, version: f.Version, did: "stage.mature"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		if err := f.Flaws().Err(); err != nil {
			return nil, "", err
		}
		s := doc.Stages
		s.Mature = f.Orders
		return s, "", nil
	})
}
