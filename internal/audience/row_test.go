package audience

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/money"
	"siyu/internal/profile"
)

func TestARowHoldsAValueForEveryColumnAndAListForEveryRefsField(t *testing.T) {
	row := NewRow(Subject{Profile: &profile.Customer{ID: 1}}, 20_000)
	if len(row.Values) != len(Columns()) || len(row.Refs) != len(RefsFields()) {
		t.Errorf("%d values for %d columns, %d lists for %d fields", len(row.Values), len(Columns()), len(row.Refs), len(RefsFields()))
	}
}

const rowDay = 20_588

// lived draws a customer with things on days around rowDay.
func lived() *rapid.Generator[profile.Customer] {
	at := rapid.Map(rapid.Int64Range(-400, 3), func(d int64) event.Instant { return event.StartOfDay(rowDay+d) + 1000 })
	return rapid.Custom(func(t *rapid.T) profile.Customer {
		c := profile.Customer{ID: id.Customer(rapid.Int64Range(1, 1<<40).Draw(t, "id"))}
		for range rapid.IntRange(0, 6).Draw(t, "orders") {
			c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: at.Draw(t, "at"), Amount: money.Fen(rapid.IntRange(0, 3).Draw(t, "fen")),
				Refunded: money.Fen(rapid.IntRange(0, 2).Draw(t, "refunded")), Store: id.Store(rapid.IntRange(0, 2).Draw(t, "store")), Lines: []id.Line{2, 1}})
		}
		for range rapid.IntRange(0, 5).Draw(t, "touches") {
			c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: at.Draw(t, "at")})
		}
		for range rapid.IntRange(0, 5).Draw(t, "talk") {
			c.Talk.Days = append(c.Talk.Days, profile.TalkDay{At: at.Draw(t, "at"), In: rapid.IntRange(0, 3).Draw(t, "in"), Out: rapid.IntRange(0, 3).Draw(t, "out")})
		}
		for range rapid.IntRange(0, 4).Draw(t, "reactions") {
			c.Reactions = append(c.Reactions, at.Draw(t, "at"))
		}
		for range rapid.IntRange(0, 4).Draw(t, "openings") {
			c.Openings.Recent = append(c.Openings.Recent, profile.Opening{At: at.Draw(t, "at")})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "relations") {
			c.Relations = append(c.Relations, profile.Relation{Staff: id.Staff(i + 1), Since: at.Draw(t, "since"), Until: rapid.SampledFrom([]event.Instant{0, 5}).Draw(t, "until"),
				Tags: rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", ""}), 0, 3).Draw(t, "tags")})
		}
		return c
	})
}

// thing is something that happened some days before rowDay.
type thing struct {
	at   event.Instant
	much int64
}

// things lists by field what its windows sum up.
func things(c *profile.Customer) map[string][]thing {
	all := map[string][]thing{}
	for _, o := range c.Orders.Recent {
		all["orders"] = append(all["orders"], thing{o.At, one(o.Net() > 0)})
		all["turnover"] = append(all["turnover"], thing{o.At, int64(o.Net())})
	}
	for _, x := range c.Touches.Recent {
		all["touches"] = append(all["touches"], thing{x.At, 1})
	}
	for _, d := range c.Talk.Days {
		all["messages_in"] = append(all["messages_in"], thing{d.At, int64(d.In)})
		all["messages_out"] = append(all["messages_out"], thing{d.At, int64(d.Out)})
	}
	for _, at := range c.Reactions {
		all["reactions"] = append(all["reactions"], thing{at, 1})
	}
	for _, x := range c.Openings.Recent {
		all["openings"] = append(all["openings"], thing{x.At, 1})
	}
	return all
}

func TestWindowsHoldWhatHappenedInTheirDaysAndMoveWhenTheFirstOfItLeaves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := lived().Draw(t, "customer")
		row, moves := NewRow(Subject{Profile: &c}, rowDay), int64(0)
		listed := things(&c)
		for i, column := range Columns() {
			if column.Window == Ever {
				continue
			}
			want := int64(0)
			for _, x := range listed[column.Field.Name] {
				day := x.at.Day()
				if day > rowDay-int64(column.Window) && day <= rowDay && x.much != 0 {
					want += x.much
					if leaves := day + int64(column.Window); moves == 0 || leaves < moves {
						moves = leaves
					}
				}
			}
			if row.Values[i] != want {
				t.Fatalf("%s over %d days: %d, should be %d", column.Field.Name, column.Window, row.Values[i], want)
			}
		}
		if row.Moves != moves {
			t.Fatalf("moves on %d, should on %d", row.Moves, moves)
		}
	})
}

func TestARowFilledInTwiceIsTheRowOfItsCustomer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var maker RowMaker
		var row Row
		for range 3 {
			c := lived().Draw(t, "customer")
			maker.Fill(&row, Subject{Profile: &c, Store: 7}, rowDay)
			want := NewRow(Subject{Profile: &c, Store: 7}, rowDay)
			if row.ID != want.ID || row.Moves != want.Moves || !slices.Equal(row.Values, want.Values) ||
				!slices.EqualFunc(row.Refs, want.Refs, func(a, b []int64) bool { return slices.Equal(a, b) }) {
				t.Fatalf("%+v, should be %+v", row, want)
			}
		}
	})
}

// typical returns a customer of some years: 12 orders, 20 touches, 15 days of
// talk and 5 tags.
func typical() *profile.Customer {
	c := &profile.Customer{ID: 1, FirstSeen: event.StartOfDay(rowDay - 700)}
	day := func(ago int) event.Instant { return event.StartOfDay(int64(rowDay - ago)) }
	for i := range 12 {
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{At: day(400 - 30*i), Amount: 9_900, Store: 3, Lines: []id.Line{1, 2}})
	}
	for i := range 20 {
		c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: day(300 - 14*i)})
	}
	for i := range 15 {
		c.Talk.Days = append(c.Talk.Days, profile.TalkDay{At: day(320 - 20*i), In: 2, Out: 3})
	}
	c.Relations = []profile.Relation{{Staff: 4, Since: day(600), State: "poster", Tags: []string{"mother", "likes tea", "gift", "north", "vip"}}}
	c.Described = profile.Description{City: "Hangzhou", Level: "gold", BirthMonth: 3, BirthDay: 4}
	return c
}

func BenchmarkNewRow(b *testing.B) {
	s := Subject{Profile: typical(), Store: 3}
	b.ReportAllocs()
	for b.Loop() {
		NewRow(s, rowDay)
	}
}

func BenchmarkFill(b *testing.B) {
	s := Subject{Profile: typical(), Store: 3}
	var maker RowMaker
	var row Row
	b.ReportAllocs()
	for b.Loop() {
		maker.Fill(&row, s, rowDay)
	}
}
