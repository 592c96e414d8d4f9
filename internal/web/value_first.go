package web

import (
	"strconv"
	"time"

	"siyu/internal/insight"
	"siyu/internal/sheet"
)

// FirstOrdersView is what is known of contacts who had not bought yet when they
// became known: how many ever buy, and what one more of them is worth.
type FirstOrdersView struct {
	LearnedAt time.Time // zero: nothing learned yet, the stated prior speaks
	Contacts  int       // learned from
	Events    int       // first orders of them
	Weeks     float64   // ahead that Chance and Worth are told for
	Ways      []FirstGroup
	Quarters  []FirstGroup // of first contact, latest first
}

// FirstGroup is the contacts of one way, or of one quarter of first contact.
type FirstGroup struct {
	Way       int // of Ways
	Year      int // of Quarters
	Quarter   int // of Quarters, 1 to 4
	Customers int // learned from
	Events    int // first orders of them
	// Never is the share who never buy, Chance the chance of one who has just
	// become known to buy within Weeks, Worth the turnover expected of that one, in
	// fen. Intervals hold what is not known of the group, not how single customers
	// differ. They are not measurable of too few contacts.
	Never, Chance, Worth insight.Estimate
	Prior                float64 // share that is still the brand's, 0..1
}

// Known tells whether anything was learned.
func (f FirstOrdersView) Known() bool { return f.Events > 0 }

// quarter names a quarter of first contact.
func (l *locale) quarter(g FirstGroup) string {
	return l.text("first.quarter_of", "Year", strconv.Itoa(g.Year), "Quarter", strconv.Itoa(g.Quarter))
}

// valueFirstFile is the first orders by way and by quarter.
func (v *visit) valueFirstFile() error {
	found, err := v.Value.FirstOrders(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("first.group"), v.lang.text("first.customers"), v.lang.text("first.events"),
		v.lang.text("first.chance"), v.lang.text("first.low"), v.lang.text("first.high"), v.lang.text("first.never"), v.lang.text("first.low"), v.lang.text("first.high"),
		v.lang.text("first.worth_yuan"), v.lang.text("first.low"), v.lang.text("first.high"), v.lang.text("first.prior")}}
	for _, g := range found.Ways {
		t.rows = append(t.rows, firstCells(v.lang.word("add_way", g.Way), g))
	}
	for _, g := range found.Quarters {
		t.rows = append(t.rows, firstCells(v.lang.quarter(g), g))
	}
	return v.tableFile("first-orders.csv", t)
}

func firstCells(label string, g FirstGroup) []sheet.Cell {
	cells := []sheet.Cell{sheet.Text(label), whole(g.Customers), whole(g.Events)}
	for _, e := range []insight.Estimate{g.Chance, g.Never, g.Worth} {
		for _, value := range []float64{e.Value, e.Low, e.High} {
			switch {
			case e.Evidence == insight.NotMeasurable:
				cells = append(cells, sheet.Text(""))
			case e.Unit == insight.Fen:
				cells = append(cells, inYuan(value))
			default:
				cells = append(cells, decimal(value))
			}
		}
	}
	return append(cells, decimal(g.Prior))
}
