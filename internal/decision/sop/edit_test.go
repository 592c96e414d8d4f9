package sop_test

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/decision/sop"
)

const commented = `# Ours since spring.
sop: 1
name: hello
title: {zh: 你好, en: Hello} # short
subject: customer
trigger: {fact: relation_added}
clock: relative
again: once
executor: relation
steps:
  # The first word decides.
  - name: first
    at: 30m
    channel: private
    purpose: serve
    service: true
    content:
      - text: {zh: "您好"} # never longer
  - name: second
    at: 1d 10:00 # after breakfast
    channel: task
    content: [{text: {zh: 记录}}]
  - name: third
    at: 3d 10:00
    channel: task
    content: [{text: {zh: 再记录}}]
`

func TestAProcessOfTheLibraryCanBeAboutOtherSubjects(t *testing.T) {
	library, err := sop.Library()
	if err != nil {
		t.Fatal(err)
	}
	for i := range library {
		for _, of := range sop.Subjects() {
			p := library[i]
			if p.Concern(of); p.Subject != of || len(p.Steps) != len(library[i].Steps) {
				t.Errorf("%s about a %s is about a %s, %d steps of %d", p.Name, of, p.Subject, len(p.Steps), len(library[i].Steps))
			}
			if err := sop.Check(&p); err != nil {
				t.Errorf("%s about a %s: %v", p.Name, of, err)
			}
		}
	}
}

func TestWhatDoesNotChangeStaysAsItIsWritten(t *testing.T) {
	p, err := sop.Parse([]byte(commented))
	if err != nil {
		t.Fatal(err)
	}
	same, err := sop.Rewrite([]byte(commented), &p)
	if err != nil || string(same) != commented {
		t.Errorf("nothing changed, and the text is %v\n%s", err, same)
	}
	second := p.Steps[1]
	second.At.Clock = 18 * time.Hour
	second.Minutes = 3
	p.Put(second)
	p.Remove("third")
	changed, err := sop.Rewrite([]byte(commented), &p)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# Ours since spring.", "# The first word decides.", "# never longer", "at: 1d 18:00 # after breakfast", "minutes: 3", "# short"} {
		if !strings.Contains(string(changed), want) {
			t.Errorf("%q is gone:\n%s", want, changed)
		}
	}
	again, err := sop.Parse(changed)
	if err != nil || len(sop.Diff(&p, &again)) != 0 {
		t.Errorf("the text says something else: %v\n%s", err, changed)
	}
}

func TestEveryProcessOfTheLibraryIsRewrittenAsItMeans(t *testing.T) {
	all, err := sop.Library()
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		p := all[i]
		text, _ := sop.FromLibrary(p.Name)
		p.Title.EN += "!"
		added := p.Add(p.Steps[0].Name, sop.Text{ZH: "记一笔"})
		out, err := sop.Rewrite(text, &p)
		if err != nil {
			t.Errorf("%s with %s: %v", p.Name, added, err)
			continue
		}
		again, err := sop.Parse(out)
		if err != nil || len(sop.Diff(&p, &again)) != 0 {
			t.Errorf("%s: %v, %d differences", p.Name, err, len(sop.Diff(&p, &again)))
		}
	}
}

func order(p *sop.Process) string {
	var names []string
	for i := range p.Steps {
		names = append(names, p.Steps[i].Name+" "+p.Steps[i].At.String())
	}
	return strings.Join(names, ", ")
}

func TestStepsStandInTheOrderOfTime(t *testing.T) {
	p, err := sop.Parse([]byte(commented))
	if err != nil {
		t.Fatal(err)
	}
	whole := p
	late := p.Steps[0]
	late.At = sop.Offset{Days: 2}
	p.Put(late)
	if got := order(&p); got != "second 1d 10:00, first 2d, third 3d 10:00" {
		t.Errorf("put later: %s", got)
	}
	p = whole
	p.Swap("first", -1)
	p.Swap("first", +1)
	if got := order(&p); got != "second 30m, first 1d 10:00, third 3d 10:00" {
		t.Errorf("swapped: %s", got)
	}
	p = whole
	if name := p.Add("second", sop.Text{ZH: "问"}); name != "step-4" || order(&p) != "first 30m, second 1d 10:00, step-4 2d 10:00, third 3d 10:00" || sop.Check(&p) != nil {
		t.Errorf("added %s: %s, %v", name, order(&p), sop.Check(&p))
	}
	if order(&whole) != "first 30m, second 1d 10:00, third 3d 10:00" {
		t.Errorf("the process itself changed: %s", order(&whole))
	}
}

func TestOffsetsHavePartsThatFormsHold(t *testing.T) {
	for _, text := range []string{"0m", "45m", "2h", "48h", "3d", "-7d 09:30", "0d 10:00"} {
		o, err := sop.ParseOffset(text)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := sop.OffsetOf(o.Parts()); err != nil || back != o {
			t.Errorf("%s comes back as %s, %v", text, back, err)
		}
	}
}
