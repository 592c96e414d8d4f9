package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.OneOffs = (*Desk)(nil)

// OneOffing keeps and starts one-off messages, and asks what they would come to.
type OneOffing struct {
	// Save stores a draft; was is the version that it replaces, 0 for a new one. A new
	// one whose name is there is the same request again and changes nothing.
	Save func(ctx context.Context, v flow.ProcessVersion, was int) error
	// Start puts a draft to work as a document says it, if it still is the version was;
	// what has started stays as it is.
	Start func(ctx context.Context, v flow.ProcessVersion, was int) error
	// Foresee is flow's.
	Foresee func(ctx context.Context, p *sop.Process, when time.Time, told func(looked int) error) (flow.Foreseen, error)
}

// oneOffRows is how many one-off messages a page shows.
const oneOffRows = 30

// OneOffs implements web.OneOffs.
func (d *Desk) OneOffs(ctx context.Context, scope org.Scope, after string) (page web.OneOffPage, err error) {
	before, known := id.Parse[int64](after)
	if after != "" && !known {
		return page, notFound("page")
	}
	list, err := d.DB.Processes(ctx)
	if err != nil {
		return page, err
	}
	list = slices.DeleteFunc(list, func(p flow.Process) bool {
		return !seesOneOff(scope, &p) || thrownAway(&p) || known && p.Number >= before
	})
	slices.Reverse(list)
	if len(list) > oneOffRows {
		list = list[:oneOffRows]
		page.Next = id.Text(list[oneOffRows-1].Number)
	}
	for i := range list {
		row, err := d.oneOffRow(ctx, scope, &list[i])
		if err != nil {
			return page, err
		}
		page.Rows = append(page.Rows, row)
	}
	return page, nil
}

// seesOneOff tells whether a process is a one-off message about customers of a scope.
func seesOneOff(scope org.Scope, p *flow.Process) bool {
	once := p.Document.OneOff
	if once == nil || scope.Staff != 0 {
		return false
	}
	return scope.Everything || len(once.Stores) > 0 && !slices.ContainsFunc(storesOf(once), func(s id.Store) bool { return !scope.Sees(s) })
}

// storesOf returns the stores whose customers alone a one-off message is about.
func storesOf(once *sop.OneOff) []id.Store {
	list := make([]id.Store, len(once.Stores))
	for i, s := range once.Stores {
		list[i] = id.Store(s)
	}
	return list
}

// thrownAway tells whether a draft was given up before it started.
func thrownAway(p *flow.Process) bool { return p.State == flow.ProcessRetired && p.Began.IsZero() }

func (d *Desk) oneOff(ctx context.Context, scope org.Scope, name string) (flow.Process, error) {
	p, err := d.installed(ctx, name)
	if err == nil && !seesOneOff(scope, &p) {
		err = notFound("one-off message")
	}
	return p, err
}

func (d *Desk) oneOffRow(ctx context.Context, scope org.Scope, p *flow.Process) (web.OneOffRow, error) {
	row := web.OneOffRow{Name: p.Name, Version: p.Version, Document: p.Document, By: p.Document.Owner}
	row.At, row.Until = p.Document.OneOffAt(d.Zone)
	if p.State == flow.ProcessDraft && p.Document.OneOff.Now {
		row.At = time.Time{}
	}
	if a, err := d.DB.Audience(ctx, int64(p.Document.OneOff.Audience)); err == nil {
		row.Audience = a.Name
	} else if fault.CodeOf(err) != fault.NotFound {
		return row, err
	}
	waiting, err := d.oneOffBatches(ctx, scope, p)
	if err != nil {
		return row, err
	}
	row.Waiting = len(waiting)
	if row.Stage, err = d.oneOffStage(ctx, p, row); err != nil || p.Began.IsZero() {
		return row, err
	}
	counts, err := d.oneOffCounts(ctx, p, storage.StepSumQuery{Scope: scope})
	if line := sop.Adherence(counts, func(sop.Count) bool { return true })[true]; line != nil {
		row.Followed = *line
	}
	return row, err
}

// oneOffCounts returns what is counted of a one-off message: all of it on the day on
// which its step was due, and its runs entered.
func (d *Desk) oneOffCounts(ctx context.Context, p *flow.Process, q storage.StepSumQuery) ([]sop.Count, error) {
	at, _ := p.Document.OneOffAt(d.Zone)
	q.Process, q.From, q.To = p.Number, event.At(at).Day()-1, event.At(at).Day()+1
	return d.DB.StepSums(ctx, q)
}

func (d *Desk) oneOffStage(ctx context.Context, p *flow.Process, row web.OneOffRow) (web.OneOffStage, error) {
	now := d.Clock.Now()
	switch p.State {
	case flow.ProcessDraft:
		given, err := d.DB.Approvals(ctx, storage.OneOffApproval, []int64{approvedVersion(p)})
		if len(given) > 0 {
			return web.OneOffSecond, err
		}
		return web.OneOffDraft, err
	case flow.ProcessPaused:
		return web.OneOffPaused, nil
	case flow.ProcessRetired:
		if p.Changed.Before(row.Until) {
			return web.OneOffEnded, nil
		}
		return web.OneOffOver, nil
	case flow.ProcessActive:
	}
	switch {
	case row.Waiting > 0:
		return web.OneOffApproval, nil
	case now.Before(row.At):
		return web.OneOffPlanned, nil
	case now.After(row.Until):
		return web.OneOffOver, nil
	}
	return web.OneOffRunning, nil
}

// oneOffBatches returns the mass messages of a one-off message that wait for approval
// now.
func (d *Desk) oneOffBatches(ctx context.Context, scope org.Scope, p *flow.Process) (batches []delivery.Dispatch, err error) {
	if p.State != flow.ProcessActive || p.Document.Steps[0].Channel != sop.Mass || d.Clock.Now().Before(first(p.Document.OneOffAt(d.Zone))) {
		return nil, nil
	}
	q := delivery.Query{States: []delivery.State{delivery.Planned}, Day: d.today(), Process: p.Number, Scope: scope}
	for {
		found, err := d.DB.Dispatches(ctx, q)
		if err != nil || len(found) == 0 {
			return batches, err
		}
		for _, x := range found {
			if x.ApprovedBy == "" {
				batches = append(batches, x)
			}
		}
		q.After = found[len(found)-1].ID
	}
}

func first[T, U any](t T, _ U) T { return t }

// OneOff implements web.OneOffs.
func (d *Desk) OneOff(ctx context.Context, by web.Asker, name string) (v web.OneOffView, err error) {
	p, err := d.oneOff(ctx, by.Scope, name)
	if err != nil {
		return v, err
	}
	if v.OneOffRow, err = d.oneOffRow(ctx, by.Scope, &p); err != nil {
		return v, err
	}
	if v.Files, err = d.namedFiles(ctx, content.FilesOf(p.Document.Steps[0].Content[0].Files)); err != nil {
		return v, err
	}
	if p.State == flow.ProcessDraft {
		return v, d.addReview(ctx, by, &p, &v)
	}
	if err := d.addAhead(ctx, by, &p, &v); err != nil {
		return v, err
	}
	return v, d.addOutcome(ctx, by.Scope, &p, &v)
}

// addOutcome adds what became of what has started.
func (d *Desk) addOutcome(ctx context.Context, scope org.Scope, p *flow.Process, v *web.OneOffView) error {
	waiting, err := d.oneOffBatches(ctx, scope, p)
	if err != nil {
		return err
	}
	for i := range waiting {
		v.Batches = append(v.Batches, waiting[i].ID)
	}
	reach, err := d.DB.WaitingOf(ctx, v.Batches)
	if err != nil {
		return err
	}
	for _, n := range reach {
		v.Reaches += n
	}
	people, err := d.oneOffCounts(ctx, p, storage.StepSumQuery{Scope: scope, Of: storage.OfSteps, ByStaff: true})
	if err != nil {
		return err
	}
	followed := web.ProcessView{}
	if err := d.followedBy(ctx, people, &followed); err != nil {
		return err
	}
	if v.Staff, v.Spread = followed.Staff, followed.Spread; !scope.Everything {
		return nil
	}
	runs, err := d.oneOffCounts(ctx, p, storage.StepSumQuery{Scope: scope, Of: storage.OfRuns, ByVersion: true, ByArm: true})
	v.Results = sop.Results(runs)
	return err
}

// KeepFiles implements web.OneOffs.
func (d *Desk) KeepFiles(ctx context.Context, f web.OneOffForm) ([]content.File, error) {
	return d.keepBrought(ctx, web.PostForm{Files: f.Files, Brought: f.Brought})
}

// SaveOneOff implements web.OneOffs.
func (d *Desk) SaveOneOff(ctx context.Context, by web.Asker, f web.OneOffForm) (name string, err error) {
	if f.Key == "" && f.Name == "" || len(f.Key) > 100 {
		return "", fault.WithKey(fault.Invalid, "error.form", errors.New("a one-off message needs its key"))
	}
	owner, scope := by.Account, by.Scope
	if name = f.Name; name == "" {
		name = "send-" + id.Text(id.CodeOf("one-off\n"+by.Account+"\n"+f.Key))
	} else {
		was, err := d.oneOff(ctx, by.Scope, name)
		if err != nil {
			return "", err
		}
		if owner = was.Document.Owner; len(was.Document.OneOff.Stores) > 0 {
			scope = org.Scope{Stores: storesOf(was.Document.OneOff)}
		}
	}
	document, err := d.oneOffDocument(ctx, scope, f)
	if err != nil {
		return "", err
	}
	document.Name, document.Owner = name, owner
	if err := sop.Check(&document); err != nil {
		return "", fault.WithKey(fault.Invalid, "error.form", err)
	}
	was := f.Version
	if f.Name == "" {
		was = 0
	}
	if err := d.Once.Save(ctx, flow.ProcessVersion{Document: document, By: by.Account, At: d.Clock.Now()}, was); err != nil {
		return "", err
	}
	return name, d.audit(ctx, by, "send.saved", name)
}

// StartOneOff implements web.OneOffs.
func (d *Desk) StartOneOff(ctx context.Context, by web.Asker, s web.OneOffStart) (done web.ApprovalDone, err error) {
	p, err := d.oneOff(ctx, by.Scope, s.Name)
	if err != nil {
		return done, err
	}
	if p.State == flow.ProcessActive || p.State == flow.ProcessPaused {
		return done, nil // the same request again
	}
	if p.State != flow.ProcessDraft || p.Version != s.Version {
		return done, fault.WithKey(fault.Conflict, "error.form_stale", fmt.Errorf("%s is version %d in state %s by now", s.Name, p.Version, p.State))
	}
	document := p.Document
	if err := d.beginning(&document); err != nil {
		return done, err
	}
	start := func(ctx context.Context) error {
		if err := d.Once.Start(ctx, flow.ProcessVersion{Document: document, By: by.Account, At: d.Clock.Now()}, p.Version); err != nil {
			return err
		}
		return d.audit(ctx, by, "send.started", s.Name)
	}
	if !d.approvedBefore(&document) {
		return done, start(ctx)
	}
	part, err := d.oneOffPart(&p)
	if err != nil {
		return done, err
	}
	return d.approve(ctx, by, Approvals{Kind: storage.OneOffApproval, Go: func(ctx context.Context, _ string, _ []int64) (int, error) {
		return part.Customers, start(ctx)
	}}, []ApprovalPart{part}, s.Typed)
}

// approvedBefore tells whether a one-off message is approved before it starts: what
// members do by hand. Mass messages are approved when they are made, by whom they
// reach then.
func (d *Desk) approvedBefore(p *sop.Process) bool {
	return p.Steps[0].Channel != sop.Mass && d.Brand.Documents().General.Approval
}

// approvedVersion numbers the version of a process among what is approved.
func approvedVersion(p *flow.Process) int64 { return storage.VersionSubject(p.Number, p.Version) }

// oneOffPart returns a draft as what is approved: it reaches whom its rule describes.
func (d *Desk) oneOffPart(p *flow.Process) (ApprovalPart, error) {
	ix, err := d.index()
	if err != nil {
		return ApprovalPart{}, err
	}
	reaches, err := ix.Count(&p.Document.Trigger.Rule.Rule, org.All(), ix.Position().Day)
	part := ApprovalPart{ID: approvedVersion(p), Customers: reaches, Send: storage.SendOf(storage.OneOffApproval, p.Name, strconv.Itoa(p.Version))}
	if stores := p.Document.OneOff.Stores; len(stores) > 0 {
		part.Store = id.Store(stores[0])
	}
	return part, err
}

// beginning lets a document that begins at once begin now, and tells whether one of a
// date still can.
func (d *Desk) beginning(p *sop.Process) error {
	now := d.Clock.Now()
	if p.OneOff.Now {
		d.setMoment(p, d.nextMoment(now))
		return nil
	}
	at, until := p.OneOffAt(d.Zone)
	if !until.After(now) || clock.Day(at, d.Zone).Before(d.today()) {
		return fault.WithKey(fault.Invalid, "error.send_past", fmt.Errorf("%s was to happen at %s", p.Name, at))
	}
	return nil
}

// SetOneOff implements web.OneOffs.
func (d *Desk) SetOneOff(ctx context.Context, by web.Asker, name string, to web.ProcessState) error {
	p, err := d.oneOff(ctx, by.Scope, name)
	if err != nil {
		return err
	}
	begun := p.State == flow.ProcessActive || p.State == flow.ProcessPaused
	if p.State == flow.ProcessState(to) || p.State == flow.ProcessRetired || to == web.ProcessDraft || !begun && to != web.ProcessRetired {
		return fault.WithKey(fault.Conflict, "error.send_state", fmt.Errorf("%s is %s and cannot become %s", name, p.State, to))
	}
	if err := d.Operator.Set(ctx, name, flow.ProcessState(to), by.Account); err != nil {
		return err
	}
	return d.audit(ctx, by, "send."+string(to), name)
}
