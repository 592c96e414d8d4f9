package sheet

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "\uFEFFa;b\r\n\"x\"\"y\";=\"1\"\r\n", "\"\"x\n\"\"x\n", "\xFF\xFEa\x00,\x00b\x00\n\x00",
		"\xB6\xA9\xB5\xA5,a\n", "a\tb\r1\t2\r", "PK\x03\x04", "\"a\nb\",c\n\"d", "a,\x00\n,,,\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		options := Options{Limits: Limits{RowBytes: 1 << 12, Columns: 64, PartBytes: 1 << 20, SheetBytes: 1 << 20, ArchiveBytes: 1 << 20}}
		samePlainly(t, content, options)
		rows, _, err := tryAll(content, options)
		if err != nil && err.Error() == "" {
			t.Fatal("an error without words")
		}
		line := 0
		for _, row := range rows {
			if row.Line <= line && row.Line != 0 && line != 0 {
				t.Fatalf("line %d after line %d", row.Line, line)
			}
			line = row.Line
			if row.Len() > 64 {
				t.Fatalf("%d cells", row.Len())
			}
			for _, cell := range row.Cells() {
				if row.Damage == "" && !utf8.ValidString(cell) {
					t.Fatalf("line %d: %q is not UTF-8", row.Line, cell)
				}
				if strings.ContainsRune(cell, 0) {
					t.Fatalf("line %d holds NUL", row.Line)
				}
			}
		}
	})
}
