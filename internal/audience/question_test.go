package audience_test

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
)

// asked is testdata/questions.json: what operators of brands ask of their
// customers, in both languages, and the rule that it is.
type asked struct {
	Names     map[audience.Thing]map[string]string `json:"names"` // by number
	Questions []question                           `json:"questions"`
}

type question struct {
	Name    string          `json:"name"`
	Chinese string          `json:"zh-CN"`
	English string          `json:"en"`
	Rule    json.RawMessage `json:"rule"`
}

func questions(t *testing.T) (asked, audiencetest.Names) {
	t.Helper()
	data, err := os.ReadFile("testdata/questions.json")
	if err != nil {
		t.Fatal(err)
	}
	var all asked
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	var names audiencetest.Names
	for _, things := range all.Names {
		for number, name := range things {
			n, err := strconv.ParseInt(number, 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			names = names.Called(audience.Value{Number: n}, name)
		}
	}
	return all, names
}

// mostParts is how many parts a question may need: who asks builds it by hand.
const mostParts = 12

func TestOperatorsQuestionsAreRules(t *testing.T) {
	all, names := questions(t)
	if len(all.Questions) != 20 {
		t.Errorf("%d questions", len(all.Questions))
	}
	for _, q := range all.Questions {
		rule, err := audience.Unmarshal(q.Rule)
		if err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		if n := parts(rule); n > mostParts {
			t.Errorf("%s needs %d parts", q.Name, n)
		}
		for language, text := range map[string]string{"zh-CN": q.Chinese, "en": q.English} {
			l := lexicon(t, language)
			got, err := l.Parse(text, names)
			if err != nil || !reflect.DeepEqual(got, audience.Normal(rule)) {
				t.Errorf("%s: %s was read as %s: %v", q.Name, text, l.Sentence(&got, names), err)
			}
			if said := l.Sentence(&rule, names); said != text {
				t.Errorf("%s is said\n%s\nexpected\n%s", q.Name, said, text)
			}
		}
	}
}

func parts(rule audience.Rule) int {
	n := 1
	for _, below := range append(append([]audience.Rule{}, rule.All...), rule.Any...) {
		n += parts(below)
	}
	if rule.Not != nil {
		n += parts(*rule.Not)
	}
	return n
}
