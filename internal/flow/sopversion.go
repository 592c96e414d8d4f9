package flow

import (
	"context"
	"errors"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/fault"
)

// number gives a version of an installed process the number after the newest one. A
// process keeps its subject.
func (o *Operator) number(ctx context.Context, was *Process, v *ProcessVersion) error {
	if was.Document.Subject != v.Document.Subject {
		return fault.WithKey(fault.Conflict, "error.process_subject", errors.New("a process keeps its subject"))
	}
	versions, err := o.Processes.ProcessVersions(ctx, was.Number)
	if err != nil {
		return err
	}
	v.Process, v.Version = was.Number, versions[0].Version+1
	return nil
}

// Waiting returns the version that waits to come into force in place of the one that
// is, of versions with the newest first; nil for none.
func (p *Process) Waiting(versions []ProcessVersion) *ProcessVersion {
	if len(versions) == 0 || versions[0].Version <= p.Version || !versions[0].Forced.IsZero() || !versions[0].Withdrawn.IsZero() {
		return nil
	}
	return &versions[0]
}

// Propose stores a version of an installed process that waits until Force, in place of
// one that waited before; till then the version in force stays. What says the same as
// the one that waits changes nothing. It returns the number of the version.
func (o *Operator) Propose(ctx context.Context, v ProcessVersion) (version int, err error) {
	if err := sop.Check(&v.Document); err != nil {
		return 0, fault.New(fault.Invalid, "propose process %s: %w", v.Document.Name, err)
	}
	was, err := o.named(ctx, v.Document.Name)
	if err != nil {
		return 0, err
	}
	versions, err := o.Processes.ProcessVersions(ctx, was.Number)
	if err != nil {
		return 0, err
	}
	if waits := was.Waiting(versions); waits != nil && len(sop.Diff(&waits.Document, &v.Document)) == 0 {
		return waits.Version, nil
	}
	if err := o.number(ctx, was, &v); err != nil {
		return 0, err
	}
	return v.Version, o.Processes.ProposeProcessVersion(ctx, v)
}

// Force puts the version of an installed process that waits in force: who enters from
// then on follows it. Another version is fault.Conflict.
func (o *Operator) Force(ctx context.Context, name string, version int, by string, now time.Time) error {
	p, err := o.named(ctx, name)
	if err != nil {
		return err
	}
	number := p.Number
	if err := o.Processes.ForceProcessVersion(ctx, number, version, by, now); err != nil {
		return err
	}
	if err := o.refresh(ctx); err != nil {
		return err
	}
	return o.enterFrom(ctx, o.known.by[number], by, now)
}

// Withdraw takes the version of an installed process back that waits; the one in force
// stays. Another version is fault.Conflict.
func (o *Operator) Withdraw(ctx context.Context, name string, version int, now time.Time) error {
	p, err := o.named(ctx, name)
	if err != nil {
		return err
	}
	return o.Processes.WithdrawProcessVersion(ctx, p.Number, version, now)
}

// named returns the installed process of a name.
func (o *Operator) named(ctx context.Context, name string) (*Process, error) {
	if err := o.refresh(ctx); err != nil {
		return nil, err
	}
	for i := range o.known.list {
		if o.known.list[i].Name == name {
			return &o.known.list[i], nil
		}
	}
	return nil, fault.New(fault.NotFound, "no process %q", name)
}
