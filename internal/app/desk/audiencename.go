package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/web"
)

func fen(n int64) money.Fen { return money.Fen(n) }

// thingNames is what things are called, as far as a scope may see them.
type thingNames struct {
	names map[audience.Thing]map[int64]thing
	found map[audience.Thing]map[string][]audience.Named
}

type thing struct{ text, name, where string }

func (n *thingNames) add(of audience.Thing, number int64, one thing) {
	if one.name == "" {
		return
	}
	if n.names[of] == nil {
		n.names[of], n.found[of] = map[int64]thing{}, map[string][]audience.Named{}
	}
	n.names[of][number] = one
	key := strings.ToLower(one.name)
	n.found[of][key] = append(n.found[of][key], audience.Named{Value: audience.Value{Number: number, Text: one.text}, Name: one.name, Where: one.where})
}

// NameOf implements audience.Names.
func (n *thingNames) NameOf(of audience.Thing, v audience.Value) string {
	return n.names[of][v.Number].name
}

// Find implements audience.Names.
func (n *thingNames) Find(of audience.Thing, name string) []audience.Named {
	return n.found[of][strings.ToLower(name)]
}

// AudienceNames returns what rules may name, of the whole brand.
func (d *Desk) AudienceNames(ctx context.Context) (audience.Names, error) {
	return d.audienceNames(ctx, org.All())
}

// audienceNames collects what rules may name.
func (d *Desk) audienceNames(ctx context.Context, scope org.Scope) (*thingNames, error) {
	n := &thingNames{names: map[audience.Thing]map[int64]thing{}, found: map[audience.Thing]map[string][]audience.Named{}}
	stores, err := d.Stores(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, s := range stores {
		n.add(audience.OfStore, int64(s.ID), thing{name: s.Name})
	}
	staff, err := d.Staff(ctx, scope)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		n.add(audience.OfStaff, int64(s.ID), thing{name: s.Name, where: d.Brand.StoreName(s.Store)})
	}
	lines, err := d.Lines(ctx)
	if err != nil {
		return nil, err
	}
	for line, name := range lines {
		n.add(audience.OfLine, int64(line), thing{name: name})
	}
	groups, err := d.DB.Groups(ctx)
	if err != nil {
		return nil, err
	}
	for i := range groups {
		if scope.Everything || d.covers(scope, groups[i].Owner) {
			n.add(audience.OfGroup, int64(groups[i].ID), thing{name: groups[i].Name})
		}
	}
	return n, d.addTagsAndAudiences(ctx, n)
}

func (d *Desk) addTagsAndAudiences(ctx context.Context, n *thingNames) error {
	groups, err := d.DB.TagGroups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Gone.IsZero() {
				n.add(audience.OfTag, int64(id.CodeOf(t.ID)), thing{text: t.ID, name: t.Name, where: g.Name})
			}
		}
	}
	list, err := d.DB.Audiences(ctx)
	for _, a := range list {
		n.add(audience.OfAudience, a.Number, thing{name: a.Name})
	}
	return err
}

// mostOccurring bounds how many values that occur are looked through for a
// suggestion.
const mostOccurring = 5_000

// Values implements web.Audiences. Things that nobody has are suggested last.
func (d *Desk) Values(ctx context.Context, scope org.Scope, q web.ValueQuery) ([]web.AudienceValue, error) {
	f, known := audience.FieldOf(q.Field)
	if !known || f.Kind != audience.Ref && f.Kind != audience.Refs {
		return nil, notFound("field of values")
	}
	ix, err := d.index()
	if err != nil {
		return nil, err
	}
	names, err := d.audienceNames(ctx, scope)
	if err != nil {
		return nil, err
	}
	words := map[id.Code]string{}
	if f.Of == audience.OfText {
		if words, err = d.DB.Words(ctx, f.Name); err != nil {
			return nil, err
		}
	}
	counts, err := d.valueCounts(ctx, ix, scope, f)
	if err != nil {
		return nil, err
	}
	for code, word := range words {
		if scope.Everything || counts[int64(code)] > 0 { // what other stores' customers have is theirs
			names.add(audience.OfText, int64(code), thing{text: word, name: word})
		}
	}
	return suggested(names.names[f.Of], counts, q), nil
}

// valueCounts returns how many customers of a scope have each value of a field.
func (d *Desk) valueCounts(ctx context.Context, ix *index.Index, scope org.Scope, f audience.Field) (map[int64]int, error) {
	counts := map[int64]int{}
	if f.Name != audience.AudienceField {
		crowd, err := ix.Evaluate(everybody, scope, ix.Position().Day)
		if err != nil {
			return nil, err
		}
		for _, s := range crowd.Split(f.Name, mostOccurring) {
			counts[s.Value] = s.Count
		}
		return counts, nil
	}
	list, err := d.DB.Audiences(ctx)
	for i := range list {
		crowd, err := d.crowdOf(ix, scope, &list[i])
		if err != nil {
			return nil, err
		}
		counts[list[i].Number] = crowd.Len()
	}
	return counts, err
}

// suggested returns the things whose names hold the text.
func suggested(things map[int64]thing, counts map[int64]int, q web.ValueQuery) []web.AudienceValue {
	var list []web.AudienceValue
	text := strings.ToLower(strings.TrimSpace(q.Text))
	for number, one := range things {
		if strings.Contains(strings.ToLower(one.name), text) {
			list = append(list, web.AudienceValue{Number: number, Text: one.text, Name: one.name, Count: counts[number]})
		}
	}
	slices.SortFunc(list, func(a, b web.AudienceValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Number, b.Number))
	})
	if q.Limit > 0 {
		list = list[:min(q.Limit, len(list))]
	}
	return list
}
