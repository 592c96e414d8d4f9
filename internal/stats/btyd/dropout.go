package btyd

import "math"

// dropout integrates over the unseen time of dropping out, under Pareto/NBD,
// of a customer with shape = r + x:
//
//	psi(u) = (alpha+u)^-shape (beta+u)^-(s+1).
//
// The published closed form is a difference of two 2F1, which overflow or
// cancel for heavy buyers and short silences; this integrand is positive and
// smooth, and is taken relative to its value at the lower end.
type dropout struct {
	shape, alpha, s, beta float64
	panel, short          rule
}

func newDropout(alpha, s, beta float64) *dropout {
	return &dropout{alpha: alpha, s: s, beta: beta, panel: eightNodes(), short: fourNodes()}
}

// moments are integrals of psi(u)/psi(from), and of it times what gradients
// need.
type moments struct {
	one               float64
	logAlpha, logBeta float64 // ln(alpha+u), ln(beta+u)
	perAlpha, perBeta float64 // 1/(alpha+u), 1/(beta+u)
}

// followedBy adds the integrals over what comes after, which begin at a point
// where psi is ratio times that at the beginning of m.
func (m moments) followedBy(ratio float64, n moments) moments {
	return moments{one: m.one + ratio*n.one,
		logAlpha: m.logAlpha + ratio*n.logAlpha, logBeta: m.logBeta + ratio*n.logBeta,
		perAlpha: m.perAlpha + ratio*n.perAlpha, perBeta: m.perBeta + ratio*n.perBeta}
}

// log returns ln psi(u).
func (d *dropout) log(u float64) float64 {
	return -d.shape*math.Log(d.alpha+u) - (d.s+1)*math.Log(d.beta+u)
}

// over returns the integrals from one time to another.
func (d *dropout) over(from, to float64) moments {
	var m moments
	c := min(d.alpha, d.beta)
	start := d.log(from)
	for u := from; u < to; {
		steep := d.shape*(u+c)/(u+d.alpha) + (d.s+1)*(u+c)/(u+d.beta)
		length := math.Log1p((to - u) / (u + c))
		nodes := &d.short
		if length > shortLength || length*steep > shortDecay {
			length, nodes = min(length, panelLength, panelDecay/steep), &d.panel
		}
		end := min(to, u+(u+c)*math.Expm1(length))
		if end <= u || start-d.log(u) > negligibleDecay {
			break
		}
		d.add(&m, nodes, span{u, c, length, start})
		u = end
	}
	return m
}

// span is a stretch of ln(u+c) that begins at from; psi is taken relative to
// e^start.
type span struct {
	from, c, length, start float64
}

func (d *dropout) add(m *moments, nodes *rule, s span) {
	for i, at := range nodes.at[:nodes.n] {
		grow := math.Exp(at * s.length)
		u := s.from + (s.from+s.c)*(grow-1)
		end, last := d.alpha+u, d.beta+u
		logEnd, logLast := math.Log(end), math.Log(last)
		weight := nodes.weight[i] * s.length * (s.from + s.c) * grow * math.Exp(-d.shape*logEnd-(d.s+1)*logLast-s.start)
		m.one += weight
		m.logAlpha += weight * logEnd
		m.logBeta += weight * logLast
		m.perAlpha += weight / end
		m.perBeta += weight / last
	}
}
