package storage

import (
	"strconv"
	"strings"

	"siyu/internal/org"
)

// conditions collects what a query asks for. A condition marks its parameters
// with "?", which become $n.
type conditions struct {
	dialect Dialect
	texts   []string
	args    []any
}

// add adds a condition that must hold. amongX(0) marks a list parameter.
func (c *conditions) add(text string, args ...any) {
	var b strings.Builder
	for _, piece := range strings.SplitAfter(strings.ReplaceAll(text, "$0", "?"), "?") {
		if before, marked := strings.CutSuffix(piece, "?"); marked {
			b.WriteString(before + "$" + strconv.Itoa(len(c.args)+1))
			c.args = append(c.args, args[0])
			args = args[1:]
			continue
		}
		b.WriteString(piece)
	}
	c.texts = append(c.texts, b.String())
}

// scope adds what the asker may see, by the columns store_id and staff_id.
func (c *conditions) scope(s org.Scope) {
	switch {
	case s.Staff != 0:
		c.add("staff_id = ?", int64(s.Staff))
	case !s.Everything:
		c.add("store_id "+c.dialect.among(0), idList(c.dialect, s.Stores))
	}
}

func (c *conditions) where() string {
	if len(c.texts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(c.texts, " AND ")
}

// limit must be added last.
func (c *conditions) limit(n int) string {
	const usual = 1000 // rows a query returns that names no limit
	if n == 0 {
		n = usual
	}
	c.args = append(c.args, int64(n))
	return " LIMIT $" + strconv.Itoa(len(c.args))
}
