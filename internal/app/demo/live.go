package demo

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/clock"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/vault"
	"siyu/internal/wecom/world"
)

// Live lives whole days: people act, staff confirm and write, and every timer
// of the product runs as it falls due.
func (d *Demo) Live(ctx context.Context, days int) error {
	for day := range days {
		d.config.Say("day %d of %d: %s", day+1, days, d.clock.Now().In(clock.Shanghai).Format(time.DateOnly))
		for range 24 {
			if err := d.Hour(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// LiveAlone lives whole days in which the brand does nothing and Siyu stands still.
func (d *Demo) LiveAlone(ctx context.Context, days int) error {
	d.platform.SetCallback(0, "")
	for range 24 * days {
		d.clock.Set(d.clock.Now().Truncate(time.Hour).Add(time.Hour))
		if err := d.world.Step(ctx, d.clock.Now()); err != nil {
			return fmt.Errorf("live an hour alone: %w", err)
		}
	}
	return nil
}

// Tally returns what a time brought, as world.World.Tally.
func (d *Demo) Tally(from, until int) world.Tally { return d.world.Tally(from, until) }

// exportHour is when the shop systems have written yesterday's exports.
const exportHour = 4

// memberDay is when somebody exports the list of members: once a week.
const memberDay = time.Monday

// Hour moves the clock by one hour and lets everything happen that falls due.
func (d *Demo) Hour(ctx context.Context) error {
	now := d.clock.Now().Truncate(time.Hour).Add(time.Hour)
	d.clock.Set(now)
	if err := d.world.Step(ctx, now); err != nil {
		return fmt.Errorf("live an hour: %w", err)
	}
	if err := d.platform.Drain(ctx); err != nil {
		return fmt.Errorf("deliver callbacks: %w", err)
	}
	if now.In(clock.Shanghai).Hour() == exportHour {
		day := clock.Day(now, clock.Shanghai)
		if err := d.importOrders(ctx, day.AddDate(0, 0, -1), day); err != nil {
			return err
		}
		if day.Weekday() == memberDay {
			if err := d.importMembers(ctx, day); err != nil {
				return err
			}
		}
	}
	if err := d.timers.Run(ctx); err != nil {
		return err
	}
	return d.work(ctx, now)
}

// Staff do today's list in business hours, an eighth of it an hour.
const (
	shopOpens  = 10
	shopCloses = 18
)

// work lets staff do contacts by hand that are due.
func (d *Demo) work(ctx context.Context, now time.Time) error {
	hour := now.In(clock.Shanghai).Hour()
	if hour < shopOpens || hour >= shopCloses {
		return nil
	}
	due, err := d.App.DB().StaffTasks(ctx, delivery.TaskQuery{
		States: []delivery.StaffTaskState{delivery.Due, delivery.Postponed}, FromBefore: now, Scope: org.All(), Limit: 100_000,
	})
	if err != nil {
		return err
	}
	for _, task := range due {
		if answer, does := d.answer(task, hour); does {
			if err := d.do(ctx, task, answer); err != nil {
				return err
			}
		}
	}
	return nil
}

// answer decides what a member does with a task: each has an hour of its own
// on each day; one in eight is not done that day at all, one in ten needs no
// contact, as the member sees it. Where the share that is carried out is given, the
// others are never done.
func (d *Demo) answer(t delivery.StaffTask, hour int) (delivery.StaffTaskState, bool) {
	draw := uint64(t.ID) >> 7
	if share := d.config.Confirming; share > 0 {
		return delivery.DoneState, int(draw%uint64(shopCloses-shopOpens))+shopOpens == hour && float64(draw/64%1000) < share*1000
	}
	switch {
	case int(draw%uint64(shopCloses-shopOpens))+shopOpens != hour, draw/64%8 == 0:
		return "", false
	case draw/4096%10 == 0:
		return delivery.NoNeed, true
	}
	return delivery.DoneState, true
}

func (d *Demo) do(ctx context.Context, t delivery.StaffTask, state delivery.StaffTaskState) error {
	if state == delivery.DoneState {
		if err := d.write(ctx, t); err != nil {
			return err
		}
	}
	scope := org.Scope{Staff: t.Staff}
	if err := d.App.Gate().AnswerTask(ctx, scope, delivery.Answer{Task: t.ID, State: state, By: by}); err != nil {
		return fmt.Errorf("answer a staff task: %w", err)
	}
	return nil
}

// write lets the member write to the customer in WeCom.
func (d *Demo) write(ctx context.Context, t delivery.StaffTask) error {
	member, ok := d.App.Brand().Member(t.Staff)
	if !ok {
		return nil
	}
	texts, err := d.App.Texts(ctx, event.Customer(t.Customer), vault.UserID)
	if err != nil {
		return err
	}
	for _, external := range texts {
		if err := d.world.Write(world.Contact{UserID: member.UserID, ExternalUserID: external, Kind: kindOf(t.Purpose), Text: t.Text, Link: t.Link}); err != nil {
			return fmt.Errorf("write to a customer: %w", err)
		}
	}
	return nil
}
