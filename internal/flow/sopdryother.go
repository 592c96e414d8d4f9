package flow

import (
	"context"
	"slices"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// others gathers the groups, stores or members of a process about them.
func (d *dry) others(ctx context.Context) error {
	list, err := d.subjects(ctx, d.world, &Process{Document: *d.process})
	if err != nil {
		return err
	}
	if d.process.Subject == sop.OfGroup {
		all, err := d.Groups(ctx)
		if err != nil {
			return err
		}
		d.groups = make(map[id.Group]profile.Group, len(all))
		for i := range all {
			d.groups[all[i].ID] = all[i]
		}
	}
	d.run.Customers = len(list)
	dates := d.sharedDates()
	for _, subject := range list {
		anchors, err := d.happened(ctx, subject)
		if err != nil {
			return err
		}
		d.enter(subject, false, append(anchors, dates...))
	}
	return d.tell()
}

// within tells whether a moment lies in the time that is looked at.
func (d *dry) within(at event.Instant) bool { return at >= d.from && at < d.until }

// sharedDates returns the dates of the process in the time, none where facts begin it.
func (d *dry) sharedDates() (days []event.Instant) {
	t := &d.process.Trigger
	for day := sop.DayOf(d.from.Time().In(d.Zone)); event.At(day.Start(d.Zone)) < d.until; day = day.Plus(1) {
		at := event.At(day.Start(d.Zone))
		if d.within(at) && (slices.Contains(t.Dates, day) || slices.Contains(t.Weekdays, sop.WeekdayOf(day.Weekday()))) {
			days = append(days, at)
		}
	}
	return days
}

// happened returns when the fact of the process happened to a group or member in the time.
func (d *dry) happened(ctx context.Context, subject int64) (list []event.Instant, err error) {
	switch d.process.Trigger.Fact {
	case event.KindGroupSeen:
		if at := d.groups[id.Group(subject)].Created; d.within(at) {
			list = append(list, at)
		}
	case event.KindStaffSeen:
		joins, err := d.joins(ctx, event.Staff(id.Staff(subject)))
		if err != nil {
			return nil, err
		}
		for _, f := range joins {
			if at := event.At(f.At); d.within(at) {
				list = append(list, at)
			}
		}
	}
	return list, nil
}
