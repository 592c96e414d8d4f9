package index

import (
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"siyu/internal/audience"
	"siyu/internal/audience/madeup"
	"siyu/internal/org"
)

const benchDay = 20_588

// benchSize is how many customers benchmarks have; SIYU_BENCH_CUSTOMERS says
// otherwise.
func benchSize() int {
	if n, err := strconv.Atoi(os.Getenv("SIYU_BENCH_CUSTOMERS")); err == nil {
		return n
	}
	return 200_000
}

var benchIndex = sync.OnceValue(func() *Index { return buildMadeUp(benchSize()) })

func buildMadeUp(n int) *Index {
	maker, b, row := madeup.New(n, benchDay), NewBuilder(n), madeup.Blank()
	for i := range n {
		maker.Row(i, &row)
		b.Add([]audience.Row{row})
	}
	return b.Index()
}

func ask(field string, window int, is audience.Test, values ...int64) audience.Rule {
	c := &audience.Condition{Field: field, Window: window, Is: is}
	f, _ := audience.FieldOf(field)
	for _, v := range values {
		value := audience.Value{Number: v}
		if f.Kind == audience.Word {
			value.Text = f.Words[v]
		}
		c.Values = append(c.Values, value)
	}
	return audience.Rule{Ask: c}
}

func four() *audience.Rule {
	return &audience.Rule{All: []audience.Rule{
		ask("stage", 0, audience.OneOf, 2, 3),
		ask("orders", 90, audience.AtLeast, 2),
		ask("value", 0, audience.More, 20_000),
		ask("due", 0, audience.Next, 7),
	}}
}

func BenchmarkCountOfFourPredicates(b *testing.B) {
	ix := benchIndex()
	rule := four()
	n, _ := ix.Count(rule, org.All(), benchDay)
	b.ResetTimer()
	for b.Loop() {
		if _, err := ix.Count(rule, org.All(), benchDay); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n), "customers")
}

func BenchmarkOnePredicate(b *testing.B) {
	ix := benchIndex()
	for name, rule := range map[string]audience.Rule{
		"word":     ask("stage", 0, audience.OneOf, 2, 3),
		"not":      {Not: &audience.Rule{Ask: ask("stage", 0, audience.OneOf, 2, 3).Ask}},
		"count":    ask("orders", 90, audience.AtLeast, 2),
		"date":     ask("last_order", 0, audience.Last, 30),
		"money":    ask("value", 0, audience.More, 20_000),
		"store":    ask("store", 0, audience.OneOf, 3, 50, 77, 120, 230, 300, 333, 480),
		"birthday": ask("birthday", 0, audience.Next, 30),
		"group":    ask("groups", 0, audience.Known),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := ix.Count(&rule, org.All(), benchDay); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ix.blocks))/1000, "us/block")
		})
	}
}

func BenchmarkBuild(b *testing.B) {
	for b.Loop() {
		buildMadeUp(benchSize())
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(benchSize()), "ns/customer")
}

func BenchmarkMakingUp(b *testing.B) {
	maker, row := madeup.New(math.MaxInt32, benchDay), madeup.Blank()
	for i := 0; b.Loop(); i++ {
		maker.Row(i, &row)
	}
}

func BenchmarkMemory(b *testing.B) {
	before := heap()
	ix := buildMadeUp(benchSize())
	for b.Loop() {
	}
	b.ReportMetric(float64(heap()-before)/float64(ix.Len()), "bytes/customer")
	runtime.KeepAlive(ix)
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkReadingBesidePut tells how long reading one number takes while
// portions of rows are put.
func BenchmarkReadingBesidePut(b *testing.B) {
	ix := benchIndex()
	n := ix.Len()
	maker, rows, stop := madeup.New(n, benchDay+1), make([]audience.Row, 1000), make(chan struct{})
	for i := range rows {
		rows[i] = madeup.Blank()
	}
	var writer sync.WaitGroup
	writer.Go(func() {
		for at := 0; ; at += 13 {
			select {
			case <-stop:
				return
			default:
			}
			for i := range rows {
				maker.Row((at+i*7919)%n, &rows[i])
			}
			ix.Put(rows)
		}
	})
	var waits []time.Duration
	for b.Loop() {
		began := time.Now()
		ix.Len()
		waits = append(waits, time.Since(began))
	}
	close(stop)
	writer.Wait()
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)*999/1000].Microseconds()), "p99.9-us")
	b.ReportMetric(float64(waits[len(waits)-1].Microseconds()), "longest-us")
}

func BenchmarkPut(b *testing.B) {
	ix := benchIndex()
	n := ix.Len()
	maker := madeup.New(n, benchDay+1)
	rows := make([]audience.Row, 1000)
	for i := range rows {
		rows[i] = madeup.Blank()
	}
	at := 0
	for b.Loop() {
		for i := range rows {
			maker.Row((at+i*7919)%n, &rows[i])
		}
		at += 13
		ix.Put(rows)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/row")
}
