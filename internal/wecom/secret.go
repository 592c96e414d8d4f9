// Package wecom is the only door to WeCom: a typed client for its API, the
// server side of its callbacks, and the shape of its events. It speaks the
// platform's words (userid, external_userid, errcode); connectors translate
// them into facts.
package wecom

import "log/slog"

const hidden = "***"

// Secret is an app secret, an access token or a callback key. However it is
// printed, only "***" comes out; convert it to string to use it.
type Secret string

// String hides the secret.
func (Secret) String() string { return hidden }

// GoString hides the secret from %#v.
func (Secret) GoString() string { return hidden }

// MarshalText hides the secret from JSON and other encodings.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// LogValue hides the secret from structured logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
