package btyd

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/stats"
)

func divided() []Divided {
	return []Divided{
		BGNBD{R: .25, Alpha: 4, A: .8, B: 2.5}, MBGNBD{R: .6, Alpha: 6, A: .9, B: 1.6}, ParetoNBD{R: .55, Alpha: 10.5, S: .6, Beta: 11.7},
		MBGCNBD{K: 1, R: .6, Alpha: 6, A: .9, B: 1.6}, MBGCNBD{K: 3, R: 1.3, Alpha: 2.8, A: .4, B: .8},
	}
}

// summary draws a summary of whole days.
func summary(rt *rapid.T) (s Summary, recency, age int) {
	s.Frequency = rapid.IntRange(0, 40).Draw(rt, "orders")
	age = rapid.IntRange(s.Frequency, 700).Draw(rt, "age")
	if s.Frequency > 0 {
		recency = rapid.IntRange(s.Frequency, age).Draw(rt, "recency")
	}
	s.Recency, s.Age = stats.WeeksOfDays(recency), stats.WeeksOfDays(age)
	return s, recency, age
}

func TestStatesAndTheirFuturesMakeUpTheForecast(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s, _, _ := summary(rt)
		horizon := stats.Weeks(rapid.Float64Range(.5, 60).Draw(rt, "horizon"))
		for _, m := range divided() {
			whole, expected, told, alive := m.Forecast(s, horizon, nil), 0., 0., 0.
			above := make([]float64, len(whole.CDF))
			futures, active := m.Futures(s.Frequency, s.Age, horizon), m.Active(s.Frequency, s.Age, horizon, nil)
			for j, w := range m.States(s, nil) {
				alive += w
				told += w * active[j]
				for k, p := range futures[j] {
					expected += w * p
					if k < len(above) {
						above[k] += w * p
					}
				}
			}
			if math.Abs(alive-m.Alive(s)) > 1e-12 || math.Abs(expected-whole.Expected)+math.Abs(told-whole.Expected) > 1e-9*(1+expected) {
				rt.Fatalf("%s: active %v, %v; orders %v, %v, %v", m.Name(), alive, m.Alive(s), expected, told, whole.Expected)
			}
			for k, p := range above {
				if math.Abs(1-p-whole.CDF[k]) > 1e-9 {
					rt.Fatalf("%s: at most %d orders %v, %v", m.Name(), k, 1-p, whole.CDF[k])
				}
			}
		}
	})
}

func TestSilenceOfAllDaysAtOnceTellsWhoIsActive(t *testing.T) {
	m := ParetoNBD{R: .55, Alpha: 10.5, S: .6, Beta: 11.7}
	for _, frequency := range []int{0, 1, 7, 400} {
		table := m.Silence(frequency, 700)
		rapid.Check(t, func(rt *rapid.T) {
			age := rapid.IntRange(0, 700).Draw(rt, "age")
			recency := rapid.IntRange(0, age).Draw(rt, "recency")
			want := m.Alive(Summary{Frequency: frequency, Recency: stats.WeeksOfDays(recency), Age: stats.WeeksOfDays(age)})
			if got := table.Alive(recency, age); !(math.Abs(got-want) < 1e-8*want+1e-300) {
				rt.Fatalf("%d orders, %d of %d days: %v, one by one %v", frequency, recency, age, got, want)
			}
		})
	}
}
