package past

import (
	"siyu/internal/stats"
	"siyu/internal/stats/btyd"
)

// Summary returns the rhythm of buying by the view. ok is false for a
// customer who has not bought. Amounts are in fen and net of refunds; the mean
// leaves out the first order, as the spend model wants, while that is kept.
func (v View) Summary() (s btyd.Summary, ok bool) {
	p := v.Purchases()
	if p.Days == 0 {
		return s, false
	}
	first, last, until := DayOf(p.First), DayOf(p.Last), DayOf(v.Orders-1)
	s.Frequency = p.Days - 1
	if s.Frequency > 0 && last == first {
		s.Frequency = 0
	}
	s.Age = stats.WeeksOfDays(max(0, int(until-first)))
	if s.Frequency > 0 {
		s.Recency = stats.WeeksOfDays(int(last - first))
		s.Monetary = v.repeatSpend(first)
	}
	return s, true
}

func (v View) repeatSpend(first btyd.Day) float64 {
	sum, days, latest := 0.0, 0, first
	for _, o := range v.Bought() {
		d := DayOf(o.At)
		if o.Net() <= 0 || d == first {
			continue
		}
		if d != latest {
			days, latest = days+1, d
		}
		sum += float64(o.Net())
	}
	if days == 0 {
		return 0
	}
	return sum / float64(days)
}
