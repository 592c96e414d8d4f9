package export

import (
	"encoding/json"
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
	Header sheet.Header

	columns map[Field][]int // several columns: the first that is filled counts
}

// Override is a mapping file: our field to the column names of the file. The
// key "shop" names the system that numbers the orders.
type Override struct {
	Shop    string
	Columns map[Field][]string
}

// ReadOverride reads a mapping file: a JSON object such as
// {"shop": "pos", "order_no": "单号", "paid_amount": ["实收", "应收"]}, of the
// fields of a schema. An empty list says that the file has no such column.
func (x Schema) ReadOverride(path string) (Override, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return Override{}, fault.New(fault.Invalid, "reading the mapping: %w", err)
	}
	return x.parseOverride(content)
}

func (x Schema) parseOverride(content []byte) (Override, error) {
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
		case !slices.Contains(x.Fields, Field(key)):
			return Override{}, fault.New(fault.Invalid, "mapping of %q: no such field; expected shop or one of %s", key, joinFields(x.Fields))
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
func (x Schema) mapColumns(header sheet.Header, format Format, override Override) (Mapping, error) {
	m := Mapping{Format: format, Shop: format.Shop, Header: header, columns: map[Field][]int{}}
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
	for _, field := range x.Fields {
		_, overridden := override.Columns[field]
		_, own := format.Columns[field]
		if !overridden && !own {
			m.find(field, x.Aliases[field], used)
		}
	}
	return m, nil
}

func (m Mapping) find(field Field, names []string, used map[int]bool) {
	for _, name := range names {
		if at := m.Header.Index(name); at >= 0 && !used[at] {
			m.use(field, at, used)
		}
	}
}

func (m Mapping) use(field Field, at int, used map[int]bool) {
	used[at] = true
	m.columns[field] = append(m.columns[field], at)
}

// Has tells whether a field has a column.
func (m Mapping) Has(field Field) bool { return len(m.columns[field]) > 0 }

// Cell returns the first filled cell of a field and its column; the cell is
// empty if none is filled.
func (m Mapping) Cell(row sheet.Row, field Field) (text string, column int) {
	columns := m.columns[field]
	for _, at := range columns {
		if cell := row.Cell(at); !Missing(cell) {
			return cell, at
		}
	}
	if len(columns) > 0 {
		return "", columns[0]
	}
	return "", -1
}

// Column returns the name of the first column of a field, "" if it has none.
func (m Mapping) Column(field Field) string {
	if !m.Has(field) {
		return ""
	}
	return m.Header.Name(m.columns[field][0])
}

// Problem says of a row that a cell does not hold what is expected. column is
// the cell's, -1 for the row as a whole. No phone can be read from it.
func (m Mapping) Problem(row sheet.Row, column int, value, expected string) *sheet.Problem {
	name := ""
	if column >= 0 {
		name = m.Header.Name(column)
	}
	return &sheet.Problem{Line: row.Line, Column: name, Value: sheet.Masked(value), Expected: expected}
}

// Whole says what is wrong with a row as a row: it is damaged, or longer than
// the header. It is nil if nothing is.
func (m Mapping) Whole(row sheet.Row) *sheet.Problem {
	if row.Damage != "" {
		return m.Problem(row, -1, "", "a row without "+string(row.Damage))
	}
	if at := m.Header.Surplus(row); at >= 0 {
		return m.Problem(row, at, row.Cell(at), "no more cells than the header has; a separator or quote is misplaced")
	}
	return nil
}

// Names returns the columns of each field that has any.
func (m Mapping) Names() map[Field][]string {
	out := map[Field][]string{}
	for field, columns := range m.columns {
		for _, at := range columns {
			out[field] = append(out[field], m.Header.Name(at))
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
	for at, name := range m.Header.Names {
		if !used[at] {
			out = append(out, name)
		}
	}
	return out
}

// Digest names the mapping, so that a run is resumed only under the same.
func (m Mapping) Digest() string {
	var out []string
	for field, names := range m.Names() {
		out = append(out, string(field)+"="+strings.Join(names, "+"))
	}
	sort.Strings(out)
	return m.Format.Name + " " + m.Shop + " " + strings.Join(out, " ")
}
