package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// BenchmarkLTVPredict forecasts everybody of a file of orders, from the file to
// the file: the time of a row must not grow with their number.
func BenchmarkLTVPredict(b *testing.B) {
	for _, customers := range []int{2_357, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			orders, out := manyOrders(b, customers), filepath.Join(b.TempDir(), "customers.csv")
			for _, model := range []string{"bgnbd", "pnbd", "auto"} {
				b.Run(model, func(b *testing.B) {
					orders.time(b, "predict", "--until", "1997-09-30", "--weeks", "39", "--model", model, "--out", out)
				})
			}
		})
	}
}

// BenchmarkLTVBacktest fits all models, chooses among them by the inner backtest
// and judges them.
func BenchmarkLTVBacktest(b *testing.B) {
	for _, customers := range []int{2_357, 1_000_000} {
		b.Run(fmt.Sprintf("customers=%d", customers), func(b *testing.B) {
			manyOrders(b, customers).time(b, "backtest", "--cut", "1997-09-30", "--end", "1998-06-24")
		})
	}
}

// orderRows is a file of orders.
type orderRows struct {
	path string
	rows int
}

// time runs a command of siyu ltv on the orders again and again. Beside the time
// of day it reports processor seconds, user and system, of a run.
func (o orderRows) time(b *testing.B, command string, flags ...string) {
	before := processorTime(b)
	for b.Loop() {
		var said bytes.Buffer
		if code := run(b.Context(), append([]string{"ltv", command, "--transactions", o.path}, flags...), &said, &said); code != 0 {
			b.Fatal(said.String())
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*o.rows), "ns/row")
	b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
}

// processorTime returns what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// manyOrders writes the orders of customers who come within 270 days, order at
// rates that vary by the factor e and drop out after one order of four.
func manyOrders(b *testing.B, customers int) orderRows {
	b.Helper()
	orders := orderRows{path: filepath.Join(b.TempDir(), "orders.csv")}
	file, err := os.Create(orders.path)
	if err != nil {
		b.Fatal(err)
	}
	out, random := bufio.NewWriter(file), rand.New(rand.NewPCG(5, 6))
	fmt.Fprintln(out, "id,date,amount")
	for i := range customers {
		gap, spend := 50*math.Exp(random.NormFloat64()), 30*math.Exp(.7*random.NormFloat64())
		for day := random.Float64() * 270; day < 540; day += gap * random.ExpFloat64() {
			fmt.Fprintf(out, "%07d,%s,%.2f\n", i, time.Date(1997, 1, 1+int(day), 0, 0, 0, 0, time.UTC).Format(time.DateOnly), spend*(.5+random.Float64()))
			orders.rows++
			if random.Float64() < .25 {
				break
			}
		}
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return orders
}
