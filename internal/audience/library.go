package audience

import (
	"slices"

	"siyu/internal/money"
)

// Shelf is a group of ready audiences, and under "audience_shelf." its name in
// the locale files.
type Shelf string

// The shelves.
const (
	Useful Shelf = "useful"
	Stages Shelf = "stages"
	AIPL   Shelf = "aipl"
	RFM    Shelf = "rfm"
	Worth  Shelf = "worth"
)

// Ready is an audience that nobody has to build. Its name stands in the locale
// files under "audience_ready.", its use under "audience_ready_use.".
type Ready struct {
	Name  string
	Shelf Shelf
	Rule  Rule
}

// Cuts are where a brand's customers are cut into layers. They come from the
// quantiles of its own customers.
type Cuts struct {
	RecentDays int64     // since the last order, of a customer who bought lately
	Orders     int64     // within a year, of one who buys often
	Turnover   money.Fen // within a year, of one who spends much
	ValueLow   money.Fen // expected in the next year: below are the many of little value
	ValueHigh  money.Fen // and from here the few of much
}

// Library returns all ready audiences; those of the shelves RFM and Worth are
// cut at the brand's own points.
func Library(cuts Cuts) []Ready {
	return slices.Concat(useful(), stages(), aipl(), rfm(cuts), worth(cuts))
}

// LibraryKeys returns the locale keys of the ready audiences and of their
// shelves.
func LibraryKeys() []string {
	var keys []string
	for _, r := range Library(Cuts{}) {
		keys = append(keys, "audience_ready."+r.Name, "audience_ready_use."+r.Name)
	}
	for _, s := range []Shelf{Useful, Stages, AIPL, RFM, Worth} {
		keys = append(keys, "audience_shelf."+string(s))
	}
	return keys
}

const (
	year    = 365
	quarter = 90
	month   = 30
	week    = 7
)

func useful() []Ready {
	reached := every(word("relation", "active"), but("consent", "refused"))
	all := []Ready{
		// Whoever says nothing in the first days seldom does later.
		{Name: "new_without_word", Rule: every(number("since", Last, week), number("last_message_in", Never))},
		{Name: "first_order_pending", Rule: every(number("since", Ago, week), number("since", Last, month), number("orders", Equal, 0))},
		{Name: "second_order_pending", Rule: every(number("first_order", Last, month), number("orders", Equal, 1))},
		{Name: "due_and_forgotten", Rule: every(number("due", Next, week), no(number("last_touch", Last, 2*week)), reached)},
		{Name: "overdue", Rule: every(number("due", Ago, 1), word("stage", "growing", "mature"), reached)},
		{Name: "asked_not_bought", Rule: every(number("last_need", Last, 2*week), no(number("last_order", Last, 2*week)))},
		{Name: "opened_not_bought", Rule: every(number("last_opened", Last, 2*week), no(number("last_order", Last, 2*week)))},
		{Name: "trusted_nothing_due", Rule: every(number("trust", More, 0), no(either(number("due", Next, month), number("due", Ago, 1))))},
		{Name: "loved_but_silent", Rule: every(number("trust", AtLeast, clearly), no(number("last_touch", Last, month)),
			no(number("last_message_in", Last, month)), reached)},
		{Name: "complaint_open", Rule: word("complaint", "open")},
		{Name: "birthday_soon", Rule: every(number("birthday", Next, week), reached)},
		{Name: "referrers", Rule: number("referrals", AtLeast, 1)},
		{Name: "buyers_never_contacted", Rule: every(number("orders", AtLeast, 1), number("last_touch", Never), reached)},
		{Name: "contacted_without_answer", Rule: every(within(quarter, number("touches", AtLeast, 3)), no(number("last_answer", Last, quarter)))},
		{Name: "in_groups_not_buying", Rule: every(number("group_count", AtLeast, 1), within(180, number("orders", Equal, 0)))},
		{Name: "bought_not_added", Rule: every(number("orders", AtLeast, 1), word("relation", "none"))},
		{Name: "deleted_after_buying", Rule: every(word("relation", "deleted_by_customer"), number("orders", AtLeast, 1))},
		{Name: "alone_after_staff_left", Rule: every(word("relation", "ended"), within(year, number("orders", AtLeast, 1)))},
		{Name: "bound_to_one_member", Rule: every(number("staff_count", Equal, 1), within(year, number("orders", AtLeast, 3)))},
		// Fields tell who came for a campaign and gave nothing since, not why.
		{Name: "freebie_suspects", Rule: every(number("campaign", Known), number("since", Ago, month), number("turnover", Less, trifle),
			number("messages_in", Equal, 0), number("reactions", Equal, 0))},
		{Name: "not_to_disturb", Rule: word("consent", "refused")},
	}
	return shelved(Useful, all)
}

const (
	clearly = hundredth / 5 // of eta above the average: more than noise
	trifle  = 20 * 100      // fen: what a bait costs
)

// stages are where customers stand in the brand's own rhythm, and apart from
// them who ended the relation.
func stages() []Ready {
	var all []Ready
	f, _ := FieldOf("stage")
	for _, stage := range f.Words[1:] {
		all = append(all, Ready{Name: "stage_" + stage, Rule: word("stage", stage)})
	}
	all = append(all, Ready{Name: "relation_lost", Rule: word("relation", "deleted_by_customer")})
	return shelved(Stages, all)
}

// aipl are the four steps from having heard of the brand to loyalty; each
// customer that is connected or bought stands on one.
func aipl() []Ready {
	known := word("relation", "active", "half")
	bought, sign := number("orders", AtLeast, 1), either(number("last_message_in", Known), number("last_need", Known), number("reactions", AtLeast, 1))
	loyal := either(within(year, number("orders", AtLeast, 2)), number("referrals", AtLeast, 1))
	return shelved(AIPL, []Ready{
		{Name: "aipl_aware", Rule: every(known, no(bought), no(sign))},
		{Name: "aipl_interested", Rule: every(known, no(bought), sign)},
		{Name: "aipl_purchased", Rule: every(bought, no(loyal))},
		{Name: "aipl_loyal", Rule: every(bought, loyal)},
	})
}

// rfm are the eight cells of high or low recency, frequency and turnover,
// among those who ever bought.
func rfm(c Cuts) []Ready {
	lately, seldomLately := number("last_order", Last, c.RecentDays), number("last_order", Ago, c.RecentDays)
	often, seldom := within(year, number("orders", AtLeast, c.Orders)), within(year, number("orders", Less, c.Orders))
	much, little := within(year, number("turnover", AtLeast, int64(c.Turnover))), within(year, number("turnover", Less, int64(c.Turnover)))
	return shelved(RFM, []Ready{
		{Name: "rfm_champions", Rule: every(lately, often, much)},
		{Name: "rfm_promising", Rule: every(lately, seldom, much)},
		{Name: "rfm_keep", Rule: every(seldomLately, often, much)},
		{Name: "rfm_win_back", Rule: every(seldomLately, seldom, much)},
		{Name: "rfm_regulars", Rule: every(lately, often, little)},
		{Name: "rfm_newcomers", Rule: every(lately, seldom, little)},
		{Name: "rfm_sleeping_regulars", Rule: every(seldomLately, often, little)},
		{Name: "rfm_lost", Rule: every(seldomLately, seldom, little)},
	})
}

// worth are the layers of what customers are expected to be worth.
func worth(c Cuts) []Ready {
	return shelved(Worth, []Ready{
		{Name: "worth_high", Rule: number("value", AtLeast, int64(c.ValueHigh))},
		{Name: "worth_middle", Rule: every(number("value", AtLeast, int64(c.ValueLow)), number("value", Less, int64(c.ValueHigh)))},
		{Name: "worth_low", Rule: number("value", Less, int64(c.ValueLow))},
	})
}

func shelved(shelf Shelf, all []Ready) []Ready {
	for i := range all {
		all[i].Shelf, all[i].Rule = shelf, Normal(all[i].Rule)
	}
	return all
}

func every(rules ...Rule) Rule  { return Rule{All: rules} }
func either(rules ...Rule) Rule { return Rule{Any: rules} }
func no(rule Rule) Rule         { return Rule{Not: &rule} }

// number asks of a field by the values' numbers.
func number(field string, is Test, numbers ...int64) Rule {
	ask := &Condition{Field: field, Is: is}
	for _, n := range numbers {
		ask.Values = append(ask.Values, Value{Number: n})
	}
	return Rule{Ask: ask}
}

func within(days int, rule Rule) Rule {
	rule.Ask.Window = days
	return rule
}

func word(field string, words ...string) Rule { return worded(field, OneOf, words) }

func but(field string, words ...string) Rule { return worded(field, NoneOf, words) }

func worded(field string, is Test, words []string) Rule {
	ask := &Condition{Field: field, Is: is}
	for _, w := range words {
		ask.Values = append(ask.Values, Value{Number: wordOf(field, w), Text: w})
	}
	return Rule{Ask: ask}
}
