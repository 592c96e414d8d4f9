package webtest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// said is what a brand says, sells and where: each list with its version.
type said struct {
	texts  web.TextsView
	files  map[id.Code]web.BroughtFile
	lines  web.LinesView
	stores web.StoresView
}

func (b *Brand) fillSaid() {
	for i, name := range []string{"绿茶", "咖啡", "礼盒"} {
		l := web.ProductLine{Code: lines()[i], Name: b.text(name), CycleDays: 21 + 14*i, MarginRate: .52, Words: []string{b.text(name), b.text(name + "袋泡")}, Products: 4 * i}
		b.said.lines.Lines = append(b.said.lines.Lines, l)
	}
	for i, purpose := range []event.Purpose{event.Serve, event.Ask, event.Remind, event.Remind, event.Greet} {
		t := web.Text{Code: fmt.Sprintf("%s.%d", purpose, i), Purpose: purpose, Text: b.text("{name}，您好，我是{staff}。上次的茶喝着还习惯吗？有不满意直接告诉我。")}
		if purpose == event.Remind {
			t.Line, t.Link = lines()[i%2], "https://shop.example.com/a/long/address/of/a/product?from=siyu&campaign=remind"
		}
		b.said.texts.Texts = append(b.said.texts.Texts, t)
	}
	for i, s := range b.stores {
		b.said.stores.Stores = append(b.said.stores.Stores, web.StoreEntry{Name: s.Name, Kind: s.Kind, Department: i + 2, Staff: 4})
		b.said.stores.Departments = append(b.said.stores.Departments, web.Department{ID: i + 2, Name: b.text(fmt.Sprintf("门店 / %02d", i+1))})
	}
}

func stale(shown, now int) error {
	if shown == now {
		return nil
	}
	return fault.WithKey(fault.Conflict, "error.form_stale", errors.New("changed meanwhile"))
}

// put puts an entry behind a list if it is fresh, else in the place of the one
// at, unless something is wrong with it.
func put[T any](list *[]T, at int, entry T, fresh bool, wrong error) error {
	switch {
	case wrong != nil:
		return wrong
	case fresh:
		*list = append(*list, entry)
		return nil
	case at < 0:
		return fault.New(fault.NotFound, "no such entry")
	}
	(*list)[at] = entry
	return nil
}

func drop[T any](list *[]T, at int, wrong error) error {
	switch {
	case wrong != nil:
		return wrong
	case at < 0:
		return fault.New(fault.NotFound, "no such entry")
	}
	*list = slices.Delete(*list, at, at+1)
	return nil
}

// Texts implements web.Texts.
func (b *Brand) Texts(context.Context, org.Scope) (web.TextsView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.said.texts
	v.Texts = slices.Clone(v.Texts)
	for _, l := range b.said.lines.Lines {
		v.Lines = append(v.Lines, web.LineName{Code: l.Code, Name: l.Name})
	}
	return v, b.Fail
}

func (b *Brand) textAt(code string) int {
	return slices.IndexFunc(b.said.texts.Texts, func(t web.Text) bool { return t.Code == code })
}

// SetText implements web.Texts.
func (b *Brand) SetText(_ context.Context, by web.Asker, f web.TextForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.New && f.Code == "" {
		f.Code = fmt.Sprint(f.Purpose, ".", len(b.said.texts.Texts))
	}
	if at := b.textAt(f.Code); !f.New && at >= 0 {
		f.Files = b.said.texts.Texts[at].Files
	}
	at, flaws := b.textAt(f.Code), web.TextFlaws(content.Material(f.Text))
	if f.New && at >= 0 {
		flaws.Add("code", "error.text_taken")
	}
	err := put(&b.said.texts.Texts, at, f.Text, f.New, errors.Join(stale(f.Version, b.said.texts.Version), flaws.Err()))
	if err == nil {
		b.said.texts.Version++
		b.did(by, "text.set", f.Code)
	}
	return err
}

// AddTextFile implements web.Texts.
func (b *Brand) AddTextFile(_ context.Context, by web.Asker, f web.TextFile) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.textAt(f.Key)
	if at < 0 {
		return fault.New(fault.NotFound, "no such text")
	}
	file, flaw := content.NewFile(f.Name, f.Data)
	if flaw != "" {
		return web.ContentFlaws(flaw).Err()
	}
	t := b.said.texts.Texts[at]
	t.Files = append(slices.Clone(t.Files), file)
	if err := errors.Join(stale(f.Version, b.said.texts.Version), web.TextFlaws(content.Material(t)).Err()); err != nil {
		return err
	}
	b.said.texts.Texts[at] = t
	b.keepFile(file, f.Data)
	b.said.texts.Version++
	b.did(by, "text.set", f.Key)
	return nil
}

// DropTextFile implements web.Texts.
func (b *Brand) DropTextFile(_ context.Context, by web.Asker, e web.Entry, file id.Code) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.textAt(e.Key)
	if at < 0 {
		return fault.New(fault.NotFound, "no such text")
	}
	t := &b.said.texts.Texts[at]
	t.Files = slices.DeleteFunc(slices.Clone(t.Files), func(f content.File) bool { return f.Code == file })
	b.did(by, "text.set", e.Key)
	return nil
}

// TextFileOf implements web.Texts.
func (b *Brand) TextFileOf(_ context.Context, file id.Code) (string, []byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.said.files[file]
	if !ok {
		return "", nil, fault.New(fault.NotFound, "no such file")
	}
	return f.Name, f.Data, nil
}

// DropText implements web.Texts.
func (b *Brand) DropText(_ context.Context, by web.Asker, e web.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := drop(&b.said.texts.Texts, b.textAt(e.Key), stale(e.Version, b.said.texts.Version))
	if err == nil {
		b.said.texts.Version++
		b.did(by, "text.dropped", e.Key)
	}
	return err
}

// ProductLines implements web.Lines.
func (b *Brand) ProductLines(context.Context, org.Scope) (web.LinesView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.said.lines
	v.Lines = slices.Clone(v.Lines)
	for i := range v.Lines {
		for _, t := range b.said.texts.Texts {
			if t.Line == v.Lines[i].Code {
				v.Lines[i].Texts++
			}
		}
	}
	return v, b.Fail
}

func (b *Brand) lineAt(code string) int {
	return slices.IndexFunc(b.said.lines.Lines, func(l web.ProductLine) bool { return l.Code == code })
}

// SetLine implements web.Lines.
func (b *Brand) SetLine(_ context.Context, by web.Asker, f web.LineForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, flaws := b.lineAt(f.Code), web.LineFlaws(f)
	if f.New && at >= 0 {
		flaws.Add("code", "error.line_taken")
	}
	err := put(&b.said.lines.Lines, at, f.ProductLine, f.New, errors.Join(stale(f.Version, b.said.lines.Version), flaws.Err()))
	if err == nil {
		b.said.lines.Version++
		b.did(by, "line.set", f.Code)
	}
	return err
}

// DropLine implements web.Lines.
func (b *Brand) DropLine(_ context.Context, by web.Asker, e web.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if slices.ContainsFunc(b.said.texts.Texts, func(t web.Text) bool { return t.Line == e.Key }) {
		return fault.WithKey(fault.Conflict, "error.line_used", errors.New("texts are about it"))
	}
	err := drop(&b.said.lines.Lines, b.lineAt(e.Key), stale(e.Version, b.said.lines.Version))
	if err == nil {
		b.said.lines.Version++
		b.did(by, "line.dropped", e.Key)
	}
	return err
}

// StoreList implements web.Stores.
func (b *Brand) StoreList(context.Context, org.Scope) (web.StoresView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	v := b.said.stores
	v.Stores = slices.Clone(v.Stores)
	return v, b.Fail
}

func (b *Brand) storeAt(name string) int {
	return slices.IndexFunc(b.said.stores.Stores, func(s web.StoreEntry) bool { return s.Name == name })
}

// SetStore implements web.Stores.
func (b *Brand) SetStore(_ context.Context, by web.Asker, f web.StoreForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	at, flaws := b.storeAt(f.Name), web.StoreFlaws(f)
	if f.New && at >= 0 {
		flaws.Add("name", "error.store_taken")
	}
	err := put(&b.said.stores.Stores, at, f.StoreEntry, f.New, errors.Join(stale(f.Version, b.said.stores.Version), flaws.Err()))
	if err == nil {
		b.storesEntered(by, "store.set", f.Name)
	}
	return err
}

// DropStore implements web.Stores.
func (b *Brand) DropStore(_ context.Context, by web.Asker, e web.Entry) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := drop(&b.said.stores.Stores, b.storeAt(e.Key), stale(e.Version, b.said.stores.Version))
	if err == nil {
		b.storesEntered(by, "store.dropped", e.Key)
	}
	return err
}

// AdoptStores implements web.Stores.
func (b *Brand) AdoptStores(_ context.Context, by web.Asker) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.storesEntered(by, "store.adopted", "")
	return nil
}

func (b *Brand) storesEntered(by web.Asker, what, about string) {
	b.said.stores.Version++
	b.said.stores.Entered = true
	b.did(by, what, about)
}
