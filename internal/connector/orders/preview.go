package orders

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/sheet"
)

// Preview shows how a file would be read, before anything is recorded.
type Preview struct {
	Format     string                    `json:"format"`
	Shop       string                    `json:"shop"`
	Guesses    []export.Guess            `json:"guesses"` // the three best, why the format was chosen
	Kind       sheet.Kind                `json:"kind"`
	Encoding   sheet.Encoding            `json:"encoding,omitempty"`
	Delimiter  string                    `json:"delimiter,omitempty"`
	Sheet      string                    `json:"sheet,omitempty"`
	HeaderLine int                       `json:"header_line"`
	Headers    []string                  `json:"headers"`
	Mapping    map[export.Field][]string `json:"mapping"`
	Unmapped   []string                  `json:"unmapped"`
	Samples    []Sample                  `json:"samples"`
	Phones     map[export.PhoneState]int `json:"phones"` // of the sampled orders
	Problems   []string                  `json:"problems"`
	// Cells are the first rows as they stand in the file, for the eyes of
	// whoever brought it.
	Cells [][]string `json:"-"`
}

// Sample is one order as it would be read. It shows no personal data.
type Sample struct {
	Line     int               `json:"line"`
	Shop     string            `json:"shop"`
	Number   string            `json:"number"`
	Store    string            `json:"store,omitempty"`
	At       time.Time         `json:"at"`
	Purchase bool              `json:"purchase"`
	Amount   string            `json:"amount"`   // yuan
	Refunded string            `json:"refunded"` // yuan
	Items    int               `json:"items"`
	Phone    export.PhoneState `json:"phone"`
	Staff    []export.Field    `json:"staff,omitempty"` // roles that are named
}

const (
	previewRows    = 200
	previewSamples = 10
	previewCells   = 5
	// A share above these in the sample is worth a remark.
	manyUnlinked = 0.5
	fewRounded   = 5 // order numbers that Excel has rounded cannot be chance
)

// Preview reads the beginning of a file as Import would. Only a file that is no
// table at all is an error; what stands in the way of an import is in Problems.
func (im *Importer) Preview(path string, options Options) (Preview, error) {
	t, err := im.open(path, options)
	if err != nil {
		return Preview{}, err
	}
	defer t.Reader.Close()
	info := t.Reader.Info()
	p := Preview{
		Format: t.Mapping.Format.Name, Shop: t.Mapping.Shop, Guesses: t.Guesses[:3], Kind: info.Kind,
		Encoding: info.Encoding, Sheet: info.Sheet, HeaderLine: t.Mapping.Header.Line, Headers: t.Mapping.Header.Names,
		Mapping: t.Mapping.Names(), Unmapped: t.Mapping.Unmapped(),
		Samples: []Sample{}, Phones: map[export.PhoneState]int{}, Problems: []string{},
	}
	if info.Kind == sheet.CSV {
		p.Delimiter = string(info.Delimiter)
	}
	if err := t.refuse(); err != nil {
		p.Problems = append(p.Problems, err.Error())
		for range previewCells {
			row, err := t.Reader.Next()
			if err != nil {
				break // the problem above is what stands in the way
			}
			p.Cells = append(p.Cells, row.Cells())
		}
		return p, nil
	}
	sampled, err := im.sample(t, options.Receivers, &p)
	if err != nil {
		return Preview{}, err
	}
	p.judge(sampled)
	return p, nil
}

// sample reads the first rows, notes their problems and returns their orders.
func (im *Importer) sample(t table, receivers ReceiverPhones, p *Preview) ([]*Order, error) {
	parser, orders := im.parser(t, receivers), newCombiner()
	var sampled []*Order
	give := func(s step) {
		if s.rejection != nil && len(p.Problems) < previewSamples {
			p.Problems = append(p.Problems, s.rejection.Error())
		}
		if s.order != nil && s.order.spoiled == 0 {
			sampled = append(sampled, s.order)
		}
	}
	for range previewRows {
		row, err := t.Reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(p.Cells) < previewCells {
			p.Cells = append(p.Cells, row.Cells())
		}
		order, problem := parser.parse(row)
		orders.add(order, problem, give)
	}
	orders.finish(give)
	for note, n := range parser.notes {
		p.Problems = append(p.Problems, fmt.Sprintf("%s: %d rows", note, n))
	}
	slices.Sort(p.Problems)
	return sampled, nil
}

// judge shows some orders and looks at all of them together.
func (p *Preview) judge(sampled []*Order) {
	rounded := 0
	for _, o := range sampled {
		p.Phones[o.Phone]++
		if roundedByExcel(o.Number) {
			rounded++
		}
		if len(p.Samples) < previewSamples {
			p.Samples = append(p.Samples, sampleOf(o))
		}
	}
	if rounded >= fewRounded && rounded == len(sampled) {
		p.Problems = append(p.Problems, "all order numbers end in zeros from the 16th digit on: Excel has rounded them, different orders may have become one; export them as text")
	}
	if unusable := len(sampled) - p.Phones[export.PhoneUsable]; float64(unusable) > manyUnlinked*float64(len(sampled)) {
		p.Problems = append(p.Problems, fmt.Sprintf("%d of %d orders have no usable phone and would stay unlinked", unusable, len(sampled)))
	}
}

func sampleOf(o *Order) Sample {
	purchase, amount, refunded := (Record{}).joined(o).sums(false, 0)
	s := Sample{
		Line: o.lines[0], Shop: o.Shop, Number: o.Number, Store: o.StoreName, At: o.PurchasedAt(), Purchase: purchase,
		Amount: amount.Yuan(), Refunded: refunded.Yuan(), Items: len(o.Items), Phone: o.Phone,
	}
	for _, hint := range o.Staff {
		s.Staff = append(s.Staff, hint.Role)
	}
	return s
}

// roundedByExcel reports whether a long number has lost the digits beyond the
// fifteen that Excel keeps.
func roundedByExcel(number string) bool {
	const kept = 15
	return len(number) > kept+1 && export.PlainDigits(number) && strings.Trim(number[kept:], "0") == ""
}
