package customers

import (
	"strconv"
	"strings"
	"time"

	"siyu/internal/sheet"
)

// birthday is a day of the year; the zero one is none.
type birthday struct{ month, day int }

// birthdayOf reads a birthday with or without a year, as people write it or as
// Excel counts days; the year is forgotten here. A day that systems fill in
// where nobody told one (1900-01-01, 0000-00-00) is the zero birthday.
func birthdayOf(cell string, epoch sheet.Epoch) (b birthday, ok bool) {
	numbers, ok := numbersOf(sheet.Narrow(sheet.Clean(cell)))
	if !ok || len(numbers) == 0 {
		return b, false
	}
	year := 0
	switch len(numbers) {
	case 1:
		return unseparated(numbers[0], epoch)
	case 2:
		b = birthday{atoi(numbers[0]), atoi(numbers[1])}
	default: // a time of the day may follow
		year, b = atoi(numbers[0]), birthday{atoi(numbers[1]), atoi(numbers[2])}
	}
	return b.checked(year)
}

// endOfSerials is a year nobody alive is born in: later serial numbers are none.
const endOfSerials = 2050

// unseparated reads 19900520, 0520, or a serial number of Excel.
func unseparated(digits string, epoch sheet.Epoch) (b birthday, ok bool) {
	switch len(digits) {
	case 8:
		return birthday{atoi(digits[4:6]), atoi(digits[6:])}.checked(atoi(digits[:4]))
	case 4:
		return birthday{atoi(digits[:2]), atoi(digits[2:])}.checked(0)
	case 5:
		at, err := sheet.SerialTime(float64(atoi(digits)), epoch, time.UTC)
		return birthday{int(at.Month()), at.Day()}, err == nil && at.Year() < endOfSerials
	}
	return b, false
}

// filledIn are years that systems write with 1 January where nobody told one.
func filledIn(year int) bool { return year == 1 || year == 1900 || year == 1970 }

func (b birthday) checked(year int) (birthday, bool) {
	if b.month == 0 && b.day == 0 || b == (birthday{1, 1}) && filledIn(year) {
		return birthday{}, true
	}
	const leap = 2000 // years that are not told may have a 29 February
	at := time.Date(leap, time.Month(b.month), b.day, 0, 0, 0, 0, time.UTC)
	return b, b.month >= 1 && b.month <= 12 && b.day >= 1 && at.Day() == b.day
}

// numbersOf returns the runs of digits of a day; ok is false where anything but
// the signs of a date stands between them.
func numbersOf(text string) (numbers []string, ok bool) {
	for _, r := range text {
		if (r < '0' || r > '9') && !strings.ContainsRune("-/.年月日 :T时分秒", r) {
			return nil, false
		}
	}
	return strings.FieldsFunc(text, func(r rune) bool { return r < '0' || r > '9' }), true
}

func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1 // too long to be part of a date
	}
	return n
}

// yearHidden returns a value that could not be read as a birthday as it may be
// reported: without anything that could be a year.
func yearHidden(value string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '*'
		}
		return r
	}, value)
}
