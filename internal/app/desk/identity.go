package desk

import (
	"context"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// addIdentity shows by what the customer is recognised and who was merged.
func (d *Desk) addIdentity(ctx context.Context, c *profile.Customer, v *web.CustomerView) error {
	aliases, err := d.DB.AliasesOf(ctx, []id.Customer{c.ID})
	if err != nil {
		return err
	}
	subjects := make([]event.Subject, 0, len(aliases[c.ID]))
	for _, one := range aliases[c.ID] {
		subjects = append(subjects, event.Customer(one))
	}
	entries, err := d.Vault.Of(ctx, subjects, []vault.Field{vault.Phone, vault.UserID})
	if err != nil {
		return err
	}
	for _, e := range entries {
		known := web.Identity{Kind: event.ByPhone, Mask: mask(e.Text)}
		if e.Field == vault.UserID {
			known.Kind, known.Corp = event.ByExternalUserID, id.Corp(e.Part)
		}
		v.Identity = append(v.Identity, known)
	}
	facts, err := d.DB.FactsAbout(ctx, subjects, 0, 5000)
	if err != nil {
		return err
	}
	for _, f := range facts {
		if err := d.addMerge(ctx, f, v); err != nil {
			return err
		}
	}
	return nil
}

func (d *Desk) addMerge(ctx context.Context, f event.Fact, v *web.CustomerView) error {
	from := id.Customer(f.Subject.ID)
	switch f.Kind {
	case event.KindCustomerMerged:
		body, err := event.Read[event.CustomerMerged](f)
		if err != nil {
			return err
		}
		names, err := d.customerNames(ctx, []id.Customer{from})
		if err != nil {
			return err
		}
		if from != v.ID {
			v.Merged = append(v.Merged, web.Merged{From: from, Name: names[from], Evidence: body.Identity, At: f.At})
		}
	case event.KindCustomerUnmerged:
		for i, m := range v.Merged {
			if m.From == from {
				v.Merged = append(v.Merged[:i], v.Merged[i+1:]...)
				break
			}
		}
	}
	return nil
}

// mask keeps what tells two identities apart and hides the rest.
func mask(text string) string {
	r := []rune(text)
	if len(r) <= 4 {
		return "****"
	}
	head := min(3, len(r)/3)
	return string(r[:head]) + "****" + string(r[len(r)-4:])
}
