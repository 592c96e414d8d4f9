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

// higher says which share of the brand's customers has a lower part; negative
// where too few customers are understood or the part is not measurable.
func (d *Desk) higher(ctx context.Context, k insight.Customer) (web.Percentile, error) {
	d.ranks.mu.Lock()
	defer d.ranks.mu.Unlock()
	now := d.Clock.Now()
	if now.Sub(d.ranks.at) > rankAge || len(d.ranks.need) < fewRanks {
		sample, err := d.DB.InsightSample(ctx, rankSample)
		if err != nil {
			return web.Percentile{}, err
		}
		d.ranks.take(sample, now)
	}
	return web.Percentile{
		Need: below(d.ranks.need, k.Need), Trust: below(d.ranks.trust, k.Trust), Exposure: below(d.ranks.exposure, k.Exposure),
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

func below(sorted []float64, e insight.Estimate) float64 {
	if len(sorted) < fewRanks || e.Evidence == insight.NotMeasurable || e.Unit == "" {
		return -1
	}
	n, _ := slices.BinarySearch(sorted, e.Value)
	return float64(n) / float64(len(sorted))
}
