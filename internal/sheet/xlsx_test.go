package sheet

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"siyu/internal/fault"
)

func workbook(t *testing.T, fill func(*excelize.File)) []byte {
	t.Helper()
	book := excelize.NewFile()
	fill(book)
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func set(t *testing.T, book *excelize.File, at string, value any) {
	t.Helper()
	if err := book.SetCellValue("Sheet1", at, value); err != nil {
		t.Fatal(err)
	}
}

func TestAWorkbookGivesStoredValuesNotTheirFormats(t *testing.T) {
	content := workbook(t, func(book *excelize.File) {
		set(t, book, "A1", "订单号")
		set(t, book, "C1", "手机")
		set(t, book, "A3", "6901234567890123456")
		set(t, book, "B3", 19.9)
		set(t, book, "C3", 13800138000)
		set(t, book, "D3", 46086.5)
		style, err := book.NewStyle(&excelize.Style{NumFmt: 14})
		if err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellStyle("Sheet1", "D3", "D3", style); err != nil {
			t.Fatal(err)
		}
	})
	rows, info, err := tryAll(content, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(rows); got != "订单号||手机\n6901234567890123456|19.9|13800138000|46086.5\n" {
		t.Errorf("got %s", got)
	}
	if info.Kind != XLSX || info.Epoch != Epoch1900 || rows[1].Line != 3 {
		t.Errorf("info %+v, line %d", info, rows[1].Line)
	}
}

func TestAWorkbookFromAnOldMacCountsDaysFrom1904(t *testing.T) {
	content := workbook(t, func(book *excelize.File) {
		yes := true
		if err := book.SetWorkbookProps(&excelize.WorkbookPropsOptions{Date1904: &yes}); err != nil {
			t.Fatal(err)
		}
		set(t, book, "A1", "x")
	})
	if _, info, err := tryAll(content, Options{}); err != nil || info.Epoch != Epoch1904 {
		t.Errorf("epoch %d, %v", info.Epoch, err)
	}
}

func TestAnotherWorksheetCanBeChosenByName(t *testing.T) {
	content := workbook(t, func(book *excelize.File) {
		if _, err := book.NewSheet("订单"); err != nil {
			t.Fatal(err)
		}
		if err := book.SetCellValue("订单", "A1", "here"); err != nil {
			t.Fatal(err)
		}
	})
	rows, _, err := tryAll(content, Options{Sheet: "订单"})
	if err != nil || len(rows) != 1 || rows[0].Cell(0) != "here" {
		t.Errorf("rows %v, %v", rows, err)
	}
	if _, _, err := tryAll(content, Options{Sheet: "none"}); fault.CodeOf(err) != fault.Invalid {
		t.Errorf("error %v for a worksheet that is not there", err)
	}
}

func TestZipBombsAreRefusedBeforeTheyAreUnpacked(t *testing.T) {
	bomb := func(part string, size int) []byte {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		w, err := archive.Create(part)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, size)); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	limits := Limits{SheetBytes: 20 << 20, PartBytes: 10 << 20, ArchiveBytes: 1 << 20}
	for name, content := range map[string][]byte{
		"worksheet":     bomb("xl/worksheets/sheet1.xml", 21<<20),
		"picture":       bomb("xl/media/image1.png", 11<<20),
		"large archive": append(bomb("x", 1), make([]byte, 2<<20)...),
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := tryAll(content, Options{Limits: limits})
			if fault.CodeOf(err) != fault.Invalid {
				t.Errorf("error %v, want an invalid file", err)
			}
		})
	}
}

func TestALargeWorksheetIsReadFromItsTemporaryFile(t *testing.T) {
	const lines = 60_000 // unpacks to more than memoryPart
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var out bytes.Buffer
	writer, err := NewWriter(&out, XLSX)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("长", 60)
	for range lines {
		if err := writer.Write(Text(long), Number("12.5")); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	rows, _, err := tryAll(out.Bytes(), Options{})
	if err != nil || len(rows) != lines || rows[lines-1].Cell(1) != "12.5" || rows[lines-1].Cell(0) != long {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	left, err := os.ReadDir(temporary)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
