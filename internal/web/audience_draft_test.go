package web

import (
	"net/url"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

// sent is a draft as its form sends it.
func (d *draft) sent(form url.Values) {
	form.Add("part", d.Path)
	if d.Group() {
		form.Set("join."+d.Path, string(d.Join))
		for _, p := range d.Parts {
			p.sent(form)
		}
		return
	}
	form.Set("field."+d.Path, d.Ask.Field.Name)
	form.Set("was."+d.Path, d.Ask.Field.Name)
	form.Set("is."+d.Path, string(d.Ask.Is))
	form.Set("window."+d.Path, strconv.Itoa(d.Ask.Window))
	form["value."+d.Path] = d.Ask.Values
}

func TestARuleSurvivesItsForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := audience.Normal(audiencetest.Rules(4).Draw(t, "rule"))
		form := url.Values{}
		draftOf(&rule).sent(form)
		d, err := readDraft(form)
		if err != nil {
			t.Fatal(err)
		}
		back := d.rule()
		if d.lacks() {
			t.Skip("a group without parts asks for some")
		}
		was, is := written(t, rule), written(t, audience.Normal(back))
		if was != is {
			t.Fatalf("%s came back as %s", was, is)
		}
	})
}

func written(t *rapid.T, rule audience.Rule) string {
	text, err := audience.Marshal(&rule)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
