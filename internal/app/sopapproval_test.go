package app

import (
	"fmt"
	"strings"
	"testing"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// careByHand reaches everybody who has added a member, by messages that members write.
const careByHand = `sop: 1
name: care
title: {zh: 关心, en: Care}
subject: customer
trigger: {rule: {field: relation, is: in, values: [active]}}
clock: relative
again: once
executor: relation
steps:
  - {name: ask, at: 1d, within: 1d, channel: private, purpose: serve, minutes: 2, content: [{text: {zh: 近来可好, en: How are you}}]}
`

// processHouse is a house with people who approve, and what they do about one process.
type processHouse struct{ host }

func (h processHouse) installs(by web.Asker, text string) (waits bool) {
	h.t.Helper()
	p, err := sop.Parse([]byte(text))
	must(h.t, err)
	waits, err = h.desk.InstallProcess(h.t.Context(), by, web.ProcessForm{Of: p.Name, Document: p, Text: text})
	must(h.t, err)
	return waits
}

// begins puts a version to work and says what became of that.
func (h processHouse) begins(by web.Asker, name string, version int) string {
	h.t.Helper()
	done, err := h.desk.SetProcess(h.t.Context(), by, web.ProcessSet{Name: name, To: web.ProcessActive, Version: version})
	switch {
	case err != nil:
		return fault.KeyOf(err)
	case len(done.Left) > 0:
		return string(done.Left[0].Why)
	case len(done.Typed) > 0:
		return fmt.Sprint("type ", done.Number)
	case done.Waits > 0:
		return "waits"
	}
	return "goes"
}

func (h processHouse) pauses(name string) {
	h.t.Helper()
	must(h.t, second(h.desk.SetProcess(h.t.Context(), boss, web.ProcessSet{Name: name, To: web.ProcessPaused})))
}

// stands returns state and version in force.
func (h processHouse) stands(name string) string {
	h.t.Helper()
	v, err := h.desk.Process(h.t.Context(), org.All(), name)
	must(h.t, err)
	return fmt.Sprint(v.State, " ", v.Version)
}

func TestWhatMembersWriteAndCallForAProcessIsApprovedBySizeBeforeItComesIntoForce(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := processHouse{hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}
		h.staffed() // a lead up to 100, two above 5
		equal(t, "a draft waits", h.installs(manager, careByHand), false)
		pending, err := h.desk.ProcessPending(t.Context(), manager, "care")
		must(t, err)
		equal(t, "before it begins", fmt.Sprintf("%t %d %s %q", pending.Asked, pending.Reaches, pending.Rule, pending.Why), `true 30 two ""`)
		equal(t, "the first person", h.begins(manager, "care", 1), "waits")
		equal(t, "the same person", h.begins(manager, "care", 1), "needs_another")
		equal(t, "nothing is at work", h.stands("care"), "draft 1")

		other := strings.Replace(careByHand, "How are you", "How have you been", 1)
		h.installs(manager, other)
		equal(t, "what nobody looked at", h.begins(boss, "care", 1), "error.form_stale")
		equal(t, "of other words the first approval does not hold", h.begins(boss, "care", 2), "waits")
		equal(t, "the second person", h.begins(manager, "care", 2), "goes")
		equal(t, "both have approved", h.stands("care"), "active 2")
		equal(t, "the same request again", h.begins(manager, "care", 2), "goes")

		h.pauses("care")
		equal(t, "what did not change goes on", h.begins(manager, "care", 2), "goes")
		titled := strings.Replace(other, "en: Care", "en: Caring", 1)
		equal(t, "another title waits", h.installs(manager, titled), false)
		equal(t, "another title", h.stands("care"), "active 3")

		for i, change := range [][2]string{{"How have you been", "Come and see us"}, {"at: 1d,", "at: 2d,"}, {"values: [active]", "values: [active, deleted_by_customer]"}} {
			text := strings.Replace(titled, change[0], change[1], 1)
			for range 2 {
				if !h.installs(manager, text) {
					t.Errorf("%s is in force at once", change[1])
				}
			}
			equal(t, "till somebody approves", h.stands("care"), "active 3")
			equal(t, "a version that is not the one that waits", h.begins(boss, "care", 3+i), "error.form_stale")
		}
		equal(t, "the first person", h.begins(boss, "care", 6), "waits")
		equal(t, "the first person approved", h.stands("care"), "active 3")
		equal(t, "the second person", h.begins(manager, "care", 6), "goes")
		equal(t, "what both approved", h.stands("care"), "active 6")
		v, err := h.desk.Process(t.Context(), org.All(), "care")
		must(t, err)
		never := 0
		for _, one := range v.Versions {
			if one.Forced.IsZero() {
				never++
			}
		}
		equal(t, "versions that never came into force: the first draft, two replaced ones", never, 3)

		h.pauses("care")
		h.installs(manager, other)
		equal(t, "a text that changed in a pause", h.begins(manager, "care", 7), "waits")
		equal(t, "before anybody else approves", h.stands("care"), "paused 7")
		h.whole()
	})
}

func TestANewProcessNeverBecomesAVersionOfAnother(t *testing.T) {
	h, ctx := processHouse{hostOf(t, "", 0, 1)}, t.Context()
	h.installs(manager, careByHand)
	p, err := sop.Parse([]byte(careByHand))
	must(t, err)
	for _, of := range []string{"", "other"} {
		_, err := h.desk.InstallProcess(ctx, boss, web.ProcessForm{Of: of, Document: p, Text: careByHand})
		equal(t, "of "+of, fault.KeyOf(err), "error.process_taken")
	}
	equal(t, "the one there was", h.stands("care"), "draft 1")
}

// waits names what waits for somebody's word, with ! where it is the asker's.
func (h processHouse) waits(by web.Asker) string {
	h.t.Helper()
	list, err := h.desk.ProcessesWaiting(h.t.Context(), by)
	must(h.t, err)
	said := ""
	for _, w := range list {
		said += fmt.Sprint(w.Document.Title.EN, " ", w.Version)
		if w.May {
			said += "!"
		}
		said += ";"
	}
	return said
}

func TestWhoMayApproveIsToldThatAProcessWaits(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := processHouse{hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}
		h.staffed() // a lead up to 100, two above 5
		h.installs(manager, careByHand)
		equal(t, "a draft is nobody's business", h.waits(boss), "")
		equal(t, "the first person", h.begins(manager, "care", 1), "waits")
		equal(t, "the second person", h.waits(boss), "Care 1!;")
		equal(t, "the first one again", h.waits(manager), "Care 1;")
		counted, err := h.db.CountApprovals(t.Context(), org.All(), h.clock.Now())
		must(t, err)
		equal(t, "told once a day", counted.Processes, 1)
		h.begins(boss, "care", 1)
		equal(t, "at work", h.waits(boss), "")
		h.installs(manager, strings.Replace(careByHand, "How are you", "Come and see us", 1))
		equal(t, "a version that waits for its first approval", h.waits(manager), "Care 2!;")
		must(t, second(h.desk.SetProcess(t.Context(), boss, web.ProcessSet{Name: "care", To: web.ProcessRetired})))
		equal(t, "of a process that is retired", h.waits(boss), "")
	})
}

func TestAVersionThatWaitsIsWithdrawn(t *testing.T) {
	onBothDatabases(t, func(t *testing.T, db string) {
		h := processHouse{hostOf(t, db, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}
		h.staffed() // a lead up to 100, two above 5
		withdraws := func(version int) error { return h.desk.WithdrawProcess(t.Context(), manager, "care", version) }
		h.installs(manager, careByHand)
		if err := withdraws(1); fault.CodeOf(err) != fault.Conflict {
			t.Errorf("a draft that nobody approved: %v", err)
		}
		equal(t, "the first person", h.begins(manager, "care", 1), "waits")
		must(t, withdraws(1))
		equal(t, "waits for nobody", h.waits(boss), "")
		equal(t, "one person is not enough again", h.begins(boss, "care", 1), "waits")
		equal(t, "the second person", h.begins(manager, "care", 1), "goes")
		other := strings.Replace(careByHand, "How are you", "Come and see us", 1)
		h.installs(manager, other)
		equal(t, "one of two for other words", h.begins(boss, "care", 2), "waits")
		if err := withdraws(1); fault.CodeOf(err) != fault.Conflict || fault.KeyOf(err) != "error.process_waits" {
			t.Errorf("the one in force is withdrawn: %v", err)
		}
		must(t, withdraws(2))
		equal(t, "nothing waits", h.waits(boss), "")
		equal(t, "nobody puts it in force", h.begins(manager, "care", 2), "error.form_stale")
		equal(t, "the one in force stays", h.stands("care"), "active 1")
		view, err := h.desk.Process(t.Context(), org.All(), "care")
		must(t, err)
		equal(t, "what is gone on with", view.Newest, careByHand)
		equal(t, "proposed again", h.installs(manager, other), true)
		equal(t, "with a number of its own", h.waits(manager), "Care 3!;")
		equal(t, "the first of two again", h.begins(manager, "care", 3), "waits")
		equal(t, "the second of two", h.begins(boss, "care", 3), "goes")
	})
}

func TestALeadPutsNoProcessToWorkThatReachesMoreThanALeadMayApprove(t *testing.T) {
	h := processHouse{hostOf(t, "", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}
	h.staffed()
	must(t, h.desk.SetApproval(t.Context(), boss, web.ApprovalSettings{Version: 1, ApprovalRules: org.ApprovalRules{Store: 2, Lead: 9, One: 100}}))
	h.installs(manager, careByHand)
	equal(t, "a lead", h.begins(manager, "care", 1), "needs_owner")
	equal(t, "a draft", h.stands("care"), "draft 1")
	equal(t, "the owner", h.begins(boss, "care", 1), "goes")

	mass := strings.NewReplacer("name: care", "name: news", "channel: private", "channel: mass").Replace(careByHand)
	h.installs(manager, mass)
	equal(t, "mass messages are approved when they are made", h.begins(manager, "news", 1), "goes")
	equal(t, "and other words of them then", h.installs(manager, strings.Replace(mass, "How are you", "News", 1)), false)
}

// dealInGroups is posted by the owners of the groups, who copy it on the phone.
const dealInGroups = `sop: 1
name: deal
title: {zh: 五折, en: Half price}
subject: group
trigger: {weekdays: [mon, tue, wed, thu, fri, sat, sun]}
clock: calendar
again: every_time
executor: group_owner
steps:
  - {name: half, at: 0d 09:30, within: 8h, channel: group, purpose: promote, proof: tap, minutes: 2, content: [{text: {zh: 今天五折, en: Half price today}}]}
`

func TestWhatMembersPostIsApprovedByWhoSeesItBeforeItComesIntoForce(t *testing.T) {
	h := processHouse{hostOf(t, "", 0, 1, 2)}
	h.staffed() // a lead up to 100, two above 5
	groups, err := h.db.Groups(t.Context())
	must(t, err)
	in := 0
	for _, g := range groups {
		in += g.Customers
	}
	if in <= 5 || in > 100 {
		t.Fatalf("%d customers in %d groups: the house has changed", in, len(groups))
	}
	h.installs(manager, dealInGroups)
	pending, err := h.desk.ProcessPending(t.Context(), manager, "deal")
	must(t, err)
	equal(t, "into all groups", fmt.Sprintf("%t %d %s", pending.Asked, pending.Reaches, pending.Rule), fmt.Sprintf("true %d two", in))
	equal(t, "the first person", h.begins(manager, "deal", 1), "waits")
	equal(t, "nothing is at work", h.stands("deal"), "draft 1")
	equal(t, "the second person", h.begins(boss, "deal", 1), "goes")
	equal(t, "other words wait", h.installs(manager, strings.Replace(dealInGroups, "Half price today", "Come in", 1)), true)

	none := strings.NewReplacer("name: deal", "name: none", "weekdays: [mon, tue, wed, thu, fri, sat, sun]", "weekdays: [mon], named: [nowhere]").Replace(dealInGroups)
	h.installs(manager, none)
	equal(t, "into no group", h.begins(manager, "none", 1), "goes")

	publish := strings.NewReplacer("name: deal", "name: published", "subject: group", "subject: member", "executor: group_owner", "executor: self", "channel: group", "channel: moments").Replace(dealInGroups)
	h.installs(manager, publish)
	pending, err = h.desk.ProcessPending(t.Context(), manager, "published")
	must(t, err)
	equal(t, "everybody who has added a member", pending.Reaches, 30)
}

func TestAPostOfWeComBecomesNoTaskWithoutAnApproval(t *testing.T) {
	h := processHouse{hostOf(t, "", 0, 1, 2)}
	h.staffed()
	posted := strings.Replace(dealInGroups, "proof: tap", "proof: result", 1)
	h.installs(manager, posted)
	equal(t, "which it is where it has no room", h.begins(manager, "deal", 1), "waits")
	equal(t, "the second person", h.begins(boss, "deal", 1), "goes")
	equal(t, "a task instead of a post", h.installs(manager, dealInGroups), true)
	equal(t, "a picture for a tap", h.installs(manager, strings.Replace(posted, "minutes: 2", "minutes: 3", 1)), false)
}

func TestHowManyAProcessReachesThatFactsBeginIsWhatADryRunOfItsTextSays(t *testing.T) {
	h, ctx := processHouse{hostOf(t, "", 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)}, t.Context()
	h.staffed()
	added := strings.Replace(careByHand, "{rule: {field: relation, is: in, values: [active]}}", "{fact: relation_added}", 1)
	h.installs(manager, added)
	try := func(text string, days int) {
		t.Helper()
		p, err := sop.Parse([]byte(text))
		must(t, err)
		must(t, second(h.desk.StartTrial(ctx, manager, &p, days)))
		must(t, h.runJobs(ctx))
	}
	equal(t, "before a dry run", h.begins(manager, "care", 1), "error.process_untried")
	try(added, 7)
	equal(t, "a dry run of a week", h.begins(manager, "care", 1), "error.process_untried")
	try(strings.Replace(added, "How are you", "Hello", 1), 30)
	equal(t, "a dry run of other words", h.begins(manager, "care", 1), "error.process_untried")
	try(added, 30)
	pending, err := h.desk.ProcessPending(ctx, manager, "care")
	must(t, err)
	run, err := h.tried(ctx, &pending.Document, 30)
	must(t, err)
	if pending.Lacks != "" || pending.Reaches != run.Entered {
		t.Errorf("it reaches %d, the dry run let %d enter: %+v", pending.Reaches, run.Entered, pending)
	}
	h.clock.Set(h.clock.Now().AddDate(0, 0, 8))
	equal(t, "a dry run of last week", h.begins(manager, "care", 1), "error.process_untried")
}
