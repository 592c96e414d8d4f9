package audience_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

// day returns the business day of a date.
func day(date string) int64 {
	at, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	return at.Unix() / 86_400
}

// with returns a customer of whom nothing is known but one value.
func with(field string, window int, value int64) *audience.Row {
	row := &audience.Row{Values: make([]int64, len(audience.Columns())), Refs: make([][]int64, len(audience.RefsFields()))}
	row.Values[audience.ColumnAt(field, window)] = value
	return row
}

func holds(t *testing.T, rule audience.Rule, row *audience.Row, today int64) bool {
	t.Helper()
	yes, err := audience.Matches(&rule, audience.Asked{Row: row, Today: today, Members: func(n int64) bool { return n <= 2 }})
	if err != nil {
		t.Fatal(err)
	}
	return yes
}

func TestDaysAreComparedWithToday(t *testing.T) {
	today := day("2026-05-14") // a Thursday
	for _, c := range []struct {
		rule     audience.Rule
		yes, not []string
	}{
		{ask("last_touch", audience.Last, 7), []string{"2026-05-14", "2026-05-08"}, []string{"2026-05-07", "2026-05-15", ""}},
		{ask("last_touch", audience.Ago, 10), []string{"2026-05-04", "2020-01-01"}, []string{"2026-05-05", "2026-05-14", ""}},
		{ask("due", audience.Next, 7), []string{"2026-05-14", "2026-05-20"}, []string{"2026-05-13", "2026-05-21", ""}},
		{ask("due", audience.Since, today), []string{"2026-05-14", "2027-01-01"}, []string{"2026-05-13", ""}},
		{ask("due", audience.Before, today), []string{"2026-05-13"}, []string{"2026-05-14", ""}},
		{ask("due", audience.Between, today-1, today), []string{"2026-05-13", "2026-05-14"}, []string{"2026-05-12", "2026-05-15", ""}},
		{ask("due", audience.ThisWeek), []string{"2026-05-11", "2026-05-17"}, []string{"2026-05-10", "2026-05-18", ""}},
		{ask("due", audience.ThisMonth), []string{"2026-05-01", "2026-05-31"}, []string{"2026-04-30", "2026-06-01", ""}},
		{ask("due", audience.Never), []string{""}, []string{"2026-05-14"}},
		{ask("due", audience.Known), []string{"2026-05-14"}, []string{""}},
	} {
		check := func(date string, want bool) {
			value := int64(0)
			if date != "" {
				value = day(date)
			}
			if got := holds(t, c.rule, with(c.rule.Ask.Field, audience.Ever, value), today); got != want {
				t.Errorf("%s %s %v on %q: %v", c.rule.Ask.Field, c.rule.Ask.Is, c.rule.Ask.Values, date, got)
			}
		}
		for _, date := range c.yes {
			check(date, true)
		}
		for _, date := range c.not {
			check(date, false)
		}
	}
}

// TestBirthdaysAreThoseOfTheDaysAhead goes over every birthday, window and
// many todays, against a walk over the days themselves.
func TestBirthdaysAreThoseOfTheDaysAhead(t *testing.T) {
	var birthdays []int64
	for d := day("2028-01-01"); d <= day("2028-12-31"); d++ {
		at := time.Unix(d*86_400, 0).UTC()
		birthdays = append(birthdays, int64(at.Month())*100+int64(at.Day()))
	}
	walked := func(from, n int64) map[int64]bool {
		met := map[int64]bool{}
		for d := from; d < from+n; d++ {
			at := time.Unix(d*86_400, 0).UTC()
			met[int64(at.Month())*100+int64(at.Day())] = true
			if at.Month() == time.February && at.Day() == 28 && at.AddDate(0, 0, 1).Month() == time.March {
				met[229] = true
			}
		}
		return met
	}
	compare := func(rule audience.Rule, today int64, want map[int64]bool) {
		m, err := audience.Compile(&rule)
		if err != nil {
			t.Fatal(err)
		}
		row, at := with("birthday", audience.Ever, 0), audience.ColumnAt("birthday", audience.Ever)
		if m.Matches(audience.Asked{Row: row, Today: today}) {
			t.Fatalf("%s: holds for an unknown birthday", rule.Ask.Is)
		}
		for _, b := range birthdays {
			row.Values[at] = b
			if got := m.Matches(audience.Asked{Row: row, Today: today}); got != want[b] {
				t.Fatalf("%s %v: birthday %d on %s: %v", rule.Ask.Is, rule.Ask.Values, b, time.Unix(today*86_400, 0).UTC().Format(time.DateOnly), got)
			}
		}
	}
	for today := day("2027-01-01"); today < day("2029-01-01"); today += 5 {
		for _, n := range []int64{1, 2, 7, 31, 300, 364, 365, 366} {
			compare(ask("birthday", audience.Next, n), today, walked(today, n))
		}
		at := time.Unix(today*86_400, 0).UTC()
		monday := today - int64((at.Weekday()+6)%7)
		compare(ask("birthday", audience.ThisWeek), today, walked(monday, 7))
		first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC)
		compare(ask("birthday", audience.ThisMonth), today, walked(first.Unix()/86_400, int64(first.AddDate(0, 1, -1).Day())))
	}
}

func TestNumbersSetsAndAudiences(t *testing.T) {
	row := with("orders", 90, 3)
	row.Values[audience.ColumnAt("stage", audience.Ever)] = 3
	row.Refs[audience.RefsAt("groups")] = []int64{4, 7}
	for _, c := range []struct {
		rule audience.Rule
		want bool
	}{
		{over(90, ask("orders", audience.Equal, 3)), true},
		{over(90, ask("orders", audience.IsNot, 3)), false},
		{over(90, ask("orders", audience.IsNot, 2)), true},
		{over(90, ask("orders", audience.Less, 3)), false},
		{over(90, ask("orders", audience.AtMost, 3)), true},
		{over(90, ask("orders", audience.More, 2)), true},
		{over(90, ask("orders", audience.More, 3)), false},
		{over(90, ask("orders", audience.AtLeast, 4)), false},
		{over(90, ask("orders", audience.Between, 3, 5)), true},
		{ask("orders", audience.AtLeast, 1), false}, // another column
		{said("stage", audience.OneOf, "mature", "lost"), true},
		{said("stage", audience.NoneOf, "mature"), false},
		{ask("store", audience.NoneOf, 5), true},
		{ask("store", audience.OneOf, 5), false},
		{ask("store", audience.Never), true},
		{ask("groups", audience.OneOf, 1, 7), true},
		{ask("groups", audience.AllOf, 4, 7), true},
		{ask("groups", audience.AllOf, 4, 8), false},
		{ask("groups", audience.NoneOf, 1), true},
		{ask("groups", audience.Known), true},
		{ask("staff", audience.Known), false},
		{ask("staff", audience.Never), true},
		{ask("staff", audience.NoneOf, 1), true},
		{ask("audience", audience.OneOf, 2, 3), true},
		{ask("audience", audience.AllOf, 2, 3), false},
		{ask("audience", audience.AllOf, 1, 2), true},
		{ask("audience", audience.NoneOf, 3, 4), true},
		{all(), true},
		{not(all()), false},
		{anyOf(ask("store", audience.Known), ask("groups", audience.Known)), true},
	} {
		if got := holds(t, c.rule, row, audiencetest.Today); got != c.want {
			t.Errorf("%+v: %v", c.rule, got)
		}
	}
}

func TestThePlainFormAsksTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rule, row := audiencetest.Rules(4).Draw(t, "rule"), audiencetest.Rows().Draw(t, "row")
		asked := audience.Asked{Row: &row, Today: audiencetest.Today, Members: func(n int64) bool { return n%2 == 0 }}
		plain := audience.Normal(rule)
		was, err := audience.Matches(&rule, asked)
		if err != nil {
			t.Skip(err)
		}
		if is, err := audience.Matches(&plain, asked); err != nil || is != was {
			t.Fatalf("%v, the plain form %+v %v: %v", was, plain, is, err)
		}
	})
}

func BenchmarkOneCustomerAgainst500Audiences(b *testing.B) {
	var matchers []audience.Matcher
	for i := 0; len(matchers) < 500; i++ {
		draw := audiencetest.Conditions()
		var six []audience.Rule
		for j := range 6 {
			c := draw.Example(i*6 + j)
			six = append(six, audience.Rule{Ask: &c})
		}
		rule := all(anyOf(six[0], six[1]), anyOf(six[2], six[3]), not(all(six[4], six[5])))
		m, err := audience.Compile(&rule)
		if err != nil {
			b.Fatal(err)
		}
		matchers = append(matchers, m)
	}
	row := audiencetest.Rows().Example(1)
	asked := audience.Asked{Row: &row, Today: audiencetest.Today, Members: func(n int64) bool { return n%2 == 0 }}
	for b.Loop() {
		for _, m := range matchers {
			m.Matches(asked)
		}
	}
}
