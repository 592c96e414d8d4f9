package orders

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"siyu/internal/sheet"
)

// rejectFile lists every line that was not imported, as csv. After an
// interruption it is cut to what was recorded and goes on.
type rejectFile struct {
	file   *os.File // nil: nobody wants the list
	length int64
}

func openRejects(path string, length int64) (*rejectFile, error) {
	if path == "" {
		return &rejectFile{}, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the reject file: %w", err)
	}
	r := &rejectFile{file: file, length: length}
	if err := r.begin(); err != nil {
		return nil, errors.Join(fmt.Errorf("beginning the reject file: %w", err), file.Close())
	}
	return r, nil
}

func (r *rejectFile) begin() error {
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

func (r *rejectFile) write(rows []Rejected) error {
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

func (r *rejectFile) close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}
