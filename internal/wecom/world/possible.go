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
	c.fatigue += weight * c.tire
	c.moved(&c.hidden, m.contact, weight*c.sway)
	if m.channel == Group || m.channel == Moment {
		return
	}
	visible := m.day >= o.sight.TalkFrom
	if !o.saw(c, weight*m.contact.answerRate()*(0.1+1.8*c.trust), m.reaction.answers, visible) {
		return
	}
	answered := m.reaction.answered
	if !visible {
		answered = o.chance.Float64() < a.service
	}
	c.talked(answered, c.sway)
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
	lapse := lapseRate
	if t.hunter {
		lapse = hunterLapse
	}
	h.lapsed = h.lapsed || o.chance.Float64() < lapse
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
	h.wish = 0
	h.memory += buyingReminds * (1 - h.memory)
	h.trust += goodPurchase * (1 - h.trust)
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
	if h.complains && o.saw(c, 2*solveRate*a.service, did.solved, hears) {
		h.complains = false
		h.trust += complaintRepair * (1 - h.trust)
	}
	trouble := complainRate
	if buys {
		trouble *= 12
	}
	if !h.complains && o.saw(c, trouble, did.complains, hears) {
		h.complains = true
		h.trust -= complaintLoss * h.trust
		return
	}
	if !o.saw(c, talkRate*t.talk*(0.1+1.8*h.trust)*(1+2*h.wish), did.talks, hears) {
		return
	}
	answered := did.answered
	if !hears {
		answered = o.chance.Float64() < a.service
	}
	h.talked(answered, 1)
}

func (o *oracle) moveAbout(c *possible, did acts, a around) {
	t, h := &c.traits, &c.hidden
	if o.saw(c, t.deletion(h), did.deletes, true) {
		return
	}
	o.saw(c, t.referral(h), did.refers, true)
	if !a.inGroup {
		o.saw(c, joinRate*(0.3+1.2*h.trust), did.joins, true)
		return
	}
	o.saw(c, leaveRate*(2.2-a.vitality-h.trust), did.leaves, true)
	if o.saw(c, 0.05*t.talk*a.vitality*(0.4+h.trust), did.speaks, a.day >= o.sight.TalkFrom) {
		h.memory += speakingReminds * (1 - h.memory)
	}
}
