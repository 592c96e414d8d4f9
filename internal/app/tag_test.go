package app

import (
	"errors"
	"iter"
	"slices"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/connector/tag"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/wecom/simulator"
)

var leading = web.Asker{Account: "lead", Scope: org.All()}

// settle lets everything that is on its way arrive.
func (j *joint) settle() {
	j.t.Helper()
	must(j.t, j.platform.Drain(j.t.Context()))
	must(j.t, j.readLetters(j.t.Context()))
	must(j.t, j.Turn(j.t.Context()))
}

func (j *joint) shown() web.TagsView {
	j.t.Helper()
	v, err := j.desk.Tags(j.t.Context(), org.All())
	must(j.t, err)
	return v
}

// named returns the group and the tag that the page shows under a name.
func (j *joint) named(name string) (web.TagGroup, web.Tag) {
	j.t.Helper()
	for _, g := range j.shown().Groups {
		for _, t := range g.Tags {
			if t.Name == name {
				return g, t
			}
		}
	}
	j.t.Fatalf("no tag %q is shown: %+v", name, j.shown().Groups)
	return web.TagGroup{}, web.Tag{}
}

func (j *joint) customer(n int) id.Customer {
	return id.CustomerOf(id.Corp(j.platform.Credentials(0).Corp), external(n))
}

// tagFacts returns what was told of a customer's tags, oldest first.
func (j *joint) tagFacts(c id.Customer) (list []event.Fact) {
	j.t.Helper()
	facts, err := j.db.FactsBefore(j.t.Context(), []event.Subject{event.Customer(c)}, 0, 1000)
	must(j.t, err)
	for _, f := range slices.Backward(facts) {
		if slices.Contains([]event.Kind{event.KindRelationTagged, event.KindCustomerTagged, event.KindCustomerUntagged}, f.Kind) {
			list = append(list, f)
		}
	}
	return list
}

func (j *joint) make(home web.TagHome, group string, names ...string) {
	j.t.Helper()
	must(j.t, j.desk.MakeTags(j.t.Context(), leading, web.TagForm{Home: home, Group: group, Names: names}))
}

// work runs the background work that is due.
func (j *joint) work() {
	j.t.Helper()
	must(j.t, j.runJobs(j.t.Context()))
}

func (j *joint) begin(tag string, off bool) string {
	j.t.Helper()
	work, err := j.desk.StartTagging(j.t.Context(), leading, web.TaggingForm{Query: web.CustomerQuery{Related: true, Sort: web.SortRecent}, Tag: tag, Off: off})
	must(j.t, err)
	return work
}

func (j *joint) progress(work string) web.TagWork {
	j.t.Helper()
	w, err := j.desk.TagWork(j.t.Context(), org.All(), work)
	must(j.t, err)
	return w
}

// carrying returns how many pairs of the platform carry a tag.
func (j *joint) carrying(tag string) (n int) {
	for _, r := range j.platform.Relations() {
		if r.Bond == "added" && slices.Contains(r.Tags, tag) {
			n++
		}
	}
	return n
}

func TestTagsOfWeComAreShownAsTheyChangeThere(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		people := j.platform.People()
		if g, _ := j.named("green"); g.Name != "taste" || g.Changeable || g.Home != web.TagWeCom {
			t.Errorf("a tag of the console is shown as %+v", g)
		}
		made, err := people.CreateTag("taste", "white")
		must(t, err)
		region, err := people.CreateRuleGroup("north")
		must(t, err)
		_, err = people.CreateRuleTag(region, "city", "Beijing")
		must(t, err)
		j.settle()
		j.named("white")
		if g, _ := j.named("Beijing"); g.Home != web.TagRule || g.Rule != "north" || g.Changeable {
			t.Errorf("a tag of a rule group is shown as %+v", g)
		}
		must(t, people.RenameTag(made, "silver"))
		j.settle()
		j.named("silver")
		must(t, people.DeleteTag(made))
		j.settle()
		for _, g := range j.shown().Groups {
			if slices.ContainsFunc(g.Tags, func(t web.Tag) bool { return t.Name == "silver" }) {
				t.Error("a deleted tag is shown")
			}
		}
		if c := j.shown().Conflicts; len(c) != 0 {
			t.Errorf("what Siyu does not use is a conflict: %+v", c)
		}
		j.clock.Set(j.clock.Now().Add(time.Second))
		j.platform.SetFaults(simulator.Faults{Lose: 1})
		_, err = people.CreateTag("taste", "oolong")
		must(t, err)
		must(t, j.platform.Drain(t.Context()))
		j.clock.Set(j.clock.Now().Add(2 * time.Hour))
		must(t, j.timers.Run(t.Context()))
		j.named("oolong")
	})
}

func TestWhatSiyuWritesComesBackAndChangesNothing(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due", "loved")
		j.settle()
		g, due := j.named("due")
		if !g.Changeable || g.Home != web.TagWeCom {
			t.Errorf("a tag that Siyu made is shown as %+v", g)
		}
		must(t, j.desk.RenameTag(t.Context(), leading, due.Key, "due soon"))
		j.settle()
		_, due = j.named("due soon")
		c := j.customer(0)
		must(t, j.desk.SetTag(t.Context(), leading, c, due.Key, false))
		told := len(j.tagFacts(c))
		j.settle()
		j.clock.Set(j.clock.Now().Add(25 * time.Hour))
		must(t, j.timers.Run(t.Context()))
		facts := j.tagFacts(c)
		if len(facts) != told || told != 1 {
			t.Fatalf("one mark was told %d times, %d after its callback and a whole reading", told, len(facts))
		}
		if b, err := event.Read[event.RelationTagged](facts[0]); err != nil || b.By != "lead" || len(b.Tags) != 1 {
			t.Errorf("the mark was told as %+v, %v", b, err)
		}
		v, err := j.desk.Customer(t.Context(), org.All(), c)
		must(t, err)
		if len(v.Tags) != 1 || v.Tags[0].Name != "due soon" || v.Tags[0].By != "lead" || len(v.Tags[0].Staff) != 1 {
			t.Errorf("the customer's page shows %+v", v.Tags)
		}
		must(t, j.desk.SetTag(t.Context(), leading, c, due.Key, true))
		j.settle()
		if facts = j.tagFacts(c); len(facts) != 2 {
			t.Errorf("taking a tag off was told %d times", len(facts)-1)
		}
		must(t, j.desk.DropTag(t.Context(), leading, g.Key))
		j.settle()
		if left := j.shown(); len(left.Conflicts) != 0 || slices.ContainsFunc(left.Groups, func(g web.TagGroup) bool { return g.Name == "Siyu" }) {
			t.Errorf("after Siyu deleted its group: %+v", left)
		}
		j.agrees("in the end")
	})
}

func TestConflictsAreShown(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due", "green")
		_, due := j.named("due")
		corp, name, _ := tagParts(due.Key)
		if corp == "" {
			t.Fatal("a tag of WeCom has no corp")
		}
		must(t, j.platform.People().RenameTag(name, "urgent"))
		j.settle()
		must(t, j.platform.People().DeleteTag(name))
		j.settle()
		kinds := map[web.TagConflictKind]web.TagConflict{}
		for _, c := range j.shown().Conflicts {
			kinds[c.Kind] = c
		}
		if c := kinds[web.TagRenamed]; c.Was != "due" || c.Is != "urgent" {
			t.Errorf("renamed on WeCom: %+v", c)
		}
		if c := kinds[web.TagDeleted]; c.Was != "urgent" {
			t.Errorf("deleted on WeCom: %+v", c)
		}
		if c := kinds[web.TagSameName]; c.Name != "green" || c.Was == c.Is {
			t.Errorf("one name in two groups: %+v", c)
		}
		must(t, j.desk.SettleTag(t.Context(), leading, kinds[web.TagRenamed]))
		if left := len(j.shown().Conflicts); left != len(kinds)-1 {
			t.Errorf("%d conflicts are left of %d", left, len(kinds))
		}
		taste, _ := j.named("black")
		err := j.desk.MakeTags(t.Context(), leading, web.TagForm{Home: web.TagWeCom, Group: "taste", Names: []string{"red"}})
		if fault.KeyOf(err) != "error.tag_not_ours" {
			t.Errorf("adding to another app's group: %v", err)
		}
		if err := j.desk.DropTag(t.Context(), leading, taste.Key); fault.KeyOf(err) != "error.tag_not_ours" {
			t.Errorf("deleting another app's group: %v", err)
		}
		if c := j.shown().Conflicts; !slices.ContainsFunc(c, func(c web.TagConflict) bool { return c.Kind == web.TagNotOurs && c.Was == "taste" }) {
			t.Errorf("what WeCom refused to change is not listed: %+v", c)
		}
	})
}

func tagParts(key string) (corp, name string, ok bool) {
	for i := range key {
		if key[i] == '/' {
			return key[:i], key[i+1:], true
		}
	}
	return "", "", false
}

func TestOwnTagsLiveInSiyuOnly(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagOwn, "relation", "old friend")
		g, friend := j.named("old friend")
		c := j.customer(1)
		must(t, j.desk.SetTag(t.Context(), leading, c, friend.Key, false))
		v, err := j.desk.Customer(t.Context(), org.All(), c)
		must(t, err)
		if len(v.Tags) != 1 || v.Tags[0].Home != web.TagOwn || v.Tags[0].By != "lead" || !v.Tags[0].Since.Equal(j.clock.Now()) {
			t.Errorf("the customer's page shows %+v", v.Tags)
		}
		work := j.begin(friend.Key, false)
		j.work()
		must(t, j.Turn(t.Context()))
		if w := j.progress(work); w.State != web.TagWorkFinished || w.Done != strangers/2 || w.Failed != 0 {
			t.Errorf("tagging everybody: %+v", w)
		}
		if told := len(j.tagFacts(c)); told != 1 {
			t.Errorf("who had the tag was told %d times", told)
		}
		must(t, j.CountTags(t.Context()))
		if _, friend = j.named("old friend"); friend.Carriers != strangers/2 {
			t.Errorf("%d carry the tag, want %d", friend.Carriers, strangers/2)
		}
		j.clock.Set(j.clock.Now().Add(time.Minute))
		j.begin(friend.Key, true)
		j.work()
		must(t, j.Turn(t.Context()))
		if v, err = j.desk.Customer(t.Context(), org.All(), c); err != nil || len(v.Tags) != 0 {
			t.Errorf("after it was taken off everybody: %+v, %v", v.Tags, err)
		}
		page, err := j.desk.Timeline(t.Context(), org.All(), web.TimelineQuery{Customer: c, Records: true, Limit: 20})
		must(t, err)
		if len(page.Entries) < 2 || page.Entries[0].Kind != event.KindCustomerUntagged || page.Entries[0].Detail != "old friend" || page.Entries[0].By != "lead" {
			t.Errorf("the record history shows %+v", page.Entries)
		}
		must(t, j.desk.DropTag(t.Context(), leading, g.Key))
		r, err := j.Verify(t.Context())
		must(t, err)
		if r.Differences != 0 {
			t.Errorf("folding the log again: %d differences", r.Differences)
		}
	})
}

func TestManyCustomersAreTaggedInWeComWithinItsLimits(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due")
		_, due := j.named("due")
		_, name, _ := tagParts(due.Key)
		must(t, j.platform.People().TagInClient(members[2], external(2), []string{j.tags[0]}, nil))
		must(t, j.platform.People().DeleteByCustomer(members[0], external(0))) // nobody has told Siyu yet
		j.platform.SetLimits(simulator.Limits{PerMinute: -1, PerHour: -1, OnPair: 1, PerAPI: map[string]int{"/cgi-bin/externalcontact/mark_tag": 10}})
		work := j.begin(due.Key, false)
		j.work()
		if w := j.progress(work); w.State != web.TagWorkOpen || w.Because != string(tag.LimitsUsed) {
			t.Fatalf("when the limit is used up the work is %+v", w)
		}
		for range 20 {
			j.clock.Set(j.clock.Now().Add(2 * time.Minute))
			j.work()
		}
		w := j.progress(work)
		if w.State != web.TagWorkFinished || w.Done != strangers/2-2 || w.Failed != 2 || j.carrying(name) != strangers/2-2 {
			t.Errorf("in the end %d carry the tag and the work is %+v", j.carrying(name), w)
		}
		why := map[id.Customer]string{}
		for _, r := range w.Refused {
			why[r.Customer] = r.Because
		}
		if why[j.customer(0)] != string(tag.NotConnected) || why[j.customer(2)] != string(tag.TooMany) {
			t.Errorf("who was not tagged: %v", why)
		}
		j.settle()
		j.agrees("in the end")
	})
}

func TestWorkStopsWhenItsTagIsDeletedOrAPersonSaysSo(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due", "loved")
		_, due := j.named("due")
		_, name, _ := tagParts(due.Key)
		work := j.begin(due.Key, false)
		j.platform.SetFaults(simulator.Faults{Lose: 1})
		must(t, j.platform.People().DeleteTag(name))
		j.work()
		if w := j.progress(work); w.State != web.TagWorkFailed || w.Because != string(tag.TagGone) {
			t.Errorf("the work of a deleted tag: %+v", w)
		}
		if c := j.shown().Conflicts; !slices.ContainsFunc(c, func(c web.TagConflict) bool { return c.Kind == web.TagDeleted && c.Was == "due" }) {
			t.Errorf("the deleted tag is no conflict: %+v", c)
		}
		_, loved := j.named("loved")
		work = j.begin(loved.Key, false)
		must(t, j.desk.StopTagging(t.Context(), leading, work))
		j.work()
		if w := j.progress(work); w.State != web.TagWorkStopped || w.Done != 0 {
			t.Errorf("stopped work: %+v", w)
		}
		must(t, j.sweepTags(t.Context()))
		if left, err := j.db.TagTargets(t.Context(), mustWork(t, work), 0, 10); err != nil || len(left) != 0 {
			t.Errorf("ended work keeps %d customers, %v", len(left), err)
		}
	})
}

func mustWork(t *testing.T, text string) int64 {
	t.Helper()
	work, ok := id.Parse[id.Tag](text)
	if !ok {
		t.Fatalf("no work %q", text)
	}
	return int64(work)
}

// few is a crowd of some customers.
type few []id.Customer

func (f few) IDs() iter.Seq[id.Customer] { return slices.Values(f) }

func (f few) Has(who id.Customer) bool { return slices.Contains(f, who) }

func TestAnAudienceBecomesATagOfWeCom(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due")
		_, due := j.named("due")
		corp, name, _ := tagParts(due.Key)
		follow := func(numbers ...int) {
			t.Helper()
			var members few
			for _, n := range numbers {
				members = append(members, j.customer(n))
			}
			must(t, j.followTag(t.Context(), tag.Tag{Key: tag.Key{Corp: id.Corp(corp), ID: name}, Name: "due"}, members))
			j.work()
		}
		follow(5, 1, 3, 40) // the last one has no relation
		if n := j.carrying(name); n != 3 {
			t.Errorf("%d carry the tag of three who can", n)
		}
		newest := j.shown().Works[0]
		if newest.State != web.TagWorkFinished || newest.Total != 4 || newest.Failed != 1 || !newest.Follows || newest.By != event.ByRule {
			t.Errorf("the work %+v", newest)
		}
		j.clock.Set(j.clock.Now().Add(time.Hour))
		follow(3, 7)
		if n, total := j.carrying(name), j.shown().Works[0].Total; n != 2 || total != 3 {
			t.Errorf("%d carry the tag after %d changes", n, total)
		}
		j.settle()
		j.agrees("in the end")
	})
}

func TestATagFollowsItsAudienceDayByDay(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagOwn, "relation", "old friend")
		_, friend := j.named("old friend")
		_, own, _ := tagParts(friend.Key)
		number, err := j.db.AddAudience(t.Context(), flow.Audience{Name: "friends", Kind: flow.Dynamic, Created: j.clock.Now(), CreatedBy: "lead", Rule: audience.Rule{
			Ask: &audience.Condition{Field: "tags", Is: audience.OneOf, Values: []audience.Value{{Number: int64(id.CodeOf(own)), Text: own}}}}})
		must(t, err)
		for n := range 3 {
			must(t, j.desk.SetTag(t.Context(), leading, j.customer(n), friend.Key, false))
		}
		must(t, j.timers.Run(t.Context())) // the index is read
		must(t, j.Refill(t.Context()))
		must(t, j.desk.TagAudience(t.Context(), leading, number))
		j.work()
		g, pushed := j.named("friends")
		_, name, _ := tagParts(pushed.Key)
		if n := j.carrying(name); n != 3 || g.Name != ownGroup || !pushed.Follows() {
			t.Errorf("%d carry the tag %+v of %q", n, pushed, g.Name)
		}
		if err := j.desk.SetTag(t.Context(), leading, j.customer(9), pushed.Key, false); fault.KeyOf(err) != "error.tag_follows" {
			t.Errorf("a tag that follows put on by hand: %v", err)
		}
		must(t, j.platform.People().AddRelation(simulator.Friendship{UserID: members[1], ExternalUserID: external(0), AddWay: 1}))
		j.settle()
		j.clock.Set(j.clock.Now().Add(tagAgainAfter + time.Minute))
		j.work()
		if n := j.carrying(name); n != 4 {
			t.Errorf("after a new relation %d carry the tag", n)
		}
		j.make(web.TagOwn, "relation", "automatic")
		_, automatic := j.named("automatic")
		must(t, j.desk.SetTag(t.Context(), leading, j.customer(20), automatic.Key, false))
		must(t, j.desk.FollowTag(t.Context(), leading, automatic.Key, number))
		j.work()
		must(t, j.Turn(t.Context()))
		must(t, j.desk.SetTag(t.Context(), leading, j.customer(0), friend.Key, true))
		must(t, j.desk.SetTag(t.Context(), leading, j.customer(7), friend.Key, false))
		j.clock.Set(j.clock.Now().Add(25 * time.Hour))
		must(t, j.timers.Run(t.Context()))
		must(t, j.timers.Run(t.Context()))
		j.work()
		must(t, j.Turn(t.Context()))
		if n := j.carrying(name); n != 3 {
			t.Errorf("a day later %d carry the tag", n)
		}
		must(t, j.CountTags(t.Context()))
		if _, automatic = j.named("automatic"); automatic.Carriers != 4 { // three by rule, one by hand
			t.Errorf("%d carry the tag that a rule and a hand gave", automatic.Carriers)
		}
		facts := j.tagFacts(j.customer(7))
		last := facts[len(facts)-1]
		if b, err := event.Read[event.CustomerTagged](last); last.Kind == event.KindCustomerTagged && (err != nil || b.By != event.ByRule) {
			t.Errorf("the rule's tag was told as %+v, %v", b, err)
		}
	})
}

func TestAStoreTagsOnlyOnItsOwnRelations(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagWeCom, "Siyu", "due")
		_, due := j.named("due")
		_, name, _ := tagParts(due.Key)
		must(t, j.platform.People().AddRelation(simulator.Friendship{UserID: members[1], ExternalUserID: external(0), AddWay: 1}))
		j.settle()
		corp := id.Corp(j.platform.Credentials(0).Corp)
		own := web.Asker{Account: "anna", Scope: org.Scope{Staff: id.StaffOf(corp, members[0])}}
		must(t, j.desk.SetTag(t.Context(), own, j.customer(0), due.Key, false))
		if n := j.carrying(name); n != 1 {
			t.Errorf("a member tagged %d relations", n)
		}
		other := web.Asker{Account: "chen", Scope: org.Scope{Staff: id.StaffOf(corp, members[2])}}
		if err := j.desk.SetTag(t.Context(), other, j.customer(0), due.Key, true); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("a member who does not have the customer: %v", err)
		}
		must(t, j.desk.SetTag(t.Context(), leading, j.customer(0), due.Key, false))
		if n := j.carrying(name); n != 2 {
			t.Errorf("a lead tagged %d relations", n)
		}
		j.settle()
		j.agrees("in the end")
	})
}

// agrees fails where Siyu and the platform differ.
func (j *joint) agrees(when string) {
	j.t.Helper()
	if got := j.differences(); len(got) != 0 {
		j.t.Errorf("%s: %q", when, got)
	}
}

func TestCustomersOfAListAreTaggedAndLinesThatMeanNobodyAreNamed(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		j := join(t, db, web.ModeCallbacks)
		j.make(web.TagOwn, "lists", "listed")
		_, listed := j.named("listed")
		f := web.TagListForm{Tag: listed.Key, Columns: map[string]web.ListColumn{"external": web.ListExternal, "who": web.ListCustomer},
			File: []byte("name,external\na," + external(0) + "\nb,nobody\nc," + external(3) + "\nd," + external(0) + "\n")}
		_, err := j.desk.TagListed(t.Context(), leading, f)
		flaws, ok := errors.AsType[web.ListFlaws](err)
		if !ok || len(flaws) != 1 || flaws[0].Line != 3 || flaws[0].Key != "tag_list_flaw.unknown" {
			t.Fatalf("the list is refused with %v, %+v", err, flaws)
		}
		f.Skip = true
		work, err := j.desk.TagListed(t.Context(), leading, f)
		must(t, err)
		j.work()
		must(t, j.Turn(t.Context()))
		if w, err := j.desk.TagWork(t.Context(), leading.Scope, work); err != nil || w.Done != 2 || w.State != web.TagWorkFinished {
			t.Errorf("the work is %+v, %v", w, err)
		}
		for _, wrong := range []string{"", "name,phone\na,1\n", "who\n???\n"} {
			f.File, f.Skip = []byte(wrong), false
			if _, err := j.desk.TagListed(t.Context(), leading, f); fault.CodeOf(err) != fault.Invalid {
				t.Errorf("%q is answered with %v", wrong, err)
			}
		}
	})
}
