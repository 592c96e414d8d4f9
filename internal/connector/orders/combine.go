package orders

import (
	"siyu/internal/id"
	"siyu/internal/sheet"
)

// window is how many rows may lie between two lines of one order for them to be
// put together in memory. Exports sort by order or by time, so lines of one
// order stand within a few rows; farther ones are joined through the orders
// already recorded.
const window = 5000

// combiner puts the rows of an order together. What it gives, and in which
// order, depends on the rows alone, so an interrupted import can be repeated up
// to the point it had reached.
type combiner struct {
	open   map[id.Order]*Order
	recent []touch // rows in the window, oldest first
	first  int     // of recent still in the window
	row    int
}

type touch struct {
	row   int
	order id.Order
}

func newCombiner() *combiner { return &combiner{open: map[id.Order]*Order{}} }

// add takes the next row and hands orders that have left the window to give.
func (c *combiner) add(row Order, problem *rejection, give func(step)) {
	c.row++
	if problem != nil {
		give(step{rejection: problem})
	}
	if row.ID != 0 {
		c.join(row, give)
	}
	for c.first < len(c.recent) && c.recent[c.first].row <= c.row-window {
		c.leave(c.recent[c.first], give)
		c.first++
	}
	if c.first > window { // move the rest to the front now and then
		c.recent = append(c.recent[:0], c.recent[c.first:]...)
		c.first = 0
	}
}

func (c *combiner) join(row Order, give func(step)) {
	known := c.open[row.ID]
	if known == nil {
		known = &row
		c.open[row.ID] = known
	} else if !known.merge(row) {
		give(step{rejection: &sheet.Problem{Line: row.lines[0], Expected: "at most 500 items in one order"}})
		known.spoiled = row.lines[0]
	}
	known.lastRow = c.row
	c.recent = append(c.recent, touch{row: c.row, order: row.ID})
}

func (c *combiner) leave(t touch, give func(step)) {
	if o := c.open[t.order]; o != nil && o.lastRow == t.row {
		delete(c.open, t.order)
		give(step{order: o})
	}
}

// finish hands over the orders still open.
func (c *combiner) finish(give func(step)) {
	for _, t := range c.recent[c.first:] {
		c.leave(t, give)
	}
}

// step is one thing the file gives: an order or a row that cannot be read.
type step struct {
	order     *Order
	rejection *rejection
}
