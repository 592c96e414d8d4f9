package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkLTVPredict forecasts everybody of a file of orders, from the file to
// the file: the time of a row must not grow with their number.
func BenchmarkLTVPredict(b *testing.B) {
	for _, customers := range []int{10_000, 100_000, 1_000_000} {
		path, rows := manyOrders(b, customers)
		for _, model := range []string{"bgnbd", "pnbd", "auto"} {
			b.Run(fmt.Sprintf("%s/customers=%d", model, customers), func(b *testing.B) {
				out := filepath.Join(b.TempDir(), "customers.csv")
				for b.Loop() {
					var said bytes.Buffer
					if code := run(b.Context(), []string{"ltv", "predict", "--transactions", path, "--until", "1997-09-30", "--weeks", "39", "--model", model, "--out", out}, &said, &said); code != 0 {
						b.Fatal(said.String())
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			})
		}
	}
}

// manyOrders writes the orders of customers who come within 270 days, order at
// rates that vary by the factor e and drop out after one order of four.
func manyOrders(b *testing.B, customers int) (path string, rows int) {
	b.Helper()
	path = filepath.Join(b.TempDir(), "orders.csv")
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out, random := bufio.NewWriter(file), rand.New(rand.NewPCG(5, 6))
	fmt.Fprintln(out, "id,date,amount")
	for i := range customers {
		gap, spend := 50*math.Exp(random.NormFloat64()), 30*math.Exp(.7*random.NormFloat64())
		for day := random.Float64() * 270; day < 540; day += gap * random.ExpFloat64() {
			fmt.Fprintf(out, "%07d,%s,%.2f\n", i, time.Date(1997, 1, 1+int(day), 0, 0, 0, 0, time.UTC).Format(time.DateOnly), spend*(.5+random.Float64()))
			rows++
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
	return path, rows
}
