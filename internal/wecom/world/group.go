package world

import (
	"slices"
	"time"
)

// join lets the person into a group: mostly one of the own store, by what is
// lively.
func (w *World) join(i int, at time.Time) error {
	p := &w.people[i]
	best, score := -1, 0.0
	for g, plan := range w.brand.Groups {
		if plan.Store >= 0 && plan.Store != p.store || w.plan.vitality[g] == 0 || len(w.members[g]) >= groupRoom {
			continue
		}
		s := (0.2 + w.plan.vitality[g]) * p.apart(groupPart+uint64(g)).uniform(0, drawJoin)
		if plan.Store < 0 {
			s *= 0.6
		}
		if s > score {
			best, score = g, s
		}
	}
	if best < 0 {
		return nil
	}
	p.group = best
	w.members[best] = append(w.members[best], i)
	return w.stage.join(at, best, p.external)
}

// groupRoom is how many customers fit; WeCom stops self-service joining at
// 200 people.
const groupRoom = 195

func (w *World) leave(i int, at time.Time) error {
	p := &w.people[i]
	g := p.group
	p.group = -1
	if k := slices.Index(w.members[g], i); k >= 0 {
		w.members[g] = slices.Delete(w.members[g], k, k+1)
	}
	return w.stage.leave(at, g, p.external)
}

// post lets owners write into their groups: what kind of post depends on the
// kind of group. Everybody in the group meets it.
func (w *World) post(hour int) error {
	for g, plan := range w.brand.Groups {
		src := w.chance.apart(groupPart + uint64(g))
		if len(w.members[g]) == 0 || src.uniform(w.day, drawReached) > postRate || hour != opening+src.below(closing-opening, w.day, drawHour) {
			continue
		}
		kind := plan.Kind.posts(src.uniform(w.day, drawKind))
		owner := w.brand.Staff[plan.Owner].UserID
		text := pickText(scripts(kind), src.below(100, w.day, drawTopic))
		if err := w.stage.say(w.at(w.day, hour, 5), message{from: owner, group: g, text: text}); err != nil {
			return err
		}
		for _, i := range w.members[g] {
			w.meet(i, kind, Group)
		}
	}
	return nil
}

// postRate is the share of days on which a group's owner posts.
const postRate = 0.3

// posts returns what the owner of such a group posts.
func (k GroupKind) posts(u float64) Kind {
	promo := map[GroupKind]float64{DealGroup: .8, FlashGroup: .9, InterestGroup: .1, LearningGroup: .15, VIPGroup: .3}[k]
	switch {
	case u < promo:
		return Promo
	case u < promo+(1-promo)*0.5:
		return Serve
	case u < promo+(1-promo)*0.8:
		return Ask
	default:
		return Remind
	}
}

// meet lets a person read something in passing: no answer is expected.
func (w *World) meet(i int, kind Kind, channel Channel) {
	p := &w.people[i]
	p.receive(&p.hidden, kind, channel, 0, [2]float64{1, 1})
	w.markContact(p, kind, channel, reaction{})
}
