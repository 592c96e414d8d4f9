package web

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"siyu/internal/fault"
)

// Flaws names what is wrong with the fields of a form: a locale key by field.
type Flaws map[string]string

// Error implements error. It holds no value a person entered.
func (f Flaws) Error() string {
	return fmt.Sprint("wrong fields: ", strings.Join(slices.Sorted(maps.Keys(f)), ", "))
}

// Add marks a field; the first thing that is wrong with it stays.
func (f Flaws) Add(field, key string) {
	if f[field] == "" {
		f[field] = key
	}
}

// Err returns fault.Invalid if any field is wrong, and otherwise nil.
func (f Flaws) Err() error {
	if len(f) == 0 {
		return nil
	}
	return fault.WithKey(fault.Invalid, "error.form", f)
}

// Entry names one entry of a list that is kept as one document.
type Entry struct {
	Version int    // of the document, as the page showed it
	Key     string // the entry's code or name
}

// entry reads which entry of a list a form is about.
func (v *visit) entry() Entry {
	f := formReader{values: v.r.FormValue}
	return Entry{Version: f.whole("version", 0, maxVersion), Key: v.r.FormValue("key")}
}

const maxVersion = 1<<31 - 1

// listed reads a field that holds one name a line; commas separate, too.
func (v *visit) listed(field string) []string {
	var names []string
	for _, name := range strings.FieldsFunc(v.r.FormValue(field), func(r rune) bool {
		return strings.ContainsRune("\n,，、;；", r)
	}) {
		name = strings.TrimFunc(name, unicode.IsSpace)
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// said returns a value of the form without space around it.
func (v *visit) said(field string) string { return strings.TrimSpace(v.r.FormValue(field)) }

// wrong returns what a refused form says, at its fields and above them, and
// makes the answer say so; nothing for nil.
func (v *visit) wrong(err error) (Flaws, string) {
	if err == nil {
		return nil, ""
	}
	v.status = http.StatusUnprocessableEntity
	flaws, _ := errors.AsType[Flaws](err)
	return flaws, v.lang.fault(err)
}

// unixLines writes line ends as messages hold them; forms send CRLF.
func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }
