package sop_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
)

// anyText draws texts that YAML could mistake for something else.
func anyText(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"true", "null", "~", "1", "1.50", "2026-11-11", "- a", "a: b", "#c", "'q'", "\"q\"", "a\nb", " lead", "trail ", "@x", "%", "{name}", "no", "é你好", "a\n", "|", "\ttab"}),
		rapid.StringMatching(`[a-zA-Z0-9 ,.:!?你好吗]{1,20}`),
	).Draw(t, label)
}

func anyRule(t *rapid.T) *sop.Rule {
	rules := []audience.Rule{
		{Ask: &audience.Condition{Field: "orders", Window: 90, Is: audience.AtLeast, Values: []audience.Value{{Number: 2}}}},
		{Ask: &audience.Condition{Field: "trust", Is: audience.Less, Values: []audience.Value{{Number: -20}}}},
		{Ask: &audience.Condition{Field: "first_order", Is: audience.Since, Values: []audience.Value{{Number: 20_000}}}},
		{Not: &audience.Rule{Ask: &audience.Condition{Field: "tags", Is: audience.Known}}},
	}
	return &sop.Rule{Rule: rapid.SampledFrom(rules).Draw(t, "rule")}
}

func anyCondition(t *rapid.T, depth int) sop.Condition {
	kind := rapid.IntRange(0, 4).Draw(t, "kind")
	if depth == 0 {
		kind = min(kind, 1)
	}
	switch kind {
	case 0:
		c := sop.Condition{Did: rapid.SampledFrom([]sop.Signal{sop.Bought, sop.Answered, sop.Opened, sop.Complained, sop.LeftUs}).Draw(t, "did")}
		if c.Did == sop.Bought && rapid.Bool().Draw(t, "lines") {
			c.Lines = []string{"tea", "serum"}
		}
		if c.Did == sop.Answered && rapid.Bool().Draw(t, "since") {
			c.Since = sop.SinceStep
		}
		return c
	case 1:
		return sop.Condition{Rule: anyRule(t)}
	case 2:
		inner := anyCondition(t, depth-1)
		return sop.Condition{Not: &inner}
	case 3:
		return sop.Condition{All: []sop.Condition{anyCondition(t, depth-1), anyCondition(t, depth-1)}}
	}
	return sop.Condition{Any: []sop.Condition{anyCondition(t, depth-1)}}
}

func anyTrigger(t *rapid.T) sop.Trigger {
	return rapid.SampledFrom([]sop.Trigger{
		{Fact: event.KindOrderPaid, Lines: []string{"tea"}},
		{Fact: event.KindRelationAdded, First: true},
		{Fact: event.KindRelationEnded, By: []sop.EndedBy{event.ByTransfer, event.ByStaff}},
	}).Draw(t, "trigger")
}

// anyProcess draws processes that Check takes.
func anyProcess(t *rapid.T) sop.Process {
	p := sop.Process{
		Name: "p-" + rapid.StringMatching(`[a-z0-9]{1,8}`).Draw(t, "name"), Title: sop.Text{ZH: anyText(t, "title"), EN: rapid.SampledFrom([]string{"", "Title"}).Draw(t, "en")},
		Subject: sop.OfCustomer, Trigger: anyTrigger(t), Clock: sop.Relative,
		Again: rapid.SampledFrom([]sop.Again{sop.Once, sop.AfterEnd, sop.Restart, sop.EachTrial}).Draw(t, "again"), Executor: sop.ByRelation,
		Owner: anyText(t, "owner"), PerDay: rapid.IntRange(0, 50).Draw(t, "per day"),
		Goal: &sop.Goal{If: anyCondition(t, 2), Within: sop.Span(30 * 24 * time.Hour)},
		Stop: []sop.Stop{{Name: "why", If: anyCondition(t, 1)}},
	}
	branched := rapid.Bool().Draw(t, "branched")
	for i := range rapid.IntRange(1, 6).Draw(t, "steps") {
		s := sop.Step{Name: fmt.Sprintf("s%d", i), At: sop.Offset{Days: i, Timed: rapid.Bool().Draw(t, "timed")}, Channel: sop.Private, Purpose: event.Ask,
			Within: sop.Span(rapid.IntRange(1, 48).Draw(t, "within")) * sop.Span(time.Hour), Late: sop.Postpone, Minutes: float64(rapid.IntRange(0, 9).Draw(t, "minutes")) / 2,
			Content: []sop.Variant{{Text: sop.Text{ZH: strings.NewReplacer("{", "(", "}", ")").Replace(anyText(t, "text"))}, Weight: 1.5}}}
		if s.At.Timed {
			s.At.Clock = 10 * time.Hour
		}
		if rapid.Bool().Draw(t, "if") {
			c := anyCondition(t, 2)
			s.If = &c
		}
		p.Steps = append(p.Steps, s)
	}
	if branched {
		p.Steps[0].Choose = []sop.Choice{{If: anyCondition(t, 1), Lane: "side"}}
		p.Steps = append(p.Steps, sop.Step{Name: "side-step", Lane: "side", At: sop.Offset{Days: 9}, Channel: sop.Wait})
	}
	return p
}

func TestProcessesAreReadExactlyAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyProcess(t)
		text, err := sop.Format(&p)
		if err != nil {
			t.Fatalf("write: %v", err)
		}
		read, err := sop.Parse(text)
		if err != nil {
			t.Fatalf("read:\n%s\n%v", text, err)
		}
		again, err := sop.Format(&read)
		if err != nil || string(again) != string(text) {
			t.Fatalf("written again:\n%s\nbefore:\n%s\n%v", again, text, err)
		}
		if changes := sop.Diff(&p, &read); len(changes) > 0 {
			t.Fatalf("read back otherwise: %v\n%s", changes, text)
		}
		for i := range p.Steps {
			if p.Steps[i].Content != nil && p.Steps[i].Content[0].Text != read.Steps[i].Content[0].Text {
				t.Fatalf("text %q is read as %q", p.Steps[i].Content[0].Text.ZH, read.Steps[i].Content[0].Text.ZH)
			}
		}
		if p.Title != read.Title || p.Owner != read.Owner {
			t.Fatalf("title %q, owner %q are read as %q, %q", p.Title, p.Owner, read.Title, read.Owner)
		}
	})
}

const sound = `sop: 1
name: hello
title: {zh: 你好}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - name: first
    at: 30m
    channel: private
    purpose: serve
    content:
      - text: {zh: 您好}
`

func TestFlawsPointAtTheirPartAndLine(t *testing.T) {
	if _, err := sop.Parse([]byte(sound)); err != nil {
		t.Fatalf("a sound process: %v", err)
	}
	for _, c := range []struct {
		what, from, to string
		want           string // the first flaw
	}{
		{"an unknown member", "clock: relative", "clocks: relative", `line 6: clocks: unknown, value "clocks"`},
		{"a member twice", "clock: relative", "clock: relative\nclock: relative", `line 7: clock: twice, value "clock"`},
		{"a wrong word", "again: once", "again: twice", `line 7: again: word, known "once, after_end, restart, every_time", value "twice"`},
		{"an offset that cannot be read", "at: 30m", "at: soon", `line 11: steps[0].at: text, known "30m, 2h, 3d, 3d 10:00, -7d 09:30", value "soon"`},
		{"a step before its trigger", "at: 30m", "at: -1d 10:00", `line 11: steps[0].at: range, known "0d..", value "-1d 10:00"`},
		{"another format", "sop: 1", "sop: 2", `line 1: sop: format, known "1", value "2"`},
		{"no words", "      - text: {zh: 您好}\n", "      - weight: 1\n", `line 15: steps[0].content[0]: one_part`},
		{"a placeholder that nobody fills in", "{zh: 您好}", "{zh: \"{phone}\"}", `line 15: steps[0].content[0].text: placeholder`},
		{"two triggers", "{fact: relation_added}", "{fact: relation_added, audience: a}", `line 5: trigger: one_trigger`},
		{"those present when a fact is told", "{fact: relation_added}", "{fact: relation_added, present: true, rule: {field: orders, is: '>', values: [1]}}", `line 5: trigger.present: mismatch, known "audience, rule, date", value "present"`},
		{"out of what only was asked when a fact was told", "executor: relation", "stop: [{name: out, if: {did: out}}]\nexecutor: relation", `stop[0].if.did: mismatch`},
		{"new customers of another trigger", "{fact: relation_added}", "{fact: order_paid, first: true}", `line 5: trigger.first: mismatch, known "relation_added", value "first"`},
		{"who ended an order", "{fact: relation_added}", "{fact: relation_added, by: [staff]}", `line 5: trigger.by: mismatch, known "relation_ended", value "relation_added"`},
		{"an end by whom nobody knows", "{fact: relation_added}", "{fact: relation_ended, by: [weather]}", `line 5: trigger.by[0]: word, known "customer, staff, transfer, unknown", value "weather"`},
		{"service that sells", "purpose: serve", "purpose: promote\n    service: true", `line 14: steps[0].service: service_sell`},
		{"a rule that is wrong", "at: 30m", "at: 30m\n    if: {rule: {field: ordes, is: '>', values: [1]}}", `line 12: steps[0].if.rule.field: rule`},
		{"a lane nobody enters", "at: 30m", "at: 30m\n    lane: side", `line 12: steps[0].lane: unreachable, value "side"`},
		{"an anchor", "title: {zh: 你好}", "title: &a {zh: 你好}", `line 3: title: not_yaml, value "&*"`},
		{"a number for a text", "at: 30m", "at: 30m\n    minutes: many", `line 12: steps[0].minutes: text, known "1.5", value "many"`},
		{"a message of the manager", "channel: private", "channel: private\n    executor: store", `line 13: steps[0].executor: no_friend, known "call, task", value "private"`},
		{"a mass message of the manager", "channel: private", "channel: mass\n    executor: store", `line 13: steps[0].executor: no_friend, known "call, task", value "mass"`},
		{"a step of nobody in particular", "channel: private", "channel: call\n    executor: owner", `line 13: steps[0].executor: word, known "store", value "owner"`},
		{"a wait of the manager", "channel: private\n    purpose: serve\n    content:\n      - text: {zh: 您好}", "channel: wait\n    executor: store", `line 13: steps[0].executor: mismatch, known "call, task", value "wait"`},
		{"a fact of customers of groups", "subject: customer\ntrigger: {fact: relation_added}\nclock: relative\nagain: once\nexecutor: relation", "subject: group\ntrigger: {fact: order_paid}\nclock: relative\nagain: once\nexecutor: group_owner", `line 5: trigger.fact: word, known "group_seen", value "order_paid"`},
		{"a fact of stores", "subject: customer\ntrigger: {fact: relation_added}\nclock: relative\nagain: once\nexecutor: relation", "subject: store\ntrigger: {fact: store_seen}\nclock: relative\nagain: once\nexecutor: store", `line 5: trigger: mismatch, known "dates, weekdays", value "store"`},
		{"kinds of groups that nobody has classified yet", "subject: customer\ntrigger: {fact: relation_added}\nclock: relative\nagain: once\nexecutor: relation", "subject: group\ntrigger: {fact: group_seen, kinds: [deal]}\nclock: relative\nagain: once\nexecutor: group_owner", `line 5: trigger.kinds: mismatch, known "dates, weekdays", value "group_seen"`},
		{"a step of customers that was done", "at: 30m", "at: 30m\n    if: {done: first}", `line 12: steps[0].if.done: mismatch, known "group, store, member", value "customer"`},
		{"not YAML", "sop: 1", "sop: [1", `not_yaml`},
	} {
		_, err := sop.Parse([]byte(strings.Replace(sound, c.from, c.to, 1)))
		flaws := sop.FlawsOf(err)
		if len(flaws) == 0 {
			t.Errorf("%s: nothing is wrong: %v", c.what, err)
			continue
		}
		if got := flaws[0].String(); !strings.HasPrefix(got, c.want) && !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestHostileDocumentsAreRefused(t *testing.T) {
	for what, text := range map[string]string{
		"nothing": "", "two documents": sound + "---\n" + sound, "a list": "- a\n", "too long": sound + strings.Repeat("#", sop.MaxDocument),
		"not UTF-8": "sop: \xff", "deep": "sop: " + strings.Repeat("[", 5000), "aliases": "a: &a [x,x]\nb: &b [*a,*a]\nsop: [*b,*b]\n",
		"a NUL": strings.Replace(sound, "你好", "\"a\\0b\"", 1),
	} {
		if p, err := sop.Parse([]byte(text)); len(sop.FlawsOf(err)) == 0 {
			t.Errorf("%s is taken: %v, %v", what, p.Name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sound))
	all, err := sop.Library()
	if err != nil {
		f.Fatal(err)
	}
	for _, p := range all {
		text, _ := sop.FromLibrary(p.Name)
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := sop.Parse(text)
		if err != nil {
			return
		}
		written, err := sop.Format(&p)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		if _, err := sop.Parse(written); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
	})
}

func TestStepsOfGroupsAskForEarlierOnes(t *testing.T) {
	const text = `sop: 1
name: first-week
title: {zh: 新群}
subject: group
trigger: {fact: group_seen}
clock: relative
again: once
executor: group_owner
steps:
  - {name: rules, at: 1h, channel: task, content: [{text: {zh: 群规}}]}
  - {name: think, at: 2h, channel: wait, choose: [{if: {not: {done: rules}}, lane: late}]}
  - {name: topic, at: 1d 10:00, channel: task, if: {done: rules}, content: [{text: {zh: 话题}}]}
  - {name: again, lane: late, at: 1d 10:00, channel: task, content: [{text: {zh: 再写}}]}
`
	p, err := sop.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if written, err := sop.Format(&p); err != nil || !strings.Contains(string(written), "done: rules") {
		t.Errorf("%s, %v", written, err)
	}
	for what, c := range map[string][3]string{
		"a step that comes later":   {"if: {done: rules}", "if: {done: again}", `steps[2].if.done: word, known "rules", value "again"`},
		"a wait":                    {"if: {done: rules}", "if: {done: think}", `steps[2].if.done: word, known "rules", value "think"`},
		"what a customer did":       {"if: {done: rules}", "if: {did: bought}", `steps[2].if: mismatch, known "done, not, all, any", value "group"`},
		"since when it was done":    {"if: {done: rules}", "if: {done: rules, since: step}", `steps[2].if.since: mismatch`},
		"a stop by what a step did": {"steps:", "stop: [{name: done, if: {done: rules}}]\nsteps:", `stop[0]: mismatch, known "customer", value "group"`},
	} {
		_, err := sop.Parse([]byte(strings.Replace(text, c[0], c[1], 1)))
		if flaws := sop.FlawsOf(err); len(flaws) == 0 || !strings.Contains(flaws[0].String(), c[2]) {
			t.Errorf("%s: %v, want %s", what, err, c[2])
		}
	}
}
