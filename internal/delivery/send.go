package delivery

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Send is the same words for the same purpose, to whomever they go and however many
// members confirm them: what the circuit breaker watches. All wordings of a text, or of a
// step of a process, are one. It goes on while the words are used; see SendSpan and
// SendPause.
type Send struct {
	ID       int64
	Words    id.Code
	Purpose  event.Purpose
	Material string    // content code, "" where the words are a process's own
	Text     string    // of several wordings the first that was queued
	Since    time.Time // first queued
	Latest   time.Time // last queued, to the hour
	State    SendState
	Counted  time.Time // since when Harm is counted: Since, or when a person let it go on
	decision.Harm
	Halted    time.Time         // when the breaker stopped it
	Because   decision.Deed     // Deleted or Complained
	Evidence  decision.Evidence // what the breaker saw
	Decided   time.Time
	DecidedBy string
	Why       string    // in the words of who decided
	Told      time.Time // when people were told that it was halted
}

// SendState is where a Send stands with the circuit breaker.
type SendState string

// The states. Running and Continued are watched; of a Halted one nothing leaves
// until a person decides.
const (
	Running       SendState = "running"
	Halted        SendState = "halted"
	Continued     SendState = "continued"
	SendCancelled SendState = "cancelled"
)

// How long words are one Send: a process that says the same for ever begins a new
// one after SendSpan, and words that nobody used for SendPause are asked about
// anew.
const (
	SendSpan  = 28 * 24 * time.Hour
	SendPause = 7 * 24 * time.Hour
)

// WordsOf names the words of a mass message with their purpose and pictures, or those
// that it is watched with. The link is left out: each dispatch has its own.
func WordsOf(d *Dispatch) id.Code {
	if d.Words != 0 {
		return d.Words
	}
	return id.CodeOf("send\n" + string(d.Purpose) + "\n" + d.Text + "\n" + d.Title + "\n" + d.Files)
}

// wordsOfMaterial names a text of several wordings, 0 of one. Who changes one of them
// begins other words.
func wordsOfMaterial(m content.Material) id.Code {
	if len(m.Others) == 0 {
		return 0
	}
	parts := []string{"text", string(m.Purpose), m.Code, m.Title, content.FilesText(m.Files)}
	for _, w := range m.Wordings() {
		parts = append(parts, w.Text)
	}
	return id.CodeOf(strings.Join(parts, "\n"))
}

// wordsOfStep names a step of several wordings, 0 of one. Who changes one of them begins
// other words; another version of the process that leaves them does not.
func wordsOfStep(process int64, s *sop.Step) id.Code {
	if len(s.Content) < 2 {
		return 0
	}
	parts := []string{"step", id.Text(process), s.Name, string(s.Purpose)}
	for i := range s.Content {
		v := &s.Content[i]
		parts = append(parts, v.Material, v.Text.ZH, v.Text.EN, v.Files)
	}
	return id.CodeOf(strings.Join(parts, "\n"))
}

// Follows returns the Send that a dispatch is part of when it is queued: the last one
// of its words, or the beginning of another one.
func Follows(d *Dispatch, last *Send) Send {
	if last != nil && d.Since.Sub(last.Since) < SendSpan && d.Since.Sub(last.Latest) < SendPause {
		next := *last
		if hour := d.Since.Truncate(time.Hour); hour.After(next.Latest) {
			next.Latest = hour
		}
		return next
	}
	words := WordsOf(d)
	return Send{ID: numberOf("send", id.Text(words), d.Since.UTC().Format(time.RFC3339Nano)), Words: words, Purpose: d.Purpose, Material: d.Material,
		Text: d.Text, Since: d.Since, Latest: d.Since.Truncate(time.Hour), State: Running, Counted: d.Since}
}

// SendWord is who decides about a halted send, and why.
type SendWord struct{ Account, Why string }

// SendQuery picks sends. Zero fields ask nothing.
type SendQuery struct {
	States     []SendState
	LatestFrom time.Time // Latest not before it
	Harmed     bool      // only with deletions or complaints
	IDs        []int64
}

// Sends keeps what the circuit breaker knows.
type Sends interface {
	// FollowSends reads on in the log: deletions, complaints, answers and purchases
	// are put down to the messages before them, each once. It returns whether there
	// is more to read and whether any send was harmed.
	FollowSends(ctx context.Context, now time.Time) (more, harmed bool, err error)
	// Sends returns what the query picks, the latest first.
	Sends(ctx context.Context, q SendQuery) ([]Send, error)
	// SendPast returns what mass messages that arrived on the days came to, by send
	// and purpose.
	SendPast(ctx context.Context, from, until time.Time) ([]SendHarm, error)
	// ChangeSend lets change alter state, counting and decision of a send, as
	// Ledger.ChangeDispatch does with a dispatch.
	ChangeSend(ctx context.Context, send int64, change func(*Send) error) error
}

// SendHarm is what one send came to.
type SendHarm struct {
	Send    int64
	Purpose event.Purpose
	decision.Harm
}

// Braked counts what one round of Brake did.
type Braked struct {
	Halted  []Send // newly
	Stopped int    // tasks that WeCom was asked to stop
	Dropped int    // dispatches of cancelled sends
}

// Brake is the circuit breaker. It reads what customers did, compares every send that
// does harm with the brand's own history, halts those that are above its band, and
// stops what of halted and cancelled sends has not been confirmed. Whatever ends the
// program in between, the next round goes on: what is halted is stored before
// anything is stopped, and stopping again changes nothing.
func (g *Gate) Brake(ctx context.Context) (b Braked, err error) {
	if g.Sends == nil {
		return b, nil
	}
	now := g.Clock.Now()
	harmed := !g.judged.Load() // whoever ended before may have read without judging
	for more := true; more; {
		var some bool
		if more, some, err = g.Sends.FollowSends(ctx, now); err != nil {
			return b, fmt.Errorf("follow sends: %w", err)
		}
		harmed = harmed || some
	}
	if harmed {
		if b.Halted, err = g.judge(ctx, now); err != nil {
			return b, err
		}
		g.judged.Store(true)
	}
	return b, g.stopHalted(ctx, now, &b)
}

// judge halts sends that are above the band.
func (g *Gate) judge(ctx context.Context, now time.Time) (halted []Send, err error) {
	sends, err := g.Sends.Sends(ctx, SendQuery{States: []SendState{Running, Continued}, LatestFrom: now.Add(-SendSpan), Harmed: true})
	if err != nil || len(sends) == 0 {
		return nil, err
	}
	past, err := g.Sends.SendPast(ctx, now.AddDate(0, 0, -decision.PastDays), now.AddDate(0, 0, -decision.PastLatest))
	if err != nil {
		return nil, err
	}
	for i := range sends {
		deed, seen := historyFor(&sends[i], past).Judge(sends[i].Harm)
		if deed == "" {
			continue
		}
		err := g.Sends.ChangeSend(ctx, sends[i].ID, func(s *Send) error {
			if s.State != Running && s.State != Continued {
				return errLost
			}
			s.State, s.Halted, s.Because, s.Evidence, s.Told = Halted, now, deed, seen, time.Time{}
			sends[i] = *s
			return nil
		})
		switch {
		case errors.Is(err, errLost):
		case err != nil:
			return halted, fmt.Errorf("halt send %d: %w", sends[i].ID, err)
		default:
			halted = append(halted, sends[i])
		}
	}
	return halted, nil
}

// historyFor adds up the past of everything but the send itself.
func historyFor(s *Send, past []SendHarm) (h decision.History) {
	for _, p := range past {
		if p.Send == s.ID {
			continue
		}
		h.All = h.All.Plus(p.Harm)
		if p.Purpose == s.Purpose {
			h.Purpose = h.Purpose.Plus(p.Harm)
		}
	}
	return h
}

// stopHalted stops what of halted and cancelled sends has not been confirmed, and drops
// what of cancelled ones has not left.
func (g *Gate) stopHalted(ctx context.Context, now time.Time, b *Braked) error {
	sends, err := g.Sends.Sends(ctx, SendQuery{States: []SendState{Halted, SendCancelled}, LatestFrom: now.Add(-SendSpan)})
	if err != nil {
		return fmt.Errorf("find stopped sends: %w", err)
	}
	for i := range sends {
		because := SendHalted
		if sends[i].State == SendCancelled {
			because = SendEnded
			if err := g.dropSend(ctx, &sends[i], b); err != nil {
				return err
			}
		}
		stopped, err := g.stopSend(ctx, &sends[i], because)
		b.Stopped += stopped
		if err != nil {
			return err
		}
	}
	return nil
}

// dropSend drops what has not left of a cancelled send.
func (g *Gate) dropSend(ctx context.Context, s *Send, b *Braked) error {
	return g.each(ctx, Query{Send: s.ID, States: []State{Planned}}, func(d Dispatch) error {
		err := g.Ledger.ChangeDispatch(ctx, d.ID, func(r *Record) error {
			if r.Dispatch.State != Planned {
				return errLost
			}
			r.Dispatch.DecidedBy = s.DecidedBy
			return r.drop(g.Clock.Now(), string(SendEnded))
		})
		if err != nil && !errors.Is(err, errLost) {
			return fmt.Errorf("drop dispatch %d: %w", d.ID, err)
		}
		b.Dropped++
		return nil
	})
}

// stopSend asks WeCom to stop the unconfirmed tasks of a send. What it does not
// answer to is stopped by Read.
func (g *Gate) stopSend(ctx context.Context, s *Send, because CancelReason) (stopped int, err error) {
	open, err := g.Ledger.Dispatches(ctx, Query{Send: s.ID, Tasks: []TaskState{Open}, Scope: org.All()})
	if err != nil {
		return 0, fmt.Errorf("find tasks of send %d: %w", s.ID, err)
	}
	for i := range open {
		err := g.Ledger.ChangeDispatch(ctx, open[i].ID, func(r *Record) error {
			if r.Dispatch.Task == Open && r.Dispatch.CancelFor == "" {
				r.Dispatch.CancelFor = because
			}
			open[i] = r.Dispatch
			return nil
		})
		if err != nil {
			return 0, fmt.Errorf("take dispatch %d back: %w", open[i].ID, err)
		}
	}
	return g.stopAll(ctx, open), nil
}

// Continue lets a halted send go on, because a person has decided so: what was taken
// back is sent anew, and harm is counted from now on. It is fault.Conflict if the send
// is not halted.
func (g *Gate) Continue(ctx context.Context, by SendWord, send int64) error {
	return g.decideSend(ctx, send, func(s *Send, now time.Time) {
		s.State, s.Counted, s.Harm, s.Decided, s.DecidedBy, s.Why = Continued, now, decision.Harm{}, now, by.Account, by.Why
	})
}

// CancelSend ends a halted send, because a person has decided so: nobody who has not
// got it gets it, and its words are not used until nobody wanted them for SendPause.
// It is fault.Conflict if the send is not halted.
func (g *Gate) CancelSend(ctx context.Context, by SendWord, send int64) error {
	err := g.decideSend(ctx, send, func(s *Send, now time.Time) {
		s.State, s.Decided, s.DecidedBy, s.Why = SendCancelled, now, by.Account, by.Why
	})
	if err != nil {
		return err
	}
	var b Braked
	return g.stopHalted(ctx, g.Clock.Now(), &b)
}

func (g *Gate) decideSend(ctx context.Context, send int64, decide func(*Send, time.Time)) error {
	err := g.Sends.ChangeSend(ctx, send, func(s *Send) error {
		if s.State != Halted {
			return fault.WithKey(fault.Conflict, "error.send_decided", fmt.Errorf("it is %s", s.State))
		}
		decide(s, g.Clock.Now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("decide about send %d: %w", send, err)
	}
	return nil
}
