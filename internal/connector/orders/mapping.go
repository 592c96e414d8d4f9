package orders

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/sheet"
)

// Mapping says which columns of a file hold which fields.
type Mapping struct {
	Format Format
	Shop   string

	header  sheet.Header
	columns map[Field][]int // several columns: the first that is filled counts
}

// Override is a mapping file: our field to the column names of the file. The
// key "shop" names the system that numbers the orders.
type Override struct {
	Shop    string
	Columns map[Field][]string
}

// ReadOverride reads a mapping file: a JSON object such as
// {"shop": "pos", "order_no": "单号", "paid_amount": ["实收", "应收"]}.
// An empty list says that the file has no such column.
func ReadOverride(path string) (Override, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Override{}, fault.New(fault.Invalid, "reading the mapping: %w", err)
	}
	return parseOverride(content)
}

func parseOverride(content []byte) (Override, error) {
	var raw map[string]any
	if err := json.Unmarshal(content, &raw); err != nil {
		return Override{}, fault.New(fault.Invalid, "reading the mapping: %w; expected an object of field and column name", err)
	}
	o := Override{Columns: map[Field][]string{}}
	for key, value := range raw {
		names, ok := namesOf(value)
		switch {
		case !ok:
			return Override{}, fault.New(fault.Invalid, "mapping of %q: expected a column name or a list of them", key)
		case key == "shop" && len(names) == 1:
			o.Shop = names[0]
		case !slices.Contains(Fields(), Field(key)):
			return Override{}, fault.New(fault.Invalid, "mapping of %q: no such field; expected shop or one of %s", key, joinFields(Fields()))
		default:
			o.Columns[Field(key)] = names
		}
	}
	return o, nil
}

func namesOf(value any) ([]string, bool) {
	switch v := value.(type) {
	case string:
		return []string{v}, true
	case []any:
		names := make([]string, 0, len(v))
		for _, one := range v {
			name, ok := one.(string)
			if !ok {
				return nil, false
			}
			names = append(names, name)
		}
		return names, true
	}
	return nil, false
}

func joinFields(fields []Field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = string(f)
	}
	return strings.Join(names, ", ")
}

// mapColumns finds the columns of the fields: by the mapping file, else by the
// format, else by the general aliases among columns not yet used. It fails on
// a column that the mapping file names and the file does not have.
func mapColumns(header sheet.Header, format Format, override Override) (Mapping, error) {
	m := Mapping{Format: format, Shop: format.Shop, header: header, columns: map[Field][]int{}}
	if override.Shop != "" {
		m.Shop = override.Shop
	}
	used := map[int]bool{}
	for field, names := range override.Columns {
		for _, name := range names {
			at := header.Index(name)
			if at < 0 {
				return m, fault.New(fault.Invalid, "line %d: the mapping of %s names column %q, which the file does not have; it has %s", header.Line, field, name, strings.Join(header.Names, ", "))
			}
			m.use(field, at, used)
		}
	}
	for field, names := range format.Columns {
		if _, set := override.Columns[field]; !set {
			m.find(field, names, used)
		}
	}
	for _, field := range Fields() {
		_, overridden := override.Columns[field]
		_, own := format.Columns[field]
		if !overridden && !own {
			m.find(field, aliases[field], used)
		}
	}
	return m, nil
}

func (m Mapping) find(field Field, names []string, used map[int]bool) {
	for _, name := range names {
		if at := m.header.Index(name); at >= 0 && !used[at] {
			m.use(field, at, used)
		}
	}
}

func (m Mapping) use(field Field, at int, used map[int]bool) {
	used[at] = true
	m.columns[field] = append(m.columns[field], at)
}

// lacking returns what an order cannot do without and the file does not have.
func (m Mapping) lacking() []string {
	var out []string
	if !m.has(OrderNo) {
		out = append(out, fmt.Sprintf("order_no (%s)", strings.Join(aliases[OrderNo], ", ")))
	}
	if m.Format.Content == OrderItems {
		return out
	}
	if !m.has(PaidAt) && !m.has(CreatedAt) && !m.has(FinishedAt) && !m.Format.DatedNumbers {
		out = append(out, fmt.Sprintf("paid_at or created_at (%s)", strings.Join(slices.Concat(aliases[PaidAt], aliases[CreatedAt]), ", ")))
	}
	if !m.has(PaidAmount) && !m.has(ReceivedAmount) && !m.has(LineAmount) && !m.has(UnitPrice) {
		out = append(out, fmt.Sprintf("paid_amount or line_amount (%s)", strings.Join(slices.Concat(aliases[PaidAmount], aliases[ReceivedAmount]), ", ")))
	}
	return out
}

func (m Mapping) has(field Field) bool { return len(m.columns[field]) > 0 }

// cell returns the first filled cell of a field and its column; the cell is
// empty if none is filled.
func (m Mapping) cell(row sheet.Row, field Field) (text string, column int) {
	columns := m.columns[field]
	for _, at := range columns {
		if cell := row.Cell(at); !missing(cell) {
			return cell, at
		}
	}
	if len(columns) > 0 {
		return "", columns[0]
	}
	return "", -1
}

// Names returns the columns of each field that has any.
func (m Mapping) Names() map[Field][]string {
	out := map[Field][]string{}
	for field, columns := range m.columns {
		for _, at := range columns {
			out[field] = append(out[field], m.header.Name(at))
		}
	}
	return out
}

// Unmapped returns the columns that are not read, in file order.
func (m Mapping) Unmapped() []string {
	used := map[int]bool{}
	for _, columns := range m.columns {
		for _, at := range columns {
			used[at] = true
		}
	}
	var out []string
	for at, name := range m.header.Names {
		if !used[at] {
			out = append(out, name)
		}
	}
	return out
}

// digest names the mapping, so that a run is resumed only under the same.
func (m Mapping) digest() string {
	var out []string
	for field, names := range m.Names() {
		out = append(out, string(field)+"="+strings.Join(names, "+"))
	}
	sort.Strings(out)
	return m.Format.Name + " " + m.Shop + " " + strings.Join(out, " ")
}
