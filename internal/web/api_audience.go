package web

import (
	"strconv"
	"time"

	"siyu/internal/audience"
	"siyu/internal/fault"
)

type apiAudience struct {
	Number   int64        `json:"number" doc:"names the audience in addresses and rules"`
	Version  int          `json:"version" doc:"grows with every change"`
	Name     string       `json:"name"`
	Note     string       `json:"note"`
	Kind     AudienceKind `json:"kind" enum:"dynamic,frozen" doc:"dynamic: who fits now; frozen: who fitted when it was saved"`
	Watched  bool         `json:"watched" doc:"who enters and leaves is recorded as facts"`
	Rule     apiRule      `json:"rule"`
	Sentence apiSaid      `json:"sentence"`
	Size     int          `json:"size" doc:"customers within the key's scope"`
	Entered  int          `json:"entered" doc:"since yesterday's midnight, the brand's"`
	Left     int          `json:"left" doc:"since yesterday's midnight, the brand's"`
	Changed  time.Time    `json:"changed"`
	By       string       `json:"by" doc:"account or key that changed it last"`
	UsedBy   []apiUse     `json:"used_by" doc:"what reads it"`
	Days     []apiDay     `json:"days,omitempty" doc:"its history, the brand's, oldest first; only of one audience"`
}

type apiUse struct {
	Kind   string `json:"kind" enum:"audience,tag"`
	Number int64  `json:"number,omitempty"`
	Name   string `json:"name"`
}

type apiDay struct {
	Day     string `json:"day" doc:"such as 2026-03-12, in the brand's zone"`
	Size    int    `json:"size" doc:"at its end"`
	Entered int    `json:"entered"`
	Left    int    `json:"left"`
}

type apiAudiences struct {
	Audiences []apiAudience `json:"audiences"`
}

func (c *call) listAudiences() (apiAudiences, error) {
	list := apiAudiences{Audiences: []apiAudience{}}
	found, err := c.Audiences.Audiences(c.r.Context(), c.seat.Scope)
	if err != nil {
		return list, err
	}
	names, err := c.names()
	if err != nil {
		return list, err
	}
	for i := range found {
		one, err := c.audienceOf(&found[i], names)
		if err != nil {
			return list, err
		}
		list.Audiences = append(list.Audiences, one)
	}
	return list, nil
}

func (c *call) names() (audience.Names, error) {
	return c.Audiences.Names(c.r.Context(), c.seat.Scope)
}

func (c *call) audienceOf(a *AudienceRow, names audience.Names) (apiAudience, error) {
	one := apiAudience{Number: a.Number, Version: a.Version, Name: a.Name, Note: a.Note, Kind: a.Kind, Watched: a.Watched, Sentence: c.sentences(&a.Rule, names),
		Size: a.Size, Entered: a.Entered, Left: a.Left, Changed: a.Changed, By: a.By, UsedBy: []apiUse{}}
	for _, u := range a.UsedBy {
		one.UsedBy = append(one.UsedBy, apiUse(u))
	}
	var err error
	one.Rule, err = ruleOf(&a.Rule)
	return one, err
}

func (c *call) showAudience() (apiAudience, error) {
	number, err := c.number()
	if err != nil {
		return apiAudience{}, err
	}
	return c.audience(number)
}

func (c *call) number() (int64, error) {
	text := c.r.PathValue("number")
	number, err := strconv.ParseInt(text, 10, 64)
	if err != nil || number <= 0 {
		return 0, fault.New(fault.NotFound, "no audience %q", text)
	}
	return number, nil
}

func (c *call) audience(number int64) (apiAudience, error) {
	view, err := c.Audiences.Audience(c.r.Context(), c.seat.Scope, number)
	if err != nil {
		return apiAudience{}, err
	}
	names, err := c.names()
	if err != nil {
		return apiAudience{}, err
	}
	one, err := c.audienceOf(&view.AudienceRow, names)
	for _, d := range view.Days {
		one.Days = append(one.Days, apiDay{d.Day.In(c.Zone).Format(time.DateOnly), d.Size, d.Entered, d.Left})
	}
	return one, err
}

// apiForm is an audience as a program sends it.
type apiForm struct {
	Name    string       `json:"name" doc:"1 to 30 characters, unique"`
	Note    string       `json:"note,omitempty"`
	Kind    AudienceKind `json:"kind" enum:"dynamic,frozen"`
	Watched bool         `json:"watched,omitempty" doc:"record who enters and leaves; dynamic ones only"`
	apiAsked
}

type apiChange struct {
	Version int `json:"version" doc:"the one that was read"`
	apiForm
}

func (c *call) createAudience(in apiForm) (apiAudience, error) {
	one, err := c.save(AudienceForm{}, in)
	if err == nil {
		c.w.Header().Set("Location", APIRoot+"/audiences/"+strconv.FormatInt(one.Number, 10))
	}
	return one, err
}

func (c *call) changeAudience(in apiChange) (apiAudience, error) {
	number, err := c.number()
	if err != nil {
		return apiAudience{}, err
	}
	return c.save(AudienceForm{Number: number, Version: in.Version}, in.apiForm)
}

func (c *call) save(f AudienceForm, in apiForm) (apiAudience, error) {
	f.Name, f.Note, f.Kind, f.Watched = in.Name, in.Note, in.Kind, in.Watched
	switch flaws := AudienceFlaws(f); {
	case flaws["name"] != "":
		return apiAudience{}, misused("name", flaws["name"])
	case flaws["kind"] != "":
		return apiAudience{}, misused("kind", "api.error.one_of", "Known", "dynamic, frozen")
	}
	var err error
	if f.Rule, err = c.rule(in.apiAsked); err != nil {
		return apiAudience{}, err
	}
	number, err := c.Audiences.SaveAudience(c.r.Context(), c.asker(), f)
	if err != nil {
		return apiAudience{}, err
	}
	return c.audience(number)
}

type apiVersion struct {
	Version int `json:"version" doc:"the one that was read"`
}

type apiDone struct {
	OK bool `json:"ok"`
}

func (c *call) archiveAudience(in apiVersion) (apiDone, error) {
	number, err := c.number()
	if err != nil {
		return apiDone{}, err
	}
	return apiDone{true}, c.Audiences.ArchiveAudience(c.r.Context(), c.asker(), number, in.Version)
}

func (c *call) tagAudience(struct{}) (apiDone, error) {
	number, err := c.number()
	if err != nil {
		return apiDone{}, err
	}
	return apiDone{true}, c.AudienceFiles.TagAudience(c.r.Context(), c.asker(), number)
}
