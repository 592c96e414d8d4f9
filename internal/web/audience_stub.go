package web

import (
	"siyu/internal/audience"
)

func (v *visit) readyRule(name string) (audience.Rule, error) { return audience.Rule{}, nil }

type readyGroup struct {
	Title string
	Rules []readyRule
}
type readyRule struct {
	Key, Name, Use string
	Size           int
}
