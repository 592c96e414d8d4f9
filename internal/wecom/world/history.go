package world

import (
	"context"
	"math"
)

// liveHistory lives the year before Siyu connects, so that on the morning of
// Start the wanted number of customers and relations is alive.
func (w *World) liveHistory(ctx context.Context) error {
	// Room for referrals is left; who is missing on the last evening comes in topUp.
	growth, most := growthCurve(), float64(w.config.Customers)*0.995-5
	for w.day = 0; w.day < HistoryDays; w.day++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		goal := int(growth[w.day] * most)
		if err := w.dawn(max(0, goal-w.alive)); err != nil {
			return err
		}
		for hour := range 24 {
			if err := w.pass(hour); err != nil {
				return err
			}
			if err := w.campaign(hour); err != nil {
				return err
			}
		}
		if err := w.bond(); err != nil {
			return err
		}
	}
	w.day--
	return w.topUp()
}

// pass lives one hour.
func (w *World) pass(hour int) error {
	if err := w.runErrands(w.at(w.day, hour, 0)); err != nil {
		return err
	}
	if err := w.liveHour(hour); err != nil {
		return err
	}
	return w.post(hour)
}

// growthCurve returns the share of all customers gained by the end of each
// day: more on weekends, much more on gift days.
func growthCurve() []float64 {
	curve := make([]float64, HistoryDays)
	sum := 0.0
	for d := range curve {
		weight := 1.0
		if d%7 >= 5 {
			weight = 1.4
		}
		if giftDay(d) {
			weight *= 5
		}
		sum += weight
		curve[d] = sum
	}
	for d := range curve {
		curve[d] /= sum
	}
	return curve
}

// bond lets people who have one member of staff meet another, until there
// are as many relations per customer as the configuration says.
func (w *World) bond() error {
	want := int(math.Round(w.config.RelationsPerCustomer*float64(w.alive))) - w.bonds
	for try := 0; want > 0 && try < mostTries*want+mostTries; try++ {
		i := w.chance.apart(bondPart+uint64(try)).below(len(w.people), w.day, drawStaff)
		before := w.bonds
		if err := w.second(i, w.at(w.day, closing-1, try%60)); err != nil {
			return err
		}
		want -= w.bonds - before
	}
	return nil
}

// mostTries is how many people are looked at for each relation wanted.
const mostTries = 20

// topUp replaces whom the last day lost.
func (w *World) topUp() error {
	for w.alive < w.config.Customers {
		if err := w.arrive(closing - 1); err != nil {
			return err
		}
	}
	w.hour = 23
	return w.bond()
}
