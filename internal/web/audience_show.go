package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"siyu/internal/audience"
	"siyu/internal/sheet"
)

type audienceListPage struct {
	Rows     []audienceListRow
	Requests []ExportRequest
	Ready    []shelf
	May      bool // the asker may change audiences
	Owner    bool // the asker may change how large files may be
	Limit    int  // customers that a file may hold without approval
}

type audienceListRow struct {
	AudienceRow
	Sentence string
}

func (v *visit) audienceList() error {
	ctx := v.r.Context()
	found, err := v.Audiences.Audiences(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	names, err := v.Audiences.Names(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	page := audienceListPage{May: lead(v.seat), Owner: owner(v.seat)}
	for _, a := range found {
		page.Rows = append(page.Rows, audienceListRow{a, v.lang.words.Sentence(&a.Rule, names)})
	}
	if page.Ready, err = v.shelves(); err != nil {
		return err
	}
	if page.May {
		if page.Requests, err = v.AudienceFiles.ExportRequests(ctx, v.seat.Scope); err != nil {
			return err
		}
	}
	if page.Limit, err = v.AudienceFiles.ExportLimit(ctx); err != nil {
		return err
	}
	return v.show("audiences", Page{Title: v.lang.text("audience.title"), Menu: "audiences", Data: page})
}

// shelf is the ready audiences of one kind.
type shelf struct {
	Name  audience.Shelf
	Ready []ReadyAudience
}

func (v *visit) shelves() (shelves []shelf, err error) {
	all, err := v.ReadyAudiences.ReadyAudiences(v.r.Context(), v.seat.Scope)
	for _, r := range all {
		if len(shelves) == 0 || shelves[len(shelves)-1].Name != r.Shelf {
			shelves = append(shelves, shelf{Name: r.Shelf})
		}
		last := &shelves[len(shelves)-1]
		last.Ready = append(last.Ready, r)
	}
	return shelves, err
}

// audiencePage is one audience with its rule.
type audiencePage struct {
	AudienceView
	builderPage
	May     bool
	Flaws   Flaws
	Wrong   string
	Beside  []AudienceRow // the others, to compare with
	With    AudienceRow
	Overlap overlapPicture
	Invites invitePart
}

// audienceNew begins with everybody, with a rule that the address carries, or
// with what fits one audience and not another.
func (v *visit) audienceNew() error {
	rule, err := v.askedRule(v.r.URL.Query())
	if err != nil {
		return err
	}
	page, err := v.build(draftOf(&rule))
	if err != nil {
		return err
	}
	return v.showAudience(AudienceView{}, page, nil)
}

func (v *visit) audienceShow() error {
	number, err := v.audienceNumber()
	if err != nil {
		return err
	}
	view, err := v.Audiences.Audience(v.r.Context(), v.seat.Scope, number)
	if err != nil {
		return err
	}
	page, err := v.build(draftOf(&view.Rule))
	if err != nil {
		return err
	}
	return v.showAudience(view, page, nil)
}

func (v *visit) showAudience(view AudienceView, built builderPage, wrong error) error {
	return v.showAudiencePage(audiencePage{AudienceView: view, builderPage: built}, wrong)
}

func (v *visit) showAudiencePage(page audiencePage, wrong error) error {
	page.May = lead(v.seat)
	page.Flaws, page.Wrong = v.wrong(wrong)
	if err := v.compare(&page); err != nil {
		return err
	}
	if err := v.invitations(&page); err != nil {
		return err
	}
	title := page.Name
	if page.Number == 0 {
		title = v.lang.text("audience.new")
	}
	return v.show("audience", Page{Title: title, Menu: "audiences", Data: page})
}

// compare adds the other audiences, and the overlap with one of them if the
// address names it.
func (v *visit) compare(page *audiencePage) error {
	if page.Number == 0 {
		return nil
	}
	ctx := v.r.Context()
	all, err := v.Audiences.Audiences(ctx, v.seat.Scope)
	if err != nil {
		return err
	}
	page.Beside = slices.DeleteFunc(all, func(a AudienceRow) bool { return a.Number == page.Number })
	i := slices.IndexFunc(page.Beside, func(a AudienceRow) bool {
		return strconv.FormatInt(a.Number, 10) == v.r.URL.Query().Get("with")
	})
	if i < 0 || page.Building != "" {
		return nil
	}
	page.With = page.Beside[i]
	mine, other := memberOf(page.Number), memberOf(page.With.Number)
	overlap, err := v.Audiences.Overlap(ctx, v.seat.Scope, &mine, &other)
	page.Overlap = drawn(overlap)
	return err
}

// memberOf is the rule of those who are in an audience.
func memberOf(number int64) audience.Rule {
	return audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: number}}}}
}

// askedRule returns the rule that an address asks for: who is in audiences and
// not in others, or a ready one. Without either it is everybody.
func (v *visit) askedRule(q url.Values) (audience.Rule, error) {
	if name := q.Get("ready"); name != "" {
		return v.ReadyAudiences.ReadyRule(v.r.Context(), name)
	}
	var all []audience.Rule
	for _, text := range q["in"] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			all = append(all, memberOf(n))
		}
	}
	for _, text := range q["out"] {
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			r := memberOf(n)
			r.Ask.Is = audience.NoneOf
			all = append(all, r)
		}
	}
	return audience.Rule{All: all}, nil
}

// overlapPicture is two crowds as bars over one scale of 0 to 100.
type overlapPicture struct {
	AudienceOverlap
	OnlyA, OnlyB           int
	WidthA, StartB, WidthB float64
	WidthBoth              float64
	Union                  int
}

func drawn(o AudienceOverlap) overlapPicture {
	p := overlapPicture{AudienceOverlap: o, OnlyA: o.A - o.Both, OnlyB: o.B - o.Both, Union: o.A + o.B - o.Both}
	if p.Union == 0 {
		return p
	}
	scale := 100 / float64(p.Union)
	p.WidthA, p.StartB, p.WidthB = float64(o.A)*scale, float64(p.OnlyA)*scale, float64(o.B)*scale
	p.WidthBoth = float64(o.Both) * scale
	return p
}

// audienceDay is a day as charts read it.
type audienceDay struct {
	Day    string `json:"day"`
	Size   int    `json:"size"`
	Joins  int    `json:"joins"`
	Leaves int    `json:"leaves"`
}

func (v *visit) audiencePoints() ([]audienceDay, error) {
	number, err := v.audienceNumber()
	if err != nil {
		return nil, err
	}
	view, err := v.Audiences.Audience(v.r.Context(), v.seat.Scope, number)
	points := make([]audienceDay, len(view.Days))
	for i, d := range view.Days {
		points[i] = audienceDay{d.Day.In(v.Zone).Format(time.DateOnly), d.Size, d.Entered, d.Left}
	}
	return points, err
}

func (v *visit) audienceDays() error {
	points, err := v.audiencePoints()
	if err != nil {
		return err
	}
	return v.json(points)
}

func (v *visit) audienceDaysFile() error {
	points, err := v.audiencePoints()
	if err != nil {
		return err
	}
	t := table{header: []string{v.lang.text("audience.day"), v.lang.text("audience.size"), v.lang.text("audience.entered"), v.lang.text("audience.left")}}
	for _, p := range points {
		t.rows = append(t.rows, []sheet.Cell{sheet.Text(p.Day), whole(p.Size), whole(p.Joins), whole(p.Leaves)})
	}
	return v.tableFile("audience.csv", t)
}

// Compare returns the address that compares with another audience.
func (p audiencePage) Compare(n int64) string {
	return "/audiences/" + strconv.FormatInt(p.Number, 10) + "?" + url.Values{"with": {strconv.FormatInt(n, 10)}}.Encode()
}
