package sheet

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Epoch is the day from which a workbook counts its dates.
type Epoch int

// The two epochs of Excel: day 1 is 1 January 1900, or day 0 is 1 January 1904
// (workbooks from old Macs).
const (
	Epoch1900 Epoch = 1900
	Epoch1904 Epoch = 1904
)

const (
	// leapError is the serial number of 29 February 1900, a day that Excel
	// counts (for compatibility with Lotus 1-2-3) and that did not exist.
	leapError = 60
	// lastSerial is 31 December 9999, the last day Excel knows.
	lastSerial = 2958465
)

// SerialTime returns the instant that Excel's serial number means on a clock
// in the zone, rounded to the second. Numbers outside Excel's range, and the
// day that did not exist, are an error.
func SerialTime(serial float64, epoch Epoch, zone *time.Location) (time.Time, error) {
	if math.IsNaN(serial) || serial < 0 || serial >= lastSerial+1 {
		return time.Time{}, fmt.Errorf("serial %v is not a date of Excel", serial)
	}
	days := math.Floor(serial)
	seconds := math.Round((serial - days) * 86400)
	year, month, day := 1904, time.January, 1
	if epoch == Epoch1900 {
		if days == leapError {
			return time.Time{}, fmt.Errorf("serial %v is 29 February 1900, which did not exist", serial)
		}
		year, month, day = 1899, time.December, 31
		if days > leapError {
			days--
		}
	}
	return time.Date(year, month, day+int(days), 0, 0, int(seconds), 0, zone), nil
}

// Damaged reports whether a number was written in scientific notation, as
// Excel does with long numbers ("1.38E+10"): digits are lost, so it can be
// neither a phone nor an order number.
func Damaged(text string) bool {
	text = Narrow(Clean(text))
	mantissa, exponent, ok := strings.Cut(strings.ToUpper(text), "E")
	if !ok || mantissa == "" || exponent == "" {
		return false
	}
	if _, err := strconv.ParseFloat(mantissa, 64); err != nil {
		return false
	}
	if _, err := strconv.Atoi(exponent); err != nil {
		return false
	}
	return strings.ContainsAny(exponent, "+-") || strings.Contains(mantissa, ".")
}

// layouts of times as exports write them, in narrow form, Chinese signs and
// slashes already replaced.
var layouts = []string{
	"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2", "2006-1-2 15:4:5.999999999",
	"20060102150405", "20060102 15:04:05", "20060102", "2006-1-2T15:4:5", "2006-1-2 3:4:5 PM", "2006-1-2 3:4 PM",
}

var zoned = []string{time.RFC3339Nano, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 -07:00", "2006-01-02 15:04:05-07:00"}

var timeSigns = strings.NewReplacer(
	"年", "-", "月", "-", "日", " ", "时", ":", "分", ":", "秒", "", "点", ":",
	"/", "-", "  ", " ",
)

// Time reads a point in time as shop systems and Excel write it: digits with
// hyphens, slashes, dots or Chinese signs, with or without seconds, or a serial
// number counted from epoch. Times without a zone are read in zone.
func Time(text string, epoch Epoch, zone *time.Location) (time.Time, error) {
	if t, ok := usualTime(text, zone); ok {
		return t, nil
	}
	text = Narrow(Clean(text))
	for _, layout := range zoned {
		if t, err := time.Parse(layout, text); err == nil {
			return inRange(t, text)
		}
	}
	signed := strings.TrimRight(strings.TrimSpace(timeSigns.Replace(text)), ":-")
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, signed, zone); err == nil {
			return inRange(t, text)
		}
	}
	if serial, err := strconv.ParseFloat(text, 64); err == nil && plausibleSerial(serial) {
		t, err := SerialTime(serial, epoch, zone)
		if err != nil {
			return time.Time{}, err
		}
		return inRange(t, text)
	}
	if dotted := strings.ReplaceAll(signed, ".", "-"); dotted != signed {
		for _, layout := range layouts[:3] {
			if t, err := time.ParseInLocation(layout, dotted, zone); err == nil {
				return inRange(t, text)
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time", Masked(text))
}

// plausibleSerial keeps years such as 2025 and counts from being read as days
// in 1905: serials of the years 1954 to 2119.
func plausibleSerial(serial float64) bool { return serial >= 20000 && serial < 80000 }

// inRange refuses years that no shop order has; they are typing errors, or
// what systems write for "never" (0001-01-01, 9999-12-31).
func inRange(t time.Time, text string) (time.Time, error) {
	if y := t.Year(); y < 1970 || y > 2199 {
		return time.Time{}, fmt.Errorf("%q is outside the years 1970 to 2199", Masked(text))
	}
	return t, nil
}

// usualTime reads "2006-01-02 15:04:05", with hyphens or slashes: the form of
// nearly every cell, an order of magnitude faster than trying layouts.
func usualTime(text string, zone *time.Location) (time.Time, bool) {
	if len(text) != len("2006-01-02 15:04:05") || text[4] != text[7] || text[4] != '-' && text[4] != '/' ||
		text[10] != ' ' || text[13] != ':' || text[16] != ':' {
		return time.Time{}, false
	}
	year, ok1 := digits(text[0:4])
	month, ok2 := digits(text[5:7])
	day, ok3 := digits(text[8:10])
	hour, ok4 := digits(text[11:13])
	minute, ok5 := digits(text[14:16])
	second, ok6 := digits(text[17:19])
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || year < 1970 || year > 2199 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, 0, zone)
	return t, t.Day() == day && int(t.Month()) == month
}

func digits(text string) (int, bool) {
	n := 0
	for i := 0; i < len(text); i++ {
		d := text[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + int(d)
	}
	return n, true
}
