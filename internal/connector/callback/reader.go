package callback

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"siyu/internal/clock"
	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/vault"
	"siyu/internal/wecom"
)

// Inbox gives out letters. A vault.Inbox and its store together are one.
type Inbox interface {
	// Pending returns up to limit letters not yet finished, oldest first, with
	// their bodies opened.
	Pending(ctx context.Context, limit int) ([]vault.Letter, error)
	// FinishLetters marks letters as turned into facts.
	FinishLetters(ctx context.Context, hashes [][32]byte, at time.Time) error
	// FailLetter counts a failed attempt and sets the letter aside after limit
	// of them.
	FailLetter(ctx context.Context, hash [32]byte, reason string, limit int) error
}

// Arrival is a customer who can be welcomed. Name is personal: it may stand
// in the welcome, and nowhere else.
type Arrival struct {
	Corp           id.Corp
	Staff          id.Staff
	UserID         string
	Customer       id.Customer
	ExternalUserID string
	Name           string // empty if it could not be read in time
	State          string // channel of the contact way or link
	Code           wecom.Secret
	Added          time.Time
}

// Welcomer greets customers. It decides whether there is something to say.
type Welcomer interface {
	// Welcome sends a welcome, within the life of the code.
	Welcome(ctx context.Context, a Arrival) error
}

// Door is one corp: the client to look with and the intake to tell.
type Door struct {
	Client *wecom.Client
	Intake *intake.Intake
	// Tags looks at the corp's tags and keeps what changed; nil if nobody keeps
	// them.
	Tags func(ctx context.Context) error
}

// Settings of a Reader, changeable by people.
type Settings struct {
	// Bulk says when a member's deletions are an alarm.
	Bulk intake.BulkRule
	// Attempts is how often a letter that cannot be understood is tried before
	// it is set aside for a person.
	Attempts int
}

// DefaultSettings: ten deletions within an hour are far above what tidying up
// needs and far below a member's list, so the alarm comes while most customers
// can still be reached. Five attempts outlast a restart of what broke.
func DefaultSettings() Settings {
	return Settings{Bulk: intake.BulkRule{Deletions: 10, Within: time.Hour}, Attempts: 5}
}

// Config of a Reader.
type Config struct {
	Doors    map[id.Corp]Door
	Inbox    Inbox
	Welcomer Welcomer
	Settings Settings
	Clock    clock.Clock
	Logger   *slog.Logger
	// Archived is called when WeCom says that the archive has new messages; it
	// must not block. May be nil.
	Archived func(id.Corp)
}

const (
	lettersAtOnce = 500
	lookAtOnce    = 8  // API calls of one turn in flight
	welcomesOnce  = 32 // they mostly wait for the network
	pollPause     = time.Second
	// A letter whose looking failed, or whose group the API shows only later,
	// rests before it is tried again; others pass it.
	restAfter = 2 * time.Second
	mostRests = 5 // for data that trails its event; a failing API is waited for without end
	errorRest = 5 * time.Second
)

// Reader turns letters into facts.
type Reader struct {
	Config
	wake     chan struct{}
	welcomes sync.WaitGroup
	slots    chan struct{}
	resting  map[[32]byte]rest // only Turn uses it, and Turn is not concurrent
}

// rest says when a letter is tried again, and how often it has rested.
type rest struct {
	until    time.Time
	times    int
	welcomed bool // its welcome was started
}

// NewReader returns a Reader.
func NewReader(c Config) *Reader {
	return &Reader{Config: c, wake: make(chan struct{}, 1), slots: make(chan struct{}, welcomesOnce), resting: map[[32]byte]rest{}}
}

// Wake tells a running reader that there is a new letter. It does not block.
func (r *Reader) Wake() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run reads letters until the context ends; then it waits for welcomes that
// are under way. Only one Reader may run per installation.
func (r *Reader) Run(ctx context.Context) {
	defer r.welcomes.Wait()
	for ctx.Err() == nil {
		handled, err := r.Turn(ctx)
		pause := pollPause
		switch {
		case err != nil && ctx.Err() == nil:
			r.Logger.ErrorContext(ctx, "reading callbacks failed", "error", err)
			pause = errorRest
		case handled > 0:
			continue
		}
		r.pause(ctx, pause)
	}
}

func (r *Reader) pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.wake:
	case <-timer.C:
	}
}

// Turn handles the letters that wait now, up to 500, and returns how many it
// finished or set aside. Letters that rest are left for a later turn.
func (r *Reader) Turn(ctx context.Context) (handled int, err error) {
	all, err := r.Inbox.Pending(ctx, lettersAtOnce+len(r.resting))
	if err != nil {
		return 0, fmt.Errorf("read the inbox: %w", err)
	}
	byCorp := map[id.Corp][]letter{}
	for _, l := range all {
		if r.Clock.Now().Before(r.resting[l.Hash].until) {
			continue
		}
		read, err := r.open(l)
		if err != nil {
			if err := r.fail(ctx, l.Hash, err); err != nil {
				return handled, err
			}
			handled++
			continue
		}
		byCorp[l.Corp] = append(byCorp[l.Corp], read)
	}
	for corp, letters := range byCorp {
		n, err := r.handle(ctx, r.Doors[corp], letters)
		handled += n
		if err != nil {
			return handled, err
		}
	}
	return handled, nil
}

// letter is a letter that has been read.
type letter struct {
	hash  [32]byte
	event wecom.Event
	at    time.Time
}

func (r *Reader) open(l vault.Letter) (letter, error) {
	if _, ok := r.Doors[l.Corp]; !ok {
		return letter{}, fault.New(fault.Invalid, "no corp of ours")
	}
	e, err := wecom.ParseEvent(l.Body)
	if err != nil {
		return letter{}, fault.WithKey(fault.Invalid, "", err)
	}
	at := e.At()
	if at.IsZero() {
		at = l.Received
	}
	return letter{hash: l.Hash, event: e, at: at}, nil
}

// handle turns letters of one corp into facts, together if it can, else one
// by one so that a bad one harms only itself.
func (r *Reader) handle(ctx context.Context, door Door, letters []letter) (int, error) {
	seen := r.look(ctx, door, letters)
	done, err := r.tell(ctx, door, letters, seen)
	if err == nil {
		return done, nil
	}
	if len(letters) == 1 || ctx.Err() != nil {
		return r.blame(ctx, letters[0], err)
	}
	done = 0
	for _, one := range letters {
		n, err := r.tell(ctx, door, []letter{one}, seen)
		if err != nil {
			n, err = r.blame(ctx, one, err)
		}
		if done += n; err != nil {
			return done, err
		}
	}
	return done, nil
}

// blame counts an attempt against a letter that cannot be understood. Other
// failures, of a database for instance, are nobody's fault here.
func (r *Reader) blame(ctx context.Context, l letter, err error) (int, error) {
	if fault.CodeOf(err) != fault.Invalid {
		return 0, err
	}
	return 1, r.fail(ctx, l.hash, err)
}

func (r *Reader) fail(ctx context.Context, hash [32]byte, cause error) error {
	r.Logger.WarnContext(ctx, "callback could not be read", "letter", fmt.Sprintf("%x", hash[:6]), "error", cause)
	if err := r.Inbox.FailLetter(ctx, hash, cause.Error(), r.Settings.Attempts); err != nil {
		return fmt.Errorf("count a failed letter: %w", err)
	}
	delete(r.resting, hash)
	return nil
}

// tell writes the facts of letters and finishes them, except those that have
// to rest.
func (r *Reader) tell(ctx context.Context, door Door, letters []letter, seen *sight) (int, error) {
	batch := door.Intake.Begin(event.FromCallback)
	finished := make([][32]byte, 0, len(letters))
	for _, l := range letters {
		ready, err := r.translate(ctx, batch, l, seen)
		if err != nil {
			return 0, err
		}
		if ready {
			finished = append(finished, l.hash)
		} else {
			r.rest(l)
		}
	}
	if _, err := batch.Commit(ctx); err != nil {
		return 0, err
	}
	if len(finished) == 0 {
		return 0, nil
	}
	if err := r.Inbox.FinishLetters(ctx, finished, r.Clock.Now()); err != nil {
		return 0, fmt.Errorf("finish %d letters: %w", len(finished), err)
	}
	for _, hash := range finished {
		delete(r.resting, hash)
	}
	return len(finished), nil
}

func (r *Reader) rest(l letter) {
	rested := r.resting[l.hash]
	rested.times++
	rested.until = r.Clock.Now().Add(restAfter)
	r.resting[l.hash] = rested
}
