package sheet

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestTimesAreReadInEveryFormOfTheExports(t *testing.T) {
	zone := shanghai(t)
	want := time.Date(2026, 3, 5, 14, 7, 9, 0, zone)
	minute, day := want.Truncate(time.Minute), time.Date(2026, 3, 5, 0, 0, 0, 0, zone)
	for text, want := range map[string]time.Time{
		"2026-03-05 14:07:09":       want,
		"2026/03/05 14:07:09":       want,
		"2026/3/5 14:07":            minute,
		"2026-3-5":                  day,
		"2026.03.05":                day,
		"2026年3月5日":                 day,
		"2026年03月05日 14时07分09秒":     want,
		"2026年3月5日14:07":            minute,
		"20260305140709":            want,
		"20260305":                  day,
		"2026-03-05T14:07:09":       want,
		"2026-03-05T06:07:09Z":      want,
		"2026-03-05T14:07:09+08:00": want,
		"2026-03-05 14:07:09.0":     want,
		"２０２６-03-05 14:07:09":       want,
		"\t2026-03-05 14:07:09":     want,
		"3/5/26":                    {},
		"46086.5882986111":          want,
		"46086":                     day,
		"2026-02-30 10:00:00":       {},
		"2026-13-01":                {},
		"0001-01-01 00:00:00":       {},
		"2025":                      {},
		"-":                         {},
		"":                          {},
	} {
		got, err := Time(text, Epoch1900, zone)
		if want.IsZero() != (err != nil) || !got.Equal(want) {
			t.Errorf("Time(%q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

// Published by Microsoft: serial 1 is 1900-01-01, 39448 is 2008-01-01 (DATEVALUE),
// and the 1904 system lies 1462 days behind.
func TestSerialDatesKnowBothEpochsAndTheDayThatDidNotExist(t *testing.T) {
	for _, c := range []struct {
		serial float64
		epoch  Epoch
		want   string
	}{
		{1, Epoch1900, "1900-01-01 00:00:00"},
		{59, Epoch1900, "1900-02-28 00:00:00"},
		{60, Epoch1900, ""},
		{61, Epoch1900, "1900-03-01 00:00:00"},
		{39448, Epoch1900, "2008-01-01 00:00:00"},
		{39448.999999, Epoch1900, "2008-01-02 00:00:00"},
		{39448 - 1462, Epoch1904, "2008-01-01 00:00:00"},
		{0, Epoch1904, "1904-01-01 00:00:00"},
		{60, Epoch1904, "1904-03-01 00:00:00"},
		{2958465, Epoch1900, "9999-12-31 00:00:00"},
		{2958466, Epoch1900, ""},
		{-1, Epoch1900, ""},
	} {
		got, err := SerialTime(c.serial, c.epoch, time.UTC)
		if c.want == "" {
			if err == nil {
				t.Errorf("%v (%d) gives %v, want an error", c.serial, c.epoch, got)
			}
			continue
		}
		if err != nil || got.Format(time.DateTime) != c.want {
			t.Errorf("%v (%d) gives %v, %v, want %s", c.serial, c.epoch, got, err, c.want)
		}
	}
}

func TestNumbersInScientificNotationAreDamaged(t *testing.T) {
	for text, want := range map[string]bool{
		"1.38E+10": true, "1.38e+10": true, "１.38E+10": true, "6.9012345678901233E+18": true, "5E-05": true,
		"13800138000": false, "E2026": false, "12E3": false, "1.5": false, "": false, "SE+1": false, "E": false, "1.2E": false,
	} {
		if got := Damaged(text); got != want {
			t.Errorf("Damaged(%q) = %v", text, got)
		}
	}
}

func TestStoredFractionsAreRoundedAsExcelShowsThem(t *testing.T) {
	for raw, want := range map[string]string{
		"19.899999999999999":     "19.9",
		"0.10000000000000001":    "0.1",
		"1234567.8899999999":     "1234567.89",
		"-3.2999999999999998":    "-3.3",
		"5.0000000000000003E-2":  "0.05",
		"45678.588298611109":     "45678.5882986111",
		"6901234567890123456":    "6901234567890123456",
		"6.9012345678901233E+18": "6.9012345678901233E+18",
		"1.5":                    "1.5",
		"v1.000000000000000001":  "v1.000000000000000001",
	} {
		if got := asShown(raw); got != want {
			t.Errorf("asShown(%s) = %s, want %s", raw, got, want)
		}
	}
}
