package app

import (
	"runtime/debug"
	"runtime/metrics"
)

// spare is about how much memory may wait to be collected while something large
// is made; leastPercent bounds how often that happens where much is in memory,
// because every time all of it is looked through.
const (
	spare        = 256 << 20
	leastPercent = 25
	usualPercent = 100 // Go's own
)

// Thrift lets about 256 MB of memory wait to be collected, whatever else is in
// use, but no less than a quarter of that. adjust is called as more comes into
// use, and end at the end.
func Thrift() (adjust, end func()) {
	before := debug.SetGCPercent(thriftyPercent())
	return func() { debug.SetGCPercent(thriftyPercent()) }, func() { debug.SetGCPercent(before) }
}

func thriftyPercent() int {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return leastPercent
	}
	return int(max(leastPercent, min(usualPercent, spare*usualPercent/(live[0].Value.Uint64()+1))))
}
