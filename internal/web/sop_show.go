package web

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
	"siyu/internal/id"
)

type processListPage struct {
	Rows    []processListRow
	Library []processListRow // those that are not installed
	May     bool             // the asker may change processes
	Named   bool             // some process names its owner
	Mine    bool             // only those that name the asker
}

type processListRow struct {
	ProcessRow
	Title, About, Trigger, Clock string
	Steps                        int
	Waits                        int // version that waits for an approval, 0 for none
}

func processListed(w sop.Words, row ProcessRow) processListRow {
	p := &row.Document
	return processListRow{row, titleOf(w, p), p.About.In(w.Language), w.Trigger(p), w.Say("sop.clock." + string(p.Clock)), len(p.Steps), 0}
}

func (v *visit) processList() error {
	found, err := v.Processes.Processes(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	page := processListPage{May: lead(v.seat)}
	page.Mine = v.r.URL.Query().Get("mine") != ""
	waiting, err := v.Processes.ProcessesWaiting(v.r.Context(), v.asker())
	if err != nil {
		return err
	}
	for _, row := range found {
		page.Named = page.Named || row.Document.Owner != ""
		if !page.Mine || v.owns(&row.Document) {
			listed := processListed(w, row)
			if i := slices.IndexFunc(waiting, func(p ProcessWaiting) bool { return p.Document.Name == row.Name }); i >= 0 {
				listed.Waits = waiting[i].Version
			}
			page.Rows = append(page.Rows, listed)
		}
	}
	library, err := sop.Library()
	if err != nil {
		return err
	}
	if page.Mine {
		library = nil
	}
	for _, p := range library {
		if !slices.ContainsFunc(found, func(r ProcessRow) bool { return r.Name == p.Name }) {
			page.Library = append(page.Library, processListed(w, ProcessRow{Name: p.Name, Document: p}))
		}
	}
	return v.show("sops", Page{Title: v.lang.text("process.title"), Menu: "sop", Data: page})
}

// owns tells whether a process names the asker as its owner: the account, or the role
// as the page calls it or as accounts keep it.
func (v *visit) owns(p *sop.Process) bool {
	names := []string{v.seat.Account, string(v.seat.Role), v.lang.word("role", v.seat.Role)}
	return p.Owner != "" && slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, p.Owner) })
}

// processPage is a process that is installed, or one of the library: Version is 0
// then.
type processPage struct {
	ProcessView
	Lane     laneView
	Versions []versionInWords
	Lines    []adherence
	Members  []adherence
	Places   []adherence
	Areas    []adherence
	Pictures []ProcessPhoto
	Waiting  int // runs that retiring ends, at least so many where More is set
	Results  []sop.Result
	Older    []int
	May      bool
	Days     int // of dry runs
	Pending  pendingInWords
	Acting   []StoreActing // who does what stores have to do in it, none where they have nothing
	Done     *ApprovalDone // of an approval that did not put it to work
	Wrong    bool          // a number was typed, and it is another one
}

// pendingInWords is a version that could be put to work; Version is 0 for none.
type pendingInWords struct {
	ProcessPending
	Changes []string // against the version in force, where there is one
}

// Reached says how it is known whom the version reaches: "sees" its posts, was "tried" in
// a dry run, or "fits" now.
func (p pendingInWords) Reached() string {
	switch {
	case p.Document.Subject != sop.OfCustomer:
		return "sees"
	case p.Document.Trigger.Fact != "":
		return "tried"
	}
	return "fits"
}

// versionInWords is a version with what it changed against the one before.
type versionInWords struct {
	ProcessVersion
	Changes []string
}

func (v *visit) processShow() error {
	view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	if view.Document.OneOff != nil {
		v.redirect("/sends/" + view.Name)
		return nil
	}
	return v.showProcess(view, nil, 0)
}

func (v *visit) showProcess(view ProcessView, done *ApprovalDone, typed int) error {
	w, err := v.speaker()
	if err != nil {
		return err
	}
	page := processPage{ProcessView: view, Lane: drawProcess(w, &view.Document), Versions: inWords(w, view.Versions), Results: view.Results, May: lead(v.seat), Days: ProcessDays,
		Done: done, Wrong: done != nil && typed != 0 && len(done.Typed) > 0}
	if page.May {
		if page.Pending.ProcessPending, err = v.Processes.ProcessPending(v.r.Context(), v.asker(), view.Name); err != nil {
			return err
		}
		if pending := &page.Pending; view.State == ProcessActive && pending.Version != 0 {
			for _, c := range sop.Diff(&view.Document, &pending.Document) {
				pending.Changes = append(pending.Changes, w.Change(c, &pending.Document))
			}
		}
	}
	if page.Acting, err = v.actingFor(&view.Document); err != nil {
		return err
	}
	page.Lane.stand(view.Standing)
	for _, s := range view.Standing {
		moving := slices.ContainsFunc(view.Moves, func(m ProcessMove) bool { return m.Version == s.Version && m.Ended.IsZero() })
		if s.Version != view.Version && !moving && !slices.Contains(page.Older, s.Version) {
			page.Older = append(page.Older, s.Version)
		}
	}
	slices.Sort(page.Older)
	for _, line := range view.Steps {
		page.Lines = append(page.Lines, adhered(w, &view.Document, v.stepNamed(w, view, line)))
	}
	for _, line := range view.Staff {
		page.Members = append(page.Members, adhered(w, &view.Document, line))
	}
	for _, line := range view.Stores {
		line.Name = v.lang.store(line.Name)
		page.Places = append(page.Places, adhered(w, &view.Document, line))
	}
	for _, line := range view.Areas {
		a := adhered(w, &view.Document, line)
		if a.Name != "" && a.Open() > 0 {
			a.Area, a.Urge = a.Name, "/touch/urge/area"
		}
		a.Name = cmp.Or(a.Name, v.lang.text("execution.no_area"))
		page.Areas = append(page.Areas, a)
	}
	for _, photo := range view.Photos {
		photo.Step = stepName(w, view, photo.Step)
		page.Pictures = append(page.Pictures, photo)
	}
	for _, s := range view.Standing {
		if s.Step != "" {
			page.Waiting += s.N
		}
	}
	return v.show("sop", Page{Title: page.Lane.Title, Menu: "sop", Data: page})
}

// stepNamed calls a line of a step by the step's title.
func (v *visit) stepNamed(w sop.Words, view ProcessView, line ProcessLine) ProcessLine {
	line.Name = stepName(w, view, line.Name)
	return line
}

// stepName returns the title of a step in the newest version that has it.
func stepName(w sop.Words, view ProcessView, name string) string {
	for i := range view.Versions {
		p := &view.Versions[i].Document
		if at := p.Step(name); at >= 0 {
			return stepTitle(w, &p.Steps[at])
		}
	}
	return name
}

// StepTitle returns what the step is called in the page's own lane.
func (p processPage) StepTitle(name string) string {
	for _, lane := range p.Lane.Lanes {
		for _, s := range lane.Steps {
			if s.Name == name {
				return s.Title
			}
		}
	}
	return name
}

// inWords says what every version changed.
func inWords(w sop.Words, versions []ProcessVersion) []versionInWords {
	said := make([]versionInWords, len(versions))
	for i := range versions {
		said[i].ProcessVersion = versions[i]
		before := slices.IndexFunc(versions[i+1:], func(v ProcessVersion) bool { return !v.Forced.IsZero() })
		if i+1 == len(versions) {
			continue
		}
		for _, c := range sop.Diff(&versions[i+1+max(before, 0)].Document, &versions[i].Document) {
			said[i].Changes = append(said[i].Changes, w.Change(c, &versions[i].Document))
		}
	}
	return said
}

// adherence is a line with its reasons in words.
type adherence struct {
	ProcessLine
	Share    float64 // on time
	Known    bool    // anything was to be done
	Median   time.Duration
	Ninth    time.Duration // nine of ten are faster
	Becauses []tallied
	Urge     string // address that reminds of what is open, "" for none
	Area     string // that the address is about, "" of members and stores
}

// Missed returns how many steps came to nothing that were somebody's to do.
func (a adherence) Missed() int { return a.Dropped + a.Unmade + a.Failed }

// tallied is a reason and how often it held.
type tallied struct {
	Say string
	N   int
}

func adhered(w sop.Words, p *sop.Process, line ProcessLine) adherence {
	const half, nineTenths = .5, .9
	a := adherence{ProcessLine: line, Median: line.Delays.Quantile(half), Ninth: line.Delays.Quantile(nineTenths), Becauses: reasonsOf(w, p, line.Because)}
	a.Share, a.Known = line.OnTimeShare()
	switch {
	case line.Open() <= 0:
	case line.Staff != 0:
		a.Urge = "/touch/urge/staff/" + id.Text(line.Staff)
	case line.At != 0:
		a.Urge = "/touch/urge/store/" + id.Text(line.At)
	}
	return a
}

// reasonsOf returns reasons in words, the most frequent first.
func reasonsOf(w sop.Words, p *sop.Process, counts map[sop.Because]int) []tallied {
	var all []tallied
	for _, b := range slices.Sorted(maps.Keys(counts)) {
		if b != "" && counts[b] > 0 {
			all = append(all, tallied{w.Because(b, p), counts[b]})
		}
	}
	slices.SortStableFunc(all, func(a, b tallied) int { return cmp.Compare(b.N, a.N) })
	return all
}

// actingFor returns who does what stores have to do in a process, nobody where they have
// nothing to do.
func (v *visit) actingFor(p *sop.Process) ([]StoreActing, error) {
	if !p.AsksStores() {
		return nil, nil
	}
	return v.Directory.Acting(v.r.Context(), v.seat.Scope)
}

// processShelf shows a process of the library.
func (v *visit) processShelf() error {
	name := v.r.PathValue("name")
	p, _, err := shelved(name)
	if err != nil {
		return err
	}
	w, err := v.speaker()
	if err != nil {
		return err
	}
	page := processPage{ProcessView: ProcessView{ProcessRow: ProcessRow{Name: name, Document: p}}, Lane: drawProcess(w, &p), May: lead(v.seat), Days: ProcessDays}
	if page.Acting, err = v.actingFor(&p); err != nil {
		return err
	}
	return v.show("sop", Page{Title: page.Lane.Title, Menu: "sop", Data: page})
}

// shelved returns a process of the library and its text.
func shelved(name string) (sop.Process, []byte, error) {
	text, known := sop.FromLibrary(name)
	if !known {
		return sop.Process{}, nil, fault.New(fault.NotFound, "the library has no process %q", name)
	}
	p, err := sop.Parse(text)
	return p, text, err
}

// processFile answers with the text of a process, to be installed elsewhere.
func (v *visit) processFile() error {
	view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, v.r.PathValue("name"))
	if err != nil {
		return err
	}
	return v.yaml(view.Name, []byte(view.Text))
}

// processShelfFile answers with the text of a process of the library.
func (v *visit) processShelfFile() error {
	_, text, err := shelved(v.r.PathValue("name"))
	if err != nil {
		return err
	}
	return v.yaml(v.r.PathValue("name"), text)
}

func (v *visit) yaml(name string, text []byte) error {
	h := v.w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name+".yaml"))
	_, _ = v.w.Write(text) // a client that went away has nobody left to tell
	return nil
}

// processState puts a process to work, pauses it, or takes it out of use if the
// asker has typed its name.
func (v *visit) processState() error {
	name, to := v.r.PathValue("name"), ProcessState(v.said("to"))
	switch {
	case to == ProcessRetired && v.said("typed") != name:
		return fault.WithKey(fault.Invalid, "error.process_typed", fmt.Errorf("process %s: its name was not typed", name))
	case to != ProcessActive && to != ProcessPaused && to != ProcessRetired:
		return fault.New(fault.Invalid, "process %s: no such state", name)
	}
	f := formReader{values: func(name string) string { return strings.ReplaceAll(v.r.FormValue(name), ",", "") }}
	set := ProcessSet{Name: name, To: to}
	if to == ProcessActive {
		set.Version = f.whole("version", 1, maxVersion)
	}
	if v.said("typed") != "" && to == ProcessActive {
		set.Typed = f.whole("typed", 0, mostLimit)
	}
	done, err := v.Processes.SetProcess(v.r.Context(), v.asker(), set)
	if err != nil {
		return err
	}
	if !done.Whole() {
		return v.processNotYet(name, &done, set.Typed)
	}
	switch to {
	case ProcessActive:
		v.redirect("/sop/" + name + "?done=process_active")
	case ProcessPaused:
		v.redirect("/sop/" + name + "?done=process_paused")
	case ProcessRetired, ProcessDraft:
		v.redirect("/sop/" + name + "?done=process_retired")
	}
	return nil
}

// processNotYet answers an approval that does not put a process to work.
func (v *visit) processNotYet(name string, done *ApprovalDone, typed int) error {
	if done.Waits > 0 {
		v.redirect("/sop/" + name + "?done=process_second")
		return nil
	}
	view, err := v.Processes.Process(v.r.Context(), v.seat.Scope, name)
	if err != nil {
		return err
	}
	v.status = http.StatusForbidden
	return v.showProcess(view, done, typed)
}

// processWithdraw takes back a version that waits for approval.
func (v *visit) processWithdraw() error {
	name := v.r.PathValue("name")
	version, err := strconv.Atoi(v.said("version"))
	if err != nil {
		return fault.New(fault.Invalid, "process %s: no such version", name)
	}
	if err := v.Processes.WithdrawProcess(v.r.Context(), v.asker(), name, version); err != nil {
		return err
	}
	v.redirect("/sop/" + name + "?done=process_withdrawn")
	return nil
}

// processMove takes who is on the way in an older version over into the one in
// force.
func (v *visit) processMove() error {
	name := v.r.PathValue("name")
	from, err := strconv.Atoi(v.said("from"))
	if err != nil {
		return fault.New(fault.Invalid, "process %s: no such version", name)
	}
	if err := v.Processes.MoveProcess(v.r.Context(), v.asker(), name, from); err != nil {
		return err
	}
	v.redirect("/sop/" + name + "?done=process_moved")
	return nil
}
