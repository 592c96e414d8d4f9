package wecom

import (
	"bytes"
	"strconv"
	"time"
)

// Seconds is a time in Unix seconds. The platform writes it as a number or,
// in some calls and samples, as a string; anything else reads as zero.
type Seconds int64

// Time returns the time, the zero time for 0.
func (s Seconds) Time() time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0)
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	*s = Seconds(lenient(text))
	return nil
}

// Number is an integer that may come as a string or a fraction; anything else
// reads as zero.
type Number int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *Number) UnmarshalJSON(text []byte) error {
	*n = Number(lenient(text))
	return nil
}

// UnmarshalText implements encoding.TextUnmarshaler, for XML.
func (n *Number) UnmarshalText(text []byte) error {
	*n = Number(lenient(text))
	return nil
}

// secondsOf returns the Unix seconds of a time.
func secondsOf(t time.Time) Seconds { return Seconds(t.Unix()) }

func lenient(text []byte) int64 {
	text = bytes.TrimSpace(bytes.Trim(bytes.TrimSpace(text), `"`))
	if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return n
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil || f != f || f >= 1<<63 || f < -1<<63 {
		return 0
	}
	return int64(f)
}
