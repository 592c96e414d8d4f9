package sop_test

import (
	"fmt"
	"strings"
	"testing"

	"siyu/internal/decision/sop"
)

const branching = `sop: 1
name: say
title: {zh: 说, en: Say}
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  - name: ask
    at: 1d
    channel: private
    purpose: serve
    choose: [{if: {did: answered}, lane: yes}]
    content:
      - {name: a, text: {zh: 您好, en: Hello}}
      - {name: b, text: {zh: 在吗, en: Are you there}}
  - {name: more, lane: yes, at: 2d, channel: task, content: [{text: {zh: 记下}}]}
  - {name: rest, at: 2d, channel: task, content: [{text: {zh: 休息}}]}
`

func TestAPostThatBecomesATaskIsNoHarmlessChange(t *testing.T) {
	is := func(channel sop.Channel, proof sop.Proof) *sop.Process {
		return &sop.Process{Subject: sop.OfGroup, Steps: []sop.Step{{Name: "one", Channel: channel, Proof: proof}}}
	}
	for _, c := range []struct {
		channel  sop.Channel
		was, now sop.Proof
		harmless bool
	}{
		{sop.Group, sop.ByPlatform, sop.ByTap, false}, {sop.Moments, sop.ByPlatform, sop.ByPhoto, false},
		{sop.Group, sop.ByTap, sop.ByPlatform, true}, {sop.Group, sop.ByTap, sop.ByPhoto, true}, {sop.Task, sop.ByTap, sop.ByPhoto, true},
	} {
		changes := sop.Diff(is(c.channel, c.was), is(c.channel, c.now))
		if len(changes) != 1 || changes[0].Harmless() != c.harmless {
			t.Errorf("%s by %s instead of %s: %+v", c.channel, c.now, c.was, changes)
		}
	}
}

func TestADiffNamesOldAndNewWordsAndBranches(t *testing.T) {
	words := sop.Words{Language: sop.English, Say: func(key string, pairs ...any) string {
		said := key
		for i := 0; i+1 < len(pairs); i += 2 {
			if text := fmt.Sprint(pairs[i+1]); text != "" {
				said += fmt.Sprintf(" %s=%s", pairs[i], text)
			}
		}
		return "(" + said + ")"
	}}
	was, err := sop.Parse([]byte(branching))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ from, to, want string }{
		{"en: Hello", "en: Good morning", "(sop.change.step_content Step=ask Was=Hello Is=Good morning)"},
		{"zh: 您好", "zh: 早上好", "(sop.change.step_content Step=ask Was=您好 Is=早上好)"},
		{"{name: b, text: {zh: 在吗, en: Are you there}}", "{name: b, material: hi, link: 'https://a.cn/x', weight: 2}",
			"(sop.change.step_content Step=ask Was=Are you there Is=(sop.wording.material Code=hi)(sop.wording.link Link=https://a.cn/x)(sop.wording.weight Weight=2))"},
		{"      - {name: b, text: {zh: 在吗, en: Are you there}}\n", "", "(sop.change.step_says_not Step=ask Was=Are you there Is=(sop.none))"},
		{"      - {name: b, ", "      - {text: {zh: 三}}\n      - {name: b, ", "(sop.change.step_says Step=ask Was=(sop.none) Is=三)"},
		{"      - {name: a, text: {zh: 您好, en: Hello}}\n      - {name: b, text: {zh: 在吗, en: Are you there}}", "      - {name: b, text: {zh: 在吗, en: Are you there}}\n      - {name: a, text: {zh: 您好, en: Hello}}",
			"(sop.change.step_content Step=ask Was=Hello Is=Are you there)"},
		{"{did: answered}, lane: yes}", "{did: bought}, lane: yes}",
			"(sop.change.step_branches Step=ask Was=(sop.turn If=(sop.did.answered) Lane=yes) Is=(sop.turn If=(sop.did.bought) Lane=yes))"},
		{"channel: private", "channel: call\n    executor: store", "(sop.change.step_channel Step=ask Was=(sop.channel.private) Is=(sop.channel.call)), (sop.change.step_executor Step=ask Was=(sop.executor.process) Is=(sop.executor.store))"},
		{"title: {zh: 说, en: Say}", "title: {zh: 说, en: Say}\nabout: {en: Why}", "(sop.change.about Was=(sop.none) Is=Why)"},
	} {
		is, err := sop.Parse([]byte(strings.Replace(branching, c.from, c.to, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var said []string
		for _, change := range sop.Diff(&was, &is) {
			said = append(said, words.Change(change, &is))
		}
		if got := strings.Join(said, ", "); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.to, got, c.want)
		}
	}
}
