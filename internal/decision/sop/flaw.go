package sop

import (
	"errors"
	"fmt"

	"siyu/internal/audience"
)

// Mistake is a kind of flaw, and under "sop.flaw." a sentence for people in the
// locale files.
type Mistake string

// The mistakes, and what Flaw.Parts holds for each.
const (
	NotYAML     Mistake = "not_yaml"     // Value: what the reader said
	TooLong     Mistake = "too_long"     // N: allowed
	Unknown     Mistake = "unknown"      // Value: member that a document does not have
	WrongFormat Mistake = "format"       // Value, Known: the format this program writes
	WrongWord   Mistake = "word"         // Value, Known: words that can stand there
	BadText     Mistake = "text"         // Value, Known: what was expected
	Missing     Mistake = "missing"      //
	Twice       Mistake = "twice"        // Value
	OneTrigger  Mistake = "one_trigger"  //
	OnePart     Mistake = "one_part"     //
	Mismatch    Mistake = "mismatch"     // Value, Known: what it fits with
	Order       Mistake = "order"        // Value: the step before which it should stand
	NoLane      Mistake = "no_lane"      // Value
	Unreachable Mistake = "unreachable"  // Value: lane
	Range       Mistake = "range"        // Value, Known
	Placeholder Mistake = "placeholder"  //
	BadLink     Mistake = "link"         // Value
	SellsHere   Mistake = "service_sell" //
	NoTimeOfDay Mistake = "time_of_day"  // Value
	NoFriend    Mistake = "no_friend"    // Value: channel of who is a friend of the customer, Known: channels of anybody
	RuleFlaw    Mistake = "rule"         // Value: the flaw of the rule in its own words
)

// Mistakes returns all of them.
func Mistakes() []Mistake {
	return []Mistake{NotYAML, TooLong, Unknown, WrongFormat, WrongWord, BadText, Missing, Twice, OneTrigger, OnePart, Mismatch, Order,
		NoLane, Unreachable, Range, Placeholder, BadLink, SellsHere, NoTimeOfDay, NoFriend, RuleFlaw}
}

// Flaw is one thing that is wrong with a process, and where.
type Flaw struct {
	Mistake Mistake
	Path    string            // of the part, such as steps[2].content[0].text; empty: the document
	Line    int               // in the text it was read from, counted from 1; 0: not read from a text
	Parts   map[string]string // what fills the sentence
	Rule    *audience.Flaw    // of RuleFlaw
}

// Key returns the locale key of the flaw's sentence.
func (f Flaw) Key() string { return "sop.flaw." + string(f.Mistake) }

func (f Flaw) String() string {
	where := ""
	if f.Line > 0 {
		where = fmt.Sprintf("line %d: ", f.Line)
	}
	return where + audience.DescribeFlaw(f.Path, string(f.Mistake), f.Parts)
}

// Flaws is the error that holds them.
type Flaws []Flaw

func (all Flaws) Error() string { return audience.DescribeFlaws(all) }

func (all Flaws) asError() error {
	if len(all) == 0 {
		return nil
	}
	return all
}

// FlawsOf returns what Check and Parse found wrong, nil for an error that is not
// about a process.
func FlawsOf(err error) []Flaw {
	all, _ := errors.AsType[Flaws](err)
	return all
}
