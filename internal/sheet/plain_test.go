package sheet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// plainly reads as much as possible by Plain and the rest by Next. It returns
// how many rows were plain.
func plainly(t *testing.T, content []byte, options Options) (rows []Row, plain int) {
	t.Helper()
	reader, err := New(bytes.NewReader(content), int64(len(content)), options)
	if err != nil {
		return nil, 0
	}
	defer reader.Close()
	before := [][]byte{[]byte("kept")}
	for {
		line, cells, ok := reader.Plain(before)
		if ok {
			row := Row{Line: line}
			for _, cell := range cells[1:] {
				row.cells = append(row.cells, string(cell))
			}
			rows, plain = append(rows, row), plain+1
			continue
		}
		if len(cells) != 1 {
			t.Fatalf("%d cells of no row", len(cells)-1)
		}
		row, err := reader.Next()
		if errors.Is(err, io.EOF) || err != nil {
			return rows, plain
		}
		rows = append(rows, RowOf(row.Line, slices.Clone(row.cells)...))
		rows[len(rows)-1].Damage = row.Damage
	}
}

// samePlainly holds that rows read plainly are the rows.
func samePlainly(t *testing.T, content []byte, options Options) {
	t.Helper()
	want, _, _ := tryAll(content, options)
	got, _ := plainly(t, content, options)
	if len(got) != len(want) {
		t.Fatalf("%q: %d rows, want %d", content, len(got), len(want))
	}
	for i := range got {
		if got[i].Line != want[i].Line || got[i].Damage != want[i].Damage || !slices.Equal(got[i].Cells(), want[i].Cells()) {
			t.Fatalf("%q: line %d %q %q, want line %d %q %q", content, got[i].Line, got[i].Damage, got[i].Cells(), want[i].Line, want[i].Damage, want[i].Cells())
		}
	}
}

func TestPlainRowsAreWhatRowsAre(t *testing.T) {
	for name, content := range map[string]string{
		"plain":           "id,date\n1,2024-01-01\n2,2024-01-02\n",
		"windows":         "id,date\r\n1,2024-01-01\r\n2,\r\n\r\n\r\n3,4\r\n",
		"mac":             "id,date\r1,2024-01-01\r2,\r",
		"tabs":            "id\tdate\n1\t2024-01-01\n\t\n2\tx\n",
		"spaces":          "id,date\n 1,2\n1 ,2\n1, 2\n1,2 \n",
		"blank":           "id,date\n\n,\n , \n1,2",
		"wrapped":         "id,date\n=1,2\n'1,2\n=\"1\",2\n1,'2\n",
		"quoted":          "id,date\n\"1\",2\n1,\"2\n3\"\n4,5\n",
		"a lost quote":    "id,date\n1,\"2\n3,4\n5,6\n",
		"beyond ascii":    "id,date\n订单,2\n1,2\u3000\n1,2\u200B\n1,2\n",
		"control signs":   "id,date\n1\x00,2\n1,2\x01\n1,\x7F2\n1,2\r\r\n1,2\rx\n",
		"no line end":     "id,date\n1,2",
		"many cells":      strings.Repeat("1,", 70) + "2\n3,4\n",
		"long":            strings.Repeat("1", 300) + ",2\n3,4\n",
		"utf-16":          "\xFF\xFEa\x00,\x00b\x00\n\x001\x00,\x002\x00\n\x00",
		"gbk":             "\xB6\xA9\xB5\xA5,a\n1,2\n",
		"across a window": strings.Repeat("123456789,2024-01-01\n", 3*readBytes/20),
	} {
		t.Run(name, func(t *testing.T) {
			samePlainly(t, []byte(content), Options{Limits: Limits{RowBytes: 256, Columns: 64}})
		})
	}
}

func TestNearlyAllRowsOfAPlainFileArePlain(t *testing.T) {
	const lines = 50_000
	if _, plain := plainly(t, []byte(strings.Repeat("1234567,2024-01-01,12.50\r\n", lines)), Options{}); plain < lines-lines*26/readBytes-2 {
		t.Errorf("%d of %d", plain, lines)
	}
}

func TestPlainLeavesWhatWasPeekedToNext(t *testing.T) {
	content := "a,b\n1,2\n"
	reader, err := New(strings.NewReader(content), int64(len(content)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Peek(1); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := reader.Plain(nil); ok {
		t.Error("a row before the one that was peeked at")
	}
}
