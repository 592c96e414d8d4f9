package demo

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"siyu/internal/app/brand"
	"siyu/internal/catalog"
	"siyu/internal/connector/intake"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/wecom/world"
)

//go:embed library.json
var library []byte

// by is the account under which the demo sets things.
const by = "demo"

// enterBrand enters what a lead enters on the first day: the brand, its
// product lines and its texts.
func (d *Demo) enterBrand(ctx context.Context) error {
	b := d.world.Brand()
	general := d.App.Brand().Documents().General
	general.Name, general.Approval = b.Name, false
	general.Salt = "demo " + strconv.FormatUint(d.config.Seed, 10) // the same seed holds out the same people
	if err := d.App.Brand().Set(ctx, brand.GeneralDoc, general, by); err != nil {
		return fmt.Errorf("enter the brand: %w", err)
	}
	if d.config.Capacity > 0 {
		rules := d.App.Brand().Documents().Rules
		rules.Capacity = d.config.Capacity
		if err := d.App.Brand().Set(ctx, brand.RulesDoc, rules, by); err != nil {
			return fmt.Errorf("enter how many hands there are: %w", err)
		}
	}
	if err := d.App.Brand().Set(ctx, brand.CatalogDoc, catalogOf(b), by); err != nil {
		return fmt.Errorf("enter the product lines: %w", err)
	}
	texts := content.Library{}
	if err := json.Unmarshal(library, &texts.Materials); err != nil {
		return fmt.Errorf("read the demo's texts: %w", err)
	}
	if err := d.App.Brand().Set(ctx, brand.LibraryDoc, texts, by); err != nil {
		return fmt.Errorf("enter the texts: %w", err)
	}
	// The demo's people were told in the welcome.
	if err := d.App.Brand().Set(ctx, brand.ReadingDoc, brand.Reading{Whose: brand.OfNotRefused}, by); err != nil {
		return fmt.Errorf("turn on tracked reading: %w", err)
	}
	d.world.OnLink(d.openLink(context.WithoutCancel(ctx)))
	return d.App.Reopen(ctx)
}

// catalogOf takes lines with their cycles and margins from the price list.
func catalogOf(b world.Brand) catalog.Catalog {
	var c catalog.Catalog
	for i, l := range b.Lines {
		line := catalog.Line{Code: l.Code, Name: l.Name, CycleDays: int(l.CycleDays)}
		var price, margin int64
		for _, p := range b.Products {
			if p.Line == i {
				line.Words = append(line.Words, p.Name)
				line.SKUs = append(line.SKUs, p.SKU)
				price, margin = price+p.Price, margin+p.Margin()
			}
		}
		if price > 0 {
			line.MarginRate = float64(margin) / float64(price)
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// enterStores enters the stores once the departments are known.
func (d *Demo) enterStores(ctx context.Context) error {
	departments, err := intake.Departments(ctx, d.App.DB(), d.corp)
	if err != nil {
		return err
	}
	numbers := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(departments)) {
		n, err := strconv.Atoi(key)
		if err != nil {
			return fmt.Errorf("department %q: %w", key, err)
		}
		numbers[departments[key].Name] = n
	}
	var stores []brand.StoreDoc
	for _, s := range d.world.Brand().Stores {
		kind := org.Direct
		if s.Franchise {
			kind = org.Franchise
		}
		stores = append(stores, brand.StoreDoc{Name: s.Name, Kind: kind, Department: numbers[s.Name]})
	}
	if err := d.App.Brand().Set(ctx, brand.StoresDoc, stores, by); err != nil {
		return fmt.Errorf("enter the stores: %w", err)
	}
	return nil
}

// enterGroups says what kind each group is, as an operator would.
func (d *Demo) enterGroups(ctx context.Context) error {
	kinds := map[string]string{}
	for _, g := range d.world.Brand().Groups {
		kinds[g.Name] = string(g.Kind)
	}
	groups, err := d.App.DB().Groups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if kind := kinds[g.Name]; kind != "" {
			if err := d.App.DB().SetGroupKind(ctx, g.ID, kind); err != nil {
				return err
			}
		}
	}
	return nil
}

// kindOf says as what a demo person reads a purpose.
func kindOf(p event.Purpose) world.Kind {
	switch p {
	case event.Serve:
		return world.Serve
	case event.Ask:
		return world.Ask
	case event.Promote:
		return world.Promo
	default:
		return world.Remind
	}
}
