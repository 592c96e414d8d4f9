package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/insight"
	"siyu/internal/money"
)

func both(t *testing.T) (chineseLocale, englishLocale *locale) {
	t.Helper()
	all, err := locales()
	if err != nil {
		t.Fatal(err)
	}
	return all[chinese], all[english]
}

func TestNumbersAreWrittenAsPeopleReadThem(t *testing.T) {
	t.Parallel()
	l, _ := both(t)
	for want, got := range map[string]string{
		"1,234,567": l.count(1234567), "−1,234": l.count(-1234), "0": l.number(-0.04), "−3.3": l.number(-3.3), "12.5": l.number(12.46), none: l.number(zero() / zero()),
		"91.4%": l.share(.914), "31%": l.percent(.31), "+0.58": l.signed(.58), "−0.61": l.signed(-.61), "0.00": l.signed(-.001), "+3.3": l.points(.033), "−2": l.points(-.02),
		"¥12,345.60": l.yuan(money.Fen(1234560)), "−¥0.05": l.yuan(money.Fen(-5)), "¥6.8": l.estimated(680), "¥486": l.estimated(48649), "−¥120": l.estimated(-12000),
		">99%": l.chance(.999), "<1%": l.chance(.001), "+3 / −9": l.moved(3, 9), "0 / 0": l.moved(0, 0),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func zero() float64 { return 0 }

func TestAnIntervalNamesItsUnitOnce(t *testing.T) {
	t.Parallel()
	l, e := both(t)
	at := func(low, high float64, unit insight.Unit) insight.Estimate {
		return insight.Estimate{Low: low, High: high, Unit: unit, Evidence: insight.Fitted}
	}
	for want, got := range map[string]string{
		"24–39%": l.interval(at(.24, .39, insight.Probability)), "¥290–730": l.interval(at(29000, 73000, insight.Fen)), "+0.38 至 +0.80": l.interval(at(.38, .8, insight.Eta)),
		"−¥120 to ¥300": e.interval(at(-12000, 30000, insight.Fen)), "98% to >99%": e.interval(at(.98, .999, insight.Probability)), "31%": e.interval(at(.31, .312, insight.Probability)),
		none: l.interval(insight.Estimate{Unit: insight.Fen, Evidence: insight.NotMeasurable}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTimesAreWrittenInTheBrandsZone(t *testing.T) {
	t.Parallel()
	l, e := both(t)
	now := time.Date(2026, 3, 11, 16, 30, 0, 0, time.UTC) // half past midnight of the 12th in Shanghai
	in := func(l *locale) calendar {
		return calendar{locale: l, zone: clock.Shanghai, now: func() time.Time { return now }}
	}
	for want, got := range map[string]string{
		"3月12日 星期四": in(l).weekday(now), "Thursday 12 March": in(e).weekday(now), "2026-03-12": in(l).day(now), "00:30": in(l).clock(now), "03-11 23:30": in(l).clock(now.Add(-time.Hour)),
		"1 天前": in(l).ago(now.Add(-time.Hour)), "1 day ago": in(e).ago(now.Add(-time.Hour)), "in 3 days": in(e).ago(now.AddDate(0, 0, 3)), "in 2 hours": in(e).ago(now.Add(2 * time.Hour)),
		"12 minutes ago": in(e).ago(now.Add(-12 * time.Minute)), "just now": in(e).ago(now), none: in(e).ago(time.Time{}), "1 小时 5 分": in(l).span(65 * time.Minute), "40 s": in(e).span(40 * time.Second),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if daytime(21*time.Hour+30*time.Minute) != "21:30" {
		t.Error("half past nine is written wrongly")
	}
}

func TestABandKeepsItsMarksOnTheRail(t *testing.T) {
	t.Parallel()
	for _, b := range []band{bandOf(47, 12, 29, 0, 1000), bandOf(1, .9, 1, 0, 1), bandOf(0, 0, 0, 0, 1), bandOf(zero()/zero(), 1, 2, 0, 9)} {
		at, err := strconv.ParseFloat(strings.TrimSuffix(b.Mark, "%"), 64)
		if err != nil || at < 0.5 || at > 99.5 {
			t.Errorf("the mark stands at %s", b.Mark)
		}
	}
	if b := barOf(-.61, -.81, -.39, 1); b.From != "19.50%" || b.Width != "30.50%" || b.Low != "9.50%" || b.High != "30.50%" {
		t.Errorf("the bar of −0.61 is %+v", b)
	}
}
