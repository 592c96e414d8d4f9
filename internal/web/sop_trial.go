package web

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// trialInWords is a dry run as a page says it.
type trialInWords struct {
	ProcessTrial
	Withheld, Stopped []tallied
	Sum               int // of what is withheld
	Steps             []trialStep
}

type trialStep struct {
	Title    string
	Outcomes []tallied
	Becauses []tallied
}

// processTry says what a process would have done in the last days.
func (v *visit) processTry() error {
	p, err := v.triedDocument()
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(cmp.Or(v.said("days"), strconv.Itoa(ProcessDays)))
	if err != nil {
		return fault.New(fault.Invalid, "dry run: no such number of days")
	}
	if err := http.NewResponseController(v.w).SetWriteDeadline(clock.System{}.Now().Add(trialTime)); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	trial, err := v.Processes.DryRun(v.r.Context(), &p, days)
	if err != nil {
		return err
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	said := triedInWords(w, &p, trial)
	if v.partial() {
		return v.part("sop", "trial", &said)
	}
	return v.show("sop_trial", Page{Title: titleOf(w, &p), Menu: "sop", Data: &said})
}

// trialTime is how long a dry run may take: it reads all customers.
const trialTime = 10 * time.Minute

// triedDocument returns what is to be tried: the text of a form, else the
// installed process that the form names, else one of the library.
func (v *visit) triedDocument() (sop.Process, error) {
	v.limitDocument()
	if text := v.r.FormValue("document"); text != "" {
		p, err := sop.Parse([]byte(unixLines(text)))
		if err != nil {
			return p, fault.WithKey(fault.Invalid, "error.process_flaws", err)
		}
		return p, nil
	}
	view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, v.said("name"))
	if fault.CodeOf(err) == fault.NotFound {
		p, _, err := shelved(v.said("name"))
		return p, err
	}
	return view.Document, err
}

func triedInWords(w sop.Words, p *sop.Process, t ProcessTrial) trialInWords {
	said := trialInWords{ProcessTrial: t, Withheld: reasonsOf(w, p, t.Withheld), Stopped: reasonsOf(w, p, t.Stopped)}
	for _, c := range said.Withheld {
		said.Sum += c.N
	}
	for _, s := range t.Steps {
		step := trialStep{Title: s.Name, Becauses: reasonsOf(w, p, s.Because)}
		if at := p.Step(s.Name); at >= 0 {
			step.Title = stepTitle(w, &p.Steps[at])
		}
		for _, o := range sop.Outcomes() {
			if n := s.Outcomes[o]; n > 0 {
				step.Outcomes = append(step.Outcomes, tallied{w.Say("sop.outcome." + string(o)), n})
			}
		}
		said.Steps = append(said.Steps, step)
	}
	return said
}
