package audience

// Rule is a question that every customer answers with yes or no. Exactly one
// of its parts is set; the zero Rule is true of everybody.
type Rule struct {
	All []Rule // every one of them holds
	Any []Rule // at least one holds; an empty Any holds for nobody
	Not *Rule
	Ask *Condition
}

// Condition compares one field, over one window, with values.
type Condition struct {
	Field  string
	Window int // days, Ever where the field has no windows
	Is     Test
	Values []Value
}

// Value is what a field is compared with. Number is what evaluators compare:
// in the field's unit, a business day, a Word's place, an id or an id.Code.
// Text is what was meant where Number is the id.Code of it or a Word's place.
type Value struct {
	Number int64
	Text   string
}

// Test is how a value is compared.
type Test string

// The tests. Days that are 0, and Refs that are empty, pass only Never,
// NoneOf and IsNot.
const (
	Equal   Test = "="       // Number, Money, Share, Score: one value
	IsNot   Test = "!="      // as Equal
	Less    Test = "<"       //
	AtMost  Test = "<="      //
	More    Test = ">"       //
	AtLeast Test = ">="      //
	Between Test = "between" // two values, both included; also Date

	OneOf  Test = "in"     // Word, Ref: any of the values. Refs: at least one of them
	NoneOf Test = "not_in" // Word, Ref, Refs: none of the values
	AllOf  Test = "all_of" // Refs: every one of the values

	Last   Test = "last"   // Date: in the last n days, today included
	Ago    Test = "ago"    // Date: n days ago or longer
	Next   Test = "next"   // Date, Annual: within n days, today included
	Since  Test = "since"  // Date: on that day or later
	Before Test = "before" // Date: before that day
	Never  Test = "never"  // Date, Annual, Ref: 0. Refs: none at all
	Known  Test = "known"  // Date, Annual, Ref: not 0. Refs: at least one

	ThisWeek  Test = "this_week"  // Date, Annual: from Monday to Sunday
	ThisMonth Test = "this_month" // Date, Annual
)

// Tests returns the tests that values of a kind can be put to.
func (k Kind) Tests() []Test {
	switch k {
	case Number, Money, Share, Score:
		return []Test{Equal, IsNot, Less, AtMost, More, AtLeast, Between}
	case Date:
		return []Test{Last, Ago, Next, Since, Before, Between, ThisWeek, ThisMonth, Never, Known}
	case Annual:
		return []Test{Next, ThisWeek, ThisMonth, Never, Known}
	case Word:
		return []Test{OneOf, NoneOf}
	case Ref:
		return []Test{OneOf, NoneOf, Never, Known}
	case Refs:
		return []Test{OneOf, AllOf, NoneOf, Never, Known}
	}
	return nil
}

// Passing tells whether the answer can change by the passing of days alone.
func (t Test) Passing() bool {
	switch t {
	case Last, Ago, Next, ThisWeek, ThisMonth:
		return true
	}
	return false
}
