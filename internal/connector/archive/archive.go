// Package archive turns the message archive into facts about talk: who wrote
// to whom, when, what kind and how long. Texts go to the vault, if they are
// kept at all. The platform gives the archive only to its own C library, so
// the messages come from an exporter beside it, decrypted, as JSON lines.
package archive

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/fault"
)

const (
	pageRows   = 1000
	lineLimit  = 4 << 20 // bytes of one message; forwarded chat records are large
	lineBuffer = 64 << 10
	pullLimit  = time.Minute // for one page
)

// Config of an Archive.
type Config struct {
	URL    string // of the exporter; seq and limit are added to its query
	HTTP   *http.Client
	Intake *intake.Intake
	// Texts says whether texts are kept in the vault.
	Texts bool
}

// Archive pulls from one exporter.
type Archive struct {
	Config
	base  *url.URL
	staff map[string]bool // userids, as told so far
}

// New returns an Archive. It makes no request.
func New(c Config) (*Archive, error) {
	base, err := url.Parse(c.URL)
	if err != nil || base.Host == "" {
		return nil, fault.New(fault.Invalid, "archive: the exporter's address must be http(s)://host/path")
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: pullLimit}
	}
	return &Archive{Config: c, base: base}, nil
}

// Pulled says what a pull brought.
type Pulled struct {
	Messages int // rows read
	Facts    int // of them new to the log
	Missed   int // sequence numbers left out by the exporter: not permitted, or already deleted
	Broken   int // lines that are no message
	Last     int64
}

// seqRow is the checkpoint.
type seqRow struct {
	Seq int64 `json:"s"`
}

const checkpoint = "archive"

// Pull reads all messages after the last that was read before. What was read
// is stored page by page, so an error loses only the page it came with. Only
// one Pull may run at a time.
func (a *Archive) Pull(ctx context.Context) (Pulled, error) {
	var sum Pulled
	staff, err := intake.StaffUserIDs(ctx, a.Intake.Ledger, a.Intake.Corp)
	if err != nil {
		return sum, err
	}
	a.staff = staff
	for {
		batch := a.Intake.Begin(event.FromArchive)
		var at seqRow
		if _, err := batch.Checkpoint(ctx, checkpoint, &at); err != nil {
			return sum, err
		}
		rows, broken, err := a.page(ctx, at.Seq)
		if err != nil {
			return sum, err
		}
		sum.Broken += broken
		for _, row := range rows {
			if err := a.tell(batch, row); err != nil {
				return sum, err
			}
			sum.Missed += max(0, int(row.Seq-at.Seq-1))
			at.Seq = max(at.Seq, row.Seq)
		}
		if err := batch.SetCheckpoint(ctx, checkpoint, at); err != nil {
			return sum, err
		}
		added, err := batch.Commit(ctx)
		if err != nil {
			return sum, err
		}
		sum.Messages, sum.Facts, sum.Last = sum.Messages+len(rows), sum.Facts+added, at.Seq
		if len(rows) < pageRows {
			return sum, nil
		}
	}
}

// page asks for the messages after seq.
func (a *Archive) page(ctx context.Context, seq int64) (rows []row, broken int, err error) {
	target := *a.base
	query := target.Query()
	query.Set("seq", strconv.FormatInt(seq, 10))
	query.Set("limit", strconv.Itoa(pageRows))
	target.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return nil, 0, fault.New(fault.Invalid, "archive: the exporter's address cannot be used")
	}
	reply, err := a.HTTP.Do(request)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // the address may hold a key
		}
		return nil, 0, fault.New(fault.Upstream, "archive: the exporter does not answer: %w", err)
	}
	defer reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		return nil, 0, fault.New(fault.Upstream, "archive: the exporter answers HTTP status %d", reply.StatusCode)
	}
	lines := bufio.NewScanner(reply.Body)
	lines.Buffer(make([]byte, 0, lineBuffer), lineLimit)
	return read(lines)
}

func read(lines *bufio.Scanner) (rows []row, broken int, err error) {
	for lines.Scan() {
		line := lines.Bytes()
		if len(line) == 0 {
			continue
		}
		var r row
		if json.Unmarshal(withoutControls(line), &r) != nil {
			broken++
			continue
		}
		rows = append(rows, r)
	}
	if err := lines.Err(); err != nil {
		return nil, 0, fault.New(fault.Upstream, "archive: reading the exporter's answer: %w", err)
	}
	return rows, broken, nil
}

// withoutControls replaces the raw control characters that texts of the
// archive contain and JSON forbids.
func withoutControls(line []byte) []byte {
	for i, b := range line {
		if b < ' ' {
			line[i] = ' '
		}
	}
	return line
}

// String hides the address, which may hold a key.
func (a *Archive) String() string { return fmt.Sprintf("archive of %s", a.Intake.Corp) }
