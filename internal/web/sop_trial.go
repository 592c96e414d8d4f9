package web

import (
	"cmp"
	"strconv"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// trialInWords is a dry run as a page says it.
type trialInWords struct {
	ProcessTrial
	Withheld, Stopped []tallied
	Sum               int    // of what is withheld
	Owner             string // who answers for the process, "" for nobody
	Steps             []trialStep
}

type trialStep struct {
	Title    string
	Outcomes []tallied
	Becauses []tallied
	ByHand   int
}

// trialPage is a dry run on its way, or what it found.
type trialPage struct {
	TrialView
	Said *trialInWords // once it is done
}

// Open tells whether the dry run runs or waits.
func (p trialPage) Open() bool { return p.State == TrialRunning || p.State == TrialWaiting }

// processTry begins to find out what a process would have done in the last days.
func (v *visit) processTry() error {
	p, err := v.triedDocument()
	if err != nil {
		return err
	}
	days, err := strconv.Atoi(cmp.Or(v.said("days"), strconv.Itoa(ProcessDays)))
	if err != nil {
		return fault.New(fault.Invalid, "dry run: no such number of days")
	}
	trial, err := v.Processes.StartTrial(v.r.Context(), v.asker(), &p, days)
	if err != nil {
		return err
	}
	if v.partial() {
		return v.showTrial(trial)
	}
	v.redirect("/sop-trial/" + trial)
	return nil
}

func (v *visit) processTrial() error { return v.showTrial(v.r.PathValue("trial")) }

func (v *visit) processTrialStop() error {
	if err := v.Processes.StopTrial(v.r.Context(), v.r.PathValue("trial")); err != nil {
		return err
	}
	if v.partial() {
		return v.showTrial(v.r.PathValue("trial"))
	}
	v.redirect("/sop-trial/" + v.r.PathValue("trial"))
	return nil
}

func (v *visit) showTrial(trial string) error {
	view, err := v.Processes.Trial(v.r.Context(), trial)
	if err != nil {
		return err
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	page := trialPage{TrialView: view}
	if view.State == TrialDone {
		said := triedInWords(w, &view.Document, view.Trial)
		page.Said = &said
	}
	if v.partial() {
		return v.part("sop_trial", "trial-part", page)
	}
	return v.show("sop_trial", Page{Title: titleOf(w, &view.Document), Menu: "sop", Data: page})
}

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
	said := trialInWords{ProcessTrial: t, Owner: p.Owner, Withheld: reasonsOf(w, p, t.Withheld), Stopped: reasonsOf(w, p, t.Stopped)}
	for _, c := range said.Withheld {
		said.Sum += c.N
	}
	for _, s := range t.Steps {
		step := trialStep{Title: s.Name, Becauses: reasonsOf(w, p, s.Because), ByHand: s.ByHand}
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
