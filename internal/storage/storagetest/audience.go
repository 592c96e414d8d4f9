package storagetest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/clock"
	"siyu/internal/event"
	"siyu/internal/eventlog"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// crowd is customers with any value in any column, in facets and insights, and
// in stored audiences.
type crowd struct {
	rows    []audience.Row
	members map[id.Customer][]int64
}

// things is how many audiences rules of audiencetest name.
const things = 6

func saveCrowd(t *testing.T, ctx context.Context, db *storage.DB, n int) crowd {
	t.Helper()
	c := crowd{members: map[id.Customer][]int64{}}
	var insights []flow.InsightRow
	came := map[int64][]id.Customer{}
	for i := range n {
		row := audiencetest.Rows().Example(i)
		row.ID = id.Customer(id.CodeOf(fmt.Sprint(i)))
		row.Moves = int64(i % 3)
		c.rows = append(c.rows, row)
		for number := int64(1); number <= things; number++ {
			if (int64(i)+number)%4 == 0 {
				c.members[row.ID] = append(c.members[row.ID], number)
				came[number] = append(came[number], row.ID)
			}
		}
		if i%7 == 0 { // nothing is understood yet
			for place, column := range audience.Columns() {
				if column.Field.Judged {
					row.Values[place] = 0
				}
			}
			continue
		}
		insights = append(insights, flow.InsightRow{Customer: judged(row)})
	}
	ok(t, db.SaveInsights(ctx, insights))
	ok(t, db.SaveFacets(ctx, c.rows))
	for number, list := range came {
		ok(t, db.ChangeMembers(ctx, []flow.MemberChange{{Audience: number, At: noon, Came: list}}))
	}
	return c
}

// judged returns the insight whose columns are those of the row.
func judged(r audience.Row) insight.Customer {
	v := func(name string) int64 { return r.Values[audience.ColumnAt(name, audience.Ever)] }
	word := func(name string) string {
		f, _ := audience.FieldOf(name)
		return f.Words[v(name)]
	}
	c := insight.Customer{ID: r.ID, Stage: insight.Stage(word("stage")), Limiting: insight.Part(word("limiting")),
		Fatigue: float64(v("fatigue")) / 1000, NextDue: event.StartOfDay(v("due")).Time()}
	if v("due") == 0 {
		c.NextDue = event.Instant(0).Time()
	}
	c.Value.Value, c.Repurchase.Value, c.Alive.Value = float64(v("value")), float64(v("repurchase"))/1000, float64(v("alive"))/1000
	c.Need.Value, c.Trust.Value, c.Exposure.Value = float64(v("need"))/100, float64(v("trust"))/100, float64(v("exposure"))/100
	return c
}

// matching returns those of whom the rule holds one by one.
func (c crowd) matching(t rapid.TB, rule *audience.Rule, scope org.Scope) []id.Customer {
	m, err := audience.Compile(rule)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	var list []id.Customer
	for i := range c.rows {
		r := &c.rows[i]
		store, owner := id.Store(r.Values[audience.ColumnAt("store", 0)]), id.Staff(r.Values[audience.ColumnAt("owner", 0)])
		if scope.Staff != 0 && owner != scope.Staff || scope.Staff == 0 && !scope.Sees(store) {
			continue
		}
		in := func(n int64) bool { return slices.Contains(c.members[r.ID], n) }
		if m.Matches(audience.Asked{Row: r, Today: audiencetest.Today, Members: in}) {
			list = append(list, r.ID)
		}
	}
	slices.Sort(list)
	return list
}

// asked returns whom the database finds, page by page.
func asked(t rapid.TB, db *storage.DB, q storage.AudienceQuery) []id.Customer {
	ctx := context.Background()
	var list []id.Customer
	after := id.Customer(-1 << 63)
	for {
		page, err := db.AudienceCustomers(ctx, q, after, 13)
		if err != nil {
			t.Fatalf("ask: %v", err)
		}
		list = append(list, page...)
		if len(page) < 13 {
			break
		}
		after = page[12]
	}
	n, err := db.CountAudience(ctx, q)
	if err != nil || n != len(list) {
		t.Fatalf("%d customers, counted %d, %v", len(list), n, err)
	}
	return list
}

func rulesAreAnsweredAsOneByOne(t *testing.T, ctx context.Context, db *storage.DB) {
	c := saveCrowd(t, ctx, db, 120)
	scopes := []org.Scope{org.All(), {}, {Stores: []id.Store{1, 3}}, {Stores: []id.Store{0}}, {Staff: 2}, {Everything: true, Staff: 4}}
	rapid.Check(t, func(t *rapid.T) {
		rule := audiencetest.Rules(4).Draw(t, "rule")
		scope := rapid.SampledFrom(scopes).Draw(t, "scope")
		got := asked(t, db, storage.AudienceQuery{Rule: &rule, Scope: scope, Today: audiencetest.Today})
		if want := c.matching(t, &rule, scope); !slices.Equal(got, want) {
			t.Fatalf("the database finds %v, one by one %v", got, want)
		}
	})
}

func audiencesNamedByRulesAreAskedInline(t *testing.T, ctx context.Context, db *storage.DB) {
	c := saveCrowd(t, ctx, db, 120)
	rapid.Check(t, func(t *rapid.T) {
		outer, inner := audiencetest.Rules(3).Draw(t, "outer"), audiencetest.Rules(3).Draw(t, "inner")
		innermost := audiencetest.ConditionsOn(audience.Fields()[2]).Draw(t, "innermost")
		nested := map[int64]*audience.Rule{}
		if names(&inner, 1) || names(&inner, 2) {
			t.Skip("a circle")
		}
		nested[2] = &audience.Rule{Any: []audience.Rule{inner, {Ask: &innermost}}}
		asNamed := c
		asNamed.members = map[id.Customer][]int64{}
		in := c.matching(t, nested[2], org.All())
		for i := range c.rows {
			who := c.rows[i].ID
			asNamed.members[who] = slices.DeleteFunc(slices.Clone(c.members[who]), func(n int64) bool { return n == 2 })
			if _, found := slices.BinarySearch(in, who); found {
				asNamed.members[who] = append(asNamed.members[who], 2)
			}
		}
		got := asked(t, db, storage.AudienceQuery{Rule: &outer, Scope: org.All(), Today: audiencetest.Today, Nested: nested})
		if want := asNamed.matching(t, &outer, org.All()); !slices.Equal(got, want) {
			t.Fatalf("the database finds %v, one by one %v", got, want)
		}
	})
}

func names(r *audience.Rule, number int64) bool {
	return slices.Contains(audience.ReadsOf(r).Audiences, number)
}

// hostile are names and texts that would do harm if they became part of a
// statement.
var hostile = []string{"'; DROP TABLE facet; --", `" OR 1=1 --`, "x') OR ('a'='a", "$1", "?", "\\", "' || (SELECT box FROM sealed) || '", "value) --", "名'字"}

func hostileRulesAreRefusedOrHarmless(t *testing.T, ctx context.Context, db *storage.DB) {
	saveCrowd(t, ctx, db, 20)
	query := func(ask audience.Condition) (int, error) {
		return db.CountAudience(ctx, storage.AudienceQuery{Rule: &audience.Rule{Ask: &ask}, Scope: org.All(), Today: audiencetest.Today})
	}
	for _, text := range hostile {
		if _, err := query(audience.Condition{Field: text, Is: audience.Equal, Values: []audience.Value{{Number: 1}}}); err == nil {
			t.Errorf("a field %q was asked", text)
		}
		if _, err := query(audience.Condition{Field: "orders", Is: audience.Test(text), Values: []audience.Value{{Number: 1}}}); err == nil {
			t.Errorf("a test %q was asked", text)
		}
		for _, field := range []string{"tags", "city", "channel"} {
			ask := audience.Condition{Field: field, Is: audience.OneOf, Values: []audience.Value{{Number: int64(id.CodeOf(text)), Text: text}}}
			if n, err := query(ask); err != nil || n != 0 {
				t.Errorf("%s %q: %d customers, %v", field, text, n, err)
			}
		}
	}
	all := audience.Rule{}
	equal(t, "customers afterwards", must[int](t)(db.CountAudience(ctx, storage.AudienceQuery{Rule: &all, Scope: org.All()})), 20)
}

func longRulesAreAnswered(t *testing.T, ctx context.Context, db *storage.DB) {
	if testing.Short() {
		t.Skip("reading so long a question takes half a minute under the race detector")
	}
	c := saveCrowd(t, ctx, db, 20)
	var many []audience.Value
	for i := range audience.MaxValues {
		text := fmt.Sprint("tag ", i)
		many = append(many, audience.Value{Number: int64(id.CodeOf(text)), Text: text})
	}
	parts := make([]audience.Rule, audience.MaxParts-1)
	for i := range parts {
		parts[i] = audience.Rule{Ask: &audience.Condition{Field: "tags", Is: audience.NoneOf, Values: many}}
	}
	rule := audience.Rule{All: parts}
	got := asked(t, db, storage.AudienceQuery{Rule: &rule, Scope: org.All(), Today: audiencetest.Today})
	equal(t, "customers without any of many tags", fmt.Sprint(got), fmt.Sprint(c.matching(t, &rule, org.All())))
}

func facetsFollowTheirCustomers(t *testing.T, ctx context.Context, db *storage.DB) {
	c := saveCrowd(t, ctx, db, 30)
	for i := range c.rows { // everybody changes, some lose what they had
		who, members := c.rows[i].ID, c.members[c.rows[i].ID]
		c.rows[i] = audiencetest.Rows().Example(1000 + i)
		c.rows[i].ID = who
		if i%5 == 0 {
			c.rows[i].Refs = make([][]int64, len(audience.RefsFields()))
		}
		c.members[who] = members
	}
	var gone []id.Customer
	for _, r := range c.rows[25:] {
		gone = append(gone, r.ID)
	}
	for range 2 {
		ok(t, db.SaveFacets(ctx, c.rows))
	}
	ok(t, db.ForgetFacets(ctx, gone))
	c.rows = c.rows[:25]
	for i := range 200 {
		ask := audiencetest.Conditions().Example(i)
		if f, _ := audience.FieldOf(ask.Field); f.Judged || f.Name == audience.AudienceField {
			continue
		}
		rule := audience.Rule{Ask: &ask}
		got := asked(t, db, storage.AudienceQuery{Rule: &rule, Scope: org.All(), Today: audiencetest.Today})
		equal(t, fmt.Sprint(ask), fmt.Sprint(got), fmt.Sprint(c.matching(t, &rule, org.All())))
	}
	var moved []id.Customer
	ok(t, db.EachMoved(ctx, 1, 3, func(some []id.Customer) error {
		moved = append(moved, some...)
		return nil
	}))
	equal(t, "nobody moves", len(moved), 0)
	for i := range c.rows {
		c.rows[i].Moves = int64(i % 3)
	}
	ok(t, db.SaveFacets(ctx, c.rows))
	ok(t, db.EachMoved(ctx, 1, 3, func(some []id.Customer) error {
		moved = append(moved, some...)
		return nil
	}))
	equal(t, "who moves on the first day", len(moved), 8)
}

func membersComeAndGoOnce(t *testing.T, ctx context.Context, db *storage.DB) {
	log := eventlog.New(db, clock.NewVirtual(noon))
	entered := func(n int, customers ...id.Customer) (facts []event.Fact) {
		for _, c := range customers {
			f := must[event.Fact](t)(event.New(event.Customer(c), noon, event.FromAudience, id.Hash(fmt.Sprint(n)), event.AudienceEntered{Audience: 7}))
			facts = append(facts, f)
		}
		ok(t, log.Stamp(facts))
		return facts
	}
	ok(t, db.AddDays(ctx, []flow.AudienceDay{{Audience: 7, Day: 18, Size: 40}}))
	change := func(c ...flow.MemberChange) string {
		ok(t, db.ChangeMembers(ctx, c))
		days := must[[]flow.AudienceDay](t)(db.AudienceDays(ctx, 7, 20))
		return fmt.Sprint(days[len(days)-1])
	}
	equal(t, "two come", change(flow.MemberChange{Audience: 7, At: noon, Day: 20, Came: []id.Customer{1, 2}, Facts: entered(1, 1, 2)}), "{7 20 42 2 0}")
	equal(t, "one of them again, and another without a word", change(
		flow.MemberChange{Audience: 7, At: noon, Day: 20, Came: []id.Customer{2, 3}, Facts: entered(2, 2, 3)},
		flow.MemberChange{Audience: 8, At: noon, Day: 20, Came: []id.Customer{1}}), "{7 20 43 3 0}")
	equal(t, "one goes, one was not there", change(flow.MemberChange{Audience: 7, At: noon, Day: 21, Went: []id.Customer{1, 9}, Facts: entered(3, 1, 9)}), "{7 21 42 0 1}")
	facts := must[[]event.Fact](t)(db.FactsAfter(ctx, 0, 100))
	equal(t, "facts", len(facts), 4)
	equal(t, "memberships", fmt.Sprint(must[map[id.Customer][]int64](t)(db.MembershipsOf(ctx, []id.Customer{3, 2, 1, 9}))), "map[1:[8] 2:[7] 3:[7]]")
	var members []id.Customer
	ok(t, db.EachMember(ctx, 7, 1, func(some []id.Customer) error {
		members = append(members, some...)
		return nil
	}))
	equal(t, "members", fmt.Sprint(members), "[2 3]")
}

func audiencesKeepTheirNamesApart(t *testing.T, ctx context.Context, db *storage.DB) {
	rule := audience.Rule{Ask: &audience.Condition{Field: "orders", Is: audience.AtLeast, Values: []audience.Value{{Number: 2}}}}
	a := flow.Audience{Name: "twice", Note: "bought twice", Kind: flow.Dynamic, Rule: rule, Watched: true, Created: noon, CreatedBy: "lin"}
	a.Number = must[int64](t)(db.AddAudience(ctx, a))
	if _, err := db.AddAudience(ctx, a); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("the same name again: %v", err)
	}
	frozen := flow.Audience{Name: "then", Kind: flow.Frozen, Created: noon, CreatedBy: "lin"}
	frozen.Number = must[int64](t)(db.AddAudience(ctx, frozen))
	stored, stamp := must[[]flow.Audience](t)(db.Audiences(ctx)), must[int64](t)(db.AudiencesStamp(ctx))
	a.Version, a.Round, a.Changed, a.Changer = 1, 1, noon, "lin"
	if len(stored) != 2 || !reflect.DeepEqual(stored[0], a) {
		t.Fatalf("got %+v\nwant %+v", stored, a)
	}
	ok(t, db.SetFilled(ctx, a.Number, 1))
	if later := must[int64](t)(db.AudiencesStamp(ctx)); later <= stamp {
		t.Errorf("the stamp went from %d to %d", stamp, later)
	}
	a.Name, a.Changed, a.Changer, a.Filled = "often", noon.Add(1), "wang", false
	ok(t, db.ChangeAudience(ctx, a, nil))
	ok(t, db.SetFilled(ctx, a.Number, 1)) // of the round before
	if err := db.ChangeAudience(ctx, a, nil); fault.CodeOf(err) != fault.Conflict {
		t.Fatalf("changed by somebody else meanwhile: %v", err)
	}
	again := must[flow.Audience](t)(db.Audience(ctx, a.Number))
	equal(t, "the new name", fmt.Sprint(again.Name, again.Version, again.Round, again.Filled, again.Told), "often2 2 false true")
	ok(t, db.ChangeMembers(ctx, []flow.MemberChange{{Audience: a.Number, At: noon, Came: []id.Customer{1, 2, 3}}}))
	again.Archived, again.Changer = noon, "wang"
	ok(t, db.ArchiveAudience(ctx, again))
	equal(t, "in use", len(must[[]flow.Audience](t)(db.Audiences(ctx))), 1)
	emptying := must[[]flow.Audience](t)(db.Emptying(ctx))
	if len(emptying) != 1 || emptying[0].Number != a.Number || !emptying[0].Told || emptying[0].Round != 3 {
		t.Errorf("to be emptied are %+v", emptying)
	}
	equal(t, "members who have to leave", len(must[map[id.Customer][]int64](t)(db.MembershipsOf(ctx, []id.Customer{1, 2, 3}))), 3)
	ok(t, db.SetFilled(ctx, a.Number, 3))
	equal(t, "to be emptied afterwards", len(must[[]flow.Audience](t)(db.Emptying(ctx))), 0)
	a.Created = noon
	must[int64](t)(db.AddAudience(ctx, a))
	ok(t, db.AddDays(ctx, []flow.AudienceDay{{Audience: 9, Day: 20_000, Size: 5, Came: 5}, {Audience: 9, Day: 20_001, Size: 6, Came: 2, Went: 1}}))
	ok(t, db.AddDays(ctx, []flow.AudienceDay{{Audience: 9, Day: 20_001, Size: 4, Went: 2}}))
	equal(t, "history", fmt.Sprint(must[[]flow.AudienceDay](t)(db.AudienceDays(ctx, 9, 20_000))), "[{9 20000 5 5 0} {9 20001 4 2 3}]")
	ok(t, db.SetProgress(ctx, "fill", 5))
	ok(t, db.SetProgress(ctx, "fill", -3))
	equal(t, "progress", must[int64](t)(db.Progress(ctx, "fill")), -3)
	for range 2 {
		ok(t, db.SaveWords(ctx, []flow.Word{{Field: "city", Text: "Hangzhou"}, {Field: "tags", Text: "et1"}}))
	}
	equal(t, "words", fmt.Sprint(must[map[id.Code]string](t)(db.Words(ctx, "city"))), fmt.Sprint(map[id.Code]string{id.CodeOf("Hangzhou"): "Hangzhou"}))
}
