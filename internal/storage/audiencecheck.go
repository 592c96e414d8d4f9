package storage

import (
	"context"
	"fmt"
	"math"
	"slices"

	"siyu/internal/audience"
	"siyu/internal/event"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// audienceChecks find what is kept of audiences and belongs to nobody.
var audienceChecks = []law{
	{"merged customers have no facets", "SELECT count(*) FROM facet WHERE customer_id" + turnedTwin},
	{"values of customers have their facets", "SELECT count(*) FROM (SELECT DISTINCT customer_id FROM facet_ref EXCEPT SELECT customer_id FROM facet) alone"},
	{"members are in audiences that keep members", `SELECT count(*) FROM audience_member m WHERE NOT EXISTS
		(SELECT 1 FROM audience a WHERE a.id = m.audience_id AND (NOT a.filled OR a.archived = 0 AND (a.watched OR a.kind = 'frozen')))`},
	{"sizes of watched audiences are counted", `SELECT count(*) FROM audience a WHERE a.watched AND a.filled AND a.archived = 0 AND
		(SELECT count(*) FROM audience_member m WHERE m.audience_id = a.id) <>
		coalesce((SELECT d.size FROM audience_day d WHERE d.audience_id = a.id ORDER BY d.day DESC LIMIT 1), 0)`},
	{"whoever answers for somebody in a frozen audience is in it", `SELECT count(*) FROM audience_member m JOIN customer_alias x ON x.customer_id = m.customer_id
		WHERE m.own AND m.audience_id IN (SELECT id FROM audience WHERE kind = 'frozen') AND m.customer_id` + turnedTwin + `
		AND NOT EXISTS (SELECT 1 FROM customer_alias y WHERE y.customer_id = x.canonical_id)
		AND NOT EXISTS (SELECT 1 FROM audience_member o WHERE o.customer_id = x.canonical_id AND o.audience_id = m.audience_id)`},
}

// audienceSample is of how many customers facets and memberships are made once
// more.
const audienceSample = 20_000

// CheckAudiences finds, among a sample of the customers whose facts were all
// turned, those whose facets are not what their states say and those who are not
// in the audiences that hold of them. Nothing is found while a night is under way
// and before facets are filled in.
func (db *DB) CheckAudiences(ctx context.Context) (problems []string, err error) {
	c, ready, err := db.newAudienceCheck(ctx)
	if err != nil || !ready {
		return nil, err
	}
	var customers int64
	if _, err := one(ctx, db.reader, []any{&customers}, "SELECT count(*) FROM facet"); err != nil {
		return nil, err
	}
	wrong := map[string][]id.Customer{}
	oneIn := int(customers / audienceSample)
	if err := db.SampleCustomers(ctx, oneIn, turnRowsPostgres, func(states []profile.Customer) error { return c.look(ctx, states, wrong) }); err != nil {
		return nil, fmt.Errorf("check audiences: %w", err)
	}
	for _, law := range []string{facetsTrue, membersTrue} {
		still := map[string][]id.Customer{} // others may have turned meanwhile
		for some := range slices.Chunk(wrong[law], turnRowsPostgres) {
			if c, ready, err = db.newAudienceCheck(ctx); err != nil || !ready {
				return nil, err
			}
			states, err := db.LoadCustomers(ctx, some)
			if err == nil {
				err = c.look(ctx, states, still)
			}
			if err != nil {
				return nil, fmt.Errorf("check audiences: %w", err)
			}
		}
		if n := len(still[law]); n > 0 {
			problems = append(problems, fmt.Sprintf("not true that %s: %d times in a sample of one in %d", law, n, max(1, oneIn)))
		}
	}
	return problems, nil
}

// The laws of CheckAudiences.
const (
	facetsTrue  = "facets are what states say"
	membersTrue = "members are those of whom the rules hold"
)

// audienceCheck compares what is kept of audiences with what it was made from.
type audienceCheck struct {
	db      *DB
	day     int64 // that everything is of; of who was turned since midnight it may be the next
	pending map[id.Customer]bool
	watched []flow.Audience
	nested  map[int64]*audience.Rule
}

func (db *DB) newAudienceCheck(ctx context.Context) (c audienceCheck, ready bool, err error) {
	c = audienceCheck{db: db, nested: map[int64]*audience.Rule{}}
	progress := map[string]int64{}
	for _, work := range []string{"fill", "day", "judged"} {
		if progress[work], err = db.Progress(ctx, work); err != nil {
			return c, false, err
		}
	}
	if c.day = progress["day"]; c.day == 0 || progress["fill"] != math.MaxInt64 || progress["judged"]%2 != 0 {
		return c, false, nil
	}
	list, err := db.Audiences(ctx)
	if err != nil {
		return c, false, err
	}
	broken := flow.Broken(list)
	for i := range list {
		if a := &list[i]; a.Kind == flow.Dynamic && broken[a.Number] == nil {
			c.nested[a.Number] = &a.Rule
			if a.Watched && a.Filled {
				c.watched = append(c.watched, *a)
			}
		}
	}
	c.pending, err = db.unturned(ctx)
	return c, err == nil, err
}

// unturned returns who answers for the customers about whom there are facts that
// no turn has seen, and these customers.
func (db *DB) unturned(ctx context.Context) (map[id.Customer]bool, error) {
	var named []id.Customer
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		var kind event.Kind
		err := scan(&who, &kind)
		if !kind.Concluded() {
			named = append(named, who)
		}
		return err
	}, `SELECT DISTINCT subject_id, kind FROM fact WHERE subject_type = 'customer' AND seq > coalesce((SELECT seq FROM log_cursor WHERE reader = 'turn'), 0)`)
	if err != nil {
		return nil, fmt.Errorf("read whose facts wait: %w", err)
	}
	ends, err := db.Canonical(ctx, named)
	pending := map[id.Customer]bool{}
	for _, who := range named {
		pending[who] = true
		if end, merged := ends[who]; merged {
			pending[end] = true
		}
	}
	return pending, err
}

// look adds to wrong who breaks which law.
func (c *audienceCheck) look(ctx context.Context, states []profile.Customer, wrong map[string][]id.Customer) error {
	var ids []id.Customer
	states = slices.DeleteFunc(slices.Clone(states), func(s profile.Customer) bool { return s.MergedInto != 0 || s.FirstSeen == 0 || c.pending[s.ID] })
	for i := range states {
		ids = append(ids, states[i].ID)
	}
	if len(ids) == 0 {
		return nil
	}
	if err := c.facets(ctx, ids, states, wrong); err != nil {
		return err
	}
	return c.members(ctx, ids, wrong)
}

func (c *audienceCheck) facets(ctx context.Context, ids []id.Customer, states []profile.Customer, wrong map[string][]id.Customer) error {
	judged, err := c.db.Judged(ctx, ids)
	if err != nil {
		return err
	}
	known := map[id.Customer]*flow.Judged{}
	for i := range judged {
		known[judged[i].ID] = &judged[i]
	}
	stored, err := c.db.facetsOf(ctx, ids)
	if err != nil {
		return err
	}
	refs, err := c.db.refsOf(ctx, slices.Clone(ids))
	if err != nil {
		return err
	}
	for i := range states {
		who := states[i].ID
		found := stored[who]
		if found == nil || !c.same(&states[i], known[who], found, refs[who]) {
			wrong[facetsTrue] = append(wrong[facetsTrue], who)
		}
	}
	return nil
}

// same tells whether what is stored of a customer is what a row of the day, or of
// the next, holds. The store of the owner is compared where it is known as of then.
func (c *audienceCheck) same(state *profile.Customer, known *flow.Judged, stored []int64, refs map[string][]int64) bool {
	for _, day := range []int64{c.day, c.day + 1} {
		subject := audience.Subject{Profile: state}
		if known != nil {
			subject.Insight, subject.Store = &known.Customer, known.Store
		}
		row := audience.NewRow(subject, day)
		equal := stored[0] == row.Moves
		for i, column := range facetColumns {
			equal = equal && (stored[1+i] == row.Values[column.place] || column.name == "store" && known == nil)
		}
		for i, f := range refsFields {
			equal = equal && slices.Equal(refs[f.Name], row.Refs[i])
		}
		if equal {
			return true
		}
	}
	return false
}

// facetsOf returns moves and the columns of what is stored.
func (db *DB) facetsOf(ctx context.Context, customers []id.Customer) (map[id.Customer][]int64, error) {
	names := "f.customer_id, f.moves"
	for _, column := range facetColumns {
		names += ", f." + column.name
	}
	found := map[id.Customer][]int64{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var who id.Customer
		values := make([]int64, 1+len(facetColumns))
		places := []any{&who}
		for i := range values {
			places = append(places, &values[i])
		}
		err := scan(places...)
		found[who] = values
		return err
	}, "SELECT "+names+" FROM "+db.dialect.joined(1)+" facet f ON f.customer_id = j.value", idList(db.dialect, slices.Sorted(slices.Values(customers))))
	if err != nil {
		return nil, fmt.Errorf("read facets of %d customers: %w", len(customers), err)
	}
	return found, nil
}

func (c *audienceCheck) members(ctx context.Context, ids []id.Customer, wrong map[string][]id.Customer) error {
	stored, err := c.db.MembershipsOf(ctx, ids)
	if err != nil {
		return err
	}
	for i := range c.watched {
		a := &c.watched[i]
		fits := map[id.Customer]int{} // on how many of the two days
		for day := c.day; day <= c.day+1; day++ {
			found, err := c.db.among(ctx, AudienceQuery{Rule: &a.Rule, Scope: org.All(), Today: day, Nested: c.nested}, ids)
			if err != nil {
				return err
			}
			for _, who := range found {
				fits[who]++
			}
		}
		for _, who := range ids {
			in := slices.Contains(stored[who], a.Number)
			if in && fits[who] == 0 || !in && fits[who] == 2 {
				wrong[membersTrue] = append(wrong[membersTrue], who)
			}
		}
	}
	return nil
}

// among returns of which of the customers a rule holds.
func (db *DB) among(ctx context.Context, q AudienceQuery, customers []id.Customer) ([]id.Customer, error) {
	w, err := db.audienceWhere(q)
	if err != nil {
		return nil, err
	}
	list := make([]int64, len(customers))
	for i, c := range customers {
		list[i] = int64(c)
	}
	text := "SELECT f.customer_id" + w.text() + " AND f.customer_id " + w.among(list)
	return db.customers(ctx, unkept{db.reader}, text, w.args...)
}
