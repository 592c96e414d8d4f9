package storage

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/event"
	"siyu/internal/flow"
)

// countedDays keeps what was read of the counters, day by day: pages compare a
// figure with its own history, which for a brand with many stores is a hundred
// thousand rows that hardly change. A day that is counted on again is read anew.
type countedDays = remembered[countedKey, *countedDay]

type countedKey struct {
	name string
	day  event.Instant
}

// countedDay is one figure on one day.
type countedDay struct {
	counters []flow.Counter // by store and part
	total    int64
}

// mostDays bounds what is kept. Pages look at a dozen figures over four months.
const mostDays = 5000

// forgetDays drops the days of the counters.
func (db *DB) forgetDays(counters []flow.Counter) {
	keys := make([]countedKey, len(counters))
	for i := range counters {
		keys[i] = countedKey{counters[i].Name, counters[i].Day}
	}
	db.days.forget(keys...)
}

// businessDay is the length of every business day: the zone has no summer time.
const businessDay = event.Instant(24 * time.Hour / time.Millisecond)

// DayCounters is Counters for pages: business days that were read before and
// not counted on since come from memory. first and last are starts of days.
func (db *DB) DayCounters(ctx context.Context, names []string, first, last event.Instant) ([]flow.Counter, error) {
	var counters []flow.Counter
	err := db.eachDay(ctx, names, first, last, func(d *countedDay) { counters = append(counters, d.counters...) })
	return counters, err
}

// DailyTotals returns what all stores and parts of a figure make together on
// each business day from first to last, both included and starts of days.
func (db *DB) DailyTotals(ctx context.Context, name string, first, last event.Instant) ([]int64, error) {
	var totals []int64
	err := db.eachDay(ctx, []string{name}, first, last, func(d *countedDay) { totals = append(totals, d.total) })
	return totals, err
}

// eachDay calls do for every day from first to last and, within it, every name
// in the order of the alphabet.
func (db *DB) eachDay(ctx context.Context, names []string, first, last event.Instant, do func(*countedDay)) error {
	names = slices.Sorted(slices.Values(names))
	var keys []countedKey
	for day := first; day <= last; day += businessDay {
		for _, n := range names {
			keys = append(keys, countedKey{n, day})
		}
	}
	found, missing, changes := db.days.take(keys...)
	if len(missing) > 0 {
		read, err := db.readDays(ctx, missing)
		if err != nil {
			return fmt.Errorf("read counters: %w", err)
		}
		db.days.put(read, changes)
		for k, d := range read {
			found[k] = d
		}
	}
	for _, k := range keys {
		do(found[k])
	}
	return nil
}

func (db *DB) readDays(ctx context.Context, keys []countedKey) (map[countedKey]*countedDay, error) {
	read := make(map[countedKey]*countedDay, len(keys))
	var names []string
	var days []event.Instant
	for _, k := range keys {
		read[k] = new(countedDay)
		names, days = append(names, k.name), append(days, k.day)
	}
	slices.Sort(names)
	slices.Sort(days)
	names, days = slices.Compact(names), slices.Compact(days)
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var c flow.Counter
		if err := scan(&c.Day, &c.Name, &c.Store, &c.Part, &c.Delta); err != nil {
			return err
		}
		if d := read[countedKey{c.Name, c.Day}]; d != nil {
			d.counters = append(d.counters, c)
			d.total += c.Delta
		}
		return nil
	}, "SELECT day, name, store_id, part, value FROM counter WHERE name "+db.dialect.amongWords(1)+" AND day "+db.dialect.among(2),
		wordList(db.dialect, names), idList(db.dialect, days))
	for _, d := range read {
		slices.SortFunc(d.counters, func(a, b flow.Counter) int {
			return cmp.Or(cmp.Compare(a.Store, b.Store), cmp.Compare(a.Part, b.Part))
		})
	}
	return read, err
}
