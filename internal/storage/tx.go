package storage

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Tx is one transaction. Its methods store nouns; it is valid only inside the
// function it was handed to.
type Tx struct {
	dialect Dialect
	run     runner
}

// runner executes statements of one transaction.
type runner interface {
	exec(ctx context.Context, text string, args ...any) (sql.Result, error)
	query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func (tx *Tx) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return tx.run.query(ctx, text, args...)
}

func (tx *Tx) explain(err error) error { return tx.dialect.explain(err) }

// exec returns how many rows were changed.
func (tx *Tx) exec(ctx context.Context, text string, args ...any) (int64, error) {
	r, err := tx.run.exec(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// placeholders rewrites $1, $2 ... for SQLite where they stand once each and
// in order: its driver looks named parameters up one by one, which costs the
// square of their number.
func placeholders(text string) string {
	var b strings.Builder
	rest, next := text, 1
	for {
		i := strings.IndexByte(rest, '$')
		if i < 0 {
			b.WriteString(rest)
			return b.String()
		}
		mark := "$" + strconv.Itoa(next)
		after, ok := strings.CutPrefix(rest[i:], mark)
		if !ok || after != "" && after[0] >= '0' && after[0] <= '9' {
			return text
		}
		b.WriteString(rest[:i] + "?")
		rest, next = after, next+1
	}
}

// table describes rows that are written many at a time.
type table struct {
	name    string
	key     []string // the columns a row is recognised by, first in columns
	columns []column
	known   meeting
}

// meeting says what happens to a row whose key is there already.
type meeting int

const (
	keep    meeting = iota // it stays as it is
	replace                // its other columns are overwritten
	add                    // its other columns, all numbers, grow by the new ones
	renew                  // replace, of a table that has no columns but these and no other index
)

// column is a name and its PostgreSQL type, by which arrays are sent.
type column struct{ name, kind string }

const (
	bigint  = "bigint"
	text    = "text"
	bytes   = "bytea"
	double  = "double precision"
	boolean = "boolean"
)

// put writes rows, each with a value for every column, and returns how many
// were inserted or overwritten. No key may occur twice in rows.
func (tx *Tx) put(ctx context.Context, t table, rows [][]any) (int64, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	if tx.dialect == Postgres {
		return tx.putArrays(ctx, t, rows)
	}
	var changed int64
	for _, size := range []int{rowsTogether, 1} {
		statement, values := t.insertRows(size), make([]any, 0, size*len(t.columns))
		for ; len(rows) >= size; rows = rows[size:] {
			values = values[:0]
			for _, r := range rows[:size] {
				values = append(values, r...)
			}
			n, err := tx.exec(ctx, statement, values...)
			if err != nil {
				return changed, fmt.Errorf("write %s: %w", t.name, err)
			}
			changed += n
		}
	}
	return changed, nil
}

// rowsTogether is how many rows one statement of SQLite writes: what its driver
// does around a statement costs as much as a row.
const rowsTogether = 8

// insertRows returns the statement that writes so many rows.
func (t table) insertRows(n int) string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = "(" + marks(i*len(t.columns), len(t.columns)) + ")"
	}
	values := " VALUES " + strings.Join(rows, ", ")
	if t.known == renew { // without reading sixty columns of the row that was there
		return "REPLACE INTO " + t.name + " (" + t.list() + ")" + values
	}
	return t.insert() + values + t.conflict()
}

func (tx *Tx) putArrays(ctx context.Context, t table, rows [][]any) (int64, error) {
	if t.known == add {
		rows = slices.SortedFunc(slices.Values(rows), t.compare)
	}
	arrays, kinds := make([]any, len(t.columns)), make([]string, len(t.columns))
	for i, c := range t.columns {
		arrays[i], kinds[i] = c.array(rows, i), "$"+strconv.Itoa(i+1)+"::"+c.kind+"[]"
	}
	n, err := tx.exec(ctx, t.insert()+" SELECT * FROM unnest("+strings.Join(kinds, ", ")+") WHERE true"+t.conflict(), arrays...)
	if err != nil {
		return 0, fmt.Errorf("write %s: %w", t.name, err)
	}
	return n, nil
}

// compare orders rows by their key: of transactions that add to the same rows
// one then waits for another, never both for each other.
func (t table) compare(a, b []any) int {
	for i := range t.key {
		order := 0
		switch v := a[i].(type) {
		case int64:
			order = cmp.Compare(v, b[i].(int64))
		case string:
			order = cmp.Compare(v, b[i].(string))
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// array returns column i of the rows as PostgreSQL's array type wants it.
func (c column) array(rows [][]any, i int) any {
	switch c.kind {
	case bigint:
		return arrayOf[int64](rows, i)
	case text:
		return arrayOf[string](rows, i)
	case bytes:
		return arrayOf[[]byte](rows, i)
	case double:
		return arrayOf[float64](rows, i)
	default:
		return arrayOf[bool](rows, i)
	}
}

func arrayOf[T any](rows [][]any, i int) []T {
	a := make([]T, len(rows))
	for n, r := range rows {
		a[n] = r[i].(T)
	}
	return a
}

func (t table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

// list returns the columns for a SELECT.
func (t table) list() string { return strings.Join(t.names(), ", ") }

func (t table) insert() string {
	return "INSERT INTO " + t.name + " (" + t.list() + ")"
}

func (t table) conflict() string {
	target := " ON CONFLICT (" + strings.Join(t.key, ", ") + ") DO "
	if t.known == keep {
		return target + "NOTHING"
	}
	var set []string
	for _, n := range t.names()[len(t.key):] {
		value := "excluded." + n
		if t.known == add {
			value = t.name + "." + n + " + " + value
		}
		set = append(set, n+" = "+value)
	}
	return target + "UPDATE SET " + strings.Join(set, ", ")
}

// marks returns the parameters from the one after the first so many.
func marks(after, n int) string {
	m := make([]string, n)
	for i := range m {
		m[i] = "$" + strconv.Itoa(after+i+1)
	}
	return strings.Join(m, ", ")
}

// among completes "column " to a test against the list of ids that parameter
// n holds, so that one statement serves lists of any length.
func (d Dialect) among(n int) string {
	if d == Postgres {
		return "= ANY($" + strconv.Itoa(n) + "::bigint[])"
	}
	return "IN (SELECT value FROM json_each($" + strconv.Itoa(n) + "))"
}

// pair tests the first column against parameter 1 and the second one against
// the list of ids that parameter 2 holds. Of two columns that are tested apart
// SQLite looks up only the first if another index begins with it too.
func (d Dialect) pair(first, second string) string {
	if d == Postgres {
		return first + " = $1 AND " + second + " " + d.among(2)
	}
	return "(" + first + ", " + second + ") IN (SELECT $1, value FROM json_each($2))"
}

// joined begins a join with the list of ids that parameter n holds, as j.value:
// of many ids it finds the rows in half the time of among, best when they are
// sorted. An id that stands in the list twice finds its row twice.
func (d Dialect) joined(n int) string {
	if d == Postgres {
		return "unnest($" + strconv.Itoa(n) + "::bigint[]) AS j (value) JOIN"
	}
	return "json_each($" + strconv.Itoa(n) + ") AS j CROSS JOIN"
}

// amongBytes is among for byte strings.
func (d Dialect) amongBytes(n int) string {
	if d == Postgres {
		return "= ANY($" + strconv.Itoa(n) + "::bytea[])"
	}
	return "IN (SELECT unhex(value) FROM json_each($" + strconv.Itoa(n) + "))"
}

// joinedBytes is joined for byte strings: what is compared is bytesJoined.
func (d Dialect) joinedBytes(n int) string {
	if d == Postgres {
		return "unnest($" + strconv.Itoa(n) + "::bytea[]) AS j (value) JOIN"
	}
	return d.joined(n)
}

// bytesJoined is a byte string of joinedBytes.
func (d Dialect) bytesJoined() string {
	if d == Postgres {
		return "j.value"
	}
	return "unhex(j.value)"
}

// amongWords is among for texts.
func (d Dialect) amongWords(n int) string {
	if d == Postgres {
		return "= ANY($" + strconv.Itoa(n) + "::text[])"
	}
	return "IN (SELECT value FROM json_each($" + strconv.Itoa(n) + "))"
}

// idList returns the parameter that among tests against.
func idList[T ~int64](d Dialect, ids []T) any {
	if d == Postgres {
		list := make([]int64, len(ids))
		for i, v := range ids {
			list[i] = int64(v)
		}
		return list
	}
	b := []byte{'['}
	for i, v := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(v), 10)
	}
	return string(append(b, ']'))
}

// byteList returns the parameter that amongBytes tests against.
func byteList(d Dialect, list [][]byte) any {
	if d == Postgres {
		return list
	}
	b := []byte{'['}
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = hex.AppendEncode(b, v)
		b = append(b, '"')
	}
	return string(append(b, ']'))
}

// wordList returns the parameter that amongWords tests against.
func wordList[T ~string](d Dialect, words []T) any {
	list := make([]string, len(words))
	for i, w := range words {
		list[i] = string(w)
	}
	if d == Postgres {
		return list
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic("strings cannot be written as JSON: " + err.Error())
	}
	return string(b)
}
