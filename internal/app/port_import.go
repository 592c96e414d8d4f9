package app

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"siyu/internal/connector/export"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/web"
)

// importPort answers the pages of imports. Each import is a folder with
// the uploaded file, a note of its state, and the rejected lines; it survives a
// restart, and an interrupted import is gone on with by starting it again.
type importPort struct {
	*App
	mu      *sync.Mutex
	running map[int64]web.Import // progress of those under way
}

var _ web.Imports = (*importPort)(nil)

func newImportPort(a *App) *importPort {
	return &importPort{App: a, mu: new(sync.Mutex), running: map[int64]web.Import{}}
}

// uploadNote is what is known of an upload beside the file.
type uploadNote struct {
	Import  web.Import                `json:"import"`
	Columns map[export.Field][]string `json:"columns,omitempty"` // as a person mapped them
}

const (
	uploadFile   = "upload"
	uploadState  = "state.json"
	uploadReject = "rejected.csv"
	// maxUpload is the largest file a page takes; larger ones go through the
	// command line.
	maxUpload = 512 << 20
)

func (p *importPort) folder(importID int64) string {
	return filepath.Join(p.config.Data, "imports", strconv.FormatInt(importID, 36))
}

func (p *importPort) note(importID int64) (uploadNote, error) {
	var n uploadNote
	raw, err := os.ReadFile(filepath.Join(p.folder(importID), uploadState))
	if errors.Is(err, fs.ErrNotExist) {
		return n, fault.New(fault.NotFound, "no such import")
	}
	if err != nil {
		return n, fmt.Errorf("read import: %w", err)
	}
	if err := json.Unmarshal(raw, &n); err != nil {
		return n, fmt.Errorf("read import: %w", err)
	}
	if n.Import.What == "" { // begun when there were orders only
		n.Import.What = web.ImportOrders
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if live, ok := p.running[importID]; ok {
		n.Import = live
	}
	return n, nil
}

func (p *importPort) keep(n uploadNote) error {
	raw, err := json.Marshal(n)
	if err != nil {
		return fmt.Errorf("write import: %w", err)
	}
	path := filepath.Join(p.folder(n.Import.ID), uploadState)
	if err := os.WriteFile(path+".new", raw, 0o600); err != nil {
		return fmt.Errorf("write import: %w", err)
	}
	return os.Rename(path+".new", path)
}

// Imports implements web.Imports.
func (p *importPort) Imports(_ context.Context, scope org.Scope) ([]web.Import, error) {
	if err := headquarters(scope); err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(filepath.Join(p.config.Data, "imports"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list imports: %w", err)
	}
	var list []web.Import
	for _, e := range entries {
		importID, err := strconv.ParseInt(e.Name(), 36, 64)
		if err != nil {
			continue
		}
		if n, err := p.note(importID); err == nil {
			list = append(list, n.Import)
		}
	}
	slices.SortFunc(list, func(a, b web.Import) int { return b.At.Compare(a.At) })
	return list[:min(len(list), 50)], nil
}

// Upload implements web.Imports.
func (p *importPort) Upload(ctx context.Context, by web.Asker, what web.ImportKind, name string, file io.Reader) (importID int64, err error) {
	if err := headquarters(by.Scope); err != nil {
		return 0, err
	}
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	importID = int64(binary.BigEndian.Uint64(random[:]) >> 1)
	if err := os.MkdirAll(p.folder(importID), 0o700); err != nil {
		return 0, fmt.Errorf("keep upload: %w", err)
	}
	size, err := p.store(importID, name, file)
	if err != nil {
		return 0, errors.Join(err, os.RemoveAll(p.folder(importID)))
	}
	n := uploadNote{Import: web.Import{ID: importID, What: what, Name: filepath.Base(name), State: web.ImportUploaded, By: by.Account, At: p.clock.Now(), TotalBytes: size}}
	if preview, err := p.outline(n); err == nil {
		n.Import.Format = preview.Format
	}
	if err := p.keep(n); err != nil {
		return 0, err
	}
	return importID, p.audit(ctx, by, "import.uploaded")
}

// path returns where the uploaded file lies: under its own ending, by which
// csv and xlsx are told apart.
func (p *importPort) path(i web.Import) string {
	ending := filepath.Ext(i.Name)
	if ending != ".xlsx" {
		ending = ".csv"
	}
	return filepath.Join(p.folder(i.ID), uploadFile+ending)
}

func (p *importPort) store(importID int64, name string, file io.Reader) (int64, error) {
	out, err := os.OpenFile(p.path(web.Import{ID: importID, Name: filepath.Base(name)}), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, fmt.Errorf("keep upload: %w", err)
	}
	size, err := io.Copy(out, io.LimitReader(file, maxUpload+1))
	if err = errors.Join(err, out.Close()); err != nil {
		return 0, fmt.Errorf("keep upload: %w", err)
	}
	if size > maxUpload {
		return 0, fault.WithKey(fault.Invalid, "error.too_big", fmt.Errorf("the file is larger than %d MiB", maxUpload>>20))
	}
	if size == 0 {
		return 0, fault.WithKey(fault.Invalid, "error.empty_file", fmt.Errorf("the file is empty"))
	}
	return size, nil
}

// Preview implements web.Imports.
func (p *importPort) Preview(_ context.Context, scope org.Scope, importID int64) (web.ImportPreview, error) {
	if err := headquarters(scope); err != nil {
		return web.ImportPreview{}, err
	}
	n, err := p.note(importID)
	if err != nil {
		return web.ImportPreview{}, err
	}
	preview, err := p.outline(n)
	if err != nil {
		return web.ImportPreview{}, err
	}
	v := web.ImportPreview{Import: n.Import, Columns: preview.Headers, Samples: preview.Cells}
	schema, needed := read(n.Import.What)
	for _, f := range schema.Fields {
		field := web.ImportField{Name: string(f), Required: slices.Contains(needed, f), Column: -1}
		if from := preview.Mapping[f]; len(from) > 0 {
			field.Column = slices.Index(preview.Headers, from[0])
		}
		v.Fields = append(v.Fields, field)
	}
	return v, nil
}

// Map implements web.Imports.
func (p *importPort) Map(ctx context.Context, by web.Asker, importID int64, columns map[string]int) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	n, err := p.note(importID)
	if err != nil {
		return err
	}
	preview, err := p.outline(n)
	if err != nil {
		return err
	}
	n.Columns = map[export.Field][]string{}
	for field, column := range columns {
		if column >= 0 && column < len(preview.Headers) {
			n.Columns[export.Field(field)] = []string{preview.Headers[column]}
		} else {
			n.Columns[export.Field(field)] = []string{}
		}
	}
	if _, err = p.outline(n); err != nil {
		return err
	}
	return p.begin(ctx, n, web.ImportChecking)
}

// Start implements web.Imports.
func (p *importPort) Start(ctx context.Context, by web.Asker, importID int64) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	n, err := p.note(importID)
	if err != nil || n.Import.State == web.ImportRunning || n.Import.State == web.ImportDone {
		return err
	}
	if err := p.begin(ctx, n, web.ImportRunning); err != nil {
		return err
	}
	return p.audit(ctx, by, "import.started")
}

// begin runs a dry run or an import behind the request.
func (p *importPort) begin(ctx context.Context, n uploadNote, state web.ImportState) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, busy := p.running[n.Import.ID]; busy {
		return nil
	}
	n.Import.State, n.Import.Error, n.Import.Lines = state, "", 0
	if err := p.keep(n); err != nil {
		return err
	}
	p.running[n.Import.ID] = n.Import
	go p.run(context.WithoutCancel(ctx), n)
	return nil
}

func (p *importPort) run(ctx context.Context, n uploadNote) {
	dryRun := n.Import.State == web.ImportChecking
	counted, err := p.imported(ctx, n, dryRun)
	n.Import = counted
	switch {
	case err != nil:
		n.Import.State, n.Import.Error = web.ImportFailed, failureKey(err)
		p.log.Error("import failed", "import", n.Import.ID, "error", err)
	case dryRun:
		n.Import.State = web.ImportChecked
	default:
		n.Import.State = web.ImportDone
	}
	p.mu.Lock()
	delete(p.running, n.Import.ID)
	p.mu.Unlock()
	if err := p.keep(n); err != nil {
		p.log.Error("import's state could not be kept", "import", n.Import.ID, "error", err)
	}
}

func failureKey(err error) string {
	if key := fault.KeyOf(err); key != "" {
		return key
	}
	if fault.CodeOf(err) == fault.Invalid {
		return "error.import_invalid"
	}
	return "error.import"
}

func (p *importPort) progress(importID int64, rows int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.running[importID]
	i.Lines = rows
	p.running[importID] = i
}

// Import implements web.Imports.
func (p *importPort) Import(_ context.Context, scope org.Scope, importID int64) (web.Import, error) {
	if err := headquarters(scope); err != nil {
		return web.Import{}, err
	}
	n, err := p.note(importID)
	return n.Import, err
}

// Rejected implements web.Imports.
func (p *importPort) Rejected(_ context.Context, scope org.Scope, importID int64, do func(web.RejectedLine) error) error {
	if err := headquarters(scope); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(p.folder(importID), uploadReject))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read rejected lines: %w", err)
	}
	defer file.Close()
	rows := csv.NewReader(file)
	for first := true; ; first = false {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read rejected lines: %w", err)
		}
		if first || len(row) < 4 {
			continue
		}
		line, err := strconv.Atoi(row[0])
		if err != nil {
			return fmt.Errorf("read rejected lines: %w", err)
		}
		if err := do(web.RejectedLine{Line: line, Column: row[1], Value: row[2], Reason: row[3]}); err != nil {
			return err
		}
	}
}
