package web

import (
	"net/url"
	"slices"
	"strconv"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

type stagesPage struct {
	Tab    string
	View   StagesView
	Chosen CutView // whose curve is shown, and whose cut points the form sets
	Open   int     // gaps of it that are not over
	Stores []StoreName
	Store  id.Store
	Query  url.Values
	Sets   bool // may set cut points
	Days   stageDays
	Flaws  Flaws
	Wrong  string
	Sum    int // customers
}

// stageDays is the form as entered.
type stageDays struct{ Declining, Lost, Mature string }

// With returns the address of a page of value for the same store.
func (p stagesPage) With(path string) string { return valuePage{Store: p.Store}.With(path) }

// Line returns the address of the page with the curve of a line.
func (p stagesPage) Line(code string) string {
	q := url.Values{}
	if p.Store != 0 {
		q.Set("store", id.Text(p.Store))
	}
	q.Set("line", code)
	return "/value/stages?" + q.Encode() + "#curve"
}

// Curve returns the address of a file of the curve.
func (p stagesPage) Curve(name string) string {
	return "/value/" + name + "?" + url.Values{"line": {p.Chosen.Code}}.Encode()
}

// Chance returns which share of the customers a number is.
func (p stagesPage) Chance(n int) float64 { return float64(n) / float64(max(1, p.Sum)) }

// Exists tells whether a night has counted.
func (v StagesView) Exists() bool { return !v.AsOf.IsZero() && len(v.Stages) > 0 }

func (v *visit) stages() (stagesPage, error) {
	ctx := v.r.Context()
	scope, store := v.narrowed()
	page := stagesPage{Tab: "stages", Store: store, Query: url.Values{}, Sets: lead(v.seat)}
	var err error
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return page, err
	}
	if page.View, err = v.Stages.Stages(ctx, scope); err != nil {
		return page, err
	}
	for _, s := range page.View.Stages {
		page.Sum += s.Customers
	}
	return page, page.choose(v.r.FormValue("line"))
}

// choose finds the line of a code.
func (p *stagesPage) choose(code string) error {
	i := slices.IndexFunc(p.View.Cuts, func(c CutView) bool { return c.Code == code })
	if i < 0 && code != "" {
		return fault.New(fault.NotFound, "no product line %q", code)
	}
	if i >= 0 {
		p.Chosen = p.View.Cuts[i]
	}
	p.Open = p.Chosen.Learned.Open
	p.Days = stageDays{strconv.Itoa(p.Chosen.Declining), strconv.Itoa(p.Chosen.Lost), strconv.Itoa(p.View.Mature)}
	return nil
}

// valueStages shows how many customers are in each stage, and where its bounds are.
func (v *visit) valueStages() error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	return v.showStages(page)
}

func (v *visit) showStages(page stagesPage) error {
	return v.show("value_stages", Page{Title: v.lang.text("worth.title"), Menu: "value", Data: page})
}

func (v *visit) stageSave() error {
	f := formReader{values: v.said}
	form := StageForm{Version: f.whole("version", 0, maxVersion), Code: v.r.FormValue("line"), Own: v.r.FormValue("own") != ""}
	form.Declining, _ = strconv.Atoi(v.said("declining"))
	form.Lost, _ = strconv.Atoi(v.said("lost"))
	err := form.Flaws().Err()
	if err == nil {
		err = v.Stages.SetStage(v.r.Context(), v.asker(), form)
	}
	if refused(err) {
		return v.stageRefused(err, stageDays{Declining: v.said("declining"), Lost: v.said("lost")})
	}
	if err != nil {
		return err
	}
	v.redirect("/value/stages?done=stage&" + url.Values{"line": {form.Code}}.Encode())
	return nil
}

func (v *visit) stageMature() error {
	f := formReader{values: v.said}
	form := MatureForm{Version: f.whole("version", 0, maxVersion)}
	form.Orders, _ = strconv.Atoi(v.said("mature"))
	err := form.Flaws().Err()
	if err == nil {
		err = v.Stages.SetMature(v.r.Context(), v.asker(), form)
	}
	if refused(err) {
		return v.stageRefused(err, stageDays{Mature: v.said("mature")})
	}
	if err != nil {
		return err
	}
	v.redirect("/value/stages?done=stage")
	return nil
}

// stageRefused shows the page with what was entered.
func (v *visit) stageRefused(wrong error, entered stageDays) error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	if entered.Mature != "" {
		page.Days.Mature = entered.Mature
	} else {
		page.Days.Declining, page.Days.Lost = entered.Declining, entered.Lost
	}
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showStages(page)
}

// stepPoint is a point of the curve of gaps.
type stepPoint struct {
	Day   int     `json:"day"`
	Over  float64 `json:"over"`
	Naive float64 `json:"naive"`
	Ended int     `json:"ended"`
	Cuts  []int   `json:"cuts,omitempty"` // of the first point: days at which stages change
}

func (v *visit) valueStagesChart() error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	points := []stepPoint{}
	for i, s := range page.Chosen.Learned.Steps {
		p := stepPoint{Day: s.Day, Over: s.Over, Naive: s.Naive, Ended: s.Ended}
		if i == 0 {
			p.Cuts = []int{page.Chosen.Declining, page.Chosen.Lost}
		}
		points = append(points, p)
	}
	return v.json(points)
}

func (v *visit) valueStagesCurveFile() error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("stages.day"), v.lang.text("stages.over"), v.lang.text("stages.naive"), v.lang.text("stages.ended")}}
	for _, s := range page.Chosen.Learned.Steps {
		t.rows = append(t.rows, []sheet.Cell{whole(s.Day), decimal(s.Over), decimal(s.Naive), whole(s.Ended)})
	}
	return v.tableFile("gaps.csv", t)
}

func (v *visit) valueStagesFile() error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("column.store")}}
	for _, s := range page.View.Stages {
		t.header = append(t.header, v.lang.word("stage", s.Stage))
	}
	row := []sheet.Cell{sheet.Text(v.lang.text("stages.all"))}
	for _, s := range page.View.Stages {
		row = append(row, whole(s.Customers))
	}
	t.rows = append(t.rows, row)
	for _, store := range page.View.Stores {
		row = []sheet.Cell{sheet.Text(v.lang.store(store.Name))}
		for _, n := range store.Customers {
			row = append(row, whole(n))
		}
		t.rows = append(t.rows, row)
	}
	return v.tableFile("stages.csv", t)
}

func (v *visit) valueCutsFile() error {
	page, err := v.stages()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.word("worth_by", byLine), v.lang.text("stages.declining"), v.lang.text("stages.lost"), v.lang.text("cycle.from"), v.lang.text("cycle.gaps"), v.lang.text("cycle.open"), v.lang.text("cycle.watched")}}
	for _, name := range []string{"stages.most", "stages.near_all"} {
		t.header = append(t.header, v.lang.text(name), v.lang.text("first.low"), v.lang.text("first.high"), v.lang.text("stages.naive"))
	}
	for _, c := range page.View.Cuts {
		l := c.Learned
		row := []sheet.Cell{sheet.Text(v.lang.cutName(c)), whole(c.Declining), whole(c.Lost), sheet.Text(v.lang.word("stage_from", c.From)), whole(l.Gaps), whole(l.Open), whole(l.Watched),
			whole(l.Most.Days), whole(l.Most.Low), whole(l.Most.High), whole(l.Most.Naive), whole(l.NearAll.Days), whole(l.NearAll.Low), whole(l.NearAll.High), whole(l.NearAll.Naive)}
		if l.Watched == 0 {
			for i := 7; i < len(row); i++ {
				row[i] = sheet.Text("")
			}
		}
		t.rows = append(t.rows, row)
	}
	return v.tableFile("cuts.csv", t)
}

// cutName names whose cut points they are.
func (l *locale) cutName(c CutView) string {
	if c.Code == "" {
		return l.text("stages.brand")
	}
	return c.Name
}
