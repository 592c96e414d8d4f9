package export

import (
	"slices"
	"sort"

	"siyu/internal/sheet"
)

// Format is an export of one shop system.
type Format struct {
	Name    string // as --format takes it
	Shop    string // system it comes from: one order number in one shop is one order
	Content Content
	Headers []string // as exported, in file order
	Also    []string // columns that other versions or selections have
	// Columns names the columns of this format whose meaning the general
	// aliases do not give, or give for another field.
	Columns map[Field][]string
	// DatedNumbers says that order numbers begin with the day as yymmdd; it is
	// the time of an order whose file leaves the time out.
	DatedNumbers bool
}

// Content is what the lines of an export are.
type Content string

// What exports list.
const (
	WholeOrders  Content = "orders"    // a line is an order, or an order with one of its items
	OrderItems   Content = "items"     // a line is an item; another export has the orders
	CustomerList Content = "customers" // a line is a customer
)

// Generic is the name of the format of files in no known format, read by the
// general aliases and a mapping file.
const Generic = "generic"

var generic = Format{Name: Generic, Shop: Generic, Content: WholeOrders}

// Formats returns the known formats.
func Formats() []Format {
	return []Format{
		youzanOrders, youzanOrdersOlder, youzanItems, youzanCustomers, wechatShopOrders, douyinShopOrders,
		taobaoOrders, taobaoItems, pddOrders, jdOrders, jushuitan, keruyun,
	}
}

// FormatNamed returns the format with this name.
func FormatNamed(name string) (Format, bool) {
	if name == Generic {
		return generic, true
	}
	for _, f := range Formats() {
		if f.Name == name {
			return f, true
		}
	}
	return Format{}, false
}

// Guess says how well a file agrees with a format.
type Guess struct {
	Format  string  `json:"format"`
	Found   int     `json:"found"`   // columns of the format that the file has
	Columns int     `json:"columns"` // columns of the format
	Foreign int     `json:"foreign"` // columns of the file that the format does not have
	Score   float64 `json:"score"`   // 2 Found / (Columns + columns of the file), 0..1
}

// A file with fewer of its columns in a format is not of that format, even if
// they are the only ones: 订单号 and 订单状态 stand in every export.
const (
	leastScore = 0.3
	leastFound = 4
)

// Recognise compares a header with the known formats, best first (Dice
// coefficient; columns that only other versions have count as found and do not
// count as missing). The format is Generic where none agrees well enough.
func Recognise(header sheet.Header) (Format, []Guess) {
	var guesses []Guess
	for _, f := range Formats() {
		guesses = append(guesses, f.compare(header))
	}
	sort.SliceStable(guesses, func(i, j int) bool { return guesses[i].Score > guesses[j].Score })
	best := guesses[0]
	if best.Score < leastScore || best.Found < leastFound {
		return generic, guesses
	}
	format, _ := FormatNamed(best.Format)
	return format, guesses
}

func (f Format) compare(header sheet.Header) Guess {
	g := Guess{Format: f.Name, Columns: len(f.Headers)}
	for _, name := range header.Names {
		switch {
		case f.has(name):
			g.Found++
		default:
			g.Foreign++
		}
	}
	g.Columns = max(g.Columns, g.Found)
	if total := g.Columns + len(header.Names); total > 0 {
		g.Score = 2 * float64(g.Found) / float64(total)
	}
	return g
}

func (f Format) has(name string) bool {
	same := func(known string) bool { return sheet.FoldName(known) == sheet.FoldName(name) }
	return slices.ContainsFunc(f.Headers, same) || slices.ContainsFunc(f.Also, same)
}

// recogniser tells whether a folded column name is known to any format, to
// find the header below title lines.
func recogniser() func(string) bool {
	known := map[string]bool{}
	for _, f := range Formats() {
		for _, name := range append(slices.Clone(f.Headers), f.Also...) {
			known[sheet.FoldName(name)] = true
		}
	}
	for _, schema := range []Schema{OrderSchema(), CustomerSchema()} {
		for _, names := range schema.Aliases {
			for _, name := range names {
				known[sheet.FoldName(name)] = true
			}
		}
	}
	return func(name string) bool { return known[name] }
}
