package content_test

import (
	"testing"

	"siyu/internal/content"
)

func TestTheBeginningOfATextFitsIntoALine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "春茶到店了": "春茶到店了", "  Tea\nand more": "Tea", "\n\nTea": "Tea",
		"一二三四五六七八九十一二三四五六七八九十一二三四":  "一二三四五六七八九十一二三四五六七八九十一二三四",
		"一二三四五六七八九十一二三四五六七八九十一二三四五": "一二三四五六七八九十一二三四五六七八九十一二三四…",
	} {
		if got := content.Beginning(text); got != want {
			t.Errorf("%q begins with %q, want %q", text, got, want)
		}
	}
}
