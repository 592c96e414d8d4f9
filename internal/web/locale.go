package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"
	"golang.org/x/text/language"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

//go:embed locale/*.json
var localeFiles embed.FS

const (
	chinese        = "zh-CN"
	english        = "en"
	languageCookie = "siyu_language"
)

// locale is one language of the console.
type locale struct {
	tag   string
	said  *i18n.Localizer
	words *audience.Lexicon // in which rules are said
	// plain holds sentences without placeholders that were asked before: a
	// list asks for the name of a column once a cell.
	plain *sync.Map
}

// filled leaves a sentence unsaid whose placeholders are not all filled: its key is not as
// bad as "<no value>" amid words.
var filled = &template.TextParser{Option: "missingkey=error"}

// locales are parsed once for all who speak.
var locales = sync.OnceValues(loadLocales)

func loadLocales() (map[string]*locale, error) {
	bundle := i18n.NewBundle(language.MustParse(chinese))
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	all := map[string]*locale{}
	for _, tag := range []string{chinese, english} {
		if _, err := bundle.LoadMessageFileFS(localeFiles, "locale/"+tag+".json"); err != nil {
			return nil, fmt.Errorf("read locale %s: %w", tag, err)
		}
		l := &locale{tag: tag, said: i18n.NewLocalizer(bundle, tag), plain: &sync.Map{}}
		words, err := audience.NewLexicon(func(key string) string {
			said, _ := l.lookup(key)
			return said
		})
		if err != nil {
			return nil, fmt.Errorf("read locale %s: %w", tag, err)
		}
		l.words, all[tag] = words, l
	}
	return all, nil
}

// RuleWords returns the words in which rules are said: English, then Chinese.
func RuleWords() ([]*audience.Lexicon, error) {
	all, err := locales()
	if err != nil {
		return nil, err
	}
	return []*audience.Lexicon{all[english].words, all[chinese].words}, nil
}

// English returns a function that says a sentence of the locale files in
// English, for where no reader chose a language: the command line. Pairs are as
// those of text.
func English() (func(key string, pairs ...string) string, error) {
	all, err := locales()
	if err != nil {
		return nil, err
	}
	return func(key string, pairs ...string) string { return all[english].text(key, anys(pairs)...) }, nil
}

func anys(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}

func (c *Console) localeOf(r *http.Request) *locale {
	if cookie, err := r.Cookie(languageCookie); err == nil {
		if l, ok := c.locales[cookie.Value]; ok {
			return l
		}
	}
	return c.locales[chinese]
}

// text returns the sentence under key. Pairs of name and value fill its
// placeholders; the value called N also chooses the plural form when it is an
// int. A key without a sentence comes back as it is, and so does that of a sentence with a
// placeholder that no pair fills.
func (l *locale) text(key string, pairs ...any) string {
	said, ok := l.lookup(key, pairs...)
	if !ok {
		return key
	}
	return said
}

func (l *locale) lookup(key string, pairs ...any) (string, bool) {
	if len(pairs) == 0 {
		if said, ok := l.plain.Load(key); ok {
			return said.(string), true
		}
	}
	config := i18n.LocalizeConfig{MessageID: key, TemplateParser: filled}
	if len(pairs) > 0 {
		data := make(map[string]any, len(pairs)/2)
		for i := 0; i+1 < len(pairs); i += 2 {
			name, value := fmt.Sprint(pairs[i]), pairs[i+1]
			if n, ok := value.(int); ok {
				if name == "N" {
					config.PluralCount = n
				}
				value = l.count(n)
			}
			data[name] = value
		}
		config.TemplateData = data
	}
	said, _ := l.said.Localize(&config) // it names a missing key or plural form beside the best text there is
	if len(pairs) == 0 && said != "" {  // unknown keys are not kept: values from outside could fill the memory
		l.plain.Store(key, said)
	}
	return said, said != ""
}

// word returns the text for one value of a closed list: family "because" and
// value "holdout" are the key "because.holdout". A value the locale files do
// not know comes back as it is.
func (l *locale) word(family string, value any) string {
	v := fmt.Sprint(value)
	if said, ok := l.lookup(family + "." + v); ok {
		return said
	}
	return v
}

// fault returns what an error says to people: its own key, or what its code
// means.
func (l *locale) fault(err error) string {
	if key := fault.KeyOf(err); key != "" {
		if said, ok := l.lookup(key); ok {
			return said
		}
	}
	return l.word("fault", fault.CodeOf(err))
}

func (l *locale) isChinese() bool { return strings.HasPrefix(l.tag, "zh") }

// other returns the language that the switch offers.
func (l *locale) other() string {
	if l.isChinese() {
		return english
	}
	return chinese
}
