package survival

// Status is what was seen of things of one age: how much there is of it, and
// how much of that is over.
type Status struct {
	All, Over float64
}

// CurrentStatus returns which share is over by each age where nobody noted when
// it happened, only whether it had at one look: the likeliest rising curve, the
// weighted isotonic regression of the shares (Ayer, Brunk, Ewing, Reid and
// Silverman 1955, Ann. Math. Stat. 26), by pooling adjacent
// violators. block numbers, from 0, the pools that ages were put in. Ages of
// which nothing was seen get the share of the age before, 0 where none was.
func CurrentStatus(ages []Status) (share []float64, block []int) {
	type pool struct {
		Status
		ages int
	}
	var pools []pool
	for _, a := range ages {
		pools = append(pools, pool{a, 1})
		for n := len(pools); n > 1; n = len(pools) {
			last, before := pools[n-1], pools[n-2]
			if last.All > 0 && (before.All <= 0 || last.Over*before.All > before.Over*last.All) {
				break
			}
			pools = append(pools[:n-2], pool{Status{last.All + before.All, last.Over + before.Over}, last.ages + before.ages})
		}
	}
	for number, p := range pools {
		over := 0.0
		if p.All > 0 {
			over = p.Over / p.All
		}
		for range p.ages {
			share, block = append(share, over), append(block, number)
		}
	}
	return share, block
}
