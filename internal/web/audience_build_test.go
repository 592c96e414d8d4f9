package web_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/org"
	"siyu/internal/web/webtest"
)

// builder builds rules by clicks.
type builder struct{ browser }

// build makes a rule on a fresh page and returns the sentence that then stands
// over it.
func (b builder) build(rule *audience.Rule) string {
	b.Helper()
	b.Open("/audiences/new")
	b.group("0", rule)
	b.still()
	return b.Asked(`document.getElementById("sentence").value`)
}

// group gives a group its join and parts.
func (b builder) group(path string, rule *audience.Rule) {
	b.Helper()
	join, parts := "all", rule.All
	switch {
	case rule.Any != nil:
		join, parts = "any", rule.Any
	case rule.Not != nil && rule.Not.Any != nil:
		join, parts = "none", rule.Not.Any
	case rule.Not != nil:
		join, parts = "none", []audience.Rule{*rule.Not}
	case rule.Ask != nil:
		parts = []audience.Rule{*rule}
	}
	b.choose("join."+path, join)
	for i := range parts {
		below := path + "." + strconv.Itoa(i)
		if parts[i].Ask != nil {
			b.press("ask:" + path)
			b.Until(fmt.Sprintf(`!!document.querySelector('[data-path=%q]')`, below))
			b.ask(below, parts[i].Ask)
			continue
		}
		b.press("group:" + path)
		b.Until(fmt.Sprintf(`!!document.getElementsByName(%q)[0]`, "join."+below))
		b.group(below, &parts[i])
	}
}

// ask fills in one condition.
func (b builder) ask(path string, c *audience.Condition) {
	b.Helper()
	f, _ := audience.FieldOf(c.Field)
	b.choose("field."+path, c.Field)
	b.choose("is."+path, string(c.Is))
	if c.Window != audience.Ever {
		b.choose("window."+path, strconv.Itoa(c.Window))
	}
	for i, v := range c.Values {
		switch f.Kind {
		case audience.Word:
			b.Click(fmt.Sprintf(`input[name="value.%s"][value="%d"]`, path, v.Number))
		case audience.Ref, audience.Refs:
			b.pick(path, v)
		default:
			b.enter(path, i, f, c.Is, v)
		}
		b.still()
	}
}

// pick looks a value up by its name and takes it.
func (b builder) pick(path string, v audience.Value) {
	b.Helper()
	token := v.Text
	if token == "" {
		token = strconv.FormatInt(v.Number, 10)
	}
	offer := fmt.Sprintf(`button[value="add:%s:%s"]`, path, token)
	b.Click(fmt.Sprintf(`input[name="find.%s"]`, path))
	b.Until(fmt.Sprintf(`!!document.querySelector('%s')`, offer))
	b.Click(offer)
	b.Until(fmt.Sprintf(`!!document.querySelector('input[name="value.%s"][value="%s"]')`, path, token))
}

// enter types a number, an amount or a date.
func (b builder) enter(path string, place int, f audience.Field, is audience.Test, v audience.Value) {
	b.Helper()
	text := strconv.FormatInt(v.Number, 10)
	switch f.Kind {
	case audience.Money, audience.Score:
		text = strconv.FormatFloat(float64(v.Number)/100, 'f', -1, 64)
	case audience.Share:
		text = strconv.FormatFloat(float64(v.Number)/10, 'f', -1, 64)
	case audience.Date:
		if is == audience.Since || is == audience.Before || is == audience.Between {
			text = time.Unix(v.Number*24*60*60, 0).UTC().Format(time.DateOnly)
		}
	}
	// A date is set at once: its parts are typed in an order of the browser's own.
	b.Asked(fmt.Sprintf(`(() => { const box = document.getElementsByName(%q)[%d]; box.value = %q; box.dispatchEvent(new Event("input", {bubbles: true})); return "" })()`, "value."+path, place, text))
	b.Until(fmt.Sprintf(`document.getElementsByName(%q)[%d].value === %q`, "value."+path, place, text))
}

// choose takes an option of a list, if it is not chosen yet.
func (b builder) choose(name, value string) {
	b.Helper()
	b.still()
	if b.Asked(fmt.Sprintf(`document.getElementsByName(%q)[0].value`, name)) == value {
		return
	}
	b.Asked(fmt.Sprintf(`(() => { const list = document.getElementsByName(%q)[0]; list.dataset.old = "1"; list.value = %q; list.dispatchEvent(new Event("change", {bubbles: true})); return "" })()`, name, value))
	b.Until(fmt.Sprintf(`(() => { const list = document.getElementsByName(%q)[0]; return !!list && !list.dataset.old && list.value === %q })()`, name, value))
}

// press clicks a button of the builder.
func (b builder) press(do string) {
	b.Helper()
	b.still()
	b.Do(chromedp.Click(chromedp.CSS(fmt.Sprintf(`#builder button[value=%q]`, do))))
}

// still waits until nothing is asked of the server any more.
func (b builder) still() {
	b.Helper()
	b.Until(`!document.querySelector(".htmx-request,.htmx-swapping,.htmx-settling")`)
}

func TestARuleBuiltByClicksReadsAsItsSentence(t *testing.T) {
	brand := webtest.Full()
	b := builder{browse(t, brand)}
	b.logIn(webtest.OwnerAccount)
	names, err := brand.Names(t.Context(), org.All())
	if err != nil {
		t.Fatal(err)
	}
	words, err := audiencetest.Lexicon("zh-CN")
	if err != nil {
		t.Fatal(err)
	}
	for _, said := range []string{
		"至少买过 2 次，且信任高于平均，且 7 天内到期，且 10 天没有联系，且门店为 朝阳店、望京店，且不在群 福利一群",
	} {
		rule, err := words.Parse(said, names)
		if err != nil {
			t.Fatalf("%s: %v", said, err)
		}
		if got, want := b.build(&rule), words.Sentence(&rule, names); got != want {
			t.Errorf("built %q, wanted %q", got, want)
		}
	}
	b.Shoot("audience-built-zh")
	b.Quiet()
}
