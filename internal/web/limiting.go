package web

import "siyu/internal/insight"

// standing is where a customer stands in need and trust as far as sentences tell: what is
// not below an ordinary customer's is not said to be missing, and of what nothing is
// known nothing is said.
type standing struct {
	wants    bool // needs more than an ordinary customer does, or something is due
	due      bool
	trusts   bool // more than an ordinary customer does, as far as anything is known
	unheard  bool // nothing is known of trust
	distrust bool // trusts less than an ordinary customer does
	forgets  bool // comes less to mind than to an ordinary customer
}

func (c calendar) standing(v *CustomerView) standing {
	k := &v.Known
	s := standing{due: !k.NextDue.IsZero() && c.days(k.NextDue) >= 0, unheard: k.Trust.Evidence == insight.Prior, forgets: k.Exposure.Value < 0}
	s.wants = s.due || k.Need.Value > 0
	s.trusts = !s.unheard && k.Trust.Value > 0
	s.distrust = !s.unheard && k.Trust.Value < 0
	return s
}

// lacks tells whether the customer has less of the limiting part than an ordinary one.
func (s standing) lacks(part insight.Part) bool {
	switch part {
	case insight.Need:
		return !s.wants
	case insight.Trust:
		return s.distrust
	}
	return s.forgets
}

// limitHead says what limits a customer. Who has no less of that part than others is not
// held back by it: there is most to gain in it all the same.
func (c calendar) limitHead(v CustomerView) string {
	part := v.Known.Limiting
	switch part {
	case insight.Need, insight.Trust, insight.Exposure:
		if !c.standing(&v).lacks(part) {
			return c.locale.word("parts_most", part)
		}
	}
	return c.locale.word("parts_limit", part)
}

// limitSay says why, as the parts beside it say, and where the plan does something else
// because of a year.
func (c calendar) limitSay(v CustomerView) string {
	if v.Known.Limiting == "" { // not understood yet
		return ""
	}
	said := c.locale.text("part_say."+c.standing(&v).sayOf(v.Known.Limiting), "Days", v.Horizon)
	if part, found := overYear(&v); found {
		said += c.locale.text("stop") + c.locale.text("parts.over_year", "Part", c.locale.word("part_work", part))
	}
	return said + c.locale.text("stop")
}

func (s standing) sayOf(part insight.Part) string {
	how := ""
	switch part {
	case insight.Need:
		switch {
		case s.due:
			how = "_due"
		case s.wants:
			how = "_there"
		case !s.trusts:
			how = "_alone"
		}
	case insight.Trust:
		switch {
		case s.unheard:
			how = "_unheard"
		case !s.distrust:
			how = "_there"
		case !s.wants:
			how = "_alone"
		}
	case insight.Exposure:
		switch {
		case !s.forgets:
			how = "_there"
		case !s.wants || !s.trusts:
			how = "_alone"
		}
	}
	return string(part) + how
}

// overYear returns the part that today's contact works on, where it is another than what
// limits within the horizon and is worth more over a year.
func overYear(v *CustomerView) (part insight.Part, found bool) {
	if v.Next == nil || v.Next.Limiting == v.Known.Limiting || v.Next.Limiting == "" {
		return "", false
	}
	worth := map[insight.Part]float64{}
	for _, l := range v.Known.Levers {
		worth[l.Part] = l.Life() - l.Cost
	}
	return v.Next.Limiting, worth[v.Next.Limiting] > max(0, worth[v.Known.Limiting])
}
