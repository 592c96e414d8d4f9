package content_test

import (
	"slices"
	"strings"
	"testing"

	"siyu/internal/content"
)

func TestFilesAreKnownByWhatIsInThemAndKeptWithinLimits(t *testing.T) {
	t.Parallel()
	png := "\x89PNG\r\n\x1a\nrest"
	for name, c := range map[string]struct {
		file, data string
		kind       content.FileKind
		flaw       content.Flaw
	}{
		"a picture":       {"tea.png", png, content.KindImage, ""},
		"another picture": {"tea.jpg", "\xff\xd8\xffrest", content.KindImage, ""},
		"a film":          {"tea.mp4", "\x00\x00\x00\x18ftypmp42more", content.KindVideo, ""},
		"a paper":         {"价目表.pdf", "%PDF-1.7", content.KindFile, ""},
		"nothing":         {"x.png", "x", content.KindFile, content.FlawFileEmpty},
		"too large":       {"tea.png", png + strings.Repeat("x", 10<<20), content.KindImage, content.FlawFileSize},
		"no name":         {" ", png, content.KindImage, content.FlawFileName},
		"a path":          {"../tea.png", png, content.KindImage, content.FlawFileName},
	} {
		f, flaw := content.NewFile(c.file, []byte(c.data))
		if f.Kind != c.kind || flaw != c.flaw {
			t.Errorf("%s: %s, %q, want %s, %q", name, f.Kind, flaw, c.kind, c.flaw)
		}
	}
	a, _ := content.NewFile("a.png", []byte(png))
	b, _ := content.NewFile("b.pdf", []byte("%PDF-1.7"))
	if text := content.FilesText([]content.File{a, b}); !slices.Equal(content.FilesOf(text), []content.File{{Code: a.Code, Kind: a.Kind}, {Code: b.Code, Kind: b.Kind}}) {
		t.Errorf("%q reads back as %v", text, content.FilesOf(text))
	}
	m := content.Material{Code: "a", Purpose: "ask", Text: "x", Files: []content.File{a, a}}
	if !slices.Contains(m.Flaws(), content.FlawFiles) {
		t.Error("one file twice is no flaw")
	}
}

func TestWordingsAreDrawnByWeight(t *testing.T) {
	t.Parallel()
	weights := []float64{0, 2, 1} // 0 stands for 1
	for lot, want := range map[float64]int{0: 0, .24: 0, .26: 1, .74: 1, .76: 2, .9999: 2} {
		if got := content.Draw(weights, lot); got != want {
			t.Errorf("lot %g falls on %d, want %d", lot, got, want)
		}
	}
	if got := content.Share(weights, 1); got != .5 {
		t.Errorf("share %g", got)
	}
}
