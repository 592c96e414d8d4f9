package audiencetest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"siyu/internal/audience"
)

// Lexicon returns the words of a language, "zh-CN" or "en", as the console's
// locale files have them.
func Lexicon(language string) (*audience.Lexicon, error) {
	_, here, _, _ := runtime.Caller(0)
	text, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "..", "web", "locale", language+".json"))
	if err != nil {
		return nil, err
	}
	said := map[string]any{}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, err
	}
	return audience.NewLexicon(func(key string) string {
		plain, _ := said[key].(string)
		return plain
	})
}

// Names are what a few things are called.
type Names []audience.Named

// Called adds a thing.
func (n Names) Called(v audience.Value, name string) Names {
	return append(n, audience.Named{Value: v, Name: name})
}

// NameOf returns the first name of a thing.
func (n Names) NameOf(_ audience.Thing, v audience.Value) string {
	for _, one := range n {
		if one.Value == v {
			return one.Name
		}
	}
	return ""
}

// Find returns all things of a name.
func (n Names) Find(_ audience.Thing, name string) []audience.Named {
	var found []audience.Named
	for _, one := range n {
		if one.Name == name {
			found = append(found, one)
		}
	}
	return found
}

// Awkward calls the things of Rules by names that are hard to read back: with
// separators, quotes, words of the language, twice the same, or not at all.
func Awkward() Names {
	var n Names
	for i, name := range []string{"杭州湖滨店", "湖滨，且 武林（或）", "a \"quoted“ name", "Rock and Roll/Bar", "同名店", "同名店"} {
		for _, of := range []audience.Thing{audience.OfStore, audience.OfTag} {
			n = n.Called(Thing(of, i+1), fmt.Sprint(name))
		}
	}
	return n[:len(n)-1] // the last tag has no name
}
