package web

import (
	"io/fs"
	"path"
	"strings"
	"testing"

	"siyu/internal/clock"
)

func TestEveryPageIsWellFormedInEveryLanguage(t *testing.T) {
	t.Parallel()
	console, err := New(Ports{}, Options{Clock: clock.System{}})
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(templateFiles, "template/page/*.html")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d pages, %v: expected some", len(files), err)
	}
	for tag, pages := range console.pages {
		for _, file := range files {
			if _, err := pages.page(strings.TrimSuffix(path.Base(file), ".html")); err != nil {
				t.Errorf("%s: %v", tag, err)
			}
		}
	}
	if _, err := console.pages[chinese].page("nowhere"); err == nil {
		t.Error("a page that does not exist was found")
	}
}
