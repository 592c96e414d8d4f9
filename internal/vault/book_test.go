package vault

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
)

func TestABookSaysWhatAMapWould(t *testing.T) {
	t.Parallel()
	word := rapid.SampledFrom([]string{"", "Lin", "王小明", "LIN Tea", "ww1/lin", "ÄÖ", "\xff", strings.Repeat("long ", 60_000)})
	rapid.Check(t, func(t *rapid.T) {
		b, want := newBook(), map[event.Subject]called{}
		for range rapid.IntRange(0, 60).Draw(t, "changes") {
			s := event.Subject{Type: rapid.SampledFrom(kinds[1:]).Draw(t, "kind"), ID: rapid.SampledFrom([]int64{-7, 0, 1, 1 << 62}).Draw(t, "id")}
			if rapid.IntRange(0, 3).Draw(t, "goes") == 0 {
				b.remove(s)
				delete(want, s)
				continue
			}
			c := called{name: word.Draw(t, "name")}
			for range rapid.IntRange(0, 2).Draw(t, "remarks") {
				c.remarks = append(c.remarks, remark{word.Draw(t, "part"), word.Draw(t, "remark")})
			}
			b.put(s, c)
			want[s] = c
		}
		var lin []id.Customer
		for s, c := range want {
			if got := b.of(s); fmt.Sprint(got) != fmt.Sprint(c) {
				t.Fatalf("%v is called %v, not %v", s, got, c)
			}
			if s.Type == event.AboutCustomer && (strings.Contains(strings.ToLower(c.name), "lin") ||
				slices.ContainsFunc(c.remarks, func(r remark) bool { return strings.Contains(strings.ToLower(r.text), "lin") })) {
				lin = append(lin, id.Customer(s.ID))
			}
		}
		got := b.find(event.AboutCustomer, "lin", 10)
		slices.Sort(got)
		slices.Sort(lin)
		if !slices.Equal(got, lin) {
			t.Fatalf("found %v, not %v", got, lin)
		}
	})
}

func TestWhatIsRemovedFromABookDoesNotStayInMemory(t *testing.T) {
	t.Parallel()
	b := newBook()
	const people = 1000
	for who := range int64(people) {
		b.put(event.Subject{Type: event.AboutCustomer, ID: who}, called{name: "secret"})
	}
	for round := range 100 {
		for who := range int64(people) {
			b.put(event.Subject{Type: event.AboutCustomer, ID: who}, called{name: fmt.Sprint("name ", round)})
		}
	}
	if b.dead > b.live+2*sheetSize || len(b.sheets) > 4 {
		t.Errorf("%d bytes in %d sheets are dead beside %d", b.dead, len(b.sheets), b.live)
	}
	for who := range int64(people) {
		b.remove(event.Subject{Type: event.AboutCustomer, ID: who})
	}
	for _, sheet := range b.sheets {
		if bytes.Contains(sheet[:cap(sheet)], []byte("secret")) || bytes.Contains(sheet, []byte("name")) {
			t.Error("a removed name is still there")
		}
	}
	if b.live != 0 || len(b.find(event.AboutCustomer, "name", 1)) != 0 {
		t.Errorf("%d bytes are left", b.live)
	}
}

// BenchmarkFind looks for a name that nobody has among a million.
func BenchmarkFind(b *testing.B) {
	book := newBook()
	for who := range int64(1_000_000) {
		book.put(event.Subject{Type: event.AboutCustomer, ID: who}, called{name: fmt.Sprint("王小明 Customer ", who)})
	}
	for b.Loop() {
		book.find(event.AboutCustomer, "nobody", 10)
	}
}
