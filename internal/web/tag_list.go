package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/sheet"
)

// mostListed bounds the file of a list: fifty thousand lines of a few columns.
const mostListed = 16 << 20

// flawsShown is how many lines that mean nobody are shown of a list.
const flawsShown = 100

// tagListPage asks for a list of customers to be tagged.
type tagListPage struct {
	TagListForm
	Groups []TagGroup
	Most   int
	Wrong  string
	Lines  []ListFlaw // the first that mean nobody
	More   int        // how many others
}

func (v *visit) tagListNew() error { return v.showTagList(tagListPage{}) }

func (v *visit) showTagList(page tagListPage) error {
	tags, err := v.Tags.Tags(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page.Groups, page.Most = byHand(tags.Groups), MostTagged
	return v.showSetting("taglist", page)
}

func (v *visit) tagListStart() error {
	form, err := v.tagListForm()
	work := ""
	if err == nil {
		work, err = v.Tagging.TagListed(v.r.Context(), v.asker(), form)
	}
	if fault.CodeOf(err) == fault.Invalid {
		v.status = http.StatusUnprocessableEntity
		page := tagListPage{TagListForm: form, Wrong: v.lang.fault(err)}
		var flaws ListFlaws
		_ = errors.As(err, &flaws) // others are about the whole file
		page.Lines = flaws[:min(len(flaws), flawsShown)]
		page.More = len(flaws) - len(page.Lines)
		return v.showTagList(page)
	}
	if err != nil {
		return err
	}
	v.redirect(tagWorkAddress(work))
	return nil
}

func (v *visit) tagListForm() (f TagListForm, err error) {
	missing := func(err error) error {
		return fault.WithKey(fault.Invalid, "error.no_file", fmt.Errorf("read list: %w", err))
	}
	if err := v.r.ParseMultipartForm(mostListed); err != nil {
		return f, missing(err)
	}
	f = TagListForm{Tag: v.r.FormValue("tag"), Off: v.r.FormValue("off") != "", Skip: v.r.FormValue("skip") != "", Columns: v.listColumns()}
	file, _, err := v.r.FormFile("file")
	if err != nil {
		return f, missing(err)
	}
	defer file.Close()
	if f.File, err = io.ReadAll(io.LimitReader(file, mostListed+1)); err != nil || len(f.File) == 0 || len(f.File) > mostListed {
		return f, missing(err)
	}
	return f, nil
}

// listColumns are the names of columns in all languages.
func (v *visit) listColumns() map[string]ListColumn {
	names := map[string]ListColumn{}
	for _, lang := range v.locales {
		for _, c := range []ListColumn{ListCustomer, ListExternal, ListPhone} {
			for name := range strings.SplitSeq(lang.word("tag_list_column", string(c)), "|") {
				names[sheet.FoldName(name)] = c
			}
		}
	}
	return names
}
