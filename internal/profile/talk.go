package profile

import "siyu/internal/event"

// startGap is the silence on both sides after which a customer's message
// opens a new conversation, in milliseconds (48 hours).
const startGap = 48 * 60 * 60 * 1000

func (c *Customer) exchange(b event.MessageExchanged, at event.Instant) {
	if b.Group != 0 {
		return // talk in a group is the group's, see Group.Apply
	}
	t := &c.Talk
	if b.Staff != 0 && at >= max(t.LastIn, t.LastOut) {
		t.LastWith = b.Staff
	}
	day := t.day(at)
	if b.Inbound {
		day.Started = day.Started || at-max(t.LastOut, t.LastIn) > startGap
		day.In++
		t.Inbound++
		t.LastIn = max(t.LastIn, at)
		c.Touches.answer(at)
		return
	}
	day.Out++
	t.Outbound++
	t.LastOut = max(t.LastOut, at)
}

// day returns the entry of the message's day. When the day is older than all
// kept days it returns an entry that is dropped again.
func (t *Talk) day(at event.Instant) *TalkDay {
	for i := len(t.Days) - 1; i >= 0; i-- {
		if t.Days[i].At.Day() == at.Day() {
			return &t.Days[i]
		}
	}
	t.Days = last(insert(t.Days, TalkDay{At: at}, TalkDay.when), RecentDays)
	for i := len(t.Days) - 1; i >= 0; i-- {
		if t.Days[i].At == at {
			return &t.Days[i]
		}
	}
	return &TalkDay{}
}

func (c *Customer) receive(b event.TouchDelivered, at event.Instant) {
	c.Touches.add(Touch{At: at, Staff: b.Staff, Channel: b.Channel, Purpose: b.Purpose, Service: b.Service})
}

// receiveElsewhere takes a message of which Siyu learns late, so that the answer to
// it may be known before.
func (c *Customer) receiveElsewhere(b event.MassReceived, at event.Instant) {
	c.Touches.add(Touch{At: at, Staff: b.Staff, Channel: event.MassElsewhere, Purpose: b.Purpose, Answered: c.Talk.answerTo(at)})
}

func (t *Touches) add(touch Touch) {
	t.Count++
	t.Last = max(t.Last, touch.At)
	t.Recent = last(insert(t.Recent, touch, Touch.when), RecentTouches)
}

// answerTo returns when the customer wrote within AnswerWindow of a moment, as far
// as days tell, 0 for not at all.
func (t *Talk) answerTo(at event.Instant) event.Instant {
	until := at + event.Instant(AnswerWindow.Milliseconds())
	for _, d := range t.Days {
		if d.In > 0 && d.At >= at && d.At <= until {
			return d.At
		}
	}
	if t.LastIn >= at && t.LastIn <= until {
		return t.LastIn
	}
	return 0
}

// answer marks the newest touch that a message at this time can answer.
func (t *Touches) answer(at event.Instant) {
	for i := len(t.Recent) - 1; i >= 0; i-- {
		touch := &t.Recent[i]
		if touch.At > at {
			continue
		}
		if touch.Answered == 0 && at-touch.At <= event.Instant(AnswerWindow.Milliseconds()) {
			touch.Answered = at
		}
		return
	}
}
