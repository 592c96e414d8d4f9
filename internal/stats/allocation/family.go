package allocation

import "math"

// Family is a kind of made-up instance on which solvers are judged, named by what
// is scarce in it.
type Family string

// The families. In ScarceChannels all channels are scarce at once and most
// customers would take several: prices that are set one after the other push
// customers to and fro and stall far from the best.
const (
	ScarceStaff    Family = "A"
	ScarceChannels Family = "B"
	ScarceBoth     Family = "C"
)

// Families lists them.
func Families() []Family { return []Family{ScarceStaff, ScarceChannels, ScarceBoth} }

// Scarce says in words what is scarce.
func (f Family) Scarce() string {
	switch f {
	case ScarceStaff:
		return "staff"
	case ScarceChannels:
		return "channels"
	}
	return "both"
}

// Size says how large a made-up instance is.
type Size struct {
	Customers, Offers, Staff, Channels, Days int
	Seed                                     uint64
}

// Limits returns the rows of a made-up instance. A member's hours suffice for
// about a tenth of what customers would take where they are scarce.
func (f Family) Limits(s Size) Limits {
	l := Limits{Days: s.Days, Staff: s.Staff, Channels: s.Channels, Hours: make([]float64, s.Staff*s.Days), Quota: make([]float64, s.Channels*s.Days)}
	each := float64(s.Customers) / float64(s.Staff)
	for row := range l.Hours {
		l.Hours[row] = each
		if f != ScarceChannels {
			l.Hours[row] = each * .04 * (.5 + uniform(mix(s.Seed)^uint64(row)))
		}
	}
	for row := range l.Quota {
		l.Quota[row] = float64(s.Customers)
		if f != ScarceStaff {
			l.Quota[row] = math.Floor(float64(s.Customers) * .05 * float64(1+row%s.Channels))
		}
	}
	if f == ScarceBoth {
		for row := range l.Hours {
			l.Hours[row] *= 2
		}
	}
	return l
}

// Fill adds customers from the first number on to a block: lognormal values of
// customer, offer and both; hours between 3 and 30 minutes by offer; offers spread
// over channels and days.
func (f Family) Fill(b *Block, s Size, first, customers int) error {
	l := f.Limits(s)
	b.Reserve(customers, customers*s.Offers)
	c := Customer{Most: max(1, s.Days/3), Offers: make([]Offer, s.Offers)}
	for i := first; i < first+customers; i++ {
		draw := mix(s.Seed<<32 ^ uint64(i))
		c.Staff = int(draw % uint64(s.Staff))
		size := normal(draw)
		for k := range c.Offers {
			own := mix(draw ^ uint64(k+1)<<48)
			kind := mix(s.Seed ^ uint64(k%10))
			c.Offers[k] = Offer{Day: k * s.Days / s.Offers, Channel: k % s.Channels,
				Value: math.Exp(.5*size + .5*normal(kind) + .7*normal(own)), Hours: .05 + .45*uniform(kind)}
		}
		if err := b.Add(l, c); err != nil {
			return err
		}
	}
	return nil
}

func uniform(draw uint64) float64 { return (float64(mix(draw)>>11) + .5) / (1 << 53) }

// normal draws by Box and Muller (1958).
func normal(draw uint64) float64 {
	return math.Sqrt(-2*math.Log(uniform(draw))) * math.Cos(2*math.Pi*uniform(^draw))
}
