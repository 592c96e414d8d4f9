package main

import (
	"bytes"
	"math"
	"strconv"
)

// digits is more than any forecast is good for.
const digits = 7

// Numbers from shortFrom to below shortTo are written without strconv. Their
// digits are those of a whole number that has all of them, got by one
// multiplication, which is off by less than unclear of its last digit.
const (
	shortFrom = 1e-3
	shortTo   = 1e7 - 1
	leastSeen = 1e6 // the smallest whole number of seven digits
	unclear   = 1e-6
)

// appendNumber appends v in seven digits, as strconv does in format g, at a
// third of its cost: millions of lines have several of them.
func appendNumber(line []byte, v float64) []byte {
	if v == 0 && !math.Signbit(v) {
		return append(line, '0')
	}
	if !(v >= shortFrom && v < shortTo) {
		return strconv.AppendFloat(line, v, 'g', digits, 64)
	}
	power, places := 1.0, 0
	if v < leastSeen/1e4 {
		power, places = 1e4, 4
	}
	for ; v*power < leastSeen; places++ {
		power *= 10 // exact up to 1e22
	}
	scaled := v * power
	whole := math.Floor(scaled)
	rest := scaled - whole
	if math.Abs(rest-.5) < unclear {
		return strconv.AppendFloat(line, v, 'g', digits, 64) // which way to round is not certain
	}
	if rest > .5 {
		whole++
	}
	return appendDecimal(line, uint32(whole), places)
}

// appendDecimal appends whole / 10^places without needless zeros.
func appendDecimal(line []byte, whole uint32, places int) []byte {
	for places > 0 && whole%10 == 0 {
		whole, places = whole/10, places-1
	}
	var room [24]byte
	at := len(room)
	for i := 0; whole > 0 || i <= places; i++ {
		if at--; i == places && places > 0 {
			room[at] = '.'
			at--
		}
		room[at] = byte('0' + whole%10)
		whole /= 10
	}
	return append(line, room[at:]...)
}

// appendCell appends a text, quoted where it would break a line (RFC 4180).
func appendCell(line, text []byte) []byte {
	if !bytes.ContainsAny(text, ",\"\r\n") && len(bytes.TrimSpace(text)) == len(text) {
		return append(line, text...)
	}
	line = append(line, '"')
	for _, b := range text {
		if b == '"' {
			line = append(line, '"')
		}
		line = append(line, b)
	}
	return append(line, '"')
}
