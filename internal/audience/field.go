// Package audience is crowds of customers: one rule language over everything
// that is known of them, and what evaluates it for one customer and, in
// audience/index, for all of them. Storage evaluates the same rules as SQL; a
// property test holds the three equal. Nothing here sees a name or a message.
package audience

import "slices"

// Kind says what the values of a field are and which tests they can be put to.
type Kind string

// The kinds. Every value is an int64, so that all evaluators compare the same.
const (
	Number Kind = "number" // a count
	Money  Kind = "money"  // fen
	Share  Kind = "share"  // of one, in thousandths
	Score  Kind = "score"  // of a part, in hundredths of eta; 0 is the brand's average
	Date   Kind = "date"   // business day since 1970, 0 never or not known
	Annual Kind = "annual" // day of a year: month*100 + day, 0 not known
	Word   Kind = "word"   // one of the field's Words, as its place among them
	Ref    Kind = "ref"    // an id or an id.Code, 0 none
	Refs   Kind = "refs"   // several of them
)

// Thing is what the values of Ref and Refs fields name.
type Thing string

// The things.
const (
	OfStore    Thing = "store"
	OfStaff    Thing = "staff"
	OfLine     Thing = "line"
	OfGroup    Thing = "group"
	OfTag      Thing = "tag"      // id.Code of the tag's id
	OfAudience Thing = "audience" // number of a stored audience
	OfText     Thing = "text"     // id.Code of the text itself
)

// Ever is the window that has no beginning.
const Ever = 0

// Field is something a rule can ask of a customer.
type Field struct {
	Name    string
	Kind    Kind
	Words   []string // of a Word field, the first also for what is not known
	Of      Thing    // of a Ref or Refs field
	Windows []int    // in days, today included, over which it is also summed up; each also as Ever
	Judged  bool     // understood anew every night, where all others change with facts
}

var windows = []int{7, 30, 90, 180, 365}

// The fields. Order matters to nobody but to storage, which names columns after them.
var fields = []Field{
	{Name: "stage", Kind: Word, Words: []string{"unknown", "introduced", "growing", "mature", "declining", "lost"}, Judged: true},
	{Name: "limiting", Kind: Word, Words: []string{"unknown", "need", "trust", "exposure", "none"}, Judged: true},
	{Name: "value", Kind: Money, Judged: true}, // expected in the next year
	{Name: "repurchase", Kind: Share, Judged: true},
	{Name: "alive", Kind: Share, Judged: true},
	{Name: "need", Kind: Score, Judged: true},
	{Name: "trust", Kind: Score, Judged: true},
	{Name: "exposure", Kind: Score, Judged: true},
	{Name: "fatigue", Kind: Share, Judged: true},
	{Name: "due", Kind: Date, Judged: true},

	{Name: "relation", Kind: Word, Words: []string{"none", "active", "half", "deleted_by_customer", "ended"}},
	{Name: "consent", Kind: Word, Words: []string{"not_asked", "allowed", "refused"}},
	{Name: "complaint", Kind: Word, Words: []string{"none", "open", "closed"}},
	{Name: "store", Kind: Ref, Of: OfStore},
	{Name: "owner", Kind: Ref, Of: OfStaff},
	{Name: "channel", Kind: Ref, Of: OfText}, // state of the contact way of the first relation
	{Name: "campaign", Kind: Ref, Of: OfText},
	{Name: "city", Kind: Ref, Of: OfText},
	{Name: "level", Kind: Ref, Of: OfText}, // of the shop's own membership
	{Name: "birthday", Kind: Annual},

	{Name: "first_seen", Kind: Date},
	{Name: "since", Kind: Date}, // beginning of the owner's relation
	{Name: "lost_on", Kind: Date},
	{Name: "first_order", Kind: Date},
	{Name: "last_order", Kind: Date},
	{Name: "last_touch", Kind: Date},
	{Name: "last_answer", Kind: Date}, // to a touch
	{Name: "last_message_in", Kind: Date},
	{Name: "last_message_out", Kind: Date},
	{Name: "last_need", Kind: Date},   // asked or browsed
	{Name: "last_opened", Kind: Date}, // content

	{Name: "orders", Kind: Number, Windows: windows},
	{Name: "turnover", Kind: Money, Windows: windows}, // less refunds
	{Name: "touches", Kind: Number, Windows: windows},
	{Name: "messages_in", Kind: Number, Windows: windows},
	{Name: "messages_out", Kind: Number, Windows: windows},
	{Name: "reactions", Kind: Number, Windows: []int{30, 90}}, // to Moments
	{Name: "openings", Kind: Number, Windows: windows},        // of content
	{Name: "referrals", Kind: Number},
	{Name: "staff_count", Kind: Number},
	{Name: "group_count", Kind: Number},

	{Name: "tags", Kind: Refs, Of: OfTag},
	{Name: "groups", Kind: Refs, Of: OfGroup},
	{Name: "staff", Kind: Refs, Of: OfStaff},  // with an active relation
	{Name: "lines", Kind: Refs, Of: OfLine},   // bought, of the recent orders
	{Name: "asked", Kind: Refs, Of: OfLine},   // needs expressed
	{Name: "stores", Kind: Refs, Of: OfStore}, // bought in, of the recent orders
	{Name: AudienceField, Kind: Refs, Of: OfAudience},
}

// AudienceField is the field by which rules name other audiences.
const AudienceField = "audience"

// Fields returns all fields.
func Fields() []Field { return slices.Clone(fields) }

// FieldOf returns the field of a name.
func FieldOf(name string) (Field, bool) {
	i := slices.IndexFunc(fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return fields[i], true
}

// Column is one number of every customer: a field that is not Refs, over a
// window.
type Column struct {
	Field  Field
	Window int // days, Ever where the field has no windows
}

// Columns returns all columns in the order in which Row.Values holds them.
func Columns() []Column { return slices.Clone(columns) }

var columns = columnsOf(fields)

func columnsOf(fields []Field) []Column {
	var all []Column
	for _, f := range fields {
		if f.Kind == Refs {
			continue
		}
		for _, w := range append([]int{Ever}, f.Windows...) {
			all = append(all, Column{f, w})
		}
	}
	return all
}

// RefsFields returns the fields of several values in the order in which
// Row.Refs holds them. AudienceField is not among them: who is a member of
// an audience is not the customer's own.
func RefsFields() []Field {
	var all []Field
	for _, f := range fields {
		if f.Kind == Refs && f.Name != AudienceField {
			all = append(all, f)
		}
	}
	return all
}

// ColumnAt returns the place of a column in Columns and Row.Values, -1 where
// there is none of that field over that window.
func ColumnAt(field string, window int) int {
	if place, known := columnPlaces[columnName{field, window}]; known {
		return place
	}
	return -1
}

type columnName struct {
	field  string
	window int
}

var columnPlaces = func() map[columnName]int {
	all := make(map[columnName]int, len(columns))
	for i, c := range columns {
		all[columnName{c.Field.Name, c.Window}] = i
	}
	return all
}()

// RefsAt returns the place of a field in RefsFields and Row.Refs, -1 where it
// is not one of them.
func RefsAt(field string) int {
	return slices.IndexFunc(RefsFields(), func(f Field) bool { return f.Name == field })
}
