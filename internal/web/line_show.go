package web

import (
	"cmp"
	"slices"
	"strconv"

	"siyu/internal/fault"
)

func (v *visit) lineList() error {
	found, err := v.Lines.ProductLines(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("lines", found)
}

type linePage struct {
	LineForm
	Cycle  string // as entered
	Margin string // as entered, percent
	Cost   string // as entered, percent
	Flaws  Flaws
	Wrong  string
}

// lineEdit opens the form for the line of a code, or for a new one.
func (v *visit) lineEdit() error {
	found, err := v.Lines.ProductLines(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	form := LineForm{New: true}
	if code := v.r.URL.Query().Get("code"); code != "" {
		i := slices.IndexFunc(found.Lines, func(l ProductLine) bool { return l.Code == code })
		if i < 0 {
			return fault.New(fault.NotFound, "no product line %q", code)
		}
		form = LineForm{ProductLine: found.Lines[i]}
	}
	page := linePage{LineForm: form}
	if form.CycleDays > 0 {
		page.Cycle = strconv.Itoa(form.CycleDays)
	}
	if form.MarginRate > 0 {
		page.Margin = plainPercent(form.MarginRate)
	}
	if form.CostRate > 0 {
		page.Cost = plainPercent(form.CostRate)
	}
	return v.showLine(found, page, nil)
}

func (v *visit) showLine(found LinesView, page linePage, wrong error) error {
	page.Version = found.Version
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showSetting("line", page)
}

func (v *visit) lineSave() error {
	page, err := v.lineForm()
	if err == nil {
		err = v.Lines.SetLine(v.r.Context(), v.asker(), page.LineForm)
	}
	if refused(err) {
		found, unread := v.Lines.ProductLines(v.r.Context(), v.seat.Scope)
		if unread != nil {
			return unread
		}
		return v.showLine(found, page, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/lines?done=line")
	return nil
}

// maxCycle is ten years: nobody plans by a longer one.
const maxCycle = 3650 // days

func (v *visit) lineForm() (linePage, error) {
	entry := v.entry()
	page := linePage{Cycle: v.said("cycle"), Margin: v.said("margin"), Cost: v.said("cost")}
	page.LineForm = LineForm{Version: entry.Version, New: entry.Key == "", ProductLine: ProductLine{
		Code: cmp.Or(entry.Key, v.said("code")), Name: v.said("name"), Words: v.listed("words"),
	}}
	flaws := Flaws{}
	cycle := formReader{values: v.known}
	if page.CycleDays = cycle.whole("cycle", 0, maxCycle); cycle.wrong != "" {
		flaws.Add("cycle", "error.line_cycle")
	}
	margin := formReader{values: v.known}
	if page.MarginRate = margin.percent("margin", 100); margin.wrong != "" {
		flaws.Add("margin", "error.line_margin")
	}
	cost := formReader{values: v.known}
	if page.CostRate = cost.percent("cost", 100); cost.wrong != "" {
		flaws.Add("cost", "error.line_margin")
	}
	return page, flaws.Err()
}

// known returns a number of the form; an empty field says that it is not
// known, which is 0.
func (v *visit) known(field string) string { return cmp.Or(v.said(field), "0") }

func (v *visit) lineDrop() error {
	if err := v.Lines.DropLine(v.r.Context(), v.asker(), v.entry()); err != nil {
		return err
	}
	v.redirect("/settings/lines?done=line_dropped")
	return nil
}
