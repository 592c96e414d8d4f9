package soptest_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/flow/soptest"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// shelved is a process of the library and the lives of customers in it.
type shelved struct {
	name  string
	days  int
	mind  func(c *profile.Customer, into *insight.Customer)
	edit  func(text string) string // as whoever installs it is told to
	lives []life
}

var (
	handed   = event.RelationAdded{Staff: soptest.Member, AddWay: event.HandedOver}
	gone     = event.RelationEnded{Staff: soptest.Member, By: event.ByCustomer}
	member   = moment{"-100d", event.RelationAdded{Staff: soptest.Member}}
	old      = moment{"-400d", event.RelationAdded{Staff: soptest.Member + 1}}
	given    = moment{"0d 09:00", event.RelationEnded{Staff: soptest.Member + 1, By: event.ByTransfer}}
	taken    = moment{"0d 09:00", handed}
	complain = event.ComplaintOpened{}
	solved   = event.ComplaintClosed{}
)

func thought(stage insight.Stage, part insight.Part) func(*profile.Customer, *insight.Customer) {
	return func(_ *profile.Customer, into *insight.Customer) { into.Stage, into.Limiting = stage, part }
}

// shelf is what happens to customers in the processes of the library.
func shelf() []shelved {
	return []shelved{
		{name: "new-customer-30", days: 36, lives: []life{
			{"nobody reacts", []moment{added},
				"hello done, first-offer withheld not_promised, how-to done, diagnose done, trial skipped condition, join-group done, month done"},
			{"answers, is promised something, buys nothing", []moment{{"0d 09:00", event.RelationAdded{Staff: soptest.Member, State: "scan"}}, says("1d 10:00"), says("11d 12:00")},
				"hello done, first-offer done, how-to done, diagnose done, trial done, join-group done, month done"},
			{"buys on the second day", []moment{added, buys("2d 12:00", 1)},
				"hello done, first-offer skipped condition, thanks done, ask-result done"},
			{"adds by the card in a first parcel", []moment{buys("-3d 12:00", 2), added},
				"hello done, first-offer skipped condition, thanks done, ask-result done"},
			{"buys late", []moment{added, says("9d 12:00"), buys("12d 12:00", 3)},
				"hello done, first-offer withheld not_promised, how-to done, diagnose done, trial skipped condition, join-group done, month done"},
			{"complains, and it is solved", []moment{added, {"7d 09:10", complain}, {"9d 12:00", solved}},
				"hello done, first-offer withheld not_promised, how-to done, diagnose done, trial skipped condition, join-group done, month done"},
			{"leaves", []moment{added, {"2d 12:00", gone}},
				"hello done"},
			{"was handed over", []moment{old, given, taken},
				""},
		}},
		{name: "first-72-hours", days: 6, lives: []life{
			{"nobody reacts", []moment{member, {"0d 09:00", event.GroupJoined{Group: 9}}},
				"greet-by-name done, promised-gift done, best-of done, take-part done"},
			{"answers", []moment{member, {"0d 09:00", event.GroupJoined{Group: 9}}, says("1d 10:00")},
				"greet-by-name done, promised-gift done, best-of done, take-part skipped condition"},
			{"leaves", []moment{member, {"0d 09:00", event.GroupJoined{Group: 9}}, {"0d 15:00", gone}},
				"greet-by-name done, promised-gift done"},
			{"no member knows", []moment{{"0d 09:00", event.GroupJoined{Group: 9}}},
				""},
		}},
		{name: "after-purchase", days: 47, lives: []life{
			{"nobody reacts", []moment{member, buys("0d 09:00", 1)},
				"start-right done, better-use done, ask-result done, next-time done, last-word done"},
			{"answers", []moment{member, buys("0d 09:00", 2), says("11d 12:00")},
				"start-right done, better-use done, ask-result skipped condition, next-time done, last-word done"},
			{"answers the reminder: is not asked again", []moment{member, buys("0d 09:00", 6), says("31d 12:00")},
				"start-right done, better-use done, ask-result done, next-time done, last-word skipped condition"},
			{"buys again", []moment{member, buys("0d 09:00", 3), buys("20d 12:00", 4)},
				"start-right done, better-use done, ask-result done, start-right done, better-use done, ask-result done"},
			{"complains", []moment{member, buys("0d 09:00", 5), {"6d 12:00", complain}},
				"start-right done"},
		}},
		{name: "purchase-cycle", days: 36, lives: []life{
			{"nobody reacts", []moment{member, buys("-2d 12:00", 1)},
				"how-is-it done, set-aside done, in-person done"},
			{"answers the first question", []moment{member, buys("-2d 12:00", 2), says("21d 12:00")},
				"how-is-it done, set-aside done, in-person skipped condition"},
			{"buys before the date", []moment{member, buys("-2d 12:00", 3), buys("26d 12:00", 4)},
				"how-is-it done, set-aside done"},
			{"complains", []moment{member, buys("-2d 12:00", 5), {"22d 12:00", complain}},
				"how-is-it done"},
		}},
		{name: "birthday", days: 16, lives: []life{
			{"nobody reacts", []moment{member, {"-9d", event.CustomerDescribed{BirthMonth: 5, BirthDay: 10}}},
				"before done, wishes done, unused done"},
			{"answers", []moment{member, {"-9d", event.CustomerDescribed{BirthMonth: 5, BirthDay: 10}}, says("5d 12:00")},
				"before done, wishes done, unused skipped condition"},
			{"buys", []moment{member, {"-9d", event.CustomerDescribed{BirthMonth: 5, BirthDay: 10}}, buys("6d 12:00", 1)},
				"before done, wishes done, unused skipped condition"},
			{"leaves", []moment{member, {"-9d", event.CustomerDescribed{BirthMonth: 5, BirthDay: 10}}, {"4d 12:00", gone}},
				"before done"},
		}},
		{name: "big-promotion", days: 34, edit: func(text string) string { return strings.Replace(text, "2026-11-11", "2026-05-25", 1) }, lives: []life{
			{"nobody reacts", []moment{member},
				"warm-up unmade window_over, filling skipped condition, peak withheld long_silence, encore skipped condition, care skipped condition"},
			{"answers the list and buys nothing", []moment{member, says("6d 12:00")},
				"warm-up unmade window_over, filling done, peak unmade window_over, encore done, care skipped condition"},
			{"answers and buys", []moment{member, says("6d 12:00"), buys("20d 15:00", 1)},
				"warm-up unmade window_over, filling done, peak taken bought_since, encore skipped condition, care done"},
			{"complains", []moment{member, says("6d 12:00"), {"16d 12:00", complain}},
				"warm-up unmade window_over, filling done"},
		}},
		{name: "staff-handover", days: 16, lives: []life{
			{"nobody reacts", []moment{old, given, taken},
				"read-history done, introduce done, useful done"},
			{"answers", []moment{old, given, taken, says("3d 12:00")},
				"read-history done, introduce done, useful skipped condition"},
			{"leaves", []moment{old, given, taken, {"2d 12:00", gone}},
				"read-history done, introduce done"},
			{"wants no marketing", []moment{old, {"-9d", event.MarketingRefused{By: "x"}}, given, taken},
				"read-history done, introduce withheld refused_marketing, useful withheld refused_marketing"},
			{"knows the new member already", []moment{old, {"-9d", event.RelationAdded{Staff: soptest.Member}}, given},
				"read-history done, introduce done, useful done"},
			{"deleted one of two members", []moment{old, member, {"0d 09:00", event.RelationEnded{Staff: soptest.Member + 1, By: event.ByCustomer}}},
				""},
		}},
		{name: "dormant-forgotten", days: 48, mind: thought(insight.Declining, insight.Exposure), lives: []life{
			{"nobody reacts", []moment{member},
				"show done, remember done, reason skipped condition, rest passed"},
			{"answers", []moment{member, says("6d 12:00")},
				"show done, remember done, reason done, rest skipped condition"},
			{"buys", []moment{member, buys("6d 12:00", 1)},
				"show done, remember done"},
			{"complains", []moment{member, {"6d 12:00", complain}},
				"show done, remember done"},
		}},
		{name: "dormant-need-changed", days: 102, mind: thought(insight.Lost, insight.Need), lives: []life{
			{"nobody reacts", []moment{member},
				"ask-now done, quiet done"},
			{"answers", []moment{member, says("3d 12:00")},
				"ask-now done, show-new done, note-need done"},
			{"buys", []moment{member, buys("6d 12:00", 1)},
				"ask-now done"},
		}},
		{name: "dormant-price", days: 18, mind: thought(insight.Lost, insight.Need), lives: []life{
			{"nobody reacts", []moment{{"-400d", event.RelationAdded{Staff: soptest.Member}}, buys("-300d", 1), {"0d 09:00", event.NeedExpressed{}}},
				"ask-price done, small-size done, one-benefit skipped condition"},
			{"answers", []moment{{"-400d", event.RelationAdded{Staff: soptest.Member}}, buys("-300d", 2), {"0d 09:00", event.NeedExpressed{}}, says("6d 12:00")},
				"ask-price done, small-size done, one-benefit done"},
			{"buys", []moment{{"-400d", event.RelationAdded{Staff: soptest.Member}}, buys("-300d", 3), {"0d 09:00", event.NeedExpressed{}}, buys("3d 12:00", 4)},
				"ask-price done"},
			{"never bought", []moment{{"-400d", event.RelationAdded{Staff: soptest.Member}}, {"0d 09:00", event.NeedExpressed{}}},
				""},
		}},
		{name: "dormant-bad-experience", days: 34, lives: []life{
			{"nobody reacts", []moment{member, buys("-90d", 1), {"-89d", complain}, {"-88d", solved}},
				"apology done, what-changed done, come-back skipped condition"},
			{"answers", []moment{member, buys("-90d", 2), {"-89d", complain}, {"-88d", solved}, says("3d 12:00")},
				"apology done, what-changed done, come-back done"},
			{"buys", []moment{member, buys("-90d", 3), {"-89d", complain}, {"-88d", solved}, buys("5d 12:00", 4)},
				"apology done"},
			{"complains again", []moment{member, buys("-90d", 5), {"-89d", complain}, {"-88d", solved}, {"3d 12:00", complain}},
				"apology done"},
		}},
	}
}

func TestLivesInTheLibrary(t *testing.T) {
	for _, s := range shelf() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.tell(t)
		})
	}
}

// tell lets the lives of a process happen.
func (s *shelved) tell(t *testing.T) {
	w := townAt(t, begin.Add(time.Minute), clock.Shanghai)
	w.Minded, w.Rules.Promises = s.mind, []decision.Promise{{State: "scan", Days: 7, Material: "gift"}}
	for i := range s.lives { // what was before the process
		for ; len(s.lives[i].happens) > 0 && strings.HasPrefix(s.lives[i].happens[0].when, "-"); s.lives[i].happens = s.lives[i].happens[1:] {
			w.at(customerOf(i), offset(t, s.lives[i].happens[0].when), s.lives[i].happens[0].body)
		}
	}
	w.turn()
	text := library(s.name)
	if s.edit != nil {
		text = s.edit(text)
	}
	w.install(text)
	w.live(s.days, s.lives)
	w.tellsOf(s.lives)
	s.dead(t)
}

// dead complains about steps that happen in no life.
func (s *shelved) dead(t *testing.T) {
	t.Helper()
	p := must[sop.Process](t)(sop.Parse([]byte(library(s.name))))
	happened := map[string]bool{}
	for _, l := range s.lives {
		for step := range strings.SplitSeq(l.want, ", ") {
			if name, what, _ := strings.Cut(step, " "); what == "done" || what == "passed" || strings.HasPrefix(what, "unmade") { // a mass message that nobody approves
				happened[name] = true
			}
		}
	}
	for _, step := range p.Steps {
		if step.Channel != sop.Wait && !happened[step.Name] {
			t.Errorf("%s happens in no life", step.Name)
		}
	}
}

// What the library's words say is the manager's stands on the manager's list, with the
// customer's name, and on nobody else's; the manager need not be the customer's contact.
func TestTheManagerCallsAndTakesOver(t *testing.T) {
	const manager = soptest.Member + 7
	for _, c := range []struct {
		process string
		before  []moment
		then    event.Body
		day     int
		step    string
		task    bool // not a call
	}{
		{"dormant-bad-experience", []moment{member, buys("-90d", 1), {"-89d", complain}, {"-88d", solved}}, nil, 1, "apology", false},
		{"complaint-recovery", []moment{member}, complain, 2, "raise", true},
	} {
		t.Run(c.process, func(t *testing.T) {
			t.Parallel()
			w := townAt(t, begin.Add(time.Minute), clock.Shanghai)
			w.Managers = []id.Staff{manager}
			for _, m := range c.before {
				w.at(3, offset(t, m.when), m.body)
			}
			w.turn()
			w.install(library(c.process))
			if c.then != nil {
				w.at(3, begin.Add(2*time.Minute), c.then)
			}
			w.live(c.day, nil)
			for _, clock := range daily {
				w.Clock.Set(when(c.day, clock))
				w.turn()
			}
			of := map[bool]id.Staff{}
			for _, task := range must[[]delivery.StaffTask](t)(w.DB.StaffTasks(t.Context(), delivery.TaskQuery{States: []delivery.StaffTaskState{delivery.Due}, Scope: everything})) {
				of[false] = task.Staff
			}
			for _, task := range must[[]storage.StepTask](t)(w.DB.StepTasks(t.Context(), storage.StepTaskQuery{Scope: everything})) {
				of[true] = task.Staff
				if task.Customer() != 3 || task.Store != soptest.Shop {
					t.Errorf("the task: %+v", task)
				}
			}
			if of[c.task] != manager {
				t.Errorf("%s is given to %d, not to the manager %d: %s", c.step, of[c.task], manager, w.story(3))
			}
			w.doAll()
			w.Clock.Set(w.Clock.Now().Add(time.Hour))
			w.turn()
			lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), 0, 0, 1<<30)), func(s sop.Count) id.Staff { return s.Staff })
			if l := lines[manager]; l == nil || l.Done != 1 {
				t.Errorf("what the manager did: %+v", l)
			}
			checked(t, w)
		})
	}
}

// TestGroupsGoThroughTheLibrary lets each group process of the library happen to one
// group of its kind: WeCom sends its posts, the owner does the rest.
func TestGroupsGoThroughTheLibrary(t *testing.T) {
	all := must[[]sop.Process](t)(sop.Library())
	for _, p := range all {
		if p.Subject != sop.OfGroup {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			t.Parallel()
			w := townAt(t, begin.Add(time.Minute), clock.Shanghai)
			w.posting()
			for n, name := range []string{"拉花营", "another"} {
				f, err := event.New(event.Group(id.Group(50+n)), w.Clock.Now(), event.FromBackfill, id.Hash("group", name), event.GroupSeen{Name: name, Owner: soptest.Member})
				ok(t, err)
				must[int](t)(w.Log.Append(t.Context(), f))
			}
			ok(t, w.DB.SetGroupKind(t.Context(), 50, string(p.Trigger.Kinds[0])))
			ok(t, w.DB.SetGroupKind(t.Context(), 51, "flash"))
			w.turn()
			number := w.install(strings.Replace(library(p.Name), "2027-03-01", "2026-05-11", 1))
			posted := 0
			for day := range 34 {
				for _, clock := range append(slices.Clone(daily), "20:40") { // what comes after a post of the evening
					w.Clock.Set(when(day, clock))
					w.turn()
					posted += w.deliver()
					w.doAll()
				}
			}
			lines := sop.Adherence(must[[]sop.Count](t)(w.DB.StepCounts(t.Context(), number, 0, 1<<30)), func(c sop.Count) int { return c.Step })
			for i, step := range p.Steps {
				if l := lines[i]; l == nil || l.Done == 0 || l.Given != l.Done || l.Dropped+l.Withheld+l.Skipped > 0 {
					t.Errorf("%s: %+v", step.Name, l)
				} else if step.Posts(p.Subject) {
					posted -= l.Done
				}
			}
			if posted != 0 {
				t.Errorf("of the steps that are posts %d more or less are done than WeCom sent", posted)
			}
			checked(t, w)
		})
	}
}
