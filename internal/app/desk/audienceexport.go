package desk

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/sheet"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.AudienceFiles = (*Desk)(nil)

// AudienceDoc names the brand's setting about audiences.
const AudienceDoc = "audience"

// AudienceSettings is what a brand decides about audiences.
type AudienceSettings struct {
	// ExportLimit is how many customers a file may hold without the word of
	// somebody else.
	ExportLimit int `json:"export_limit"`
}

// usualExportLimit is the limit until the brand sets one: as many as a store has
// in hand, fewer than the list of a brand.
const usualExportLimit = 1_000

// ExportLimit implements web.AudienceFiles.
func (d *Desk) ExportLimit(ctx context.Context) (int, error) {
	s := AudienceSettings{ExportLimit: usualExportLimit}
	_, err := d.DB.Setting(ctx, AudienceDoc, &s)
	return s.ExportLimit, err
}

// SetExportLimit implements web.AudienceFiles.
func (d *Desk) SetExportLimit(ctx context.Context, by web.Asker, limit int) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	d.editing.Lock()
	defer d.editing.Unlock()
	s := AudienceSettings{ExportLimit: usualExportLimit}
	version, err := d.DB.Setting(ctx, AudienceDoc, &s)
	if err != nil {
		return err
	}
	before := s.ExportLimit
	s.ExportLimit = limit
	if _, err := d.DB.SetSetting(ctx, storage.NewSetting{Name: AudienceDoc, After: version, Document: s, At: d.Clock.Now(), Account: by.Account}); err != nil {
		return err
	}
	return d.audit(ctx, by, "audience.limit", fmt.Sprintf("%d -> %d", before, limit))
}

// ExportAudience implements web.AudienceFiles.
func (d *Desk) ExportAudience(ctx context.Context, by web.Asker, number int64, format string) (web.File, error) {
	kind := sheet.Kind(format)
	if kind != sheet.CSV && kind != sheet.XLSX {
		return web.File{}, fault.New(fault.Invalid, "export audience: a file is csv or xlsx, not %q", format)
	}
	crowd, err := d.storedCrowd(ctx, by.Scope, number)
	if err != nil {
		return web.File{}, err
	}
	changed, err := d.ruleChanged(ctx, number)
	if err != nil {
		return web.File{}, err
	}
	if err := d.mayExport(ctx, by, storage.AudienceExport{Audience: number, Account: by.Account, At: d.Clock.Now(), Customers: crowd.Len(), Format: format, Changed: changed}); err != nil {
		return web.File{}, err
	}
	types := map[sheet.Kind]string{sheet.CSV: "text/csv; charset=utf-8", sheet.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
	return web.File{Name: fmt.Sprintf("audience-%d-%s.%s", number, d.today().Format("20060102"), format), Type: types[kind],
		Write: func(to io.Writer) error { return d.takeCrowd(ctx, by, AudienceFile{number, kind, to}, crowd) }}, nil
}

func (d *Desk) storedCrowd(ctx context.Context, scope org.Scope, number int64) (*index.Crowd, error) {
	a, err := d.audienceInUse(ctx, number)
	if err != nil {
		return nil, err
	}
	ix, err := d.index()
	if err != nil {
		return nil, err
	}
	return d.crowdOf(ix, scope, &a)
}

// mayExport asks for the word of a lead where a file is large and there is none.
func (d *Desk) mayExport(ctx context.Context, by web.Asker, e storage.AudienceExport) error {
	limit, err := d.ExportLimit(ctx)
	if err != nil || e.Customers <= limit {
		return err
	}
	approved, err := d.DB.TakeExport(ctx, e)
	if err != nil || approved {
		return err
	}
	if err := d.DB.AskExport(ctx, e); err != nil {
		return err
	}
	if err := d.audit(ctx, by, "audience.export_asked", fmt.Sprintf("%d: %d", e.Audience, e.Customers)); err != nil {
		return err
	}
	return fault.WithKey(fault.Conflict, "error.export_approval", fmt.Errorf("a file of %d customers needs the word of a lead; it waits for it", e.Customers))
}

// AudienceFile is a file that somebody takes of an audience.
type AudienceFile struct {
	Number int64
	Kind   sheet.Kind
	To     io.Writer
}

// TakeAudience writes who of the asker's customers is in an audience, asking
// nobody, and returns how many they are.
func (d *Desk) TakeAudience(ctx context.Context, by web.Asker, f AudienceFile) (rows int, err error) {
	crowd, err := d.storedCrowd(ctx, by.Scope, f.Number)
	if err != nil {
		return 0, err
	}
	return crowd.Len(), d.takeCrowd(ctx, by, f, crowd)
}

func (d *Desk) takeCrowd(ctx context.Context, by web.Asker, f AudienceFile, crowd *index.Crowd) error {
	if err := d.audit(ctx, by, "audience.exported", fmt.Sprintf("%d: %d %s", f.Number, crowd.Len(), f.Kind)); err != nil { // first: what is written has left the house
		return err
	}
	return d.WriteAudience(ctx, f.To, f.Kind, crowd)
}

// ruleChanged returns when an audience, or one that it names, was changed last.
func (d *Desk) ruleChanged(ctx context.Context, number int64) (last time.Time, err error) {
	list, err := d.DB.Audiences(ctx)
	by := map[int64]*flow.Audience{}
	for i := range list {
		by[list[i].Number] = &list[i]
	}
	for todo := []int64{number}; len(todo) > 0; todo = todo[1:] {
		a := by[todo[0]]
		if a == nil { // seen already
			continue
		}
		delete(by, a.Number)
		if a.Changed.After(last) {
			last = a.Changed
		}
		todo = append(todo, audience.ReadsOf(&a.Rule).Audiences...)
	}
	return last, err
}

// exportChunk is how many customers of a file are in memory at a time.
const exportChunk = 1000

// WriteAudience writes the customers of a crowd, in the order of their ids, as a
// table whose texts no spreadsheet takes for formulas.
func (d *Desk) WriteAudience(ctx context.Context, to io.Writer, kind sheet.Kind, crowd *index.Crowd) error {
	w, err := sheet.NewWriter(to, kind)
	if err != nil {
		return err
	}
	defer w.Drop()
	var header []sheet.Cell
	for _, name := range []string{"customer", "name", "store", "staff", "stage", "limiting", "orders", "turnover_yuan", "last_order", "value_yuan", "due"} {
		header = append(header, sheet.Text(name))
	}
	if err := w.Write(header...); err != nil {
		return err
	}
	for some := range slices.Chunk(slices.Sorted(crowd.IDs()), exportChunk) {
		rows, err := d.rows(ctx, some)
		if err != nil {
			return err
		}
		for i := range rows {
			if err := w.Write(d.exportCells(&rows[i])...); err != nil {
				return err
			}
		}
	}
	return w.Close()
}

func (d *Desk) exportCells(r *web.CustomerRow) []sheet.Cell {
	yuan := func(fen float64) sheet.Cell { return sheet.Number(strconv.FormatFloat(fen/100, 'f', 2, 64)) }
	date := func(at time.Time) sheet.Cell {
		if at.IsZero() {
			return sheet.Text("")
		}
		return sheet.Text(at.In(d.Zone).Format(time.DateOnly))
	}
	return []sheet.Cell{sheet.Text(id.Text(r.ID)), sheet.Text(r.Name), sheet.Text(r.Store), sheet.Text(r.Staff), sheet.Text(string(r.Stage)), sheet.Text(string(r.Limiting)),
		sheet.Number(strconv.Itoa(r.Orders)), yuan(float64(r.Turnover)), date(r.LastOrder), yuan(r.Value.Value), date(r.NextDue)}
}

// ExportRequests implements web.AudienceFiles. Only who sees everything decides
// about files of customers.
func (d *Desk) ExportRequests(ctx context.Context, scope org.Scope) ([]web.ExportRequest, error) {
	if !scope.Everything {
		return nil, nil
	}
	list, err := d.DB.AudienceExports(ctx, storage.ExportWaiting)
	if err != nil {
		return nil, err
	}
	var requests []web.ExportRequest
	for _, e := range list {
		a, err := d.DB.Audience(ctx, e.Audience)
		if err != nil {
			return nil, err
		}
		requests = append(requests, web.ExportRequest{ID: e.ID, Audience: e.Audience, Name: a.Name, Account: e.Account, At: e.At, Rows: e.Customers, Format: e.Format})
	}
	return requests, nil
}

// AnswerExport implements web.AudienceFiles.
func (d *Desk) AnswerExport(ctx context.Context, by web.Asker, request int64, approved bool) error {
	if !by.Scope.Everything {
		return fault.New(fault.Forbidden, "only who sees all customers answers exports")
	}
	answer := storage.AudienceExport{ID: request, State: storage.ExportRefused, Answerer: by.Account, Answered: d.Clock.Now()}
	if approved {
		answer.State = storage.ExportApproved
	}
	if err := d.DB.AnswerExport(ctx, answer); err != nil {
		return err
	}
	return d.audit(ctx, by, "audience.export_"+string(answer.State), strconv.FormatInt(request, 10))
}
