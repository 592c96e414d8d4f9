package export

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"siyu/internal/sheet"
)

// Rejected is a line that was not imported. No phone can be read from Value.
type Rejected struct {
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"`
	Value  string `json:"value,omitempty"`
	Reason string `json:"reason"`
}

// RejectedFor returns the line with its problem as the reason.
func RejectedFor(p *sheet.Problem) Rejected {
	return Rejected{Line: p.Line, Column: p.Column, Value: p.Value, Reason: "expected " + p.Expected}
}

// KeptRejections is how many of them results hold; the reject file has all.
const KeptRejections = 1000

// RejectFile lists every line that was not imported, as csv. After an
// interruption it is cut to what was recorded and goes on.
type RejectFile struct {
	file   *os.File // nil: nobody wants the list
	length int64
}

// OpenRejects opens the list at path, to go on after its first length bytes.
// Where path is empty nobody wants the list.
func OpenRejects(path string, length int64) (*RejectFile, error) {
	if path == "" {
		return &RejectFile{}, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the reject file: %w", err)
	}
	r := &RejectFile{file: file, length: length}
	if err := r.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("beginning the reject file: %w", err), file.Close())
	}
	return r, nil
}

func (r *RejectFile) begin() error {
	if err := r.file.Truncate(r.length); err != nil {
		return err
	}
	if _, err := r.file.Seek(r.length, io.SeekStart); err != nil {
		return err
	}
	if r.length > 0 {
		return nil
	}
	head := "\uFEFF" + sheet.Line(sheet.Text("line"), sheet.Text("column"), sheet.Text("value"), sheet.Text("reason"))
	n, err := r.file.WriteString(head)
	r.length = int64(n)
	return err
}

// Write adds lines.
func (r *RejectFile) Write(rows []Rejected) error {
	if r.file == nil {
		return nil
	}
	var text []byte
	for _, row := range rows {
		text = append(text, sheet.Line(sheet.Number(strconv.Itoa(row.Line)), sheet.Text(row.Column), sheet.Text(row.Value), sheet.Text(row.Reason))...)
	}
	n, err := r.file.Write(text)
	r.length += int64(n)
	if err != nil {
		return fmt.Errorf("writing the reject file: %w", err)
	}
	return nil
}

// Length returns how long the list is, in bytes.
func (r *RejectFile) Length() int64 { return r.length }

// Close ends the list.
func (r *RejectFile) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
