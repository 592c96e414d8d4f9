package world

// Tally is what a time brought the brand and what it cost.
type Tally struct {
	Orders   int   // placed in the time
	Turnover int64 // of these orders, net of what came back of them whenever, fen
	Margin   int64 // of that, what is left after the cost of goods, fen
	Deleted  int   // relations that customers ended
	ByHand   int   // contacts by a member of staff that reached a person
	Mass     int   // mass messages that reached a person
	Sends    int   // mass messages that members confirmed, whomever they reached
}

// dayTally is what Tally counts of one day and orders do not tell.
type dayTally struct{ deleted, byHand, mass, sends int }

// Tally adds up the days from one business day, counted from the start of the year
// before Siyu, to before another.
func (w *World) Tally(from, until int) (t Tally) {
	for day := max(0, from); day < min(until, len(w.tallies)); day++ {
		d := w.tallies[day]
		t.Deleted, t.ByHand, t.Mass, t.Sends = t.Deleted+d.deleted, t.ByHand+d.byHand, t.Mass+d.mass, t.Sends+d.sends
	}
	begin, end := w.at(from, 0, 0), w.at(until, 0, 0)
	for i := range w.orders {
		if o := &w.orders[i]; !o.at.Before(begin) && o.at.Before(end) {
			t.add(o, w.cost(o))
		}
	}
	return t
}

// add counts an order. Of what came back partly as much goods came back.
func (t *Tally) add(o *order, cost int64) {
	t.Orders++
	net := o.paid() - o.refund
	t.Turnover += net
	if o.paid() > 0 {
		t.Margin += net - cost*net/o.paid()
	}
}

// cost returns what the goods of an order cost the brand, fen.
func (w *World) cost(o *order) (sum int64) {
	for _, it := range o.items[:o.count] {
		sum += w.brand.Products[it.product].Cost * int64(it.quantity)
	}
	return sum
}

// today returns the counts of the day that is lived.
func (w *World) today() *dayTally {
	for len(w.tallies) <= w.day {
		w.tallies = append(w.tallies, dayTally{})
	}
	return &w.tallies[w.day]
}

// counted notes that a contact reached a person.
func (w *World) counted(channel Channel) {
	switch channel {
	case OneToOne:
		w.today().byHand++
	case Mass:
		w.today().mass++
	}
}
