package cohort

import (
	"slices"

	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/profile"
)

// StageSum is the customers of one stage.
type StageSum struct {
	Stage     insight.Stage `json:"stage"`
	Customers int           `json:"n"`
	Related   int           `json:"related"`  // whom the brand can reach
	Left      int           `json:"left"`     // whose relations are all over
	Measured  int           `json:"measured"` // whose value is measurable
	Value     float64       `json:"value"`    // fen, expected in the next year, of the Measured
}

func (s *StageSum) add(o *StageSum) {
	s.Customers += o.Customers
	s.Related += o.Related
	s.Left += o.Left
	s.Measured += o.Measured
	s.Value += o.Value
}

// StageCount is how many customers of a store are in each stage, in the order of
// insight.Stages.
type StageCount struct {
	Key       string `json:"key"` // of the store
	Customers []int  `json:"n"`
}

// stageCells are the sums of stages while they are added up, in the order of
// insight.Stages.
type stageCells [stageKinds]StageSum

const stageKinds = 6

// stageOrder is insight.Stages, where a night need not make it anew.
func stageOrder() (order [stageKinds]insight.Stage) {
	copy(order[:], insight.Stages())
	return order
}

// addStage adds the customer to the stage. A customer understood before there were
// stages is in none.
func (t *Tally) addStage(p *place, c *profile.Customer, known *insight.Customer) {
	at := slices.Index(t.stages[:], known.Stage)
	if at < 0 {
		return
	}
	s := &p.stages[at]
	s.Customers++
	if c.Related() {
		s.Related++
	} else if lifecycle.RelationLost(c) != 0 {
		s.Left++
	}
	if known.Value.Evidence != insight.NotMeasurable {
		s.Measured++
		s.Value += known.Value.Value
	}
}

func (s *stageCells) merge(o *stageCells) {
	for i := range s {
		s[i].add(&o[i])
	}
}

// told returns the sums of all stages, also of those nobody is in; none where nobody
// is in any.
func (s *stageCells) told(order [stageKinds]insight.Stage) []StageSum {
	list, n := slices.Clone(s[:]), 0
	for i := range list {
		list[i].Stage = order[i]
		n += list[i].Customers
	}
	if n == 0 {
		return nil
	}
	return list
}

func (s *stageCells) count(store id.Store) StageCount {
	c := StageCount{Key: keyOf(store), Customers: make([]int, len(s))}
	for i := range s {
		c.Customers[i] = s[i].Customers
	}
	return c
}

// mergeStages adds up the sums of stages by name.
func mergeStages(a, b []StageSum) []StageSum {
	for i := range b {
		at := slices.IndexFunc(a, func(s StageSum) bool { return s.Stage == b[i].Stage })
		if at < 0 {
			a = append(a, b[i])
			continue
		}
		a[at].add(&b[i])
	}
	return a
}
