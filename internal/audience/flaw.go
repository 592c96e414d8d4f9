package audience

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"siyu/internal/fault"
)

// Mistake is a kind of flaw, and under "audience.rule.flaw." a sentence for
// people in the locale files.
type Mistake string

// The mistakes, and what Flaw.Parts holds for each.
const (
	UnknownField  Mistake = "unknown_field"  // Field
	UnknownTest   Mistake = "unknown_test"   // Field, Test, Known
	UnknownWindow Mistake = "unknown_window" // Field, Window, Known
	UnknownWord   Mistake = "unknown_word"   // Field, Value, Known
	UnknownName   Mistake = "unknown_name"   // Value
	AmbiguousName Mistake = "ambiguous_name" // Value, Known: who else is called so
	ValueCount    Mistake = "value_count"    // Field, N: how many there must be
	ValueKind     Mistake = "value_kind"     // Field, Value, Kind
	OutOfRange    Mistake = "out_of_range"   // Field, Value, Low, High
	Backwards     Mistake = "backwards"      // Low, High
	BadText       Mistake = "bad_text"       // N: characters allowed
	TooDeep       Mistake = "too_deep"       // N: levels allowed
	TooLarge      Mistake = "too_large"      // N: parts allowed
	TooMany       Mistake = "too_many"       // N: values allowed
	EmptyAny      Mistake = "empty_any"      //
	SeveralParts  Mistake = "several_parts"  //
	NotJSON       Mistake = "not_json"       //
	NotAMember    Mistake = "not_a_member"   // Value
	Version       Mistake = "version"        // Value, Known
	Expected      Mistake = "expected"       // Value: what stands there, Known: what could
	Unbracketed   Mistake = "unbracketed"    //
)

// Mistakes returns all of them.
func Mistakes() []Mistake {
	return []Mistake{UnknownField, UnknownTest, UnknownWindow, UnknownWord, UnknownName, AmbiguousName, ValueCount, ValueKind,
		OutOfRange, Backwards, BadText, TooDeep, TooLarge, TooMany, EmptyAny, SeveralParts, NotJSON, NotAMember, Version, Expected, Unbracketed}
}

// Flaw is one thing that is wrong with a rule, and where.
type Flaw struct {
	Mistake Mistake
	Path    string // of the part, such as all[2].any[0] or all[1].values[0]; empty: the rule itself
	// From and To bound the part in a parsed text, in characters; both are -1
	// where the rule was not a text.
	From, To int
	Parts    map[string]string // what fills the sentence
}

// Key returns the locale key of the flaw's sentence.
func (f Flaw) Key() string { return "audience.rule.flaw." + string(f.Mistake) }

func (f Flaw) String() string {
	where := ""
	if f.From >= 0 {
		where = fmt.Sprintf("at %d: ", f.From)
	}
	return where + DescribeFlaw(f.Path, string(f.Mistake), f.Parts)
}

// DescribeFlaw says for logs and programs what is wrong with a part of a document,
// with what fills the sentence in the order of its names.
func DescribeFlaw(path, mistake string, parts map[string]string) string {
	var b strings.Builder
	if path != "" {
		b.WriteString(path + ": ")
	}
	b.WriteString(mistake)
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		fmt.Fprintf(&b, ", %s %q", strings.ToLower(name), parts[name])
	}
	return b.String()
}

// DescribeFlaws says several, in their order.
func DescribeFlaws[F fmt.Stringer](all []F) string {
	said := make([]string, len(all))
	for i, f := range all {
		said[i] = f.String()
	}
	return strings.Join(said, "; ")
}

// flaws is the error that holds them.
type flaws []Flaw

func (all flaws) Error() string { return DescribeFlaws(all) }

// asError returns an error of code fault.Invalid, nil where nothing is wrong.
func (all flaws) asError() error {
	if len(all) == 0 {
		return nil
	}
	return fault.WithKey(fault.Invalid, "audience.rule.flawed", all)
}

// FlawsOf returns what Check, Parse and Unmarshal found wrong, nil for an
// error that is not about a rule.
func FlawsOf(err error) []Flaw {
	all, _ := errors.AsType[flaws](err)
	return all
}
