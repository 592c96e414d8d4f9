package desk

import (
	"context"
	"slices"

	"siyu/internal/content"
	"siyu/internal/id"
	"siyu/internal/measurement"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

// wordingTrials returns what came of wordings that were drawn by lot, one trial for
// everything that was drawn among the same. Only headquarters sees them: they are of
// all stores together.
func (d *Desk) wordingTrials(ctx context.Context, scope org.Scope) ([]web.WordingTrial, error) {
	if !scope.Everything {
		return nil, nil
	}
	counted, err := d.DB.Wordings(ctx)
	if err != nil {
		return nil, err
	}
	var trials []web.WordingTrial
	for len(counted) > 0 {
		n := 1
		for n < len(counted) && sameTrial(counted[0], counted[n]) {
			n++
		}
		if among := content.WordingsOf(counted[0].Among); len(among) > 1 {
			trials = append(trials, d.wordingTrial(among, counted[:n]))
		}
		counted = counted[n:]
	}
	return trials, nil
}

func sameTrial(a, b storage.WordingCount) bool {
	return a.Material == b.Material && a.Among == b.Among && a.Channel == b.Channel
}

func (d *Desk) wordingTrial(among []id.Code, counted []storage.WordingCount) web.WordingTrial {
	trial := web.WordingTrial{Name: counted[0].Material, Channel: counted[0].Channel}
	for _, m := range d.Brand.Documents().Library.Materials {
		if m.Code == trial.Name {
			trial.Purpose = m.Purpose
		}
	}
	list := make([]measurement.Wording, 0, len(among))
	for _, code := range among {
		at := slices.IndexFunc(counted, func(c storage.WordingCount) bool { return c.Wording == code })
		if at < 0 {
			continue // nobody drew it yet
		}
		c := &counted[at]
		trial.Wordings = append(trial.Wordings, web.WordingRow{Text: c.Text, Given: c.Given, Delivered: c.Delivered})
		list = append(list, measurement.Wording{Given: c.Given, Delivered: c.Delivered, Did: [measurement.Outcomes]int{c.Answered, c.Bought, c.Deleted}})
	}
	for i, effects := range measurement.CompareWordings(list) {
		if !d.Archive {
			effects[0].Verdict = measurement.NotKnown
		}
		trial.Wordings[i].Effects = effects
	}
	return trial
}
