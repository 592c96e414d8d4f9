package sop

import (
	"strconv"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
)

// OneOff marks a process that a person wrote for an audience once: it has one date,
// one rule and one step, and it is taken out of use when its time is over. It keeps
// what the person asked for and the rest of the document does not say.
type OneOff struct {
	Audience int   `yaml:"audience"`         // number of the audience whose rule the trigger holds
	Stores   []int `yaml:"stores,omitempty"` // whose customers alone it is about, none: everybody's
	Now      bool  `yaml:"now,omitempty"`    // the date is that of the start, whatever stands there
	Days     int   `yaml:"days"`             // on how many business days it may happen
}

// maxOneOffDays bounds how long a one-off process goes on: after two weeks it is another
// occasion.
const maxOneOffDays = 14

// oneOff checks that a process which happens once is one.
func (c *checker) oneOff() {
	p := c.p
	switch {
	case p.OneOff == nil:
	case p.Subject != OfCustomer || p.Again != Once:
		c.flaw("one_off", Mismatch, "Value", "one_off", "Known", "customer, once")
	case p.OneOff.Days < 1 || p.OneOff.Days > maxOneOffDays:
		c.flaw("one_off.days", Range, "Value", strconv.Itoa(p.OneOff.Days), "Known", "1.."+strconv.Itoa(maxOneOffDays))
	case len(p.Trigger.Dates) != 1 || p.Trigger.Rule == nil || len(p.Steps) != 1:
		c.flaw("one_off", Mismatch, "Value", "one_off", "Known", "dates, rule, steps")
	}
}

// OneOffAt returns when the step of a one-off process falls due, and until when it
// may be late.
func (p *Process) OneOffAt(zone *time.Location) (at, until time.Time) {
	s := &p.Steps[0]
	at = s.At.From(p.Trigger.Dates[0].Start(zone), zone)
	return at, at.Add(s.Window())
}

// cooling is how long after its time a one-off process stays in use: what was given
// last is done or has expired by then, and results were read.
const cooling = 2 * day

// OneOffOver tells whether nothing but its goal can become of a one-off process any
// more.
func (p *Process) OneOffOver(now time.Time, zone *time.Location) bool {
	if p.OneOff == nil {
		return false
	}
	_, until := p.OneOffAt(zone)
	return event.At(now) > event.At(until)+event.Instant(cooling.Milliseconds())
}

// files checks what goes with a wording.
func (c *checker) files(path, text string) {
	files := content.FilesOf(text)
	if content.FilesText(files) != text || len(files) > content.MostFiles {
		c.flaw(path, BadText, "Value", text, "Known", "image:1a2b file:3c4d")
	}
}
