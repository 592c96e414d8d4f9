package regression

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Counts are rows of equal length, the counts seen, and how often each row was
// seen with its count. X holds the rows one after the other.
type Counts struct {
	X       []float64
	Y       []int
	Weight  []float64
	Columns int
}

// Row returns the i-th row.
func (c Counts) Row(i int) []float64 { return c.X[i*c.Columns : (i+1)*c.Columns] }

// Append adds a row seen weight times with the count y.
func (c *Counts) Append(row []float64, y int, weight float64) {
	c.X = append(c.X, row...)
	c.Y = append(c.Y, y)
	c.Weight = append(c.Weight, weight)
}

// CountFit is a fitted negative binomial regression.
type CountFit struct {
	Fit
	// Size is the shape of the gamma-distributed rates around their mean m:
	// the variance of a count is m + m^2/Size.
	Size      float64
	SizeError float64
}

// Bounds of the log of the size: the counts of e^-6 are nothing but outliers,
// those of e^8 are Poisson. The prior of the log keeps it within where counts
// do not tell.
const (
	leastLogSize = -6.
	mostLogSize  = 8.
	logSizeSD    = 3.
	alternations = 25
	sizeRounds   = 20
)

// NegativeBinomial fits counts with mean exp(x b) and a common size (NB2 of
// Cameron and Trivedi 1998, section 3.3.1) by penalised maximum likelihood:
// Fisher scoring for b and Newton's method for the log of the size in turns,
// which are orthogonal (eq. 3.32).
func NegativeBinomial(c Counts, priors []Prior) CountFit {
	n := negativeBinomial{Counts: c, priors: priors}
	b := make([]float64, c.Columns)
	for j, p := range priors {
		b[j] = p.Mean
	}
	logSize, converged := 0., false
	for range alternations {
		var moved float64
		b, moved = n.improve(b, math.Exp(logSize))
		next := n.improveSize(b, logSize)
		moved = max(moved, math.Abs(next-logSize))
		if logSize = next; moved < settled {
			converged = true
			break
		}
	}
	size := math.Exp(logSize)
	_, information := n.score(b, size)
	_, curvature := n.sizeSlope(b, logSize)
	return CountFit{Fit: Fit{Coefficients: b, Covariance: inverse(information), LogLikelihood: n.logLikelihood(b, size), Converged: converged},
		Size: size, SizeError: size / math.Sqrt(max(-curvature, 1/(logSizeSD*logSizeSD)))}
}

type negativeBinomial struct {
	Counts
	priors []Prior
}

// logLikelihood returns the sum of weighted log-probabilities of the counts.
func (n negativeBinomial) logLikelihood(b []float64, size float64) float64 {
	sum, rising := n.given(b, size), n.rising(size)
	for i, count := range n.Y {
		sum += n.Weight[i] * rising[count].log
	}
	return sum
}

// rising is ln Gamma(size+y)/(Gamma(size) y!) of a count y and its first two
// derivatives in size.
type rising struct {
	log, slope, curvature float64
}

// rising returns them for all counts up to the largest seen.
func (n negativeBinomial) rising(size float64) []rising {
	most := 0
	for _, y := range n.Y {
		most = max(most, y)
	}
	table := make([]rising, most+1)
	for y := range most {
		factor, last := size+float64(y), table[y]
		table[y+1] = rising{last.log + math.Log(factor/float64(y+1)), last.slope + 1/factor, last.curvature - 1/(factor*factor)}
	}
	return table
}

// given returns the part of the log-likelihood that depends on b.
func (n negativeBinomial) given(b []float64, size float64) float64 {
	sum := 0.
	for i, count := range n.Y {
		eta := bounded(dot(n.Row(i), b))
		above := math.Log1p(math.Exp(eta) / size)
		value := -size * above
		if count > 0 {
			value += float64(count) * (eta - math.Log(size) - above)
		}
		sum += n.Weight[i] * value
	}
	return sum
}

// penalised is the part of the objective that depends on b.
func (n negativeBinomial) penalised(b []float64, size float64) float64 {
	value := n.given(b, size)
	for j, p := range n.priors {
		z := (b[j] - p.Mean) / p.SD
		value -= z * z / 2
	}
	return value
}

// score returns the gradient of the penalised log-likelihood in b and the
// expected information: with mean m the derivative of a count's log-likelihood
// in the linear predictor is (y-m)/(1+m/size), its variance m/(1+m/size).
func (n negativeBinomial) score(b []float64, size float64) ([]float64, *mat.SymDense) {
	k := n.Columns
	score, upper := make([]float64, k), make([]float64, k*k)
	for i, y := range n.Y {
		row := n.Row(i)
		m := math.Exp(bounded(dot(row, b)))
		share := n.Weight[i] / (1 + m/size)
		slope, weight := share*(float64(y)-m), share*m
		for j, x := range row {
			if x == 0 {
				continue
			}
			score[j] += slope * x
			wx, line := weight*x, upper[j*k:(j+1)*k]
			for l := j; l < k; l++ {
				line[l] += wx * row[l]
			}
		}
	}
	for j, p := range n.priors {
		precision := 1 / (p.SD * p.SD)
		score[j] -= precision * (b[j] - p.Mean)
		upper[j*k+j] += precision
	}
	return score, mat.NewSymDense(k, upper)
}

// improve takes one scoring step, halved until it does not lose, and returns
// the largest change.
func (n negativeBinomial) improve(b []float64, size float64) (next []float64, moved float64) {
	score, information := n.score(b, size)
	var chol mat.Cholesky
	var direction mat.VecDense
	if !chol.Factorize(information) || chol.SolveVecTo(&direction, mat.NewVecDense(len(score), score)) != nil {
		return b, 0
	}
	value, share := n.penalised(b, size), 1.
	for range halvings {
		next, moved = make([]float64, len(b)), 0
		for j := range b {
			step := share * direction.AtVec(j)
			next[j], moved = b[j]+step, max(moved, math.Abs(step))
		}
		if moved < settled || n.penalised(next, size) >= value {
			return next, moved
		}
		share /= 2
	}
	return b, 0
}

// improveSize returns the log of the size at which the likelihood is largest
// given b, from a start.
func (n negativeBinomial) improveSize(b []float64, logSize float64) float64 {
	for range sizeRounds {
		slope, curvature := n.sizeSlope(b, logSize)
		step := min(max(slope/max(math.Abs(curvature), 1e-9), -1), 1)
		logSize = min(max(logSize+step, leastLogSize), mostLogSize)
		if math.Abs(step) < settled {
			break
		}
	}
	return logSize
}

// sizeSlope returns the first and second derivative of the penalised
// log-likelihood in the log of the size.
func (n negativeBinomial) sizeSlope(b []float64, logSize float64) (slope, curvature float64) {
	size := math.Exp(logSize)
	var first, second float64
	rising := n.rising(size)
	for i, count := range n.Y {
		y, m := float64(count), math.Exp(bounded(dot(n.Row(i), b)))
		all := size + m
		first += n.Weight[i] * (rising[count].slope - math.Log1p(m/size) + (m-y)/all)
		second += n.Weight[i] * (rising[count].curvature + m/(size*all) - (m-y)/(all*all))
	}
	precision := 1 / (logSizeSD * logSizeSD)
	return size*first - precision*logSize, size*first + size*size*second - precision
}
