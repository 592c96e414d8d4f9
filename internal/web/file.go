package web

import (
	"fmt"

	"siyu/internal/sheet"
)

// download answers with a csv file that each writes row by row. No cell of it
// runs as a formula. What fails after the first row can only cut the file
// short, and is returned for the log.
func (v *visit) download(name string, header []sheet.Cell, each func(write func(...sheet.Cell) error) error) error {
	h := v.w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	out, err := sheet.NewWriter(v.w, sheet.CSV)
	if err != nil {
		return err
	}
	if err := out.Write(header...); err != nil {
		return err
	}
	if err := each(out.Write); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return out.Close()
}

func texts(values ...string) []sheet.Cell {
	var row []sheet.Cell
	for _, v := range values {
		row = append(row, sheet.Text(v))
	}
	return row
}
