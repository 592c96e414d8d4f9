package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/account"
	"siyu/internal/app/brand"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/wecom"
)

// When members are told what waits.
const (
	// noticeAfter is how long after the quiet hours the day's list is told: what was
	// approved before then is with its member.
	noticeAfter = 10 * time.Minute
	// noticeMorning is how long the day's list is told at all; later only what ends
	// before the next one.
	noticeMorning = 2 * time.Hour
	// noticePause is between two messages to a member: what comes within it is told
	// together.
	noticePause = time.Hour
	// mostNews is how many messages about new tasks a member gets on a day.
	mostNews = 3
	// noticesKept is for how many days it is kept what members were told and saw: no
	// task waits as long.
	noticesKept = 35
)

// tellStaff tells members what waits for them, and owners and leads what waits for
// their approval. Each message is claimed before it is sent, so that none goes twice.
func (a *App) tellStaff(ctx context.Context) error {
	l, rules, now := a.link.Load(), a.brand.Documents().Rules, a.clock.Now()
	if l == nil || l.Agent == 0 || rules.Quiet(now.In(a.zone)) {
		return nil
	}
	if frozen, err := a.db.Frozen(ctx); err != nil || !frozen.IsZero() {
		return err // an older copy does not know what was told
	}
	day := clock.Day(now, a.zone)
	known, err := a.db.Notices(ctx, day)
	if err != nil {
		return err
	}
	r := round{now: now, day: day, general: a.brand.Documents().General, told: map[id.Staff][]storage.Notice{}}
	r.begins, _ = rules.Window(day, day)
	r.next = nextBegin(rules, day)
	for _, n := range known {
		r.told[n.Staff] = append(r.told[n.Staff], n)
	}
	lists, err := a.lists(ctx, &r)
	if err != nil {
		return err
	}
	approvals, err := a.approvalNotices(ctx, &r)
	if err != nil {
		return err
	}
	return a.tell(ctx, l, append(lists, approvals...))
}

// nextBegin returns when the day's list of the next day is told.
func nextBegin(rules decision.Settings, day time.Time) time.Time {
	tomorrow := day.AddDate(0, 0, 1)
	from, _ := rules.Window(tomorrow, day)
	return from.Add(noticeAfter)
}

// forgetTold forgets what was told and seen long ago.
func (a *App) forgetTold(ctx context.Context) error {
	before := clock.Day(a.clock.Now(), a.zone).AddDate(0, 0, -noticesKept)
	if err := a.db.ForgetNotices(ctx, before); err != nil {
		return err
	}
	for _, s := range a.brand.Org().Staff {
		if err := a.db.ForgetSeen(ctx, s.ID, before); err != nil {
			return err
		}
	}
	return nil
}

// round is one look at what is to be told.
type round struct {
	now, day time.Time
	begins   time.Time // when the quiet hours ended
	next     time.Time // when the next day's list is told
	general  brand.General
	told     map[id.Staff][]storage.Notice // on the day
	press    map[int64]bool                // contacts that press, by the number of the touch
}

// last returns when a member was told of tasks last, and how often of new ones.
func (r *round) last(s id.Staff) (at time.Time, news int) {
	for _, n := range r.told[s] {
		if n.Kind == storage.NoticeApproval {
			continue
		}
		if n.At.After(at) {
			at = n.At
		}
		if n.Kind == storage.NoticeNew {
			news++
		}
	}
	return at, news
}

// pressing tells whether a task answers a customer who should not have to wait.
func (r *round) pressing(w storage.StaffWait) bool { return w.Touch != 0 && r.press[w.Touch] }

// has tells whether a member was told of a kind on the day.
func (r *round) has(s id.Staff, kind storage.NoticeKind) bool {
	return slices.ContainsFunc(r.told[s], func(n storage.Notice) bool { return n.Kind == kind })
}

// told is a message to one member.
type told struct {
	storage.Notice
	card wecom.TextCard
}

// lists returns the messages about what waits for members now.
func (a *App) lists(ctx context.Context, r *round) ([]told, error) {
	if r.general.NoDayNotice && r.general.NoNewNotice || r.now.Before(r.begins.Add(noticeAfter)) {
		return nil, nil
	}
	waits, err := a.db.StaffWaits(ctx, r.now)
	if err != nil {
		return nil, err
	}
	urged, err := a.db.Urges(ctx, r.now.Add(-noticePause))
	if err != nil {
		return nil, err
	}
	of := map[id.Staff][]storage.StaffWait{}
	var customers []id.Customer
	var touches []int64
	for _, w := range waits {
		of[w.Staff] = append(of[w.Staff], w)
		if w.Touch != 0 && !w.Since.Before(r.day) {
			customers, touches = append(customers, w.Customer), append(touches, w.Touch)
		}
	}
	if r.press, err = a.desk.Pressing(ctx, customers, touches); err != nil {
		return nil, err
	}
	var list []told
	for _, staff := range slices.Sorted(maps.Keys(of)) {
		if member, known := a.brand.Member(staff); !known || !member.Active {
			continue
		}
		n, ok := r.atOnce(staff, of[staff])
		if !ok && len(urged[staff]) == 0 {
			n, ok = r.notice(staff, of[staff])
		}
		if ok {
			n.card.URL = a.config.PublicURL + "/tasks"
			list = append(list, n)
		}
	}
	return list, nil
}

// notice returns what a member is told now of what waits, if anything.
func (r *round) notice(staff id.Staff, waits []storage.StaffWait) (told, bool) {
	n := told{Notice: storage.Notice{Day: r.day, Staff: staff, Kind: storage.NoticeDay, At: r.now}}
	last, news := r.last(staff)
	if !r.general.NoDayNotice && last.IsZero() && r.now.Before(r.begins.Add(noticeAfter+noticeMorning)) {
		n.card = cardOf(r.general.DayTitle, r.general.DayText, waits)
		return n, true
	}
	if r.general.NoNewNotice || news >= mostNews || r.now.Sub(last) < noticePause {
		return n, false
	}
	if last.IsZero() && r.general.NoDayNotice {
		last = r.begins // the day's list is told by nobody
	}
	n.Kind, n.Number = storage.NoticeNew, news
	return r.newsOf(n, last, waits)
}

// atOnce returns what a member is told now because something that has come since the last
// message is pressing: the day's number of messages, in which it
// counts, and the pause between them do not hold it up.
func (r *round) atOnce(staff id.Staff, waits []storage.StaffWait) (told, bool) {
	n := told{Notice: storage.Notice{Day: r.day, Staff: staff, Kind: storage.NoticeNew, At: r.now}}
	last, news := r.last(staff)
	listed := !last.IsZero() || r.general.NoDayNotice || !r.now.Before(r.begins.Add(noticeAfter+noticeMorning))
	if last.IsZero() {
		last = r.day
	}
	if r.general.NoNewNotice || !listed || !slices.ContainsFunc(waits, func(w storage.StaffWait) bool { return w.Since.After(last) && r.pressing(w) }) {
		return n, false
	}
	n.Number = news
	return r.newsOf(n, last, waits)
}

// newsOf puts into a message what has come after the last one and cannot wait for the
// next day's list.
func (r *round) newsOf(n told, last time.Time, waits []storage.StaffWait) (told, bool) {
	fresh := slices.DeleteFunc(slices.Clone(waits), func(w storage.StaffWait) bool {
		return !w.Since.After(last) || w.Until.After(r.next) && !r.pressing(w)
	})
	if len(fresh) == 0 {
		return n, false
	}
	first := slices.MinFunc(fresh, func(a, b storage.StaffWait) int { return a.Until.Compare(b.Until) })
	n.card = cardOf(r.general.NewTitle, strings.ReplaceAll(r.general.NewText, "{until}", first.Until.In(r.day.Location()).Format("15:04")), fresh)
	return n, true
}

func cardOf(title, text string, waits []storage.StaffWait) wecom.TextCard {
	counts := map[storage.SeenKind]int{}
	for _, w := range waits {
		counts[w.Kind]++
	}
	return wecom.TextCard{Title: title, Description: strings.NewReplacer("{contacts}", strconv.Itoa(counts[storage.SeenHand]),
		"{sends}", strconv.Itoa(counts[storage.SeenMass]), "{tasks}", strconv.Itoa(counts[storage.SeenStep])).Replace(text)}
}

// approvalNotices returns the messages to owners and leads about what waits for
// approval, which they get once a day.
func (a *App) approvalNotices(ctx context.Context, r *round) ([]told, error) {
	if r.general.NoApprovalNotice || r.now.Before(r.begins.Add(noticeAfter)) {
		return nil, nil
	}
	var to []id.Staff
	accounts, err := a.db.Accounts(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for whom to tell of approvals: %w", err)
	}
	for _, one := range accounts {
		member, known := a.brand.Member(one.Staff)
		decides := one.Role == account.Owner || one.Role == account.Lead
		if one.Active && decides && known && member.Active && !r.has(one.Staff, storage.NoticeApproval) && !slices.Contains(to, one.Staff) {
			to = append(to, one.Staff)
		}
	}
	if len(to) == 0 {
		return nil, nil
	}
	waiting, err := a.db.CountApprovals(ctx, org.All(), r.now)
	if err != nil || waiting.Sends+waiting.Posts+waiting.Processes == 0 {
		return nil, err
	}
	text := strings.NewReplacer("{sends}", strconv.Itoa(waiting.Sends), "{customers}", strconv.Itoa(waiting.Customers), "{posts}", strconv.Itoa(waiting.Posts)).Replace(r.general.ApprovalText)
	processes := strings.ReplaceAll(r.general.ProcessText, "{processes}", strconv.Itoa(waiting.Processes))
	page := "/touch"
	switch {
	case waiting.Sends+waiting.Posts == 0:
		page, text = "/", processes // Today names them
	case waiting.Processes > 0:
		text += "\n" + processes
	}
	if waiting.Sends == 0 && waiting.Posts > 0 {
		page = "/touch/posts"
	}
	list := make([]told, len(to))
	for i, staff := range to {
		list[i] = told{storage.Notice{Day: r.day, Staff: staff, Kind: storage.NoticeApproval, At: r.now}, wecom.TextCard{Title: r.general.ApprovalTitle, Description: text, URL: a.config.PublicURL + page}}
	}
	return list, nil
}

// tell claims messages and sends those that nobody else has claimed, one call for all
// members who are told the same.
func (a *App) tell(ctx context.Context, l *link, list []told) error {
	slices.SortStableFunc(list, func(x, y told) int {
		return cmp.Or(cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.card.Description, y.card.Description), cmp.Compare(x.card.URL, y.card.URL))
	})
	var failed []error
	for same := range chunksOfSame(list) {
		wanted := make([]storage.Notice, len(same))
		for i := range same {
			wanted[i] = same[i].Notice
		}
		claimed, err := a.db.ClaimNotices(ctx, wanted)
		if err != nil {
			return errors.Join(append(failed, err)...)
		}
		if len(claimed) == 0 {
			continue
		}
		to := make([]id.Staff, len(claimed))
		for i := range claimed {
			to[i] = claimed[i].Staff
		}
		err = a.sendCard(ctx, l, to, same[0].card)
		again, ended := a.endTold(ctx, claimed, err)
		if err != nil {
			err = fmt.Errorf("tell %d members of %s: %w", len(claimed), same[0].Kind, err)
		}
		failed = append(failed, err, ended)
		if again { // WeCom is away: the rest waits, too
			break
		}
	}
	return errors.Join(failed...)
}

// chunksOfSame yields neighbours that say the same, at most as many as one call takes.
func chunksOfSame(list []told) func(func([]told) bool) {
	return func(yield func([]told) bool) {
		for len(list) > 0 {
			n := 1
			for n < len(list) && n < wecom.MostReceivers && list[n].Kind == list[0].Kind && list[n].card == list[0].card {
				n++
			}
			if !yield(list[:n]) {
				return
			}
			list = list[n:]
		}
	}
}

// endTold keeps what became of messages. What surely had no effect, because WeCom is
// away, may be sent again; what is in doubt stays as it is.
func (a *App) endTold(ctx context.Context, claimed []storage.Notice, sent error) (again bool, err error) {
	if sent == nil {
		return false, a.db.EndNotices(ctx, claimed, storage.NoticeSent)
	}
	refused, known := errors.AsType[*wecom.Error](sent)
	switch {
	case !known || refused.Outcome == wecom.InDoubt:
		return false, nil
	case wecom.ReactionOf(sent) == wecom.TryLater:
		return true, a.db.UnclaimNotices(ctx, claimed)
	}
	return false, a.db.EndNotices(ctx, claimed, storage.NoticeFailed)
}

// sendCard sends a message of the app to members and keeps whom it did not reach.
func (a *App) sendCard(ctx context.Context, l *link, to []id.Staff, card wecom.TextCard) error {
	staffOf, users := map[string]id.Staff{}, []string(nil)
	for _, s := range to {
		member, known := a.brand.Member(s)
		if name := strings.ToLower(member.UserID); known && member.Corp == l.Corp && staffOf[name] == 0 { // WeCom's ids know no case
			staffOf[name] = s
			users = append(users, member.UserID)
		}
	}
	if len(users) == 0 {
		return nil
	}
	sent, err := l.client.SendTextCard(ctx, users, card)
	if refused, known := errors.AsType[*wecom.Error](err); known && refused.Code == wecom.CodeAllInvalid {
		sent.InvalidUsers, err = strings.Join(users, "|"), nil
	}
	if err != nil {
		return err
	}
	var not []storage.Unreached
	for because, names := range map[storage.Unreachable]string{storage.OutOfReach: sent.InvalidUsers, storage.Unlicensed: sent.Unlicensed} {
		for name := range strings.SplitSeq(names, "|") {
			if staff := staffOf[strings.ToLower(name)]; staff != 0 {
				not = append(not, storage.Unreached{Staff: staff, Since: a.clock.Now(), Because: because})
				delete(staffOf, strings.ToLower(name))
			}
		}
	}
	if len(not) > 0 {
		a.log.Warn("messages of the app do not reach members", "count", len(not)) // the pages name them
	}
	return a.db.KeepReached(ctx, slices.Collect(maps.Values(staffOf)), not)
}

// urge tells a member by WeCom that tasks wait.
func (a *App) urge(ctx context.Context, staff id.Staff, open int) error {
	l := a.link.Load()
	if l == nil || l.Agent == 0 {
		return nil // the task list itself shows that it is urged
	}
	general := a.brand.Documents().General
	card := wecom.TextCard{Title: general.UrgeTitle, Description: strings.ReplaceAll(general.UrgeText, "{open}", strconv.Itoa(open)), URL: a.config.PublicURL + "/tasks"}
	if err := a.sendCard(ctx, l, []id.Staff{staff}, card); err != nil {
		return fault.WithKey(fault.Upstream, "error.urge", fmt.Errorf("remind a member: %w", err))
	}
	return nil
}
