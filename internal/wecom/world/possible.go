package world

// contacts lets every life read the day's contacts that came before, or after,
// the person's own hour.
func (o *oracle) contacts(today []mark, a around, before bool) {
	for i := range today {
		m := &today[i]
		if m.kind != contactMark || m.before != before || m.day < o.sight.ContactFrom {
			continue
		}
		for k := range o.lives {
			o.read(&o.lives[k], m, a)
		}
	}
	if before && a.reachable && a.day < o.sight.ContactFrom {
		o.guessContacts(a)
	}
}

// read lets a life read a contact and answer as the person did.
func (o *oracle) read(c *possible, m *mark, a around) {
	weight := m.channel.weight()
	c.traits.read(&c.hidden, m.contact, weight)
	if m.channel == Group || m.channel == Moment {
		return
	}
	visible := m.day >= o.sight.TalkFrom
	if !o.saw(c, weight*m.contact.answerRate()*c.answering(), m.reaction.answers, visible) {
		return
	}
	c.talked(o.answered(m.reaction.answered, visible, a), c.sway)
}

// answered tells whether staff answered well, drawn where it was not seen.
func (o *oracle) answered(did, visible bool, a around) bool {
	if visible {
		return did
	}
	return o.chance.Float64() < a.service
}

// guessContacts lets staff send as they are known to, where it was not seen.
func (o *oracle) guessContacts(a around) {
	for k := range o.lives {
		c := &o.lives[k]
		if a.inGroup && o.chance.Float64() < postRate {
			o.read(c, &mark{day: a.day, contact: campaignKind(o.chance.Float64()), channel: Group}, a)
		}
		if o.campaignToday(a.day) && o.chance.Float64() < campaignReach*o.crew[o.person.guide].diligence {
			o.read(c, &mark{day: a.day, contact: campaignKind(o.chance.Float64()), channel: Mass}, a)
		}
	}
}

func (o *oracle) campaignToday(day int) bool {
	store := o.person.guide / staffPerStore
	return o.person.guide >= 0 && day < HistoryDays && store < len(o.brand.Stores) && (day+store*7)%campaignRhythm == 0
}

// ownDay lets every life live the day as the person did.
func (o *oracle) ownDay(today []mark, a around) {
	did, linked := acts{basket: -1}, false
	for i := range today {
		if today[i].kind == ownMark {
			did, linked = today[i].did, today[i].linked
		}
	}
	for k := range o.lives {
		c := &o.lives[k]
		buys := o.buy(c, did, linked, a)
		if !a.reachable {
			continue
		}
		o.speakUp(c, did, a, buys)
		o.moveAbout(c, did, a)
	}
}

// buy lets a night and the day's purchase pass. An order that does not lead to
// the person is not seen.
func (o *oracle) buy(c *possible, did acts, linked bool, a around) bool {
	t, h := &c.traits, &c.hidden
	t.fade(h)
	h.lapsed = h.lapsed || o.chance.Float64() < t.lapse()
	lines, need := t.wants(h)
	chance := chanceOf(t.rate(h, need, a.reachable))
	seen := chance * o.linkedShare()
	switch {
	case linked:
		c.log += logOf(chance)
		c.bought(did, lines, need)
	default:
		c.log += logOf(1 - seen)
		if o.chance.Float64()*(1-seen) >= chance-seen {
			return false
		}
		h.age[pick(lines, h, need*o.chance.Float64())] = 0
	}
	h.supplied()
	return true
}

// linkedShare is the share of the person's orders that lead to the person.
func (o *oracle) linkedShare() float64 {
	if !o.person.phoneKnown {
		return 0
	}
	return o.unmasked
}

func (o *oracle) speakUp(c *possible, did acts, a around, buys bool) {
	t, h := &c.traits, &c.hidden
	hears := a.day >= o.sight.TalkFrom
	if h.complains && o.saw(c, a.solving(), did.solved, hears) {
		h.soothed(1)
	}
	if !h.complains && o.saw(c, trouble(buys), did.complains, hears) {
		h.wronged()
		return
	}
	if o.saw(c, t.talking(h), did.talks, hears) {
		h.talked(o.answered(did.answered, hears, a), 1)
	}
}

func (o *oracle) moveAbout(c *possible, did acts, a around) {
	t, h := &c.traits, &c.hidden
	if o.saw(c, t.deletion(h), did.deletes, true) {
		return
	}
	o.saw(c, t.referral(h), did.refers, true)
	if !a.inGroup {
		o.saw(c, h.joining(), did.joins, true)
		return
	}
	o.saw(c, a.leaving(h), did.leaves, true)
	if o.saw(c, t.speaking(h, a.vitality), did.speaks, a.day >= o.sight.TalkFrom) {
		h.spoke()
	}
}
