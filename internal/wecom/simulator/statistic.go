package simulator

import (
	"cmp"
	"slices"
	"time"
)

const (
	statisticDays     = 180
	statisticSpanDays = 30
	maxBehaviourIDs   = 100
)

func statisticRoutes(t map[string]route) {
	t[contactPath+"get_user_behavior_data"] = post(RightCustomers, memberBehaviour)
	t[contactPath+"groupchat/statistic"] = post(RightCustomers, groupStatistic)
	t[contactPath+"groupchat/statistic_group_by_day"] = post(RightCustomers, groupStatisticByDay)
}

// days checks a closed span of Beijing days: yesterday at the latest, 180 days
// back at the earliest, 30 days long at most.
func (c *call) days(start, end int64) (first, last int32, err error) {
	first, last = dayNumber(time.Unix(start, 0)), dayNumber(time.Unix(end, 0))
	today := dayNumber(c.now)
	if start <= 0 || last < first || last-first >= statisticSpanDays+1 || last >= today || first < today-statisticDays {
		return 0, 0, refuse(codeInvalidParameter, "invalid start_time or end_time")
	}
	return first, last, nil
}

type behaviourRequest struct {
	Users   []string `json:"userid"`
	Parties []int    `json:"partyid"`
	Start   int64    `json:"start_time"`
	End     int64    `json:"end_time"`
}

func memberBehaviour(c *call, q behaviourRequest) (any, error) {
	if len(q.Users) == 0 && len(q.Parties) == 0 {
		return nil, refuse(codeEmptyParameter, "userid and partyid are both empty")
	}
	if len(q.Users) > maxBehaviourIDs || len(q.Parties) > maxBehaviourIDs {
		return nil, refuse(codeUserListLength, "more than 100 userid or partyid")
	}
	first, last, err := c.days(q.Start, q.End)
	if err != nil {
		return nil, err
	}
	for _, id := range q.Users {
		if _, err := c.seenMember(id); err != nil {
			return nil, err
		}
	}
	staff := map[party]*member{}
	users, parties := setOf(q.Users), setOf(q.Parties)
	for _, m := range c.org.order {
		in := users[m.UserID] || slices.ContainsFunc(m.Departments, func(d int) bool { return len(parties) > 0 && c.org.within(d, parties) })
		if in && c.sees(c.app, m) {
			staff[party(m.number)] = m
		}
	}
	rows := []any{}
	for day := first; day <= last; day++ {
		rows = append(rows, c.behaviourRow(day, staff))
	}
	return map[string]any{"behavior_data": rows}, nil
}

func (c *call) behaviourRow(day int32, staff map[party]*member) map[string]any {
	sum := c.chats.behaviour(day, staff)
	var count dayCount
	for _, m := range staff {
		if d := c.daily[dayKey{m.number, day}]; d != nil {
			count.applies += d.applies
			count.contacts += d.contacts
			count.negative += d.negative
		}
	}
	row := map[string]any{
		"stat_time": dayStart(day).Unix(), "chat_cnt": sum.chats, "message_cnt": sum.messages,
		"negative_feedback_cnt": count.negative, "new_apply_cnt": count.applies, "new_contact_cnt": count.contacts,
	}
	if sum.asked > 0 {
		row["reply_percentage"] = percent(sum.answered, sum.asked)
	}
	if sum.answered > 0 {
		row["avg_reply_time"] = int(sum.waited.Minutes()) / sum.answered
	}
	return row
}

func percent(part, whole int) float64 { return float64(10000*part/whole) / 100 }

// behaviour is what members did in single chats on one day. asked counts the
// chats a customer opened, answered those the member answered the same day,
// waited the time from the first question to the first answer.
type behaviour struct {
	chats, messages, asked, answered int
	waited                           time.Duration
}

type chatPair struct{ staff, customer party }

// talk is the day of one single chat.
type talk struct {
	wrote      int // messages of the member
	asked      int64
	answeredAt int64
}

func (l *chatLog) behaviour(day int32, staff map[party]*member) behaviour {
	talks := map[chatPair]*talk{}
	for _, e := range l.singles(day) {
		pair, fromStaff := chatPair{e.from, e.to}, true
		if e.from&externalBit != 0 {
			pair, fromStaff = chatPair{e.to, e.from}, false
		}
		if staff[pair.staff] == nil {
			continue
		}
		if talks[pair] == nil {
			talks[pair] = &talk{}
		}
		talks[pair].add(e.at, fromStaff)
	}
	var sum behaviour
	for _, t := range talks {
		sum.add(t)
	}
	return sum
}

func (l *chatLog) singles(day int32) []entry {
	var all []entry
	l.onDay(day, func(e entry) {
		if e.room == 0 {
			all = append(all, e)
		}
	})
	slices.SortStableFunc(all, func(a, b entry) int { return cmp.Compare(a.at, b.at) })
	return all
}

func (t *talk) add(at int64, fromStaff bool) {
	switch {
	case fromStaff:
		t.wrote++
		if t.asked != 0 && t.answeredAt == 0 {
			t.answeredAt = at
		}
	case t.wrote == 0 && t.asked == 0:
		t.asked = at
	}
}

func (b *behaviour) add(t *talk) {
	if t.wrote > 0 {
		b.chats++
		b.messages += t.wrote
	}
	if t.asked == 0 {
		return
	}
	b.asked++
	if t.answeredAt != 0 {
		b.answered++
		b.waited += time.Duration(t.answeredAt-t.asked) * time.Millisecond
	}
}

type groupStatisticRequest struct {
	Begin   int64        `json:"day_begin_time"`
	End     int64        `json:"day_end_time"`
	Owners  *ownerFilter `json:"owner_filter"`
	OrderBy int          `json:"order_by"`
	Asc     int          `json:"order_asc"`
	Offset  int          `json:"offset"`
	Limit   int          `json:"limit"`
}

// groupData are the figures of some groups over some days. Totals are those
// at the end of the last day.
type groupData struct {
	NewChats   int `json:"new_chat_cnt"`
	Chats      int `json:"chat_total"`
	Talking    int `json:"chat_has_msg"`
	NewMembers int `json:"new_member_cnt"`
	Members    int `json:"member_total"`
	Speakers   int `json:"member_has_msg"`
	Messages   int `json:"msg_total"`
	Trainees   int `json:"migrate_trainee_chat_cnt"`
}

func (c *call) groupDays(q groupStatisticRequest) (first, last int32, err error) {
	if q.End == 0 {
		q.End = q.Begin
	}
	if q.Owners == nil || len(q.Owners.Users) == 0 || len(q.Owners.Users) > ownerFilterMost {
		return 0, 0, refuse(codeInvalidParameter, "owner_filter must hold 1 to 100 members")
	}
	for _, id := range q.Owners.Users {
		if _, err := c.seenMember(id); err != nil {
			return 0, 0, err
		}
	}
	return c.days(q.Begin, q.End)
}

func groupStatistic(c *call, q groupStatisticRequest) (any, error) {
	first, last, err := c.groupDays(q)
	if err != nil {
		return nil, err
	}
	type item struct {
		Owner string    `json:"owner"`
		Data  groupData `json:"data"`
	}
	items := []item{}
	for _, id := range unique(q.Owners.Users) {
		owner := c.org.members[id]
		items = append(items, item{id, c.groupData(func(g *group) bool { return g.owner == owner }, first, last)})
	}
	slices.SortStableFunc(items, func(a, b item) int {
		if q.Asc == 1 {
			a, b = b, a
		}
		return cmp.Compare(b.Data.rank(q.OrderBy), a.Data.rank(q.OrderBy))
	})
	from := min(max(q.Offset, 0), len(items))
	to := min(from+pageSize(q.Limit, 500, 1000), len(items))
	return map[string]any{"total": len(items), "next_offset": to, "items": items[from:to]}, nil
}

func (d groupData) rank(by int) int {
	switch by {
	case 2:
		return d.Chats
	case 3:
		return d.NewMembers
	case 4:
		return d.Members
	}
	return d.NewChats
}

func groupStatisticByDay(c *call, q groupStatisticRequest) (any, error) {
	first, last, err := c.groupDays(q)
	if err != nil {
		return nil, err
	}
	items := []any{}
	for day := first; day <= last; day++ {
		data := c.groupData(func(g *group) bool { return q.Owners.passes(g.owner) }, day, day)
		items = append(items, map[string]any{"stat_time": dayStart(day).Unix(), "data": data})
	}
	return map[string]any{"items": items}, nil
}

func (c *call) groupData(keep func(*group) bool, first, last int32) groupData {
	var d groupData
	rooms := map[uint32]bool{}
	for _, g := range c.groups.order {
		day := dayNumber(g.created)
		if !keep(g) || g.dismissed || day > last {
			continue
		}
		rooms[g.number+1] = true
		d.Chats++
		if day >= first {
			d.NewChats++
		}
		d.countMembers(g, first, last)
	}
	speakers, talking := map[[2]uint32]bool{}, map[uint32]bool{}
	for day := first; day <= last; day++ {
		c.chats.onDay(day, func(e entry) {
			if rooms[e.room] {
				d.Messages++
				talking[e.room] = true
				speakers[[2]uint32{e.room, uint32(e.from)}] = true
			}
		})
	}
	d.Talking, d.Speakers = len(talking), len(speakers)
	return d
}

func (d *groupData) countMembers(g *group, first, last int32) {
	for _, change := range g.log {
		day := dayNumber(change.at)
		if day > last {
			continue
		}
		d.Members += change.delta
		if change.delta > 0 && day >= first {
			d.NewMembers++
		}
	}
}
