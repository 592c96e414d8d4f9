package app

import (
	"reflect"
	"testing"
)

func TestEverythingThatTheConsoleAsksIsAnswered(t *testing.T) {
	ports := reflect.ValueOf(openHouse(t).ports())
	for i := range ports.NumField() {
		if ports.Field(i).IsNil() {
			t.Errorf("nobody answers %s", ports.Type().Field(i).Name)
		}
	}
}
