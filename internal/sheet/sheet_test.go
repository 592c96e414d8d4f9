package sheet

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"siyu/internal/fault"
)

func readAll(t *testing.T, content string, options Options) ([]Row, Info) {
	t.Helper()
	rows, info, err := tryAll([]byte(content), options)
	if err != nil {
		t.Fatal(err)
	}
	return rows, info
}

func tryAll(content []byte, options Options) ([]Row, Info, error) {
	reader, err := New(bytes.NewReader(content), int64(len(content)), options)
	if err != nil {
		return nil, Info{}, err
	}
	defer reader.Close()
	var rows []Row
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return rows, reader.Info(), nil
		}
		if err != nil {
			return rows, reader.Info(), err
		}
		rows = append(rows, RowOf(row.Line, slices.Clone(row.cells)...))
		rows[len(rows)-1].Damage = row.Damage
	}
}

func shown(rows []Row) string {
	var out strings.Builder
	for _, row := range rows {
		out.WriteString(strings.Join(row.Cells(), "|"))
		if row.Damage != "" {
			out.WriteString("!" + string(row.Damage))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func TestRowsAreReadWhateverTheDialect(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"comma", "a,b\n1,2\n", "a|b\n1|2\n"},
		{"tab", "a\tb\n1\t2\n", "a|b\n1|2\n"},
		{"semicolon with commas in numbers", "a;b\n1,5;2\n3,5;4\n", "a|b\n1,5|2\n3,5|4\n"},
		{"no line end at the end", "a,b\n1,2", "a|b\n1|2\n"},
		{"windows line ends", "a,b\r\n1,2\r\n", "a|b\n1|2\n"},
		{"old mac line ends", "a,b\r1,2\r3,4\r", "a|b\n1|2\n3|4\n"},
		{"mixed line ends", "a,b\r\n1,2\n3,4\r\n", "a|b\n1|2\n3|4\n"},
		{"blank lines", "\n\na,b\n\n ,\t\n1,2\n\n", "a|b\n1|2\n"},
		{"quotes", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "a|b\nx,y|say \"hi\"\n"},
		{"line break in quotes", "a,b\n\"x\ny\",2\n3,4\n", "a|b\nx\ny|2\n3|4\n"},
		{"quote inside a quoted cell", "a,b\n\"he said \"hi\" ok\",2\n3,4\n", "a|b\nhe said \"hi\" ok|2\n3|4\n"},
		{"spaces around quotes", "a,b\n \"x,y\" ,2\n", "a|b\nx,y|2\n"},
		{"formula cells", "a,b\n=\"0012\",\"=\"\"34\"\"\"\n", "a|b\n0012|34\n"},
		{"formula cell with a comma", "a,b\n=\"1,2\",3\n", "a|b\n1,2|3\n"},
		{"leading tab and apostrophe", "a,b,c\n\t123,'0456,\"\t789\t\"\n", "a|b|c\n123|0456|789\n"},
		{"nul and zero width", "a,b\n1\x002,\u200b3\ufeff\n", "a|b\n12|3\n"},
		{"ragged", "a,b,c\n1\n1,2,3,4\n", "a|b|c\n1\n1|2|3|4\n"},
		{"ideographic spaces", "a,b\n　x　,\u00a0y\u00a0\n", "a|b\nx|y\n"},
		{"lost opening quote", "a,b\n1,\"x\n2,\"y\"\n3,z\n", "a|b\n1|\"x!a quote that is never closed\n2|y\n3|z\n"},
		{"quote open to the end", "a,b\n1,\"x\n2,y\n", "a|b\n1|\"x!a quote that is never closed\n2|y\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _ := readAll(t, c.content, Options{})
			if got := shown(rows); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestLinesAreCountedAsEditorsShowThem(t *testing.T) {
	rows, _ := readAll(t, "title\n\na,b\n\"x\ny\",1\nz,2\n", Options{})
	var lines []int
	for _, row := range rows {
		lines = append(lines, row.Line)
	}
	if want := []int{1, 3, 4, 6}; !slices.Equal(lines, want) {
		t.Errorf("lines %v, want %v", lines, want)
	}
}

func TestARowBeyondTheLimitIsReportedAndTheNextIsRead(t *testing.T) {
	long := strings.Repeat("x", 3<<20)
	for name, content := range map[string]string{
		"plain":  "a,b\n1," + long + "\n2,y\n",
		"quoted": "a,b\n1,\"" + long + "\"\n2,y\n",
	} {
		t.Run(name, func(t *testing.T) {
			rows, _ := readAll(t, content, Options{Limits: Limits{RowBytes: 1 << 16}})
			if got := shown(rows); got != "a|b\n!a row longer than the limit\n2|y\n" {
				t.Errorf("got %.200q", got)
			}
		})
	}
}

func TestAMillionColumnsAreReportedNotKept(t *testing.T) {
	rows, _ := readAll(t, "a,b\n"+strings.Repeat("x,", 400_000)+"\n1,2\n", Options{})
	if len(rows) != 3 || rows[1].Damage != TooMany || rows[1].Len() != 16384 || rows[2].Cell(1) != "2" {
		t.Errorf("%d rows, damage %q, %d cells", len(rows), rows[1].Damage, rows[1].Len())
	}
}

func TestAFileWithWrongQuotesThroughoutIsRefused(t *testing.T) {
	content := "a,b\n" + strings.Repeat("\"\"x\n", 400_000)
	_, _, err := tryAll([]byte(content), Options{})
	if fault.CodeOf(err) != fault.Invalid {
		t.Errorf("error %v, want an invalid file", err)
	}
}

func TestFilesThatAreNoTablesAreNamed(t *testing.T) {
	for name, content := range map[string]string{
		"old excel": "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 etc",
		"web page":  "\ufeff <HTML><table>",
		"no zip":    "PK\x03\x04 but broken",
		"bytes":     "a,b\n\x81\xff\xfe\x80\x80,\x00\xff\xff\xff\xff\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := tryAll([]byte(content), Options{})
			if fault.CodeOf(err) != fault.Invalid || fault.KeyOf(err) == "" {
				t.Errorf("error %v, want an invalid file with a key", err)
			}
		})
	}
}

func TestHeadersKeepDuplicatesApart(t *testing.T) {
	h := HeaderOf(RowOf(1, "订单号", "分销员", "", "分销员 ", "", ""))
	if got := strings.Join(h.Names, "|"); got != "订单号|分销员|column#3|分销员#2" {
		t.Errorf("names %s", got)
	}
	if h.Index("分销员#2") != 3 || h.Index("分销员") != 1 || h.Index("nothing") != -1 {
		t.Error("wrong index")
	}
	if h.Surplus(RowOf(2, "1", "2", "3", "4", " ")) != -1 || h.Surplus(RowOf(2, "1", "2", "3", "4", "", "x")) != 5 {
		t.Error("wrong surplus")
	}
}

func TestHeaderNamesAreComparedWithoutWidthCaseAndSpaces(t *testing.T) {
	h := HeaderOf(RowOf(1, "* 商品总价（元）", "SKU 编码"))
	if h.Index("商品总价(元)") != 0 || h.Index("sku编码") != 1 {
		t.Errorf("names %v not found", h.Names)
	}
}

func TestTheHeaderIsFoundBelowTitleLines(t *testing.T) {
	rows, _ := readAll(t, "订单导出\n导出时间,2026-01-01\n订单号,金额,时间\n1,2,3\n", Options{})
	known := func(name string) bool { return name == "订单号" || name == "金额" }
	if got := FindHeader(rows, known); got != 2 {
		t.Errorf("header with known names at %d, want 2", got)
	}
	if got := FindHeader(rows, func(string) bool { return false }); got != 2 {
		t.Errorf("header by width at %d, want 2", got)
	}
	if FindHeader(nil, known) != -1 {
		t.Error("a header in an empty table")
	}
}

func TestPeekedRowsAreStillToBeRead(t *testing.T) {
	content := "a,b\n1,2\n3,4\n5,6\n"
	reader, err := New(strings.NewReader(content), int64(len(content)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := reader.Peek(2)
	if err != nil || len(ahead) != 2 || ahead[0].Cell(0) != "a" || ahead[1].Cell(1) != "2" {
		t.Fatalf("peeked %v, %v", ahead, err)
	}
	more, err := reader.Peek(9)
	if err != nil || len(more) != 4 {
		t.Fatalf("peeked %d rows, want all 4", len(more))
	}
	var got []string
	for {
		row, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		got = append(got, row.Cell(0))
	}
	if strings.Join(got, "") != "a135" {
		t.Errorf("read %v", got)
	}
}

func TestReportedValuesHoldNoPhone(t *testing.T) {
	for value, want := range map[string]string{
		"13812345678": "13*******78",
		"电话１３８１２３４５６７８":          "电话13*******78",
		"86 138-1234-5678":       "86 ***-****-**78",
		"2026-01":                "2026-01",
		"abc":                    "abc",
		"12.50":                  "12.50",
		"138.1234.5678x":         "13*.****.**78x",
		strings.Repeat("字", 60):  strings.Repeat("字", 40) + "...",
		strings.Repeat("9", 100): "99" + strings.Repeat("*", 38) + "...",
		"x\xffy":                 "x?y",
	} {
		if got := Masked(value); got != want {
			t.Errorf("Masked(%q) = %q, want %q", value, got, want)
		}
	}
}
