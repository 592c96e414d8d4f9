package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"siyu/internal/app/desk"
	"siyu/internal/audience"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/sheet"
	"siyu/internal/web"
)

// AudienceAsked is a command about audiences on the socket.
type AudienceAsked struct {
	Number  int64  `json:"number,omitempty"`
	Rule    string `json:"rule,omitempty"` // JSON or a sentence
	Name    string `json:"name,omitempty"`
	Note    string `json:"note,omitempty"`
	Kind    string `json:"kind,omitempty"`
	Watched bool   `json:"watched,omitempty"`
	Out     string `json:"out,omitempty"` // absolute path of a file
}

// AudienceAnswered is its answer: what the command did not ask for is absent.
type AudienceAnswered struct {
	Audiences []AudienceLine `json:"audiences,omitzero"`
	Audience  int64          `json:"audience,omitempty"`
	Count     *int           `json:"count,omitempty"`
	Among     *int           `json:"among,omitempty"`
	Days      []AudienceDay  `json:"days,omitzero"`
	Rows      *int           `json:"rows,omitempty"`
	Sentence  string         `json:"sentence,omitempty"`
}

// AudienceLine is a stored audience.
type AudienceLine struct {
	Number   int64           `json:"number"`
	Name     string          `json:"name"`
	Note     string          `json:"note,omitempty"`
	Kind     string          `json:"kind"`
	Watched  bool            `json:"watched"`
	Size     int             `json:"size"`
	Sentence string          `json:"sentence"` // in English
	Rule     json.RawMessage `json:"rule"`
	UsedBy   []string        `json:"used_by,omitzero"`
}

// AudienceDay is one day in the history of an audience.
type AudienceDay struct {
	Day     string `json:"day"`
	Size    int    `json:"size"`
	Entered int    `json:"entered"`
	Left    int    `json:"left"`
}

// commandAccount is under whose name commands are audited.
const commandAccount = "siyu"

func commandAsker() web.Asker { return web.Asker{Account: commandAccount, Scope: org.All()} }

// readyIndex makes the index ready for a command and today.
func (a *App) readyIndex(ctx context.Context) error {
	if a.flow.Index() != nil {
		return nil
	}
	if err := a.raiseIndex(ctx); err != nil {
		return err
	}
	_, err := a.alone(ctx, func(ctx context.Context) error { return a.flow.PassDay(ctx, a.clock.Now()) })
	return err
}

// ListAudiences returns the audiences in use.
func (a *App) ListAudiences(ctx context.Context, _ AudienceAsked) (answer AudienceAnswered, err error) {
	answer.Audiences = []AudienceLine{}
	if err := a.readyIndex(ctx); err != nil {
		return answer, err
	}
	rows, err := a.desk.Audiences(ctx, org.All())
	if err != nil {
		return answer, err
	}
	for i := range rows {
		line, err := a.audienceLine(ctx, &rows[i])
		if err != nil {
			return answer, err
		}
		answer.Audiences = append(answer.Audiences, line)
	}
	return answer, nil
}

func (a *App) audienceLine(ctx context.Context, row *web.AudienceRow) (AudienceLine, error) {
	line := AudienceLine{Number: row.Number, Name: row.Name, Note: row.Note, Kind: string(row.Kind), Watched: row.Watched, Size: row.Size}
	for _, u := range row.UsedBy {
		line.UsedBy = append(line.UsedBy, u.Kind+" "+u.Name)
	}
	names, err := a.desk.AudienceNames(ctx)
	if err != nil {
		return line, err
	}
	words, err := web.RuleWords()
	if err != nil {
		return line, err
	}
	line.Sentence = words[0].Sentence(&row.Rule, names)
	line.Rule, err = audience.Marshal(&row.Rule)
	return line, err
}

// ShowAudience returns one audience with its history.
func (a *App) ShowAudience(ctx context.Context, q AudienceAsked) (answer AudienceAnswered, err error) {
	if err := a.readyIndex(ctx); err != nil {
		return answer, err
	}
	v, err := a.desk.Audience(ctx, org.All(), q.Number)
	if err != nil {
		return answer, err
	}
	line, err := a.audienceLine(ctx, &v.AudienceRow)
	answer.Audiences, answer.Days = []AudienceLine{line}, []AudienceDay{}
	for _, d := range v.Days {
		answer.Days = append(answer.Days, AudienceDay{d.Day.Format("2006-01-02"), d.Size, d.Entered, d.Left})
	}
	return answer, err
}

// CountAudience counts whom a rule describes.
func (a *App) CountAudience(ctx context.Context, q AudienceAsked) (answer AudienceAnswered, err error) {
	rule, err := a.ruleOf(ctx, q.Rule)
	if err != nil {
		return answer, err
	}
	if err := a.readyIndex(ctx); err != nil {
		return answer, err
	}
	look, err := a.desk.Look(ctx, org.All(), &rule)
	if err != nil {
		return answer, err
	}
	line, err := a.audienceLine(ctx, &web.AudienceRow{Rule: rule})
	answer.Count, answer.Among, answer.Sentence = &look.Size, &look.Among, line.Sentence
	return answer, err
}

// SaveAudience stores an audience; the rule of one that is there is kept where
// none is given.
func (a *App) SaveAudience(ctx context.Context, q AudienceAsked) (answer AudienceAnswered, err error) {
	f := web.AudienceForm{Number: q.Number, Name: q.Name, Note: q.Note, Kind: web.AudienceKind(q.Kind), Watched: q.Watched}
	if q.Number != 0 {
		known, err := a.db.Audience(ctx, q.Number)
		if err != nil {
			return answer, err
		}
		f.Version, f.Rule = known.Version, known.Rule
		if f.Name == "" {
			f.Name, f.Note = known.Name, known.Note
		}
	}
	if q.Rule != "" || q.Number == 0 {
		if f.Rule, err = a.ruleOf(ctx, q.Rule); err != nil {
			return answer, err
		}
	}
	if err := a.readyIndex(ctx); err != nil {
		return answer, err
	}
	answer.Audience, err = a.desk.SaveAudience(ctx, commandAsker(), f)
	return answer, err
}

// ArchiveAudience takes an audience out of use.
func (a *App) ArchiveAudience(ctx context.Context, q AudienceAsked) (answer AudienceAnswered, err error) {
	known, err := a.db.Audience(ctx, q.Number)
	if err != nil {
		return answer, err
	}
	answer.Audience = q.Number
	return answer, a.desk.ArchiveAudience(ctx, commandAsker(), q.Number, known.Version)
}

// ExportAudience writes who is in an audience to a file, csv or xlsx by its
// ending. Whoever has the data folder needs nobody's word for it.
func (a *App) ExportAudience(ctx context.Context, q AudienceAsked) (answer AudienceAnswered, err error) {
	kind := sheet.Kind(strings.TrimPrefix(filepath.Ext(q.Out), "."))
	if kind != sheet.CSV && kind != sheet.XLSX {
		return answer, fault.New(fault.Invalid, "--out %s: the file must end in .csv or .xlsx", q.Out)
	}
	if err := a.readyIndex(ctx); err != nil {
		return answer, err
	}
	rows := 0
	err = replaceFile(q.Out, func(to io.Writer) (err error) {
		rows, err = a.desk.TakeAudience(ctx, commandAsker(), desk.AudienceFile{Number: q.Number, Kind: kind, To: to})
		return err
	})
	answer.Rows = &rows
	return answer, err
}

// ruleOf reads a rule from JSON or from a sentence in English or Chinese. The
// error of a sentence that neither reads is that of the language it is closer to.
func (a *App) ruleOf(ctx context.Context, text string) (audience.Rule, error) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, "{") {
		return audience.Unmarshal([]byte(text))
	}
	names, err := a.desk.AudienceNames(ctx)
	if err != nil {
		return audience.Rule{}, err
	}
	words, err := web.RuleWords()
	if err != nil {
		return audience.Rule{}, err
	}
	var nearest error
	furthest := -1
	for _, w := range words {
		rule, err := w.Parse(text, names)
		if err == nil {
			return rule, nil
		}
		from := 0
		if flaws := audience.FlawsOf(err); len(flaws) > 0 {
			from = flaws[0].From
		}
		if from > furthest {
			furthest, nearest = from, err
		}
	}
	return audience.Rule{}, fmt.Errorf("read the rule: %w", nearest)
}
