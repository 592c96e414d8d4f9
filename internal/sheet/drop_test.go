package sheet_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"siyu/internal/sheet"
)

func TestALargeFileLeavesNothingOnTheDisk(t *testing.T) {
	for name, end := range map[string]func(sheet.Writer) error{
		"completed": sheet.Writer.Close,
		"given up":  func(w sheet.Writer) error { w.Drop(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("TMPDIR", folder)
			aside := func() int {
				entries, err := os.ReadDir(folder)
				if err != nil {
					t.Fatal(err)
				}
				return len(entries)
			}
			w, err := sheet.NewWriter(new(bytes.Buffer), sheet.XLSX)
			if err != nil {
				t.Fatal(err)
			}
			long := sheet.Text(strings.Repeat("name ", 6000))
			for range 700 { // 21 MB: more than is held in memory
				if err := w.Write(long); err != nil {
					t.Fatal(err)
				}
			}
			if aside() == 0 {
				t.Fatal("nothing was put aside: the test shows nothing")
			}
			if err := end(w); err != nil {
				t.Fatal(err)
			}
			if n := aside(); n > 0 {
				t.Errorf("%d files are left", n)
			}
		})
	}
}
