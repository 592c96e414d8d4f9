// Package fault gives errors a code that edges can act on: HTTP status, exit
// code, text for people. An error without a code is Internal.
package fault

import (
	"errors"
	"fmt"
)

// Code says who has to act on an error.
type Code string

// The codes, and who acts on them.
const (
	Invalid   Code = "invalid"   // the input is wrong; the person who gave it
	NotFound  Code = "not_found" // nothing by that name
	Conflict  Code = "conflict"  // already so, or in use by another process
	Denied    Code = "denied"    // who asks may not
	Upstream  Code = "upstream"  // WeCom or a database refused or did not answer
	Internal  Code = "internal"  // our defect
	Forbidden Code = "forbidden" // a rule of the product says no, whoever asks
)

// Fault is an error with a code and a key under which the locale files hold
// a sentence for people. Key may be empty.
type Fault struct {
	Code Code
	Key  string
	Err  error
}

func (f *Fault) Error() string { return f.Err.Error() }

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// New returns an error with a code; format and args as in fmt.Errorf.
func New(code Code, format string, args ...any) error {
	return &Fault{Code: code, Err: fmt.Errorf(format, args...)}
}

// WithKey returns err with a code and a locale key for people to read.
func WithKey(code Code, key string, err error) error {
	return &Fault{Code: code, Key: key, Err: err}
}

// CodeOf returns the code of err, Internal if it has none. It is empty for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Code
	}
	return Internal
}

// KeyOf returns the locale key of err, empty if it has none.
func KeyOf(err error) string {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Key
	}
	return ""
}
