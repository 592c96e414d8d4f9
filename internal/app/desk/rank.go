package desk

import (
	"context"
	"slices"
	"sync"
	"time"

	"siyu/internal/insight"
	"siyu/internal/web"
)

// ranks hold the parts of a random sample of the brand's customers, sorted, to
// say which share of them has less.
type ranks struct {
	mu                    sync.Mutex
	at                    time.Time
	need, trust, exposure []float64
}

const (
	rankSample = 2000      // a share is then known to about one percentage point
	rankAge    = time.Hour // parts move by the day
	fewRanks   = 50        // below it a share says nothing
)

// rank says where the parts stand among the brand's customers; it is not known
// where too few of them are understood or a part is not measurable.
func (d *Desk) rank(ctx context.Context, k insight.Customer) (web.Ranks, error) {
	d.ranks.mu.Lock()
	defer d.ranks.mu.Unlock()
	now := d.Clock.Now()
	if now.Sub(d.ranks.at) > rankAge || len(d.ranks.need) < fewRanks {
		sample, err := d.DB.InsightSample(ctx, rankSample)
		if err != nil {
			return web.Ranks{}, err
		}
		d.ranks.take(sample, now)
	}
	return web.Ranks{
		Need: among(d.ranks.need, k.Need), Trust: among(d.ranks.trust, k.Trust), Exposure: among(d.ranks.exposure, k.Exposure),
	}, nil
}

func (r *ranks) take(sample []insight.Customer, now time.Time) {
	r.at, r.need, r.trust, r.exposure = now, nil, nil, nil
	for _, c := range sample {
		r.need = append(r.need, c.Need.Value)
		r.trust = append(r.trust, c.Trust.Value)
		r.exposure = append(r.exposure, c.Exposure.Value)
	}
	slices.Sort(r.need)
	slices.Sort(r.trust)
	slices.Sort(r.exposure)
}

func among(sorted []float64, e insight.Estimate) web.Rank {
	if len(sorted) < fewRanks || e.Evidence == insight.NotMeasurable || e.Unit == "" {
		return web.Rank{}
	}
	const same = 1e-9 // estimates that differ by less are the same sum in another order
	all := float64(len(sorted))
	less, _ := slices.BinarySearch(sorted, e.Value-same)
	upTo, _ := slices.BinarySearch(sorted, e.Value+same)
	return web.Rank{Less: float64(less) / all, More: (all - float64(upTo)) / all, Known: true}
}
