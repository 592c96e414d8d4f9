package audience_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

var languages = []string{"zh-CN", "en"}

func lexicon(t testing.TB, language string) *audience.Lexicon {
	t.Helper()
	l, err := audiencetest.Lexicon(language)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWhatIsSaidIsUnderstood(t *testing.T) {
	for _, language := range languages {
		l, names := lexicon(t, language), audiencetest.Awkward()
		t.Run(language, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				rule := audiencetest.Rules(4).Draw(t, "rule")
				if audience.Check(&rule) != nil {
					t.Skip("too large")
				}
				text := l.Sentence(&rule, names)
				back, err := l.Parse(text, names)
				if err != nil {
					t.Fatalf("%s\n%v", text, err)
				}
				if !reflect.DeepEqual(back, audience.Normal(rule)) {
					t.Fatalf("%s\ncame back as\n%s", text, l.Sentence(&back, names))
				}
			})
		})
	}
}

// TestEveryConditionIsUnderstood goes over all fields and tests, which chance
// might leave out.
func TestEveryConditionIsUnderstood(t *testing.T) {
	for _, language := range languages {
		l, names := lexicon(t, language), audiencetest.Awkward()
		said := map[string]audience.Rule{}
		for _, f := range audience.Fields() {
			draw := audiencetest.ConditionsOn(f)
			for i := range 300 {
				c := draw.Example(i)
				for _, rule := range []audience.Rule{{Ask: &c}, not(audience.Rule{Ask: &c})} {
					rule = audience.Normal(rule)
					text := l.Sentence(&rule, names)
					if other, known := said[text]; known && !reflect.DeepEqual(rule, other) {
						t.Fatalf("%q says two things", text)
					}
					said[text] = rule
					back, err := l.Parse(text, names)
					if err != nil || !reflect.DeepEqual(back, rule) {
						t.Fatalf("%s: %v, read as %s", text, err, l.Sentence(&back, names))
					}
				}
			}
		}
	}
}
