package allocation

// check counts what a choice uses and which limits it breaks, from the choice
// alone.
type check struct {
	*rows
	used    []float64
	actions int
	broken  int // customers
}

func (c *check) add(b *Block, chosen []uint16) {
	for i := range b.Customers() {
		actions, last := 0, -1-c.Rest
		for d, number := range chosen[i*c.Days : (i+1)*c.Days] {
			if number == 0 {
				continue
			}
			k := int(b.begins[i]) + int(number) - 1
			if k >= int(b.begins[i+1]) || int(c.dayOf[b.slot[k]]) != d || d-last <= c.Rest {
				c.broken++
				continue
			}
			actions, last = actions+1, d
			c.used[c.hoursRow(b.staff[i], b.slot[k])] += b.hours[k]
			c.used[c.firstSlot+int(b.slot[k])]++
		}
		if actions > int(b.most[i]) {
			c.broken++
		}
		c.actions += actions
	}
}

func (c *check) violated() int {
	broken := c.broken
	for row, used := range c.used {
		if used > c.capacity[row]+c.slack(row) {
			broken++
		}
	}
	return broken
}
