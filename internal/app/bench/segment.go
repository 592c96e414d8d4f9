package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"siyu/internal/app"
	"siyu/internal/audience"
	"siyu/internal/audience/index"
	"siyu/internal/audience/madeup"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/storage"
)

// SegmentOptions say on how many made-up customers.
type SegmentOptions struct {
	Options
	Index bool              // ask an index of made-up rows
	Reads []storage.Dialect // from which databases an index is read
	Asked []storage.Dialect // which get the same rows as the index and are asked the same

	adjust func() // see app.Thrift
}

// Segments is how fast questions about all customers are answered. Rate and
// times are of counting four predicates; RSS is of building the index and
// asking it.
type Segments struct {
	Figures
	Build       float64 `json:"build_seconds"`      // from rows that are made up meanwhile
	BuildCPU    float64 `json:"build_cpu_seconds"`  // of all processors, making up included
	MakingUp    float64 `json:"making_up_seconds"`  // what making up the rows alone takes
	PerCustomer float64 `json:"bytes_per_customer"` // of memory, with the whole catalogue of columns
	Columns     int     `json:"columns"`
	PerForty    float64 `json:"bytes_per_customer_40_columns"` // with 40 columns and 300 tags, of up to 1,000,000 customers
	Tags        int     `json:"tags"`

	Mixed    Asked `json:"mixed_rule"` // 20 nodes, with sums over orders
	Four     Asked `json:"four_predicates"`
	Sorted   Asked `json:"first_50_by_value"`
	Split    Asked `json:"distribution"` // of the crowd by stage, store and limiting part
	Overlap  Asked `json:"overlap"`      // of two crowds
	Changed  Asked `json:"changed_customer_500_audiences"`
	PutBatch Asked `json:"put_1000_customers"`

	Midnight float64 `json:"midnight_seconds"` // 200 audiences with relative times, evaluated and compared with the day before

	SnapshotMB   float64 `json:"snapshot_mb"`
	SnapshotSave float64 `json:"snapshot_write_seconds"`
	SnapshotRead float64 `json:"snapshot_read_seconds"`

	Reads     []SegmentRead     `json:"reads"`
	Databases []SegmentDatabase `json:"databases"`
}

// Asked is one question, asked several times.
type Asked struct {
	Found int     `json:"found"` // customers
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// SegmentDatabase is the same questions to a database that holds the same rows.
type SegmentDatabase struct {
	Engine storage.Dialect `json:"engine"`
	Store  float64         `json:"store_seconds"`
	Four   Asked           `json:"four_predicates"`
	Mixed  Asked           `json:"mixed_rule"`
	Agrees bool            `json:"agrees"` // finds as many as the index
}

const (
	fewRounds    = 5 // of what takes long
	manyRounds   = 50
	fortyColumns = 40
	fortyMost    = 1_000_000 // customers of whom memory is measured a second time
	audiences    = 500
	relative     = 200 // audiences with relative times
	firstPage    = 50
)

// segmentDay is the business day of the made-up rows.
var segmentDay = event.At(firstMorning).Day()

// Segment makes customers up and asks questions about all of them.
func Segment(ctx context.Context, o SegmentOptions) (result Segments, err error) {
	result.Customers, result.Columns, result.Tags = o.Customers, len(audience.Columns()), madeup.Tags
	if o.Index {
		if err := result.index(ctx, o); err != nil {
			return result, err
		}
		debug.FreeOSMemory() // of the index, before the databases are filled
	}
	for _, engine := range o.Reads {
		read, err := o.read(ctx, engine)
		if err != nil {
			return result, fmt.Errorf("read the index from %s: %w", engine, err)
		}
		result.Reads = append(result.Reads, read)
	}
	for _, engine := range o.Asked {
		asked, err := o.database(ctx, engine, result)
		if err != nil {
			return result, fmt.Errorf("ask %s the same: %w", engine, err)
		}
		result.Databases = append(result.Databases, asked)
	}
	return result, nil
}

// indexSpare is how many per cent of the index's memory may wait to be collected:
// columns hold no pointers, so that looking through them costs little.
const indexSpare = 25

// index makes the index of made-up rows and asks it.
func (s *Segments) index(ctx context.Context, o SegmentOptions) error {
	var end func()
	o.adjust, end = app.Thrift(indexSpare)
	defer end()
	s.PerForty = memoryOf(min(o.Customers, fortyMost), fortyColumns)
	forgetPeak()
	whole := started()
	ix := s.build(o)
	for _, step := range []func(context.Context, *index.Index) error{s.count, s.crowds, s.change, s.midnight} {
		if err := errors.Join(ctx.Err(), step(ctx, ix)); err != nil {
			return err
		}
	}
	s.RSS = resident(ownProcess) // the snapshot is read beside the index that wrote it
	if err := s.snapshot(ix); err != nil {
		return err
	}
	s.Seconds = whole.passed().Seconds()
	return nil
}

// rowsAtOnce is how many rows are made up before they are given on.
const rowsAtOnce = 512

// chunksAdjusted is after how many chunks memory is looked at, about as often as
// by who reads an index.
const chunksAdjusted = 1000

// eachMadeUp makes customers up and gives them on in chunks, whose memory is
// used again.
func eachMadeUp(customers int, give func([]audience.Row) error) error {
	maker, rows := madeup.New(customers, segmentDay), make([]audience.Row, rowsAtOnce)
	for i := range rows {
		rows[i] = madeup.Blank()
	}
	for from := 0; from < customers; from += rowsAtOnce {
		part := rows[:min(rowsAtOnce, customers-from)]
		for i := range part {
			maker.Row(from+i, &part[i])
		}
		if err := give(part); err != nil {
			return err
		}
	}
	return nil
}

func (s *Segments) build(o SegmentOptions) *index.Index {
	alone := started()
	_ = eachMadeUp(o.Customers, func([]audience.Row) error { return nil })
	s.MakingUp = alone.passed().Seconds()
	before, began, cpu := inUse(), started(), spent()
	b := index.NewBuilder(o.Customers)
	told := 0
	_ = eachMadeUp(o.Customers, func(rows []audience.Row) error {
		b.Add(rows)
		if told++; told%chunksAdjusted == 0 {
			o.adjust()
		}
		return nil
	})
	ix := b.Index()
	s.Build, s.BuildCPU = began.passed().Seconds(), spent()-cpu
	s.PerCustomer = float64(inUse()-before) / float64(o.Customers)
	o.say("%d customers in the index in %.1f s (making them up alone: %.1f s), %.0f bytes each; %.0f with 40 columns",
		o.Customers, s.Build, s.MakingUp, s.PerCustomer, s.PerForty)
	return ix
}

// memoryOf returns how many bytes a customer takes who has values in the first
// so many columns only; those that are the same for everybody take none.
func memoryOf(customers, columns int) float64 {
	before, b := inUse(), index.NewBuilder(customers)
	_ = eachMadeUp(customers, func(rows []audience.Row) error {
		for i := range rows {
			clear(rows[i].Values[columns:])
		}
		b.Add(rows)
		return nil
	})
	ix := b.Index()
	used := float64(inUse()-before) / float64(customers)
	runtime.KeepAlive(ix)
	return used
}

// inUse returns how much memory is reachable.
func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // what the first one finalised
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func (a *Asked) take(all times) {
	a.P50, a.P95, a.P99, a.Max = all.at(.50), all.at(.95), all.at(.99), all.at(1)
}

// ask asks several times; do returns how many were found.
func ask(rounds int, do func() (int, error)) (asked Asked, all times, err error) {
	for range rounds {
		began := started()
		asked.Found, err = do()
		if err != nil {
			return asked, nil, err
		}
		all = append(all, began.passed())
	}
	asked.take(all)
	return asked, all, nil
}

func (s *Segments) count(_ context.Context, ix *index.Index) error {
	counting := func(rule audience.Rule) func() (int, error) {
		return func() (int, error) { return ix.Count(&rule, org.All(), segmentDay) }
	}
	var all times
	var err error
	if s.Four, all, err = ask(manyRounds, counting(fourPredicates())); err != nil {
		return err
	}
	s.take(all)
	var sum time.Duration
	for _, t := range all {
		sum += t
	}
	s.Rate = float64(len(all)) / sum.Seconds()
	s.Mixed, _, err = ask(manyRounds, counting(mixedRule()))
	return err
}

func (s *Segments) crowds(_ context.Context, ix *index.Index) error {
	bought := condition("orders", audience.Ever, audience.AtLeast, 1)
	crowd, err := ix.Evaluate(&bought, org.All(), segmentDay)
	if err != nil {
		return err
	}
	page := index.Page{Column: audience.ColumnAt("value", audience.Ever), Descending: true, N: firstPage}
	if s.Sorted, _, err = ask(manyRounds, func() (int, error) { crowd.First(page); return crowd.Len(), nil }); err != nil {
		return err
	}
	if s.Split, _, err = ask(fewRounds, func() (int, error) {
		for _, field := range []string{"stage", "store", "limiting"} {
			crowd.Split(field, firstPage)
		}
		return crowd.Len(), nil
	}); err != nil {
		return err
	}
	mixed := mixedRule()
	other, err := ix.Evaluate(&mixed, org.All(), segmentDay)
	if err != nil {
		return err
	}
	s.Overlap, _, err = ask(manyRounds, func() (int, error) { return crowd.Overlap(other), nil })
	return err
}

// change lets single customers live on, and asks of 500 audiences whether they
// are members now.
func (s *Segments) change(_ context.Context, ix *index.Index) error {
	var matchers []audience.Matcher
	for i := range audiences {
		rule := oneOfMany(i)
		m, err := audience.Compile(&rule)
		if err != nil {
			return err
		}
		matchers = append(matchers, m)
	}
	later, row, at := madeup.New(s.Customers, segmentDay+1), madeup.Blank(), 0
	nobody := func(int64) bool { return false }
	var err error
	if s.Changed, _, err = ask(manyRounds, func() (found int, _ error) {
		at = (at + s.Customers/manyRounds + 1) % s.Customers
		later.Row(at, &row)
		ix.Put([]audience.Row{row})
		for _, m := range matchers {
			if m.Matches(audience.Asked{Row: &row, Members: nobody, Today: segmentDay + 1}) {
				found++
			}
		}
		return found, nil
	}); err != nil {
		return err
	}
	rows := make([]audience.Row, touched)
	for i := range rows {
		rows[i] = madeup.Blank()
	}
	round := 0
	var all times
	for range turnRounds {
		round++
		for i := range rows {
			later.Row((round+i*(s.Customers/touched+1))%s.Customers, &rows[i])
		}
		began := started()
		s.PutBatch.Found = len(ix.Put(rows))
		all = append(all, began.passed())
	}
	s.PutBatch.take(all)
	return nil
}

// midnight evaluates audiences with relative times anew and tells who came and
// who went.
func (s *Segments) midnight(ctx context.Context, ix *index.Index) error {
	for i := range relative {
		rule := passing(i)
		before, err := ix.Evaluate(&rule, org.All(), segmentDay)
		if err != nil {
			return err
		}
		began := started()
		after, err := ix.Evaluate(&rule, org.All(), segmentDay+1)
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		index.Difference(before, after)
		s.Midnight += began.passed().Seconds()
	}
	return nil
}

func (s *Segments) snapshot(ix *index.Index) (err error) {
	folder, err := os.MkdirTemp("", "siyu-bench-*")
	if err != nil {
		return fmt.Errorf("create data folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "audience.index")
	began := started()
	if err := writeSnapshot(ix, path); err != nil {
		return err
	}
	s.SnapshotSave, began = began.passed().Seconds(), started()
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	read, err := index.Read(bufio.NewReaderSize(file, snapshotBuffer))
	if err != nil {
		return err
	}
	s.SnapshotRead = began.passed().Seconds()
	if read.Len() != ix.Len() {
		return fmt.Errorf("the snapshot has %d customers of %d", read.Len(), ix.Len())
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	s.SnapshotMB = float64(info.Size()) / (1 << 20)
	return nil
}

const snapshotBuffer = 1 << 20

func writeSnapshot(ix *index.Index, path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	to := bufio.NewWriterSize(file, snapshotBuffer)
	if _, err := ix.WriteTo(to); err != nil {
		return err
	}
	return errors.Join(to.Flush(), file.Sync())
}
