package desk

import (
	"context"
	"slices"

	"siyu/internal/app/brand"
	"siyu/internal/content"
	"siyu/internal/id"
	"siyu/internal/web"
)

// AddTextFile implements web.Texts. The file is stored before the text names it; one
// that no text names takes room and does nothing else.
func (d *Desk) AddTextFile(ctx context.Context, by web.Asker, f web.TextFile) error {
	if err := headquarters(by.Scope); err != nil {
		return err
	}
	file, flaw := content.NewFile(f.Name, f.Data)
	if flaw != "" {
		return web.ContentFlaws(flaw).Err()
	}
	if err := d.DB.PutFile(ctx, file, f.Data, d.Clock.Now()); err != nil {
		return err
	}
	return d.editFiles(ctx, by, f.Entry, func(files []content.File) []content.File { return append(files, file) })
}

// DropTextFile implements web.Texts. The file itself stays: messages that are on their
// way name it.
func (d *Desk) DropTextFile(ctx context.Context, by web.Asker, text web.Entry, code id.Code) error {
	return d.editFiles(ctx, by, text, func(files []content.File) []content.File {
		return slices.DeleteFunc(files, func(f content.File) bool { return f.Code == code })
	})
}

func (d *Desk) editFiles(ctx context.Context, by web.Asker, text web.Entry, change func([]content.File) []content.File) error {
	e := edit{document: brand.LibraryDoc, version: text.Version, did: "text.set"}
	return d.edit(ctx, by, e, func(doc *brand.Documents) (any, string, error) {
		library, at := doc.Library, textAt(doc.Library, text.Key)
		if at < 0 {
			return nil, "", notFound("text")
		}
		m := library.Materials[at]
		m.Files = change(slices.Clone(m.Files))
		var err error
		library.Materials, err = placed(library.Materials, at, m, false, web.TextFlaws(m))
		return library, m.Code, err
	})
}

// TextFileOf implements web.Texts.
func (d *Desk) TextFileOf(ctx context.Context, file id.Code) (name string, data []byte, err error) {
	return d.DB.File(ctx, file)
}
