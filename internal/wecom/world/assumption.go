package world

// Assumption is one number the counterfactual rests on.
type Assumption struct {
	Name  string  `json:"name"`
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}

// Assumptions lists what the levers are assumed to do, for printing beside
// every comparison with Truth.
func Assumptions() []Assumption {
	return []Assumption{
		{"horizon", Horizon, "days of expected buying after one contact now"},
		{"worth pulling", WorthPulling, "expected orders a lever must add, else none"},
		{"futures", replicates, "shared by all levers"},
		{"ask brings up a wish", askWishes, "of one due line, x openness x what is not yet wished"},
		{"ask wins trust", askTrusts, "share of the missing trust"},
		{"serve wins trust", serveTrusts, "share of the missing trust"},
		{"remind brings back memory", remindReminds, "share of the missing memory"},
		{"ask and serve bring back memory", otherReminds, "share of the missing memory"},
		{"remind costs trust below distrust", remindIntrude, "share of the trust"},
		{"distrust", distrust, "trust below which selling intrudes"},
		{"trust slope", trustSlope, "on the complementary log-log scale, from no to full trust"},
		{"memory slope", memorySlope, "on the complementary log-log scale, from forgotten to top of mind"},
	}
}
