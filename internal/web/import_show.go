package web

import (
	"fmt"
	"io"
	"mime/multipart"
	"strconv"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/sheet"
)

func (v *visit) importList() error {
	found, err := v.Imports.Imports(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("imports", found)
}

// importUpload reads the file as a stream, so that its size costs no memory.
func (v *visit) importUpload() error {
	what, part, err := v.filePart()
	if err != nil {
		return err
	}
	imported, err := v.Imports.Upload(v.r.Context(), v.asker(), what, part.FileName(), io.Reader(part))
	if err != nil {
		return err
	}
	v.redirect(importAddress(imported))
	return nil
}

func importAddress(imported int64) string { return "/settings/imports/" + id.Text(imported) }

// filePart returns the file of the form, and as what it is to be read, which
// stands before it.
func (v *visit) filePart() (what ImportKind, file *multipart.Part, err error) {
	missing := func(err error) error {
		return fault.WithKey(fault.Invalid, "error.no_file", fmt.Errorf("read upload: %w", err))
	}
	form, err := v.r.MultipartReader()
	if err != nil {
		return "", nil, missing(err)
	}
	what = ImportOrders
	for {
		part, err := form.NextPart()
		if err != nil {
			return "", nil, missing(err)
		}
		switch {
		case part.FormName() == "what":
			word, err := io.ReadAll(io.LimitReader(part, longestKind))
			if err != nil {
				return "", nil, missing(err)
			}
			if ImportKind(word) == ImportCustomers {
				what = ImportCustomers
			}
		case part.FormName() == "file" && part.FileName() != "":
			return what, part, nil
		}
	}
}

// longestKind bounds what is read of the word for the kind of a file.
const longestKind = 32

type importPage struct {
	ImportPreview
	Progress string // width of the bar
}

func (v *visit) importShow() error {
	imported, err := v.number("id")
	if err != nil {
		return err
	}
	preview, err := v.Imports.Preview(v.r.Context(), v.seat.Scope, imported)
	if err != nil {
		return err
	}
	return v.showSetting("import", importPage{ImportPreview: preview, Progress: preview.Import.Width()})
}

func (v *visit) importProgress() error {
	imported, err := v.number("id")
	if err != nil {
		return err
	}
	found, err := v.Imports.Import(v.r.Context(), v.seat.Scope, imported)
	if err != nil {
		return err
	}
	if !found.Busy() || !v.partial() {
		v.redirect(importAddress(imported))
		return nil
	}
	return v.part("setting_import", "progress", found)
}

// Busy tells whether the page has to ask again.
func (i Import) Busy() bool { return i.State == ImportChecking || i.State == ImportRunning }

// Width returns how much of the file is read, as the width of a bar.
func (i Import) Width() string {
	if i.TotalBytes == 0 {
		return percentage(0)
	}
	return percentage(100 * clamp(float64(i.ReadBytes)/float64(i.TotalBytes), 0, 1))
}

// MayMap tells whether the mapping can still be changed.
func (i Import) MayMap() bool {
	return i.State == ImportUploaded || i.State == ImportChecked || i.State == ImportFailed
}

func (v *visit) importMap() error {
	imported, err := v.number("id")
	if err != nil {
		return err
	}
	preview, err := v.Imports.Preview(v.r.Context(), v.seat.Scope, imported)
	if err != nil {
		return err
	}
	columns := map[string]int{}
	for _, field := range preview.Fields {
		column, err := strconv.Atoi(v.r.FormValue("column." + field.Name))
		if err != nil || column < 0 || column >= len(preview.Columns) {
			column = -1
		}
		if column < 0 && field.Required {
			return fault.WithKey(fault.Invalid, "error.mapping", fmt.Errorf("map import: %s has no column", field.Name))
		}
		columns[field.Name] = column
	}
	if err := v.Imports.Map(v.r.Context(), v.asker(), imported, columns); err != nil {
		return err
	}
	v.redirect(importAddress(imported))
	return nil
}

func (v *visit) importStart() error {
	imported, err := v.number("id")
	if err != nil {
		return err
	}
	if err := v.Imports.Start(v.r.Context(), v.asker(), imported); err != nil {
		return err
	}
	v.redirect(importAddress(imported))
	return nil
}

func (v *visit) importRejected() error {
	imported, err := v.number("id")
	if err != nil {
		return err
	}
	if _, err := v.Imports.Import(v.r.Context(), v.seat.Scope, imported); err != nil {
		return err
	}
	header := texts(v.lang.text("rejected.line"), v.lang.text("rejected.column"), v.lang.text("rejected.value"), v.lang.text("rejected.reason"))
	return v.download("rejected.csv", header, func(write func(...sheet.Cell) error) error {
		return v.Imports.Rejected(v.r.Context(), v.seat.Scope, imported, func(l RejectedLine) error {
			return write(append([]sheet.Cell{sheet.Number(strconv.Itoa(l.Line))}, texts(l.Column, l.Value, v.lang.word("rejected", l.Reason))...)...)
		})
	})
}
