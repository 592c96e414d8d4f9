package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// exported returns a file like a shop export: 40 columns, about 400 bytes a
// line; quoted puts every cell in quotes.
func exported(lines int, quote string) []byte {
	var out bytes.Buffer
	for i := range lines {
		for column := range 40 {
			if column > 0 {
				out.WriteByte(',')
			}
			switch {
			case column%5 == 0:
				fmt.Fprintf(&out, "%sE2026%010d%s", quote, i*40+column, quote)
			case column%7 == 0:
				out.WriteString(quote + "拿铁咖啡" + quote)
			default:
				fmt.Fprintf(&out, "%s%d.%02d%s", quote, i%1000, column, quote)
			}
		}
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func BenchmarkRead(b *testing.B) {
	const lines = 100_000
	plain, quoted := exported(lines, ""), exported(lines, `"`)
	gbk, err := simplifiedchinese.GB18030.NewEncoder().Bytes(plain)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
	}{{"plain", plain}, {"quoted", quoted}, {"gb18030", gbk}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.content)))
			for range b.N {
				reader, err := New(bytes.NewReader(c.content), int64(len(c.content)), Options{})
				if err != nil {
					b.Fatal(err)
				}
				rows := 0
				for {
					row, err := reader.Next()
					if errors.Is(err, io.EOF) {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					for column := 0; column < 40; column += 3 {
						_ = row.Cell(column)
					}
					rows++
				}
				if rows != lines {
					b.Fatalf("%d rows", rows)
				}
			}
			b.ReportMetric(float64(lines*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
