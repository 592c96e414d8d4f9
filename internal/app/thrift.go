package app

import (
	"runtime/debug"
	"runtime/metrics"
)

// spare is about how much memory may wait to be collected while something large
// is made.
const spare = 256 << 20

// usualPercent is Go's own: as much may wait as is in use.
const usualPercent = 100

// Thrift lets about 256 MB of memory wait to be collected, whatever else is in
// use, but no less than so many per cent of that, because every time all of it
// is looked through. adjust is called as more comes into use, and end at the
// end.
func Thrift(least uint64) (adjust, end func()) {
	before := debug.SetGCPercent(thriftyPercent(least))
	return func() { debug.SetGCPercent(thriftyPercent(least)) }, func() { debug.SetGCPercent(before) }
}

func thriftyPercent(least uint64) int {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	if live[0].Value.Kind() != metrics.KindUint64 {
		return int(least)
	}
	return int(max(least, min(usualPercent, spare*usualPercent/(live[0].Value.Uint64()+1))))
}
