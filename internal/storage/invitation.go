package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

var _ delivery.Invitations = (*DB)(nil)

var (
	invitationTable = table{name: "invitation", key: []string{"id"}, columns: []column{{"id", bigint}, {"audience_id", bigint}, {"group_id", bigint},
		{"stores", text}, {"body", text}, {"link", text}, {"account", text}, {"state", text}, {"begun", bigint}, {"listed", bigint}, {"ends", bigint}}}
	inviteeTable = table{name: "invitee", key: []string{"customer_id", "invitation_id"}, known: replace, columns: []column{{"customer_id", bigint},
		{"invitation_id", bigint}, {"group_id", bigint}, {"staff_id", bigint}, {"state", text}, {"because", text}, {"asked", bigint}}}
	inviteeCountTable = table{name: "invitee_count", key: []string{"invitation_id", "state", "because"}, known: add,
		columns: []column{{"invitation_id", bigint}, {"state", text}, {"because", text}, {"customers", bigint}}}
)

// storesText writes stores as one text, "" for nil.
func storesText(stores []id.Store) string {
	texts := make([]string, len(stores))
	for i, s := range slices.Sorted(slices.Values(stores)) {
		texts[i] = strconv.FormatInt(int64(s), 10)
	}
	return strings.Join(texts, ",")
}

func parseStores(list string) (stores []id.Store, err error) {
	if list == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(list, ",") {
		n, failed := strconv.ParseInt(one, 10, 64)
		stores, err = append(stores, id.Store(n)), errors.Join(err, failed)
	}
	return stores, err
}

func scanInvitation(scan func(...any) error) (i delivery.Invitation, err error) {
	var list string
	if err = scan(&i.ID, &i.Audience, &i.Group, &list, &i.Text, &i.Link, &i.By, &i.State, moment{&i.Begun}, &i.Listed, moment{&i.Until}); err != nil {
		return i, err
	}
	i.Stores, err = parseStores(list)
	return i, err
}

func invitations(ctx context.Context, q querier, where string, args ...any) ([]delivery.Invitation, error) {
	var list []delivery.Invitation
	err := each(ctx, q, func(scan func(...any) error) error {
		i, err := scanInvitation(scan)
		list = append(list, i)
		return err
	}, "SELECT "+invitationTable.list()+" FROM invitation "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read invitations: %w", err)
	}
	return list, nil
}

// AddInvitation implements delivery.Invitations.
func (db *DB) AddInvitation(ctx context.Context, i delivery.Invitation) (number int64, err error) {
	err = db.Write(ctx, Interactive, func(tx *Tx) error {
		if _, err := one(ctx, tx, []any{&number}, "SELECT coalesce(max(id), 0) + 1 FROM invitation"); err != nil {
			return err
		}
		n, err := tx.exec(ctx, "INSERT INTO invitation ("+invitationTable.list()+") VALUES ("+marks(0, len(invitationTable.columns))+") ON CONFLICT DO NOTHING",
			number, i.Audience, int64(i.Group), storesText(i.Stores), i.Text, i.Link, i.By, string(i.State), at(i.Begun), int64(i.Listed), at(i.Until))
		if err == nil && n == 0 {
			err = fault.WithKey(fault.Conflict, "error.invite_open", errors.New("the audience is being invited into the group already"))
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("add invitation: %w", err)
	}
	return number, nil
}

// Invitation implements delivery.Invitations.
func (db *DB) Invitation(ctx context.Context, number int64) (delivery.Invitation, error) {
	list, err := invitations(ctx, db.reader, "WHERE id = $1", number)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "no invitation %d", number)
	}
	if err != nil {
		return delivery.Invitation{}, err
	}
	return list[0], nil
}

// Invitations returns the newest invitations of an audience.
func (db *DB) Invitations(ctx context.Context, audience int64, limit int) ([]delivery.Invitation, error) {
	return invitations(ctx, db.reader, "WHERE audience_id = $1 ORDER BY id DESC LIMIT $2", audience, int64(limit))
}

// InvitationsNamed returns those of the numbers that exist.
func (db *DB) InvitationsNamed(ctx context.Context, numbers []int64) ([]delivery.Invitation, error) {
	return invitations(ctx, db.reader, "WHERE id "+db.dialect.among(1), idList(db.dialect, numbers))
}

// OpenInvitations returns those that have not ended, stopped ones among them.
func (db *DB) OpenInvitations(ctx context.Context) ([]delivery.Invitation, error) {
	return invitations(ctx, db.reader, "WHERE state <> 'ended' ORDER BY id")
}

// EnterInvitation implements delivery.Invitations.
func (db *DB) EnterInvitation(ctx context.Context, number int64, from, to delivery.InvitationState) error {
	err := db.Write(ctx, Interactive, func(tx *Tx) error {
		_, err := tx.exec(ctx, "UPDATE invitation SET state = $1 WHERE id = $2 AND state = $3", string(to), number, string(from))
		return err
	})
	if err != nil {
		return fmt.Errorf("change invitation %d: %w", number, err)
	}
	return nil
}

// InviteeCounts returns how many customers of each invitation stand where.
func (db *DB) InviteeCounts(ctx context.Context, numbers []int64) (map[int64][]delivery.InviteeCount, error) {
	counts := map[int64][]delivery.InviteeCount{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var number int64
		var c delivery.InviteeCount
		err := scan(&number, &c.State, &c.Because, &c.Customers)
		counts[number] = append(counts[number], c)
		return err
	}, "SELECT invitation_id, state, because, customers FROM invitee_count WHERE customers > 0 AND invitation_id "+db.dialect.among(1)+
		" ORDER BY invitation_id, customers DESC, state, because", idList(db.dialect, numbers))
	if err != nil {
		return nil, fmt.Errorf("read counts of invitations: %w", err)
	}
	return counts, nil
}

func invitees(ctx context.Context, q querier, where string, args ...any) ([]delivery.Invitee, error) {
	var list []delivery.Invitee
	err := each(ctx, q, func(scan func(...any) error) error {
		var i delivery.Invitee
		err := scan(&i.Customer, &i.Invitation, &i.Group, &i.Staff, &i.State, &i.Because, moment{&i.Asked})
		list = append(list, i)
		return err
	}, "SELECT "+inviteeTable.list()+" FROM invitee "+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read who is invited: %w", err)
	}
	return list, nil
}

func inviteeRow(i *delivery.Invitee) []any {
	return []any{int64(i.Customer), i.Invitation, int64(i.Group), int64(i.Staff), string(i.State), i.Because, at(i.Asked)}
}

// InvitedOn returns how many customers each member was given on a day to invite.
func (db *DB) InvitedOn(ctx context.Context, day time.Time) (map[id.Staff]int, error) {
	given := map[id.Staff]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		given[s] = n
		return err
	}, "SELECT staff_id, customers FROM staff_load WHERE day = $1 AND purpose = 'invite'", at(day))
	if err != nil {
		return nil, fmt.Errorf("read what members were given to invite: %w", err)
	}
	return given, nil
}

// InviteesWaiting counts by member who waits to be asked.
func (db *DB) InviteesWaiting(ctx context.Context, number int64) (map[id.Staff]int, error) {
	waiting := map[id.Staff]int{}
	err := each(ctx, db.reader, func(scan func(...any) error) error {
		var s id.Staff
		var n int
		err := scan(&s, &n)
		waiting[s] = n
		return err
	}, "SELECT staff_id, count(*) FROM invitee WHERE invitation_id = $1 AND state = 'waiting' GROUP BY staff_id", number)
	if err != nil {
		return nil, fmt.Errorf("count who waits to be invited: %w", err)
	}
	return waiting, nil
}

// NextInvitees returns customers whom a member has to ask next.
func (db *DB) NextInvitees(ctx context.Context, number int64, staff id.Staff, limit int) ([]delivery.Invitee, error) {
	return invitees(ctx, db.reader, "WHERE invitation_id = $1 AND state = 'waiting' AND staff_id = $2 ORDER BY customer_id LIMIT $3",
		number, int64(staff), int64(limit))
}

// OpenInvitees returns customers who wait or whose member has not answered, in
// the order of ids.
func (db *DB) OpenInvitees(ctx context.Context, number int64, after id.Customer, limit int) ([]delivery.Invitee, error) {
	return invitees(ctx, db.reader, "WHERE invitation_id = $1 AND state IN ('waiting', 'asked') AND customer_id > $2 ORDER BY customer_id LIMIT $3",
		number, int64(after), int64(limit))
}

// InviteesAmong returns the entries, in invitations that have not ended, of customers and of
// those they answer for, which may still change.
func (db *DB) InviteesAmong(ctx context.Context, customers []id.Customer) ([]delivery.Invitee, error) {
	all, err := people(ctx, db.reader, db.dialect, customers)
	if err != nil {
		return nil, fmt.Errorf("look up who is invited: %w", err)
	}
	return invitees(ctx, db.reader, "WHERE customer_id "+db.dialect.among(1)+" AND state IN ('waiting', 'asked', 'said', 'missed')"+
		" AND invitation_id IN (SELECT id FROM invitation WHERE state <> 'ended') ORDER BY customer_id, invitation_id", idList(db.dialect, all))
}

// inviteeChange adds up what entries of one invitation count.
type inviteeChange map[[2]string]int64

func (c inviteeChange) add(state delivery.InviteeState, because string, n int64) {
	c[[2]string{string(state), because}] += n
}

func (tx *Tx) countInvitees(ctx context.Context, number int64, c inviteeChange) error {
	var rows [][]any
	for key, n := range c {
		if n != 0 {
			rows = append(rows, []any{number, key[0], key[1], n})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(strings.Compare(a[1].(string), b[1].(string)), strings.Compare(a[2].(string), b[2].(string)))
	})
	_, err := tx.put(ctx, inviteeCountTable, rows)
	return err
}

// ListInvitees implements delivery.Invitations.
func (db *DB) ListInvitees(ctx context.Context, l delivery.InviteeList, decide func(decision.Standing) delivery.Verdict) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		i, last := l.Invitation, l.Customers[len(l.Customers)-1]
		n, err := tx.exec(ctx, "UPDATE invitation SET listed = $1 WHERE id = $2 AND listed = $3 AND state = 'listing'", int64(last), i.ID, int64(i.Listed))
		if err == nil && n == 0 {
			err = fault.New(fault.Conflict, "invitation %d was stopped or taken over", i.ID)
		}
		if err != nil {
			return err
		}
		known := make([]delivery.Invitee, len(l.Customers))
		for at, c := range l.Customers {
			known[at] = delivery.Invitee{Invitation: i.ID, Customer: c, Group: i.Group}
		}
		standings, err := tx.inviteeStandings(ctx, i, known)
		if err != nil {
			return err
		}
		var rows [][]any
		change := inviteeChange{}
		for at, s := range standings {
			v := delivery.Verdict{Because: decision.BecauseTwin}
			if s != nil {
				v = decide(*s)
			}
			if v.Because != "" {
				change.add(delivery.InviteeWithheld, string(v.Because), 1)
				continue
			}
			known[at].Staff, known[at].State = v.Staff, delivery.InviteeWaiting
			rows = append(rows, inviteeRow(&known[at]))
			change.add(delivery.InviteeWaiting, "", 1)
		}
		if _, err := tx.put(ctx, inviteeTable, rows); err != nil {
			return err
		}
		return tx.countInvitees(ctx, i.ID, change)
	})
	if err != nil {
		return fmt.Errorf("list %d customers to invite: %w", len(l.Customers), err)
	}
	return nil
}

// AskInvitees implements delivery.Invitations.
func (db *DB) AskInvitees(ctx context.Context, a delivery.InviteeAsk, decide func(decision.Standing, delivery.Invitee) (*delivery.StaffTask, delivery.Touch, decision.Because)) (given int, err error) {
	err = db.Write(ctx, Background, func(tx *Tx) error {
		given = 0
		i := a.Invitation
		some, err := tx.stillWaiting(ctx, i, a.Some)
		if err != nil || len(some) == 0 {
			return err
		}
		standings, err := tx.inviteeStandings(ctx, i, some)
		if err != nil {
			return err
		}
		asking, change := asking{day: at(a.Day), load: loadChange{}}, inviteeChange{}
		for n, s := range standings {
			because := decision.BecauseTwin
			if s != nil {
				var task *delivery.StaffTask
				var touch delivery.Touch
				if task, touch, because = decide(*s, some[n]); because == "" {
					asking.add(some[n], task, touch)
					change.add(delivery.InviteeAsked, "", 1)
				}
			}
			if because != "" {
				asking.withhold(some[n], because)
				change.add(delivery.InviteeWithheld, string(because), 1)
			}
			change.add(delivery.InviteeWaiting, "", -1)
		}
		given = len(asking.tasks)
		return errors.Join(tx.storeAsking(ctx, i, &asking), tx.countInvitees(ctx, i.ID, change))
	})
	if err != nil {
		return 0, fmt.Errorf("ask %d customers into a group: %w", len(a.Some), err)
	}
	return given, nil
}

// asking is what comes of giving tasks to members.
type asking struct {
	tasks   []delivery.StaffTask
	touches []delivery.Touch
	rows    [][]any
	day     int64
	load    loadChange
	until   time.Time
}

func (a *asking) add(who delivery.Invitee, task *delivery.StaffTask, touch delivery.Touch) {
	who.State, who.Asked = delivery.InviteeAsked, touch.At
	a.tasks, a.touches, a.rows = append(a.tasks, *task), append(a.touches, touch), append(a.rows, inviteeRow(&who))
	a.load[loadKey{day: a.day, staff: task.Staff, channel: touch.Channel, purpose: touch.Purpose}]++
	if task.Until.After(a.until) {
		a.until = task.Until
	}
}

func (a *asking) withhold(who delivery.Invitee, because decision.Because) {
	who.State, who.Because = delivery.InviteeWithheld, string(because)
	a.rows = append(a.rows, inviteeRow(&who))
}

func (tx *Tx) storeAsking(ctx context.Context, i *delivery.Invitation, a *asking) error {
	if _, err := tx.addStaffTasks(ctx, a.tasks, a.touches); err != nil {
		return err
	}
	if _, err := tx.put(ctx, inviteeTable, a.rows); err != nil {
		return err
	}
	if _, err := tx.put(ctx, loadTable, a.load.rows()); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "UPDATE invitation SET ends = $1 WHERE id = $2 AND ends < $1", at(a.until), i.ID)
	return err
}

// stillWaiting returns those who wait in the transaction, while the invitation is
// under way.
func (tx *Tx) stillWaiting(ctx context.Context, i *delivery.Invitation, some []delivery.Invitee) ([]delivery.Invitee, error) {
	var state delivery.InvitationState
	found, err := one(ctx, tx, []any{&state}, "SELECT state FROM invitation WHERE id = $1"+tx.lock(), i.ID)
	if err != nil || !found || state != delivery.Inviting {
		return nil, err
	}
	customers := make([]id.Customer, len(some))
	for at, one := range some {
		customers[at] = one.Customer
	}
	return invitees(ctx, tx, "WHERE invitation_id = $1 AND state = 'waiting' AND customer_id "+tx.dialect.among(2)+" ORDER BY customer_id",
		i.ID, idList(tx.dialect, customers))
}

// inviteeStandings returns what is known now of each customer, nil for a record
// that another one answers for.
func (tx *Tx) inviteeStandings(ctx context.Context, i *delivery.Invitation, some []delivery.Invitee) ([]*decision.Standing, error) {
	var frozen int64
	if _, err := one(ctx, tx, []any{&frozen}, "SELECT frozen FROM gate"+tx.lock()); err != nil { // as calls that open exclude each other
		return nil, fmt.Errorf("read gate: %w", err)
	}
	asked := make([]id.Customer, len(some))
	for at, one := range some {
		asked[at] = one.Customer
	}
	const noDispatch = -1 // staff tasks have 0
	g := gathering{tx: tx, self: noDispatch, from: at(i.Begun.Add(-contactMemory))}
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return g.resolve(ctx, asked) },
		g.loadProfiles, g.loadHoldout, g.loadLimiting, g.loadContacts, g.loadPending,
		func(ctx context.Context) error { return g.loadAsked(ctx, i) },
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	standings := make([]*decision.Standing, len(asked))
	for at, c := range asked {
		if g.head[c] == c {
			standings[at] = g.standing[c]
		}
	}
	return standings, nil
}

// loadPending marks those to whom anything is underway.
func (g *gathering) loadPending(ctx context.Context) error {
	err := each(ctx, g.tx, func(scan func(...any) error) error {
		var who id.Customer
		err := scan(&who)
		g.standing[g.head[who]].Pending = true
		return err
	}, "SELECT customer_id FROM touch WHERE state = 'underway' AND customer_id "+g.tx.dialect.among(1), idList(g.tx.dialect, g.ids))
	if err != nil {
		return fmt.Errorf("look up touches underway: %w", err)
	}
	return nil
}

// loadAsked reads into which groups other invitations asked them; who still waits
// in one counts as asked when this one began.
func (g *gathering) loadAsked(ctx context.Context, i *delivery.Invitation) error {
	earlier, err := invitees(ctx, g.tx, "WHERE customer_id "+g.tx.dialect.among(1)+" AND invitation_id <> $2 AND state <> 'withheld'",
		idList(g.tx.dialect, g.ids), i.ID)
	for _, e := range earlier {
		s := g.standing[g.head[e.Customer]]
		asked := decision.Asked{Group: e.Group, At: event.At(e.Asked)}
		if e.State == delivery.InviteeWaiting {
			asked.At = event.At(i.Begun)
		}
		s.Asked = append(s.Asked, asked)
	}
	return err
}

// WithholdInvitees implements delivery.Invitations.
func (db *DB) WithholdInvitees(ctx context.Context, some []delivery.Invitee, because decision.Because) error {
	err := db.Write(ctx, Background, func(tx *Tx) error {
		for _, one := range some {
			n, err := tx.exec(ctx, "UPDATE invitee SET state = 'withheld', because = $1 WHERE customer_id = $2 AND invitation_id = $3 AND state = 'waiting'",
				string(because), int64(one.Customer), one.Invitation)
			if err != nil || n == 0 {
				if err != nil {
					return err
				}
				continue
			}
			change := inviteeChange{}
			change.add(delivery.InviteeWaiting, "", -1)
			change.add(delivery.InviteeWithheld, string(because), 1)
			if err := tx.countInvitees(ctx, one.Invitation, change); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("withhold %d invitations: %w", len(some), err)
	}
	return nil
}

// followInvitee lets an entry stand where its task does.
func (tx *Tx) followInvitee(ctx context.Context, t *delivery.StaffTask) error {
	list, err := invitees(ctx, tx, "WHERE customer_id = $1 AND invitation_id = $2"+tx.lock(), int64(t.Customer), t.Action)
	if err != nil || len(list) == 0 {
		return err
	}
	was, is := list[0], list[0]
	is.State, is.Because = t.StateOf(), ""
	if is.State == delivery.InviteeTaken {
		is.Because = t.Because
	}
	if was == is {
		return nil
	}
	change := inviteeChange{}
	change.add(was.State, was.Because, -1)
	change.add(is.State, is.Because, 1)
	if _, err := tx.put(ctx, inviteeTable, [][]any{inviteeRow(&is)}); err != nil {
		return err
	}
	return tx.countInvitees(ctx, t.Action, change)
}
