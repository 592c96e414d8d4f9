package world

import (
	"math"
	"math/rand/v2"
)

// Sight is what the oracle sees of people: their orders where these lead to
// them, relations and groups always; the rest from a day since the epoch on.
type Sight struct {
	TalkFrom    int // conversations, complaints, words in groups
	ContactFrom int // the brand's own contacts
}

// Never is a day that Sight does not reach.
const Never = math.MaxInt32

// Posterior is the best that can be known of one person without looking
// inside, by who knows the law with all its constants.
type Posterior struct {
	Gain   [3]float64 // expected orders added by ask, serve, remind
	Chance [4]float64 // that the limiting part is need, trust, exposure, none
	Trust  float64    // expected
	Memory float64    // expected
}

// particles is how many possible lives the oracle follows for one person.
const particles = 300

// futuresEach is over how many futures it averages the gains of each.
const futuresEach = 6

// Oracle follows possible lives of the person through what can be seen of the
// real one, in the order in which it happened, and weighs each by how well it
// explains it: a particle filter (Gordon, Salmond and Smith 1993) with the
// law itself as its model. Nobody who has to learn the law can do better on
// average. The world must be a watched one.
func (w *World) Oracle(person int, sight Sight) Posterior {
	p := &w.people[person]
	o := oracle{
		World: w, person: p, sight: sight, chance: rand.New(rand.NewPCG(p.key, w.config.Seed^particles)),
		lives: make([]possible, particles), spare: make([]possible, particles),
	}
	for k := range o.lives {
		t := w.newTraits(o.chance, w.brand.Sources[p.source])
		o.lives[k] = possible{traits: t, hidden: newcomer(o.chance, t)}
	}
	o.replay()
	return o.posterior()
}

// possible is one life that may be the person's.
type possible struct {
	traits
	hidden
	log float64 // weight on the log scale
}

type oracle struct {
	*World
	person *person
	sight  Sight
	chance *rand.Rand
	lives  []possible
	spare  []possible
}

func (o *oracle) replay() {
	marks, at := o.person.marks, 0
	var a around
	for day := o.person.came; day <= o.day; day++ {
		first := at
		for at < len(marks) && marks[at].day == day {
			if marks[at].kind == aroundMark {
				a = marks[at].around
			}
			at++
		}
		today := marks[first:at]
		if day == o.person.came {
			o.arrive(today)
			continue
		}
		if a.day = day; a.inGroup && o.person.group >= 0 {
			a.vitality = o.brand.Groups[o.person.group].vitality(day)
		}
		o.contacts(today, a, true)
		o.ownDay(today, a)
		o.contacts(today, a, false)
		o.thin()
	}
}

// arrive lets every life buy what the person bought on coming.
func (o *oracle) arrive(today []mark) {
	for i := range today {
		if today[i].kind != ownMark || !today[i].linked {
			continue
		}
		for k := range o.lives {
			c := &o.lives[k]
			lines, need := c.wants(&c.hidden)
			c.bought(today[i].did, lines, need)
		}
	}
}

// bought weighs a life by the line that was bought and sets its clock.
func (c *possible) bought(did acts, lines [lineCount]float64, need float64) {
	share := lines[did.line]
	if did.line == c.wishLine {
		share += c.wish
	}
	c.log += logOf(share / max(need, leastNeed))
	c.age[did.line] = 0
	if did.basket >= 0 {
		c.age[did.basket] = 0
	}
}

// logOf keeps what was thought impossible from ending a life that may be the
// best there is.
func logOf(chance float64) float64 { return math.Log(max(chance, 1e-9)) }

// saw weighs the life by what was seen to happen, or draws what happened where
// that cannot be seen.
func (o *oracle) saw(c *possible, chance float64, happened, visible bool) bool {
	chance = min(chance, .99)
	switch {
	case !visible:
		return o.chance.Float64() < chance
	case happened:
		c.log += logOf(chance)
	default:
		c.log += logOf(1 - chance)
	}
	return happened
}

// thin draws lives anew once few carry most of the weight.
func (o *oracle) thin() {
	weights, effective := o.weights()
	if effective < particles/2 {
		o.draw(weights)
	}
}

func (o *oracle) weights() (weights []float64, effective float64) {
	most := math.Inf(-1)
	for k := range o.lives {
		most = max(most, o.lives[k].log)
	}
	weights = make([]float64, len(o.lives))
	sum, squares := 0.0, 0.0
	for k := range weights {
		weights[k] = math.Exp(o.lives[k].log - most)
		sum += weights[k]
	}
	for k := range weights {
		weights[k] /= sum
		squares += weights[k] * weights[k]
	}
	return weights, 1 / squares
}

// draw replaces the lives by as many drawn with their weights, systematically.
func (o *oracle) draw(weights []float64) {
	point, sum, k := o.chance.Float64()/particles, weights[0], 0
	for i := range o.spare {
		for sum < point && k < len(weights)-1 {
			k++
			sum += weights[k]
		}
		o.spare[i] = o.lives[k]
		o.spare[i].log = 0
		point += 1.0 / particles
	}
	o.lives, o.spare = o.spare, o.lives
}

func (o *oracle) posterior() (out Posterior) {
	weights, _ := o.weights()
	o.draw(weights)
	a := o.around(o.person, o.day)
	for k := range o.lives {
		c := &o.lives[k]
		_, gain := c.counterfactual(c.hidden, a, o.person.apart(futures*2+uint64(k)), futuresEach)
		for i := range gain {
			out.Gain[i] += gain[i] / particles
		}
		out.Chance[placeOf(limiting(gain))] += 1.0 / particles
		out.Trust += c.trust / particles
		out.Memory += c.memory / particles
	}
	return out
}

// placeOf returns where a part stands in Posterior.Chance.
func placeOf(part Part) int {
	all := parts()
	for i, p := range all {
		if p == part {
			return i
		}
	}
	return len(all)
}
