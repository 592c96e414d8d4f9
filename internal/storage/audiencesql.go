package storage

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"

	"siyu/internal/audience"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// AudienceQuery asks who a rule is true of, within a scope, on a business day.
type AudienceQuery struct {
	Rule  *audience.Rule
	Scope org.Scope
	Today int64
	// Nested are the rules of the dynamic audiences that the rule may name. Any
	// other that it names is asked by its stored members.
	Nested map[int64]*audience.Rule
}

// CountAudience returns how many customers there are. Rules that audience.Check
// refuses, and circles of audiences, are fault.Invalid.
func (db *DB) CountAudience(ctx context.Context, q AudienceQuery) (int, error) {
	w, err := db.audienceWhere(q)
	if err != nil {
		return 0, err
	}
	var n int
	if _, err := one(ctx, unkept{db.reader}, []any{&n}, "SELECT count(*)"+w.text(), w.args...); err != nil {
		return 0, fmt.Errorf("count audience: %w", err)
	}
	return n, nil
}

// AudienceCustomers returns up to limit of them after one, in the order of ids.
func (db *DB) AudienceCustomers(ctx context.Context, q AudienceQuery, after id.Customer, limit int) ([]id.Customer, error) {
	w, err := db.audienceWhere(q)
	if err != nil {
		return nil, err
	}
	text := "SELECT f.customer_id" + w.text() + " AND f.customer_id > " + w.mark(int64(after))
	text += " ORDER BY f.customer_id LIMIT " + w.mark(int64(limit))
	list, err := db.customers(ctx, unkept{db.reader}, text, w.args...)
	if err != nil {
		return nil, fmt.Errorf("read audience: %w", err)
	}
	return list, nil
}

// unkept is a reader that does not keep compiled what is asked once.
type unkept struct{ *reader }

func (u unkept) query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if u.dialect == SQLite {
		text = placeholders(text)
	}
	return u.db.QueryContext(ctx, text, args...)
}

// asked writes a rule as a condition over facet f and insight k. Names come
// from audience.Columns and audience.RefsFields alone; every value is a
// parameter, or a number that was calculated from one.
type asked struct {
	dialect Dialect
	q       AudienceQuery
	b       strings.Builder
	args    []any
	judged  bool // insight is asked
	within  []int64
	parts   int
}

// mostAskedParts bounds a rule together with the audiences it names.
const mostAskedParts = 5_000

func (db *DB) audienceWhere(q AudienceQuery) (*asked, error) {
	if err := audience.Check(q.Rule); err != nil {
		return nil, err
	}
	a := &asked{dialect: db.dialect, q: q}
	if err := a.rule(q.Rule); err != nil {
		return nil, err
	}
	a.scope(q.Scope)
	return a, nil
}

// text returns the statement from FROM on.
func (a *asked) text() string {
	from := " FROM facet f"
	if a.judged {
		from += " LEFT JOIN insight k ON k.customer_id = f.customer_id"
	}
	return from + " WHERE " + a.b.String()
}

// mark returns the mark of one more parameter.
func (a *asked) mark(v any) string {
	a.args = append(a.args, v)
	return "$" + strconv.Itoa(len(a.args))
}

// among returns the test against a list, which is one parameter however long.
func (a *asked) among(list []int64) string {
	a.args = append(a.args, idList(a.dialect, list))
	return a.dialect.among(len(a.args))
}

func (a *asked) write(parts ...string) {
	for _, p := range parts {
		a.b.WriteString(p)
	}
}

func (a *asked) scope(s org.Scope) {
	switch {
	case s.Staff != 0:
		a.write(" AND f.owner = ", a.mark(int64(s.Staff)))
	case !s.Everything:
		a.write(" AND f.store ", a.among(numbersOfStores(s.Stores)))
	}
}

func numbersOfStores(stores []id.Store) []int64 {
	list := make([]int64, len(stores))
	for i, s := range stores {
		list[i] = int64(s)
	}
	return list
}

func (a *asked) rule(r *audience.Rule) error {
	if a.parts++; a.parts > mostAskedParts {
		return fault.New(fault.Invalid, "ask audience: with the audiences it names the rule has more than %d parts", mostAskedParts)
	}
	switch {
	case r.Ask != nil:
		return a.ask(r.Ask)
	case r.Not != nil:
		a.write("NOT ")
		return a.rule(r.Not)
	case r.Any != nil:
		return a.join(r.Any, " OR ", "1 = 0")
	default:
		return a.join(r.All, " AND ", "1 = 1")
	}
}

// join writes the parts in halves of halves: databases bound how deep an
// expression may be.
func (a *asked) join(rules []audience.Rule, word, empty string) error {
	switch len(rules) {
	case 0:
		a.write("(", empty, ")")
		return nil
	case 1:
		return a.rule(&rules[0])
	}
	half := len(rules) / 2
	a.write("(")
	if err := a.join(rules[:half], word, empty); err != nil {
		return err
	}
	a.write(word)
	if err := a.join(rules[half:], word, empty); err != nil {
		return err
	}
	a.write(")")
	return nil
}

func (a *asked) ask(c *audience.Condition) error {
	f, known := audience.FieldOf(c.Field)
	if !known {
		return fault.New(fault.Invalid, "ask audience: there is no field %q", c.Field)
	}
	values := make([]int64, len(c.Values))
	for i, v := range c.Values {
		values[i] = v.Number
	}
	a.write("(")
	defer a.write(")")
	switch {
	case f.Name == audience.AudienceField:
		return a.members(c.Is, values)
	case f.Kind == audience.Refs:
		a.refs(f.Name, c.Is, values)
		return nil
	}
	column, err := a.column(f, c.Window)
	if err != nil {
		return err
	}
	if f.Kind == audience.Word || f.Kind == audience.Ref {
		return a.one(column, c.Is, values)
	}
	a.spans(column, c.Spans(f.Kind, a.q.Today))
	return nil
}

// column returns what a column is in SQL.
func (a *asked) column(f audience.Field, window int) (string, error) {
	place := audience.ColumnAt(f.Name, window)
	if place < 0 {
		return "", fault.New(fault.Invalid, "ask audience: %s has no window of %d days", f.Name, window)
	}
	if !f.Judged {
		return "f." + columnName(audience.Column{Field: f, Window: window}), nil
	}
	a.judged = true
	return judgedColumns[f.Name], nil
}

// judgedColumns are the columns that are understood every night, as
// audience.NewRow makes them of what is stored.
var judgedColumns = map[string]string{
	"stage":      wordColumn("stage"),
	"limiting":   wordColumn("limiting"),
	"value":      stepsColumn("value", 1),
	"repurchase": stepsColumn("repurchase", 1000),
	"alive":      stepsColumn("alive", 1000),
	"need":       stepsColumn("need", 100),
	"trust":      stepsColumn("trust", 100),
	"exposure":   stepsColumn("exposure", 100),
	"fatigue":    stepsColumn("fatigue", 1000),
	"due":        "CASE WHEN coalesce(k.next_due, 0) = 0 THEN 0 ELSE (k.next_due + 28800000) / 86400000 END", // event.Instant.Day
}

func stepsColumn(name string, steps int) string {
	return "CAST(floor(coalesce(k." + name + ", 0.0) * " + strconv.Itoa(steps) + " + 0.5) AS bigint)"
}

// wordColumn returns the place of a word among those of its field, 0 where it
// is not one of them.
func wordColumn(name string) string {
	f, _ := audience.FieldOf(name)
	var b strings.Builder
	b.WriteString("CASE k." + name)
	for i, w := range f.Words {
		b.WriteString(" WHEN " + literal(w) + " THEN " + strconv.Itoa(i))
	}
	return b.String() + " ELSE 0 END"
}

// one tests a column that holds one of several things.
func (a *asked) one(column string, is audience.Test, v []int64) error {
	switch is {
	case audience.OneOf:
		a.write(column, " ", a.among(v))
	case audience.NoneOf:
		a.write("NOT (", column, " ", a.among(v), ")")
	case audience.Never:
		a.write(column, " = 0")
	case audience.Known:
		a.write(column, " <> 0")
	default:
		return fault.New(fault.Invalid, "ask audience: the test %q is not known", is)
	}
	return nil
}

// spans tests a column against the bounds that a condition sets today.
func (a *asked) spans(column string, list []audience.Span) {
	if len(list) == 0 {
		a.write("1 = 0")
	}
	for i, s := range list {
		if i > 0 {
			a.write(" OR ")
		}
		switch {
		case s.From == math.MinInt64:
			a.write(column, " <= ", a.mark(s.To))
		case s.To == math.MaxInt64:
			a.write(column, " >= ", a.mark(s.From))
		default:
			a.write(column, " BETWEEN ", a.mark(s.From), " AND ", a.mark(s.To))
		}
	}
}

// refs tests the rows of a field of several values. The plus keeps SQLite from
// looking up each value of a long list instead of the few rows of the customer.
func (a *asked) refs(field string, is audience.Test, v []int64) {
	rows := "EXISTS (SELECT 1 FROM facet_ref r WHERE r.customer_id = f.customer_id AND r.field = " + literal(field)
	switch is {
	case audience.OneOf:
		a.write(rows, " AND +r.code ", a.among(v), ")")
	case audience.NoneOf:
		a.write("NOT ", rows, " AND +r.code ", a.among(v), ")")
	case audience.AllOf:
		a.write("(SELECT count(*) FROM facet_ref r WHERE r.customer_id = f.customer_id AND r.field = ", literal(field),
			" AND +r.code ", a.among(v), ") = ", a.mark(int64(len(distinctNumbers(v)))))
	case audience.Never:
		a.write("NOT ", rows, ")")
	default:
		a.write(rows, ")")
	}
}

func distinctNumbers(list []int64) map[int64]bool {
	set := make(map[int64]bool, len(list))
	for _, v := range list {
		set[v] = true
	}
	return set
}

// members tests whether customers are in other audiences.
func (a *asked) members(is audience.Test, audiences []int64) error {
	word, not := " OR ", ""
	switch is {
	case audience.AllOf:
		word = " AND "
	case audience.NoneOf:
		not = "NOT "
	}
	a.write(not, "(")
	for i, n := range audiences {
		if i > 0 {
			a.write(word)
		}
		if err := a.member(n); err != nil {
			return err
		}
	}
	a.write(")")
	return nil
}

func (a *asked) member(number int64) error {
	rule, dynamic := a.q.Nested[number]
	if !dynamic {
		a.write("EXISTS (SELECT 1 FROM audience_member m WHERE m.customer_id = f.customer_id AND m.audience_id = ", a.mark(number), ")")
		return nil
	}
	for _, outer := range a.within {
		if outer == number {
			return fault.New(fault.Invalid, "ask audience: audience %d names itself", number)
		}
	}
	a.within = append(a.within, number)
	a.write("(")
	err := a.rule(rule)
	a.write(")")
	a.within = a.within[:len(a.within)-1]
	return err
}
