package customers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/vault"
)

// namePart is under which part of a customer's remarks the name stands that
// shops have: WeCom's own name stays the first.
const namePart = "members"

// work is one batch being turned into facts.
type work struct {
	run *run
	acquaintances
	result Result
	facts  []event.Fact
	names  []vault.Entry
}

func (w *work) take(m *member) error {
	customer, matched := w.owner(m.phone)
	if matched {
		w.result.CustomersMatched++
	} else {
		w.result.CustomersNew++
	}
	if !matched && !w.run.brought.Has(m.phone) { // else a line above has named the phone
		if err := w.meet(customer, m.phone, m.joined); err != nil {
			return err
		}
	}
	told, err := w.describe(customer, m)
	if err != nil {
		return err
	}
	if m.referrer != nil {
		referred, err := w.refer(customer, m)
		if err != nil {
			return err
		}
		told = told || referred
	}
	if m.name != "" && w.acquaintances.names[customer] != m.name {
		told = true
		w.names = append(w.names, vault.Entry{Subject: event.Customer(customer), Field: vault.Remark, Part: namePart, Text: m.name})
	}
	if told || !matched {
		w.result.Described++
	} else {
		w.result.Duplicates++
	}
	return nil
}

// owner returns whose phone it is; matched tells that the customer was known
// before this import.
func (w *work) owner(phone []byte) (customer id.Customer, matched bool) {
	if owner, known := w.owners[string(phone)]; known {
		return owner, !w.run.brought.Has(phone)
	}
	return id.BuyerOf(phone), false
}

func (w *work) meet(customer id.Customer, phone []byte, at time.Time) error {
	if at.IsZero() {
		at = w.run.at.Started
	}
	fact, err := export.Met(customer, at, event.FromMembers, phone)
	w.facts = append(w.facts, fact)
	return err
}

// describe tells what the line says and nobody has said before.
func (w *work) describe(customer id.Customer, m *member) (told bool, err error) {
	known := w.known[customer]
	news := newsOf(m.said, known.Said)
	text, err := json.Marshal(news)
	if err != nil {
		return false, fmt.Errorf("write a description: %w", err)
	}
	if string(text) == "{}" {
		return false, nil
	}
	// The same said again after something else was said is told again.
	key := id.Hash("members", string(news.Kind()), id.Text(customer), strconv.FormatInt(int64(event.At(known.At)), 10), string(text))
	return true, w.tell(customer, key, news)
}

func (w *work) tell(customer id.Customer, key [32]byte, body event.Body) error {
	fact, err := event.New(event.Customer(customer), w.run.at.Started, event.FromMembers, key, body)
	w.facts = append(w.facts, fact)
	return err
}

// newsOf returns what is said and not known.
func newsOf(said, known event.CustomerDescribed) event.CustomerDescribed {
	if said.BirthMonth == known.BirthMonth && said.BirthDay == known.BirthDay {
		said.BirthMonth, said.BirthDay = 0, 0
	}
	for _, word := range []struct {
		said  *string
		known string
	}{{&said.City, known.City}, {&said.Level, known.Level}, {&said.Campaign, known.Campaign}} {
		if *word.said == word.known {
			*word.said = ""
		}
	}
	if slices.Equal(said.Tags, known.Tags) {
		said.Tags = nil
	}
	return said
}

// refer tells who brought the customer, unless that is known.
func (w *work) refer(customer id.Customer, m *member) (told bool, err error) {
	by, known := w.owners[string(m.referrer)]
	if !known {
		by = id.BuyerOf(m.referrer)
	}
	was := w.known[customer]
	switch {
	case by == customer:
		w.result.Notes["the own phone as that of the referrer"]++
		return false, nil
	case was.By == by:
		return false, nil
	case was.By != 0:
		w.result.Notes["another referrer is known already"]++
		return false, nil
	}
	if !known && w.run.brought.Add(m.referrer) {
		w.result.ReferrersNew++
		if err := w.meet(by, m.referrer, time.Time{}); err != nil {
			return false, err
		}
	}
	since := m.joined
	if since.IsZero() {
		since = was.Since
	}
	if since.IsZero() {
		since = w.run.at.Started
	}
	w.result.Referred++
	key := id.Hash("members", string(event.KindCustomerReferred), id.Text(customer), id.Text(by))
	return true, w.tell(customer, key, event.CustomerReferred{By: by, Since: event.At(since)})
}
