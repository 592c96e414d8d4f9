package sheet

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

const mark = "\uFEFF"

func encodedAs(t *testing.T, text string, e Encoding) string {
	t.Helper()
	var out string
	var err error
	switch e {
	case GB18030:
		out, err = simplifiedchinese.GB18030.NewEncoder().String(text)
	case UTF16LE:
		out, err = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	case UTF16BE:
		out, err = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	default:
		out = text
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// The corpus: every encoding, with and without byte order mark, in every
// dialect of lines, separators and quotes that exports have.
func TestEveryEncodingAndDialectGivesTheSameRows(t *testing.T) {
	const want = "订单号|买家昵称|金额\nE20260101001|李雷，𠮷|19.90\nE20260101002|韩梅梅 \"ok\"|0.10\n"
	codings := []struct {
		name     string
		encoding Encoding
		mark     string
	}{
		{"utf-8", UTF8, ""}, {"utf-8 with mark", UTF8, mark}, {"gb18030", GB18030, ""},
		{"utf-16le with mark", UTF16LE, mark}, {"utf-16be with mark", UTF16BE, mark},
		{"utf-16le", UTF16LE, ""}, {"utf-16be", UTF16BE, ""},
	}
	for _, coding := range codings {
		for _, separator := range []string{",", "\t", ";"} {
			for lineName, lineEnd := range map[string]string{"lf": "\n", "crlf": "\r\n", "cr": "\r"} {
				name := fmt.Sprintf("%s/%q/%s", coding.name, separator, lineName)
				t.Run(name, func(t *testing.T) {
					text := strings.Join([]string{
						strings.Join([]string{"订单号", "买家昵称", "金额"}, separator),
						strings.Join([]string{"=\"E20260101001\"", "李雷，𠮷", "19.90"}, separator),
						strings.Join([]string{"'E20260101002", `"韩梅梅 ""ok"""`, "\u30000.10"}, separator),
					}, lineEnd) + lineEnd
					rows, info := readAll(t, encodedAs(t, coding.mark+text, coding.encoding), Options{})
					if got := shown(rows); got != want {
						t.Errorf("read as %+v:\n%s\nwant\n%s", info, got, want)
					}
					if info.Encoding != coding.encoding || info.Delimiter != separator[0] {
						t.Errorf("detected %s and %q", info.Encoding, info.Delimiter)
					}
				})
			}
		}
	}
}

func TestADamagedNameDoesNotChangeTheEncoding(t *testing.T) {
	lines := strings.Repeat("订单,李雷\n", 200)
	rows, info := readAll(t, lines+"x,\xE6\x9D\n", Options{})
	if info.Encoding != UTF8 || rows[200].Damage != NotInCoding || rows[199].Damage != "" {
		t.Errorf("utf-8: %s, damage %q", info.Encoding, rows[200].Damage)
	}
	gbk := encodedAs(t, lines, GB18030)
	rows, info = readAll(t, gbk+"x,\x81\n"+gbk, Options{})
	if info.Encoding != GB18030 || len(rows) != 401 {
		t.Errorf("gb18030: %s, %d rows", info.Encoding, len(rows))
	}
}

func TestASampleThatEndsWithinASignIsStillRecognised(t *testing.T) {
	for cut := range 4 {
		text := strings.Repeat("a", cut) + ",\n" + strings.Repeat("订单𠮷\n", sampleBytes/8)
		for _, e := range []Encoding{UTF8, GB18030} {
			_, info := readAll(t, encodedAs(t, text, e), Options{})
			if info.Encoding != e {
				t.Errorf("cut %d: %s read as %s", cut, e, info.Encoding)
			}
		}
	}
}

func TestTheEncodingCanBeSetByHand(t *testing.T) {
	rows, info := readAll(t, encodedAs(t, "a,b\n\u8BA2,1\n", GB18030), Options{Encoding: GB18030})
	if info.Encoding != GB18030 || rows[1].Cell(0) != "\u8BA2" {
		t.Errorf("%s: %v", info.Encoding, rows[1].Cells())
	}
}
