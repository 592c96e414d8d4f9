package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"siyu/internal/insight"
	"siyu/internal/money"
)

// none stands where there is no number or time.
const none = "—"

// count writes a whole number with separators: 12,345.
func (l *locale) count(n int) string {
	return separated(strconv.Itoa(n))
}

func separated(digits string) string {
	sign := ""
	if rest, ok := strings.CutPrefix(digits, "-"); ok {
		sign, digits = "−", rest
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// number writes a number with at most one decimal.
func (l *locale) number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return none
	}
	v = math.Round(v*10)/10 + 0 // no minus before zero
	whole, part, _ := strings.Cut(strconv.FormatFloat(v, 'f', 1, 64), ".")
	if part == "0" || part == "" {
		return separated(whole)
	}
	return separated(whole) + "." + part
}

// share writes a share with one decimal: 91.4%.
func (l *locale) share(v float64) string { return l.number(v*100) + "%" }

// percent writes a share without decimals: 31%.
func (l *locale) percent(v float64) string { return l.count(int(math.Round(v*100))) + "%" }

// small writes a number of which the second decimal matters: orders of one
// customer.
func small(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }

// thin writes a score, of which the third decimal tells models apart.
func thin(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

// rounded writes a number of things without decimals.
func (l *locale) rounded(v float64) string { return l.count(int(math.Round(v))) }

// digits writes a fitted number with four significant digits, large ones whole.
func digits(v float64) string {
	const whole = 1000
	if math.Abs(v) >= whole && math.Abs(v) < math.MaxInt32 {
		return separated(strconv.FormatFloat(v, 'f', 0, 64))
	}
	text := strconv.FormatFloat(v, 'g', 4, 64)
	if rest, ok := strings.CutPrefix(text, "-"); ok {
		return "−" + rest
	}
	return text
}

// signed writes a number on the eta scale with its sign: +0.58.
func (l *locale) signed(v float64) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', 2, 64)
	if s == "0.00" {
		return s
	}
	if v < 0 {
		return "−" + s
	}
	return "+" + s
}

// points writes a difference of shares in percentage points: +3.3.
func (l *locale) points(v float64) string {
	if v < 0 {
		return l.number(v * 100)
	}
	return "+" + l.number(v*100)
}

// moved writes how many came and went: +3 / −9.
func (l *locale) moved(in, out int) string {
	sign := func(sign string, n int) string {
		if n == 0 {
			return "0"
		}
		return sign + l.count(n)
	}
	return sign("+", in) + " / " + sign("−", out)
}

// yuan writes an exact amount: ¥12,345.60.
func (l *locale) yuan(f money.Fen) string {
	whole, part, _ := strings.Cut(f.Yuan(), ".")
	if rest, ok := strings.CutPrefix(whole, "-"); ok {
		return "−¥" + separated(rest) + "." + part
	}
	return "¥" + separated(whole) + "." + part
}

// estimated writes an amount in fen that is an estimate: no fen from 100 yuan
// on, because they would be invented precision.
func (l *locale) estimated(fen float64) string {
	const exactBelow = 100.0 // yuan
	yuan := math.Abs(fen) / 100
	sign := ""
	if fen < 0 {
		sign = "−"
	}
	if yuan < exactBelow {
		return sign + "¥" + l.number(yuan)
	}
	return sign + "¥" + l.count(int(math.Round(yuan)))
}

// estimate writes the value of an estimate in its unit.
func (l *locale) estimate(e insight.Estimate) string {
	if e.Evidence == insight.NotMeasurable || e.Unit == "" {
		return none
	}
	return l.inUnit(e.Value, e.Unit)
}

// interval writes the bounds of an estimate, its unit once: 24–39%, ¥210–1,250.
func (l *locale) interval(e insight.Estimate) string {
	if e.Evidence == insight.NotMeasurable || e.Unit == "" {
		return none
	}
	low, high := l.inUnit(e.Low, e.Unit), l.inUnit(e.High, e.Unit)
	if low == high {
		return low
	}
	if e.Low < 0 || e.Unit == insight.Eta || strings.ContainsAny(low+high, "<>") {
		return l.text("interval.span", "Low", low, "High", high)
	}
	return strings.TrimSuffix(low, "%") + "–" + strings.TrimPrefix(high, "¥")
}

// chance writes a probability; an estimate is never certain.
func (l *locale) chance(v float64) string {
	const nearly = 0.005 // what would be rounded to certainty
	switch {
	case v > 1-nearly:
		return l.text("percent.most")
	case v < nearly:
		return l.text("percent.least")
	}
	return l.percent(v)
}

// store writes a store's name; headquarters' own staff have none.
func (l *locale) store(name string) string {
	if name == "" {
		return l.text("store.none")
	}
	return name
}

// answerer writes who answers for a process: a role as the page calls it, else as it is
// written.
func (l *locale) answerer(owner string) string {
	for _, r := range roles() {
		if string(r) == owner {
			return l.word("role", r)
		}
	}
	return owner
}

func (l *locale) inUnit(v float64, unit insight.Unit) string {
	switch unit {
	case insight.Fen:
		return l.estimated(v)
	case insight.Probability:
		return l.chance(v)
	case insight.Eta:
		return l.signed(v)
	}
	return l.number(v)
}

// calendar writes times in the brand's zone, relative to now where that is
// how people speak.
type calendar struct {
	*locale
	zone *time.Location
	now  func() time.Time
}

// day writes a date: 2026-03-12.
func (c calendar) day(t time.Time) string {
	if t.IsZero() {
		return none
	}
	return t.In(c.zone).Format("2006-01-02")
}

// weekday writes a date as a headline does: 3月12日 星期四, Thursday 12 March.
func (c calendar) weekday(t time.Time) string {
	t = t.In(c.zone)
	if c.isChinese() {
		return c.text("time.headline", "Month", int(t.Month()), "Day", t.Day(), "Weekday", c.word("weekday", int(t.Weekday())))
	}
	return t.Format("Monday 2 January")
}

// clock writes a time of day on its day: 08:02, or with the date if it is not
// today.
func (c calendar) clock(t time.Time) string {
	if t.IsZero() {
		return none
	}
	if c.days(t) == 0 {
		return t.In(c.zone).Format("15:04")
	}
	return t.In(c.zone).Format("01-02 15:04")
}

// ago writes how long ago t was, or how long it is until then.
func (c calendar) ago(t time.Time) string {
	if t.IsZero() {
		return none
	}
	since := c.now().Sub(t)
	switch days := c.days(t); {
	case days > 0:
		return c.text("time.days_ago", "N", days)
	case days < 0:
		return c.text("time.in_days", "N", -days)
	case since >= time.Hour:
		return c.text("time.hours_ago", "N", int(since.Hours()))
	case since >= time.Minute:
		return c.text("time.minutes_ago", "N", int(since.Minutes()))
	case since <= -time.Hour:
		return c.text("time.in_hours", "N", int(-since.Hours()))
	case since <= -time.Minute:
		return c.text("time.in_minutes", "N", int(-since.Minutes()))
	}
	return c.text("time.now")
}

// days counts business days from t to now, negative for the future.
func (c calendar) days(t time.Time) int {
	return int(math.Round(c.midnight(c.now()).Sub(c.midnight(t)).Hours() / 24))
}

func (c calendar) midnight(t time.Time) time.Time {
	y, m, d := t.In(c.zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, c.zone)
}

// span writes a duration in its two largest units that matter to a person who
// waits.
func (c calendar) span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return c.text("time.span_hours", "H", int(d.Hours()), "M", int(d.Minutes())%60)
	case d >= time.Minute:
		return c.text("time.span_minutes", "N", int(d.Minutes()))
	}
	return c.text("time.span_seconds", "N", int(d.Seconds()))
}

// daytime writes a time of day given since midnight: 21:30.
func daytime(d time.Duration) string {
	return time.Time{}.Add(d).Format("15:04")
}
