package desk

import (
	"siyu/internal/insight/ltv"
	"siyu/internal/web"
)

func calendarOf(c ltv.CalendarChoice) web.CalendarView {
	return web.CalendarView{Used: c.Used, Origins: c.Origins, RPS: c.RPS, PlainRPS: c.Plain, Miss: c.Miss, PlainMiss: c.PlainMiss,
		Seen: c.Seen, Against: c.Against()}
}

// seasonOf tells what festivals do; it is empty for backtests that did not look.
func seasonOf(s *ltv.Season) web.SeasonView {
	v := web.SeasonView{Days: s.Days, Seen: s.Seen(), Miss: s.Miss, Plain: s.Plain, Predicted: s.Predicted, Without: s.Without}
	for _, e := range s.Effects {
		v.Effects = append(v.Effects, web.EffectView{Festival: string(e.Festival), Factor: e.Factor, Low: e.Low, High: e.High, Prior: e.Prior, Times: e.Times})
	}
	return v
}
