package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

func TestABarStandsUnderAStepThatTakesLong(t *testing.T) {
	var out bytes.Buffer
	began := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	p := &progress{out: &out}
	p.line(began, "learning")
	p.draw(began.Add(quietFor - beat))
	if out.String() != "learning\n" {
		t.Errorf("a short step shows %q", out.String())
	}
	p.count("5000 rows")
	p.draw(began.Add(3 * time.Second))
	bar := strings.TrimPrefix(out.String(), "learning\n"+eraser)
	if !strings.HasPrefix(bar, "[") || !strings.Contains(bar, "====") || !strings.HasSuffix(bar, "] 3 s  5000 rows") || strings.Index(bar, "]") != barWidth+1 {
		t.Errorf("a long step shows %q", bar)
	}
	out.Reset()
	p.line(began.Add(4*time.Second), "planning")
	if out.String() != eraser+"planning\n" {
		t.Errorf("the next step shows %q", out.String())
	}
	p.draw(began.Add(7 * time.Second))
	out.Reset()
	p.rest()
	p.draw(began.Add(time.Hour))
	if out.String() != eraser {
		t.Errorf("at rest it shows %q", out.String())
	}
}

func TestTheBarGoesToAndFroWithinItsWidth(t *testing.T) {
	began := time.Date(2026, 5, 5, 12, 0, 0, 0, time.UTC)
	for i := range 100 {
		var out bytes.Buffer
		p := &progress{out: &out, since: began}
		p.draw(began.Add(quietFor + time.Duration(i)*beat))
		if bar := strings.TrimPrefix(out.String(), eraser); bar[0] != '[' || strings.Index(bar, "]") != barWidth+1 {
			t.Fatalf("beat %d draws %q", i, out.String())
		}
	}
}

func TestLinesAreAllThatAFileGets(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if onTerminal(f) != nil || onTerminal(new(bytes.Buffer)) != nil {
		t.Error("what is no terminal got a bar")
	}
}
