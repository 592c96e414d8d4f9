package web

import (
	"fmt"
	"io"
	"net/http"

	"siyu/internal/content"
	"siyu/internal/fault"
	"siyu/internal/id"
)

// TextFile is a picture or file as a person puts it to a text.
type TextFile struct {
	Entry // the text
	BroughtFile
}

func (v *visit) textAttach() error {
	f, err := v.textFile()
	if err == nil {
		err = v.Texts.AddTextFile(v.r.Context(), v.asker(), f)
	}
	if refused(err) {
		return v.textAgain(f.Key, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/texts?done=text")
	return nil
}

// textAgain shows the form of a text as it is stored, with what is wrong.
func (v *visit) textAgain(code string, wrong error) error {
	found, err := v.Texts.Texts(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	for _, t := range found.Texts {
		if t.Code == code {
			return v.showText(found, TextForm{Text: t}, wrong)
		}
	}
	return wrong
}

func (v *visit) textFile() (f TextFile, err error) {
	const inMemory = 1 << 20
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, content.MostBytes+maxForm)
	if err := v.r.ParseMultipartForm(inMemory); err != nil {
		return f, fault.WithKey(fault.Invalid, "error.file_size", fmt.Errorf("read file: %w", err))
	}
	f.Entry = v.entry()
	file, head, err := v.r.FormFile("file")
	if err != nil {
		return f, ContentFlaws(content.FlawFileEmpty).Err()
	}
	defer file.Close()
	f.Name = head.Filename
	if f.Data, err = io.ReadAll(file); err != nil {
		return f, fmt.Errorf("read file: %w", err)
	}
	return f, nil
}

func (v *visit) textDetach() error {
	code, ok := id.Parse[id.Code](v.r.FormValue("file"))
	if !ok {
		return fault.New(fault.NotFound, "no such file")
	}
	if err := v.Texts.DropTextFile(v.r.Context(), v.asker(), v.entry(), code); err != nil {
		return err
	}
	v.redirect("/settings/texts?done=text")
	return nil
}

// contentFile answers with a picture or file of a text: pictures to look at, all else
// to take along.
func (v *visit) contentFile() error {
	code, ok := id.Parse[id.Code](v.r.PathValue("code"))
	if !ok {
		return fault.New(fault.NotFound, "no such file")
	}
	name, data, err := v.Texts.TextFileOf(v.r.Context(), code)
	if err != nil {
		return err
	}
	kind, head := http.DetectContentType(data), v.w.Header()
	if f, flaw := content.NewFile(name, data); flaw != "" || f.Kind == content.KindFile {
		kind = "application/octet-stream"
		head.Set("Content-Disposition", "attachment")
	}
	head.Set("Content-Type", kind)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Cache-Control", "private, max-age=86400, immutable") // a code is of what is in the file
	_, _ = v.w.Write(data)                                         // a client that went away has nobody left to tell
	return nil
}
