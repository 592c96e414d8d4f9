package callback

import (
	"context"
	"fmt"
	"slices"
	"time"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/wecom"
)

// translate tells the facts of one letter. ready is false if it has to rest
// because what it hints at cannot be seen yet. A panic is the letter's fault.
func (r *Reader) translate(ctx context.Context, b *intake.Batch, l letter, s *sight) (ready bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			ready, err = false, fault.New(fault.Invalid, "reading the event panicked: %v", p)
		}
	}()
	switch l.event.Kind {
	case wecom.EventContact:
		return r.contact(ctx, b, l, s)
	case wecom.EventGroup:
		return r.group(ctx, b, l, s)
	case wecom.EventTag:
		return told(s.tags, func(struct{}) error { return nil })
	case wecom.EventStaff:
		return r.staff(ctx, b, l, s)
	case wecom.EventArchive:
		if r.Archived != nil {
			r.Archived(b.Corp)
		}
	}
	return true, nil
}

// told passes on what was seen, or says that it must be looked at again. What
// the platform refuses for good is left to reconciliation.
func told[T any](found seen[T], tell func(T) error) (ready bool, err error) {
	if found.err != nil {
		return !intake.Unreachable(found.err), nil //nolint:nilerr // refused for good is an answer
	}
	return true, tell(found.value)
}

func (r *Reader) contact(ctx context.Context, b *intake.Batch, l letter, s *sight) (ready bool, err error) {
	e := l.event
	if e.UserID == "" || e.ExternalUserID == "" {
		return false, fault.New(fault.Invalid, "a %s without member or customer", e.Change)
	}
	ending := intake.Ending{UserID: e.UserID, ExternalUserID: e.ExternalUserID, At: l.at}
	switch e.Change {
	case wecom.CustomerAdded, wecom.CustomerHalfAdded, wecom.CustomerEdited:
		return r.relation(ctx, b, l, s.customers[e.ExternalUserID])
	case wecom.CustomerDeletedByStaff:
		if e.Source == wecom.DeletedByTransfer {
			ending.By = event.ByTransfer
			return true, b.End(ctx, ending)
		}
		ending.By = event.ByStaff
		if err := b.End(ctx, ending); err != nil {
			return false, err
		}
		return true, b.Deleted(ctx, ending, r.Settings.Bulk)
	case wecom.StaffDeletedByCustomer:
		ending.By = event.ByCustomer
		return true, b.End(ctx, ending)
	case wecom.CustomerTransferFailed:
		return true, b.TransferFailed(e.UserID, e.ExternalUserID, e.FailReason, l.at)
	}
	return true, nil
}

// sameAdd is how far an event's time and the API's may lie apart and still
// mean one connection: both count seconds, on different machines.
const sameAdd = 5 * time.Second

// relation tells a relation as the API shows it. What an event says of an add
// that the API does not show, or shows with another time, is told as well: the
// two have parted, or met again, since. An edit the API does not show has been
// overtaken.
func (r *Reader) relation(ctx context.Context, b *intake.Batch, l letter, found seen[wecom.CustomerFollowers]) (ready bool, err error) {
	if intake.Unreachable(found.err) {
		return false, nil
	}
	e := l.event
	relation, shown := intake.With(found.value, e.UserID)
	if e.Change != wecom.CustomerEdited && (!shown || relation.Follow.Created.Time().Sub(l.at).Abs() > sameAdd) {
		err := b.Announce(ctx, intake.Announced{
			UserID: e.UserID, ExternalUserID: e.ExternalUserID, State: e.State, At: l.at, Half: e.Change == wecom.CustomerHalfAdded,
		})
		if err != nil {
			return false, err
		}
	}
	if !shown {
		return true, nil
	}
	return true, b.Relation(ctx, relation, l.at)
}

// group tells a group as the API shows it. The platform applies changes after
// it announces them: a group that is not there yet, or still has the version
// before the event, is looked at again a few times.
func (r *Reader) group(ctx context.Context, b *intake.Batch, l letter, s *sight) (ready bool, err error) {
	e := l.event
	if e.ChatID == "" {
		return false, fault.New(fault.Invalid, "a group %s without group", e.Change)
	}
	if e.Change == wecom.GroupDismissed {
		return true, b.Dismissed(ctx, e.ChatID, l.at)
	}
	found := s.groups[e.ChatID]
	if intake.Unreachable(found.err) {
		return false, nil
	}
	trails := found.err != nil || e.LastVersion != "" && e.LastVersion != e.MemberVersion && found.value.Version == e.LastVersion
	if trails && r.resting[l.hash].times < mostRests {
		return false, nil
	}
	if found.err != nil {
		return true, nil //nolint:nilerr // not ours to see; reconciliation lists what is
	}
	return true, b.Group(ctx, found.value, l.at)
}

func (r *Reader) staff(ctx context.Context, b *intake.Batch, l letter, s *sight) (ready bool, err error) {
	e := l.event
	switch e.Change {
	case wecom.StaffDeleted:
		return true, b.StaffLeft(ctx, e.UserID, l.at)
	case wecom.DepartmentCreated, wecom.DepartmentUpdated, wecom.DepartmentDeleted:
		return told(s.departments, func(list []wecom.Department) error { return b.Departments(ctx, list) })
	case wecom.StaffCreated, wecom.StaffUpdated:
		member := s.members[presentUserID(e)]
		if intake.Unreachable(member.err) || intake.Unreachable(s.contacts.err) {
			return false, nil
		}
		if member.err != nil {
			return true, nil //nolint:nilerr // not ours to see, as above
		}
		if e.NewUserID != "" && e.NewUserID != e.UserID {
			if err := b.StaffLeft(ctx, e.UserID, l.at); err != nil {
				return false, fmt.Errorf("rename member: %w", err)
			}
		}
		return true, b.Staff(ctx, member.value, slices.Contains(s.contacts.value, member.value.UserID), l.at)
	}
	return true, nil
}
