package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

// builderPage is the rule being built and who fits it.
type builderPage struct {
	Draft    *draft
	Sentence string
	Misread  []audienceFlaw // of the sentence
	Look     AudienceLook
	Building string // why nothing can be counted now
	Others   bool   // whether the sentence is written over what stands in its box
}

// audienceFlaw is something wrong with a sentence.
type audienceFlaw struct {
	Before, At, After string // the sentence around the place
	Say               string
}

// ShareOf returns which share of all customers fits.
func (p builderPage) ShareOf() float64 { return float64(p.Look.Size) / float64(max(1, p.Look.Among)) }

// fieldGroup is fields that are chosen from together.
type fieldGroup struct {
	Name   string
	Fields []audience.Field
}

// fieldGroups returns all fields in the order of the choice.
func fieldGroups() []fieldGroup {
	names := []struct {
		group  string
		fields string
	}{
		{"orders", "orders turnover last_order first_order due lines stores"},
		{"limits", "limiting need trust exposure repurchase value alive stage fatigue"},
		{"contact", "last_touch touches last_answer last_message_in last_message_out messages_in messages_out reactions openings last_opened last_need asked"},
		{"relation", "relation since first_seen lost_on owner staff staff_count store channel campaign"},
		{"person", "tags level city birthday consent complaint referrals"},
		{"groups", "groups group_count audience"},
	}
	var all []fieldGroup
	for _, n := range names {
		g := fieldGroup{Name: n.group}
		for _, name := range strings.Fields(n.fields) {
			if f, ok := audience.FieldOf(name); ok {
				g.Fields = append(g.Fields, f)
			}
		}
		all = append(all, g)
	}
	return all
}

// audienceEdit changes the shape of the rule in the form as one of its buttons
// asks, and counts anew.
func (v *visit) audienceEdit() error {
	d, err := v.formDraft()
	if err != nil {
		return err
	}
	if form := v.r.PostForm; form.Get("do") != "" {
		d.do(form.Get("do"))
	}
	page, err := v.build(d)
	if err != nil {
		return err
	}
	page.Others = true
	if !v.partial() {
		return v.showAudience(AudienceView{}, page, nil)
	}
	return v.part("audience", "built", page)
}

// audienceLook counts who fits the rule in the form as it stands.
func (v *visit) audienceLook() error {
	d, err := v.formDraft()
	if err != nil {
		return err
	}
	page, err := v.build(d)
	if err != nil {
		return err
	}
	page.Others = true
	return v.part("audience", "looked", page)
}

// audienceRead makes the rule that a sentence says.
func (v *visit) audienceRead() error {
	text := unixLines(v.r.FormValue("sentence"))
	names, err := v.Audiences.Names(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	rule, err := v.lang.words.Parse(text, names)
	if wrong := v.audienceFlaws(text, err); wrong != nil {
		v.w.Header().Set("HX-Reswap", "none")
		return v.part("audience", "unread", wrong)
	}
	if err != nil {
		return err
	}
	page, err := v.build(draftOf(&rule))
	if err != nil {
		return err
	}
	return v.part("audience", "built", page)
}

// audienceValues suggests values for one condition of the form.
func (v *visit) audienceValues() error {
	d, err := v.formDraft()
	if err != nil {
		return err
	}
	at := d.find(v.r.PostForm.Get("at"))
	if at == nil || at.Group() {
		return fault.New(fault.NotFound, "rule form: no condition to suggest values for")
	}
	found, err := v.Audiences.Values(v.r.Context(), v.seat.Scope, ValueQuery{Field: at.Ask.Field.Name, Text: v.said("find." + at.Path), Limit: suggestions})
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(a AudienceValue) bool { return slices.Contains(at.Ask.Values, a.Typed()) })
	return v.part("audience", "suggested", suggestedPart{Path: at.Path, Values: found})
}

// suggestions is how many values are offered at a time: a list longer than the
// screen helps nobody.
const suggestions = 12

type suggestedPart struct {
	Path   string
	Values []AudienceValue
}

// Typed returns the value as the form carries it.
func (a AudienceValue) Typed() string {
	if a.Text != "" {
		return a.Text
	}
	return strconv.FormatInt(a.Number, 10)
}

func (v *visit) formDraft() (*draft, error) {
	if err := v.r.ParseForm(); err != nil {
		return nil, fault.New(fault.Invalid, "read rule form: %w", err)
	}
	return readDraft(v.r.PostForm)
}

// build names what the draft mentions and looks who fits it.
func (v *visit) build(d *draft) (builderPage, error) {
	ctx := v.r.Context()
	rule := d.rule()
	page := builderPage{Draft: d}
	names, err := v.Audiences.Names(ctx, v.seat.Scope)
	if err != nil {
		return page, err
	}
	d.name(names, v.lang.text("audience.nameless"))
	page.Sentence = v.lang.words.Sentence(&rule, names)
	page.Look, err = v.Audiences.Look(ctx, v.seat.Scope, &rule)
	if fault.CodeOf(err) == fault.Conflict && fault.KeyOf(err) != "" {
		page.Building, err = v.lang.fault(err), nil
	}
	return page, err
}

// name finds out what the chosen values of every condition are called.
func (d *draft) name(names audience.Names, nameless string) {
	for _, p := range d.Asks() {
		f := p.Ask.Field
		if p.Input() != inputPick {
			continue
		}
		for _, text := range p.Ask.Values {
			if v, ok := readTyped(f, p.Ask.Is, text); ok {
				p.Ask.Named = append(p.Ask.Named, AudienceValue{Number: v.Number, Text: v.Text, Name: cmp.Or(nameOf(names, f, v), nameless)})
			}
		}
	}
}

func nameOf(names audience.Names, f audience.Field, v audience.Value) string {
	if f.Of == audience.OfText {
		return v.Text
	}
	return cmp.Or(names.NameOf(f.Of, v), v.Text)
}

// audienceSave stores what the form holds.
func (v *visit) audienceSave() error {
	d, err := v.formDraft()
	if err != nil {
		return err
	}
	f, err := v.audienceForm(d)
	var number int64
	if err == nil {
		number, err = v.Audiences.SaveAudience(v.r.Context(), v.asker(), f)
	}
	if refused(err) {
		page, unbuilt := v.build(d)
		if unbuilt != nil {
			return unbuilt
		}
		page.Misread = v.audienceFlaws("", err)
		return v.showAudience(AudienceView{AudienceRow: rowOf(f)}, page, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/audiences/" + strconv.FormatInt(number, 10) + "?done=audience")
	return nil
}

func (v *visit) audienceForm(d *draft) (AudienceForm, error) {
	number := formReader{values: v.known}
	f := AudienceForm{
		Number: int64(number.whole("number", 0, maxVersion)), Version: number.whole("version", 0, maxVersion),
		Name: v.said("name"), Note: v.said("note"), Kind: AudienceKind(v.said("kind")), Watched: v.said("watched") != "", Rule: d.rule(),
	}
	flaws := AudienceFlaws(f)
	if d.lacks() {
		flaws.Add("rule", "error.audience_lacks")
	}
	return f, flaws.Err()
}

// lacks tells whether a condition is not complete. It is asked after rule.
func (d *draft) lacks() bool {
	return d.Flaw != "" || slices.ContainsFunc(d.Parts, (*draft).lacks)
}

func rowOf(f AudienceForm) AudienceRow {
	return AudienceRow{Number: f.Number, Version: f.Version, Name: f.Name, Note: f.Note, Kind: f.Kind, Watched: f.Watched, Rule: f.Rule}
}

func (v *visit) audienceArchive() error {
	number, err := v.audienceNumber()
	if err != nil {
		return err
	}
	if err := v.Audiences.ArchiveAudience(v.r.Context(), v.asker(), number, v.entry().Version); err != nil {
		return err
	}
	v.redirect("/audiences?done=audience_archived")
	return nil
}

func (v *visit) audienceNumber() (int64, error) {
	number, err := strconv.ParseInt(v.r.PathValue("number"), 10, 64)
	if err != nil || number <= 0 {
		return 0, fault.New(fault.NotFound, "no audience %q", v.r.PathValue("number"))
	}
	return number, nil
}

// audienceFlaws says what is wrong with a rule or a sentence, where err is about
// that.
func (v *visit) audienceFlaws(text string, err error) []audienceFlaw {
	var flaws []audienceFlaw
	for _, p := range audience.FlawsOf(err) {
		f := audienceFlaw{Say: v.lang.flaw(p)}
		if runes := []rune(text); p.From >= 0 && p.From <= p.To && p.To <= len(runes) {
			f.Before, f.At, f.After = string(runes[:p.From]), string(runes[p.From:p.To]), string(runes[p.To:])
		}
		flaws = append(flaws, f)
	}
	return flaws
}
