package sheet

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func written(t interface{ Fatal(...any) }, kind Kind, rows ...[]Cell) []byte {
	var out bytes.Buffer
	writer, err := NewWriter(&out, kind)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := writer.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

var dangerous = []string{
	"=1+1", "+86", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "＋1", "－1", "＠x", "　=1", "\u200b=1", "\ufeff=cmd", "'=1",
}

func TestNoTextBecomesAFormula(t *testing.T) {
	for _, kind := range []Kind{CSV, XLSX} {
		for _, text := range dangerous {
			content := written(t, kind, []Cell{Text("head")}, []Cell{Text("x"), Text(text)})
			reader, err := New(bytes.NewReader(content), int64(len(content)), Options{})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := reader.Peek(2)
			if err != nil {
				t.Fatal(err)
			}
			if raw := rows[1].cells[1]; !strings.HasPrefix(raw, "'") {
				t.Errorf("%s: %q is written as %q", kind, text, raw)
			}
		}
	}
}

func TestAnyTextIsWrittenSafelyAndReadBackAsItWas(t *testing.T) {
	signs := rapid.StringOf(rapid.RuneFrom([]rune("=+-@＝＋－＠'\"\t\r\n,; a1中\u3000")))
	rapid.Check(t, func(t *rapid.T) {
		text := signs.Draw(t, "text")
		cell := Text(text)
		if cell.text != "" && strings.ContainsAny(cell.text[:1], "=+-@\t\r\n") {
			t.Fatalf("%q is written as %q", text, cell.text)
		}
		content := written(t, CSV, []Cell{Text("head"), Text("head2")}, []Cell{Text("x"), cell, Text("y")})
		rows, _, err := tryAll(content, Options{})
		if err != nil {
			t.Fatal(err)
		}
		got := rows[1].Cell(1)
		if want := Clean(Text(text).text); got != want || rows[1].Cell(2) != "y" {
			t.Fatalf("wrote %q, read %q, want %q", text, got, want)
		}
		if trimmed := strings.TrimSpace(text); strings.Trim(trimmed, "'=\"") == trimmed && got != trimmed {
			t.Fatalf("wrote %q, read %q", text, got)
		}
	})
}

func TestACellOverSeveralLinesDoesNotChooseTheSeparator(t *testing.T) {
	content := written(t, CSV, []Cell{Text("head"), Text("head2")}, []Cell{Text("x"), Text("\n\t\t\t"), Text("y")})
	rows, _, err := tryAll(content, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := rows[1].Cell(2); got != "y" {
		t.Errorf("the third cell reads %q", got)
	}
}

func TestNumbersStayNumbers(t *testing.T) {
	content := written(t, CSV, []Cell{Number("-12.30"), Number("=1"), Number("1e5"), Number("")})
	if got := string(content); got != "\uFEFF-12.30,'=1,1e5,\r\n" {
		t.Errorf("got %q", got)
	}
}

func TestACellLongerThanExcelAllowsIsRefused(t *testing.T) {
	var out bytes.Buffer
	writer, err := NewWriter(&out, XLSX)
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if err := writer.Write(Text(strings.Repeat("长", longestCell+1))); err == nil {
		t.Error("a cell of 32768 characters is written")
	}
}
