package storage

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"

	"siyu/internal/audience"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/profile"
)

var _ flow.Facets = (*DB)(nil)

// facetColumn is a column of audiences that table facet holds.
type facetColumn struct {
	name  string
	place int // in audience.Row.Values
}

// facetColumns are the columns that change with facts, in the order of
// audience.Columns.
var facetColumns = facetColumnsOf(audience.Columns())

func facetColumnsOf(all []audience.Column) []facetColumn {
	var list []facetColumn
	for i, c := range all {
		if !c.Field.Judged {
			list = append(list, facetColumn{columnName(c), i})
		}
	}
	return list
}

// columnName returns how the database calls a column.
func columnName(c audience.Column) string {
	if c.Window == audience.Ever {
		return c.Field.Name
	}
	return c.Field.Name + "_" + strconv.Itoa(c.Window)
}

var facetTable = facetTableOf(facetColumns)

func facetTableOf(list []facetColumn) table {
	t := table{name: "facet", key: []string{"customer_id"}, known: renew,
		columns: []column{{"customer_id", bigint}, {"moves", bigint}, {"refs", bigint}}}
	for _, c := range list {
		t.columns = append(t.columns, column{c.name, bigint})
	}
	return t
}

var facetRefTable = table{name: "facet_ref", key: []string{"customer_id", "field", "code"}, known: keep,
	columns: []column{{"customer_id", bigint}, {"field", text}, {"code", bigint}}}

// refsFields are the fields of table facet_ref in the order of audience.Row.Refs.
var refsFields = audience.RefsFields()

// SaveFacets implements flow.Facets. The hash over the rows of facet_ref is
// stored after them, so that what a stop cut off is made good by the next save.
func (db *DB) SaveFacets(ctx context.Context, rows []audience.Row) error {
	hashes, values := make([]int64, len(rows)), make([][]any, len(rows))
	for i := range rows {
		hashes[i] = refsHash(rows[i].Refs)
		values[i] = facetValues(&rows[i], hashes[i])
	}
	changes, err := db.refChanges(ctx, rows, hashes)
	if err == nil {
		err = db.saveRefs(ctx, changes)
	}
	if err == nil {
		err = db.putInTurns(ctx, facetTable, values)
	}
	if err != nil {
		return fmt.Errorf("store facets of %d customers: %w", len(rows), err)
	}
	return nil
}

func facetValues(r *audience.Row, hash int64) []any {
	values := make([]any, 0, len(facetTable.columns))
	values = append(values, int64(r.ID), r.Moves, hash)
	for _, c := range facetColumns {
		values = append(values, r.Values[c.place])
	}
	return values
}

// refsHash returns a number that differs, but for chance, where the lists do
// (FNV-1a over 64-bit words with a final mix). Of empty lists it is 0.
func refsHash(refs [][]int64) int64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h, empty := uint64(offset), true
	for field, codes := range refs {
		for _, c := range codes {
			h = (h ^ uint64(field+1)) * prime
			h = (h ^ uint64(c)) * prime
			h ^= h >> 32
			empty = false
		}
	}
	if empty {
		return 0
	}
	return int64(h>>1) | 1
}

// refChanges are rows of facet_ref to write and to remove.
type refChanges struct {
	more [][]any
	less []lessRef
}

// lessRef names rows of one customer and field.
type lessRef struct {
	customer id.Customer
	field    string
	codes    []int64
}

// refChanges compares with what is stored of those whose hash is another.
func (db *DB) refChanges(ctx context.Context, rows []audience.Row, hashes []int64) (c refChanges, err error) {
	stored, err := db.refHashes(ctx, rows)
	if err != nil {
		return c, err
	}
	var differ []*audience.Row
	var known []id.Customer
	for i := range rows {
		was, found := stored[rows[i].ID]
		if found && was == hashes[i] || !found && hashes[i] == 0 {
			continue
		}
		differ = append(differ, &rows[i])
		known = append(known, rows[i].ID) // a stop may have left rows without a hash
	}
	if len(differ) == 0 {
		return c, nil
	}
	old, err := db.refsOf(ctx, known)
	if err != nil {
		return c, err
	}
	for _, r := range differ {
		c.compare(r, old[r.ID])
	}
	return c, nil
}

func (c *refChanges) compare(r *audience.Row, old map[string][]int64) {
	for i, f := range refsFields {
		was := old[f.Name]
		for _, code := range r.Refs[i] {
			if _, found := slices.BinarySearch(was, code); !found {
				c.more = append(c.more, []any{int64(r.ID), f.Name, code})
			}
		}
		gone := slices.DeleteFunc(slices.Clone(was), func(code int64) bool {
			_, kept := slices.BinarySearch(r.Refs[i], code)
			return kept
		})
		if len(gone) > 0 {
			c.less = append(c.less, lessRef{r.ID, f.Name, gone})
		}
	}
}

func (db *DB) refHashes(ctx context.Context, rows []audience.Row) (map[id.Customer]int64, error) {
	ids := make([]id.Customer, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	slices.Sort(ids)
	hashes := make(map[id.Customer]int64, len(rows))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var hash int64
		err := scan(&who, &hash)
		hashes[who] = hash
		return err
	}, "SELECT customer_id, refs FROM "+db.dialect.joined(1)+" facet ON customer_id = j.value", idList(db.dialect, ids))
	return hashes, err
}

// refsOf returns the stored codes by customer and field, sorted.
func (db *DB) refsOf(ctx context.Context, customers []id.Customer) (map[id.Customer]map[string][]int64, error) {
	slices.Sort(customers)
	refs := make(map[id.Customer]map[string][]int64, len(customers))
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var field string
		var code int64
		if err := scan(&who, &field, &code); err != nil {
			return err
		}
		if refs[who] == nil {
			refs[who] = map[string][]int64{}
		}
		refs[who][field] = append(refs[who][field], code)
		return nil
	}, "SELECT customer_id, field, code FROM "+db.dialect.joined(1)+" facet_ref ON customer_id = j.value", idList(db.dialect, customers))
	for _, fields := range refs {
		for _, codes := range fields {
			slices.Sort(codes)
		}
	}
	return refs, err
}

func (db *DB) saveRefs(ctx context.Context, c refChanges) error {
	for some := range slices.Chunk(c.less, turnRows) {
		err := db.Write(ctx, Background, func(tx *Tx) error {
			for _, l := range some {
				if _, err := tx.exec(ctx, "DELETE FROM facet_ref WHERE customer_id = $1 AND field = $2 AND code "+tx.dialect.among(3),
					int64(l.customer), l.field, idList(tx.dialect, l.codes)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("remove refs: %w", err)
		}
	}
	return db.putInTurns(ctx, facetRefTable, c.more)
}

// ForgetFacets implements flow.Facets.
func (db *DB) ForgetFacets(ctx context.Context, customers []id.Customer) error {
	list := idList(db.dialect, customers)
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, name := range []string{"facet", "facet_ref"} {
			if _, err := tx.exec(ctx, "DELETE FROM "+name+" WHERE customer_id "+tx.dialect.among(1), list); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget facets of %d customers: %w", len(customers), err)
	}
	return nil
}

// EachMoved implements flow.Facets.
func (db *DB) EachMoved(ctx context.Context, day int64, chunk int, do func([]id.Customer) error) error {
	after := int64(-1 << 63)
	for {
		list, err := db.customers(ctx, db.reader, "SELECT customer_id FROM facet WHERE customer_id > $1 AND moves <> 0 AND moves <= $2"+
			" ORDER BY customer_id LIMIT $3", after, day, int64(chunk))
		if err != nil {
			return fmt.Errorf("read whose facets move: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		after = int64(list[len(list)-1])
		if err := do(list); err != nil {
			return err
		}
	}
}

// customers returns the ids that a query selects.
func (db *DB) customers(ctx context.Context, q querier, text string, args ...any) (list []id.Customer, err error) {
	err = each(ctx, q, func(scan func(...any) error) error {
		var who id.Customer
		err := scan(&who)
		list = append(list, who)
		return err
	}, text, args...)
	return list, err
}

// EachJudged implements flow.Facets.
func (db *DB) EachJudged(ctx context.Context, of flow.Whom, chunk int, do func([]profile.Customer, []flow.Judged) error) error {
	c := customerChunk{make([]profile.Customer, 0, chunk), newOpener()}
	judged := make([]flow.Judged, chunk)
	for first := of.First; ; {
		if err := db.readChunk(ctx, customerWalk{chunk, 1}, flow.Whom{First: first, Last: of.Last}, &c); err != nil {
			return fmt.Errorf("read customers from %d: %w", first, err)
		}
		if len(c.states) == 0 {
			return nil
		}
		if err := db.judgedBeside(ctx, c.states, judged[:len(c.states)]); err != nil {
			return err
		}
		if err := do(c.states, judged[:len(c.states)]); err != nil {
			return err
		}
		last := c.states[len(c.states)-1].ID
		if last == of.Last {
			return nil
		}
		first = last + 1
	}
}

// judgedBeside reads what is understood of states that stand in the order of
// their ids.
func (db *DB) judgedBeside(ctx context.Context, states []profile.Customer, into []flow.Judged) error {
	clear(into)
	at, scanner := 0, judgedScanner{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		if err := scanner.scan(scan); err != nil {
			return err
		}
		for at < len(states) && states[at].ID < scanner.ID {
			at++
		}
		if at < len(states) && states[at].ID == scanner.ID {
			into[at] = scanner.Judged
		}
		return nil
	}, "SELECT "+judgedSelect+" FROM insight k WHERE k.customer_id BETWEEN $1 AND $2 ORDER BY k.customer_id", int64(states[0].ID), int64(states[len(states)-1].ID))
	if err != nil {
		return fmt.Errorf("read what is understood from customer %d: %w", states[0].ID, err)
	}
	return nil
}

// Judged implements flow.Facets.
func (db *DB) Judged(ctx context.Context, customers []id.Customer) (judged []flow.Judged, err error) {
	var scanner judgedScanner
	err = each(ctx, db.reader, func(scan func(...any) error) error {
		err := scanner.scan(scan)
		judged = append(judged, scanner.Judged)
		return err
	}, "SELECT "+judgedSelect+" FROM "+db.dialect.joined(1)+" insight k ON k.customer_id = j.value",
		idList(db.dialect, slices.Sorted(slices.Values(customers))))
	if err != nil {
		return nil, fmt.Errorf("read what is understood of customers: %w", err)
	}
	return judged, nil
}

const judgedSelect = "k.customer_id, k.stage, k.limiting, k.value, k.repurchase, k.alive, k.need, k.trust, k.exposure, k.fatigue, k.next_due, k.store_id"

// judgedScanner reads row after row of judgedSelect into the same places.
type judgedScanner struct {
	flow.Judged
	places          []any
	stage, limiting sql.RawBytes
}

func (s *judgedScanner) scan(scan func(...any) error) error {
	if s.places == nil {
		s.places = []any{&s.ID, &s.stage, &s.limiting, &s.Value.Value, &s.Repurchase.Value, &s.Alive.Value, &s.Need.Value, &s.Trust.Value, &s.Exposure.Value,
			&s.Fatigue, moment{&s.NextDue}, &s.Store}
	}
	if err := scan(s.places...); err != nil {
		return err
	}
	s.Stage, s.Limiting = known(stages[:], s.stage), known(parts[:], s.limiting)
	return nil
}

// known returns the word of the list that the text is; words of the database
// are among them.
func known[T ~string](words []T, text []byte) T {
	for _, w := range words {
		if string(w) == string(text) {
			return w
		}
	}
	return T(text)
}

// SaveWords implements flow.Facets.
func (db *DB) SaveWords(ctx context.Context, words []flow.Word) error {
	rows := make([][]any, len(words))
	for i, w := range words {
		rows[i] = []any{w.Field, int64(id.CodeOf(w.Text)), w.Text}
	}
	if err := db.putInTurns(ctx, wordTable, rows); err != nil {
		return fmt.Errorf("store %d words: %w", len(words), err)
	}
	return nil
}

var wordTable = table{name: "word", key: []string{"field", "code"}, known: keep,
	columns: []column{{"field", text}, {"code", bigint}, {"word", text}}}

// Words returns the texts behind the codes of a field that are known.
func (db *DB) Words(ctx context.Context, field string) (map[id.Code]string, error) {
	words := map[id.Code]string{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var code id.Code
		var word string
		err := scan(&code, &word)
		words[code] = word
		return err
	}, "SELECT code, word FROM word WHERE field = $1", field)
	if err != nil {
		return nil, fmt.Errorf("read words of %s: %w", field, err)
	}
	return words, nil
}
