package audience

import (
	"math"
	"time"
)

// Span is values from one to another, both included.
type Span struct{ From, To int64 }

// Spans returns the values for which the condition holds on a business day,
// in ascending order and apart from each other; none where nothing can hold.
// It is for conditions of Number, Money, Share, Score, Date and Annual fields:
// all that the evaluators do with these is to compare with bounds.
func (ask *Condition) Spans(kind Kind, today int64) []Span {
	switch {
	case ask.Is == Never:
		return []Span{{0, 0}}
	case ask.Is == Known:
		return []Span{{1, math.MaxInt64}}
	case kind == Annual:
		return annual(ask.days(today))
	case kind == Date:
		s := ask.days(today)
		return apart(Span{max(s.From, 1), s.To})
	}
	return ask.amounts()
}

func apart(spans ...Span) []Span {
	kept := spans[:0]
	for _, s := range spans {
		if s.From <= s.To {
			kept = append(kept, s)
		}
	}
	return kept
}

func (ask *Condition) amounts() []Span {
	v := ask.Values[0].Number
	switch ask.Is {
	case Equal:
		return []Span{{v, v}}
	case IsNot:
		return []Span{{math.MinInt64, v - 1}, {v + 1, math.MaxInt64}}
	case Less:
		return []Span{{math.MinInt64, v - 1}}
	case AtMost:
		return []Span{{math.MinInt64, v}}
	case More:
		return []Span{{v + 1, math.MaxInt64}}
	case AtLeast:
		return []Span{{v, math.MaxInt64}}
	}
	return []Span{{v, ask.Values[1].Number}}
}

// days returns the first and the last business day for which the condition
// holds.
func (ask *Condition) days(today int64) Span {
	n := int64(0)
	if len(ask.Values) > 0 {
		n = ask.Values[0].Number
	}
	switch ask.Is {
	case Last:
		return Span{today - n + 1, today}
	case Ago:
		return Span{1, today - n}
	case Next:
		return Span{today, today + n - 1}
	case Since:
		return Span{n, math.MaxInt64}
	case Before:
		return Span{1, n - 1}
	case ThisWeek:
		monday := today - daysSinceMonday(today)
		return Span{monday, monday + 6}
	case ThisMonth:
		return monthOf(today)
	}
	return Span{n, ask.Values[1].Number}
}

// daysSinceMonday returns 0 for a Monday; the day of number 0 was a Thursday.
func daysSinceMonday(day int64) int64 { return (day + 3) % 7 }

func monthOf(day int64) Span {
	year, month, _ := dateOf(day).Date()
	first := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	return Span{dayOfDate(first), dayOfDate(first.AddDate(0, 1, 0)) - 1}
}

// Values of Annual fields: month*100 + day.
const (
	firstOfYear = 101
	endOfYear   = 1231
	leapDay     = 229
)

// annual returns the days of the year that fall on the days of a span. In a
// year without a 29 February who was born on one is taken for the day before.
func annual(days Span) []Span {
	if days.To-days.From+1 >= mostYear {
		return []Span{{firstOfYear, endOfYear}}
	}
	from, to := dayOfYear(days.From), dayOfYear(days.To)
	if to == leapDay-1 && dayOfYear(days.To+1) != leapDay {
		to = leapDay
	}
	if from <= to {
		return []Span{{from, to}}
	}
	return []Span{{firstOfYear, to}, {from, endOfYear}}
}

func dayOfYear(day int64) int64 {
	_, month, dom := dateOf(day).Date()
	return int64(month)*100 + int64(dom)
}
