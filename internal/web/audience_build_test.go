package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/org"
	"siyu/internal/web/webtest"
)

// builder builds rules by clicks.
type builder struct {
	browser
	names audience.Names
}

// build makes a rule on a fresh page and waits until its sentence stands over
// it.
func (b builder) build(rule *audience.Rule, sentence string) {
	b.Helper()
	b.Open("/audiences/new")
	b.group("0", rule)
	b.Until(fmt.Sprintf(`document.getElementById("sentence").value === %q`, sentence))
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
		b.still()
		switch f.Kind {
		case audience.Word:
			b.Click(fmt.Sprintf(`input[name="value.%s"][value="%d"]`, path, v.Number))
		case audience.Ref, audience.Refs:
			b.pick(path, f, v)
		default:
			b.enter(path, i, f, c.Is, v)
		}
		b.still()
	}
}

// pick looks a value up by its name and takes it.
func (b builder) pick(path string, f audience.Field, v audience.Value) {
	b.Helper()
	token, name := v.Text, v.Text
	if token == "" {
		token, name = strconv.FormatInt(v.Number, 10), b.names.NameOf(f.Of, v)
	}
	offer := fmt.Sprintf(`button[value="add:%s:%s"]`, path, token)
	b.Type(fmt.Sprintf(`input[name="find.%s"]`, path), name)
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
	b.Click(fmt.Sprintf(`#builder button[value=%q]`, do))
}

// still waits until nothing is asked of the server any more.
func (b builder) still() {
	b.Helper()
	b.Until(`!document.querySelector(".htmx-request,.htmx-swapping,.htmx-settling")`)
}

// question is what an operator asks, as a rule and in words.
type question struct {
	Name    string          `json:"name"`
	Chinese string          `json:"zh-CN"`
	English string          `json:"en"`
	Rule    json.RawMessage `json:"rule"`
}

// questions returns what operators ask; the brand knows the things they name.
func questions(t *testing.T, brand *webtest.Brand) []question {
	t.Helper()
	text, err := os.ReadFile("../audience/testdata/questions.json")
	if err != nil {
		t.Fatal(err)
	}
	var asked struct {
		Names     map[audience.Thing]map[string]string `json:"names"`
		Questions []question                           `json:"questions"`
	}
	if err := json.Unmarshal(text, &asked); err != nil {
		t.Fatal(err)
	}
	for of, things := range asked.Names {
		for number, name := range things {
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			brand.Name(of, audience.Value{Number: n}, name)
		}
	}
	return asked.Questions
}

// texts makes the texts that a rule names known to the brand.
func texts(brand *webtest.Brand, rule *audience.Rule) {
	for _, parts := range [][]audience.Rule{rule.All, rule.Any} {
		for i := range parts {
			texts(brand, &parts[i])
		}
	}
	if rule.Not != nil {
		texts(brand, rule.Not)
	}
	if rule.Ask == nil {
		return
	}
	if f, _ := audience.FieldOf(rule.Ask.Field); f.Of == audience.OfText {
		for _, v := range rule.Ask.Values {
			brand.Name(f.Of, v, v.Text)
		}
	}
}

func TestTwentyQuestionsOfOperatorsAreBuiltByClicks(t *testing.T) {
	brand := webtest.Full()
	asked := questions(t, brand)
	if len(asked) < 20 {
		t.Fatalf("%d questions", len(asked))
	}
	names, err := brand.Names(t.Context(), org.All())
	if err != nil {
		t.Fatal(err)
	}
	b := builder{browse(t, brand), names}
	b.logIn(webtest.OwnerAccount)
	build := func(q question, want string) {
		rule, err := audience.Unmarshal(q.Rule)
		if err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		texts(brand, &rule)
		b.build(&rule, want)
	}
	for _, q := range asked {
		build(q, q.Chinese)
	}
	b.Shoot("audience-built-zh")
	b.Speak("en")
	for _, q := range asked[:3] {
		build(q, q.English)
	}
	b.Shoot("audience-built-en")
	b.Quiet()
}

func TestASentenceThatIsTypedBecomesConditionsAndACount(t *testing.T) {
	brand := webtest.Full()
	names, err := brand.Names(t.Context(), org.All())
	if err != nil {
		t.Fatal(err)
	}
	b := builder{browse(t, brand), names}
	b.logIn(webtest.OwnerAccount)
	b.Open("/audiences/new")
	b.Sees("130 位")
	b.Type("#sentence", "")
	b.say("买过 3 次以上，且门店是 朝阳店")
	b.Until(`document.querySelectorAll(".rule-ask").length === 2`)
	b.still()
	b.Until(`document.getElementById("fits").textContent !== "130 位"`)
	b.say("买过 3 次以上，且门店是 火星店")
	b.Sees("火星店")
	b.Until(`!!document.querySelector(".unread mark")`)
	b.Until(`document.querySelectorAll(".rule-ask").length === 2`) // what stood before stays
	b.Size(390)
	b.Fits("a sentence with a flaw on the phone")
	b.Shoot("audience-unread-zh-390")
	b.Quiet()
}

// say types a sentence in place of the one that stands there.
func (b builder) say(sentence string) {
	b.Helper()
	b.Asked(fmt.Sprintf(`(() => { const box = document.getElementById("sentence"); box.value = %q; box.dispatchEvent(new Event("input", {bubbles: true})); return "" })()`, sentence))
}
