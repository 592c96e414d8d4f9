package decision

// lot is a reproducible draw: the same day, salt and number always draw the
// same. It is splitmix64 (Steele, Lea, Flood 2014), whose output passes the
// usual batteries for a stream of a few draws per key.
type lot uint64

func newLot(seed uint64, number int64) lot { return lot(seed ^ mix(uint64(number))) }

// uniform returns the next draw from [0, 1).
func (l *lot) uniform() float64 {
	*l += 0x9e3779b97f4a7c15
	return float64(mix(uint64(*l))>>11) / (1 << 53)
}

// below returns the next draw from 0..n-1.
func (l *lot) below(n int) int { return int(l.uniform() * float64(n)) }

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
