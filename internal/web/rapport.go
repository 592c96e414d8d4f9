package web

import (
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// rapportForm asks how a member finds a customer to be, by one tap; another takes
// it back.
type rapportForm struct {
	To     string // where the tap goes
	Beside bool   // a chat
	Now    event.Rapport
	Since  time.Time
}

// All returns what can be tapped.
func (rapportForm) All() []event.Rapport { return event.Rapports() }

// Felt returns the form beside a chat.
func (v sideView) Felt() rapportForm {
	return rapportForm{"/side/" + id.Text(v.ID) + "/rapport", true, v.Rapport, v.RapportAt}
}

// Felt returns the form of the customer's page.
func (p customerPage) Felt() rapportForm {
	return rapportForm{"/customers/" + id.Text(p.ID) + "/rapport", false, p.Rapport, p.RapportAt}
}

// Felt returns the form in a list of tasks.
func (c taskCard) Felt() rapportForm {
	return rapportForm{"/tasks/rapport/" + id.Text(c.Customer), false, c.Rapport, time.Time{}}
}

// judge keeps what was tapped of the customer whom the address names.
func (v *visit) judge() (id.Customer, error) {
	customer, err := v.customerID()
	if err != nil {
		return 0, err
	}
	rapport := event.Rapport(v.r.FormValue("rapport"))
	if !slices.Contains(event.Rapports(), rapport) {
		return 0, fault.New(fault.Invalid, "judge a customer: unknown rapport")
	}
	return customer, v.Records.Judge(v.r.Context(), v.asker(), customer, rapport)
}

func (v *visit) sideRapport() error {
	customer, err := v.judge()
	if err != nil {
		return err
	}
	return v.showSide(customer, v.lang.text("done.rapport"))
}

func (v *visit) customerRapport() error {
	customer, err := v.judge()
	if err != nil {
		return err
	}
	return v.backTo(customer, "rapport")
}

func (v *visit) taskRapport() error {
	if _, err := v.judge(); err != nil {
		return err
	}
	v.redirect("/tasks?done=rapport")
	return nil
}
