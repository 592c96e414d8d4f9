package orders

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"siyu/internal/fault"
)

// Settled is how long a file must lie unchanged before it is taken: longer
// than the pauses of a slow copy over a network.
const Settled = time.Minute

// Folders beside the files, made when first needed.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// Folder imports the order files that people or programs put into a folder.
// It must have one owner; Scan is not safe for concurrent use.
type Folder struct {
	Path     string
	Importer *Importer
	Options  Options

	seen map[string]sighting // files at the last Scan
}

type sighting struct {
	size    int64
	changed time.Time
}

// Report says what became of a file. It lies beside the file as
// <name>.report.json, with the lines not imported in <name>.rejected.csv.
type Report struct {
	File   string    `json:"file"` // where it lies now
	At     time.Time `json:"at"`
	Error  string    `json:"error,omitempty"`
	Result Result    `json:"result"`
}

// Scan imports the files that have lain unchanged for Settled and since the
// last Scan, the oldest first, and moves each to done or, if the file itself is
// to blame, to failed. Any other error leaves the file to be gone on with at
// the next Scan. Links, hidden files and files still being written are left.
func (f *Folder) Scan(ctx context.Context) ([]Report, error) {
	names, err := f.settled()
	if err != nil {
		return nil, err
	}
	var reports []Report
	for _, name := range names {
		report, err := f.take(ctx, name)
		if err != nil {
			return reports, fmt.Errorf("importing %s: %w", name, err)
		}
		reports = append(reports, report)
	}
	return reports, nil
}

func (f *Folder) settled() ([]string, error) {
	entries, err := os.ReadDir(f.Path)
	if err != nil {
		return nil, fmt.Errorf("looking for order files: %w", err)
	}
	now, seen := f.Importer.Clock.Now(), map[string]sighting{}
	var names []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !isTable(entry.Name()) {
			continue
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("looking at %s: %w", entry.Name(), err)
		}
		is := sighting{size: info.Size(), changed: info.ModTime()}
		seen[entry.Name()] = is
		if was, before := f.seen[entry.Name()]; before && was == is && now.Sub(is.changed) >= Settled {
			names = append(names, entry.Name())
		}
	}
	f.seen = seen
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(seen[a].changed.Compare(seen[b].changed), cmp.Compare(a, b))
	})
	return names, nil
}

func isTable(name string) bool {
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") { // Excel's lock files
		return false
	}
	return slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx"}, strings.ToLower(filepath.Ext(name)))
}

func (f *Folder) take(ctx context.Context, name string) (Report, error) {
	path := filepath.Join(f.Path, name)
	options := f.Options
	options.RejectFile = filepath.Join(f.Path, "."+name+".rejected.csv")
	result, err := f.Importer.Import(ctx, path, options)
	report := Report{At: f.Importer.Clock.Now(), Result: result}
	to := doneFolder
	if err != nil {
		if fault.CodeOf(err) != fault.Invalid {
			return Report{}, err
		}
		to, report.Error = failedFolder, err.Error()
	}
	return report, f.move(name, to, &report, options.RejectFile)
}

// move puts the file away with its report. The report is written first: a file
// that is gone from the folder has one.
func (f *Folder) move(name, to string, report *Report, rejects string) error {
	folder := filepath.Join(f.Path, to)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	target := free(filepath.Join(folder, report.At.UTC().Format("20060102T150405Z-")+name))
	report.File = target
	if report.Result.RejectedTotal > 0 {
		report.Result.RejectFile = target + ".rejected.csv"
		if err := os.Rename(rejects, report.Result.RejectFile); err != nil {
			return err
		}
	} else if err := os.Remove(rejects); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	} else {
		report.Result.RejectFile = ""
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(target+".report.json", text, 0o600); err != nil {
		return err
	}
	return os.Rename(filepath.Join(f.Path, name), target)
}

// free returns path, or path with a number where a file of that name lies.
func free(path string) string {
	for n := 2; ; n++ {
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path
		}
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
	}
}
