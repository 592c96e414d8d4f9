package world

// purpose tells the draws of one person and day apart, so that adding a
// question never shifts the answer to another.
type purpose uint64

const (
	drawLapse purpose = iota + 1
	drawBuy
	drawLine
	drawBasket
	drawTalk
	drawService
	drawTopic
	drawComplain
	drawSolve
	drawDelete
	drawRefer
	drawJoin
	drawLeave
	drawSpeak
	drawHour
	drawMinute
	drawAnswer
	drawProduct
	drawQuantity
	drawDiscount
	drawRefund
	drawMask
	drawStaff
	drawConfirm
	drawDelay
	drawReached
	drawKind
	drawArrival
	drawDemand
	drawSecond
	drawOpen
	drawOpenAgain
)

// draws answers random questions about one person (or member of staff, or
// the brand) without any state: the same key, day and purpose give the same
// number whatever was asked before or of anybody else. These are the common
// random numbers under which two courses of action are compared.
type draws struct{ key uint64 }

// on returns the person's luck of one day, for those who ask many questions.
func (d draws) on(day int) luck { return luck(mix(d.key ^ mix(uint64(day)))) }

// uniform returns a number strictly between 0 and 1.
func (d draws) uniform(day int, what purpose) float64 { return d.on(day).uniform(what) }

// luck is the source of one person's day.
type luck uint64

// uniform returns a number strictly between 0 and 1.
func (l luck) uniform(what purpose) float64 {
	return (float64(mix(uint64(l)+uint64(what)*stride)>>11) + 0.5) / (1 << 53)
}

// stride is the odd increment by which SplitMix64 steps.
const stride = 0x9e3779b97f4a7c15

// below returns a whole number from 0 to n-1, n > 0.
func (d draws) below(n, day int, what purpose) int {
	return int(d.uniform(day, what) * float64(n))
}

// apart returns an unrelated source for part of the same subject: a member's
// trait, a counterfactual replicate, a message.
func (d draws) apart(part uint64) draws { return draws{mix(d.key + stride*(part+1))} }

// mix is the 64-bit finaliser of SplitMix64 (Steele, Lea and Flood 2014,
// "Fast splittable pseudorandom number generators", figure 16).
func mix(x uint64) uint64 {
	x += stride
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
