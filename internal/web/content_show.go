package web

import (
	"slices"

	"siyu/internal/fault"
)

type contentPage struct {
	ContentView
	Days int
	Lead bool // may say of whom openings are kept
}

func (v *visit) contentList() error {
	found, err := v.Contents.Content(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.show("content", Page{Title: v.lang.text("content.title"), Menu: "content", Data: contentPage{found, ContentDays, lead(v.seat)}})
}

func (v *visit) contentReading() error {
	whose := Whose(v.said("whose"))
	if !slices.Contains(whose.Answers(), whose) {
		return fault.New(fault.Invalid, "openings of %q", whose)
	}
	if err := v.Contents.SetReading(v.r.Context(), v.asker(), whose); err != nil {
		return err
	}
	v.redirect("/content?done=reading")
	return nil
}
