package decision

import "time"

// QuotaPeriod returns from when until when WeCom counts a customer's mass
// messages on a business day, and how many it delivers in that time. The day's
// time must carry the brand's zone.
func (s Settings) QuotaPeriod(day time.Time) (from, until time.Time, limit int) {
	from = s.horizonsOf(day).quota.Time().In(day.Location())
	switch s.Quota {
	case QuotaDay:
		until = from.AddDate(0, 0, 1)
	case QuotaWeek:
		until = from.AddDate(0, 0, 7)
	default:
		until = from.AddDate(0, 1, 0)
	}
	return from, until, s.quotaLimit(day)
}
