package world

import "strings"

// Kind is what a message means to the person who reads it.
type Kind string

// The kinds of contact. Remind, Serve and Ask are the levers of the ground
// truth; Promo is what most brands send.
const (
	Remind Kind = "remind" // you may be running low; here is where to reorder
	Serve  Kind = "serve"  // help, advice, a problem put right; nothing to buy
	Ask    Kind = "ask"    // what would you like; something new is shown
	Promo  Kind = "promo"  // a price, a coupon, hurry
)

// Channel is how a contact reaches a person.
type Channel string

// The channels, by decreasing weight.
const (
	OneToOne Channel = "one_to_one" // a member of staff writes personally
	Mass     Channel = "mass"       // a mass send that a member confirmed
	Group    Channel = "group"      // a post in a group the person is in
	Moment   Channel = "moment"     // seen in Moments
)

// weight returns how much of a contact's effect the channel carries.
func (c Channel) weight() float64 {
	switch c {
	case OneToOne:
		return 1
	case Mass:
		return 0.7
	case Group:
		return 0.3
	default:
		return 0.2
	}
}

// Effects of one one-to-one contact; channels scale them by weight.
const (
	remindReminds = 0.80 // share of the missing memory regained
	otherReminds  = 0.12 // by serving and asking
	promoReminds  = 0.55
	serveTrusts   = 0.42 // share of the missing trust gained
	askTrusts     = 0.03
	askWishes     = 0.22 // wish brought up, x openness x (1 - wish), in units of one due line
	promoWishes   = 0.05
	promoIntrudes = 0.06 // share of the trust a promotion costs where trust is low
	remindIntrude = 0.05
	distrust      = 0.40 // trust below which selling intrudes
)

// answerRate is the chance that a one-to-one contact of the kind is answered
// at middling trust.
func (k Kind) answerRate() float64 {
	switch k {
	case Serve:
		return 0.24
	case Ask:
		return 0.20
	case Remind:
		return 0.10
	default:
		return 0.05
	}
}

// reaction is what a person does about a contact.
type reaction struct{ answers, answered bool }

// receive lets the person read a contact. It changes memory, trust, wish and
// fatigue, and says whether the person answers and is then well served.
func (t *traits) receive(h *hidden, kind Kind, channel Channel, service float64, u [2]float64) reaction {
	w := channel.weight()
	t.read(h, kind, w)
	var r reaction
	if u[0] < w*kind.answerRate()*h.answering() {
		r = reaction{true, u[1] < service}
		h.talked(r.answered, t.sway)
	}
	return r
}

// read applies what a contact of a weight does to the person who reads it.
func (t *traits) read(h *hidden, kind Kind, w float64) {
	h.fatigue += w * t.tire
	t.moved(h, kind, w*t.sway)
}

// moved applies what the contact does to memory, trust and wish.
func (t *traits) moved(h *hidden, kind Kind, w float64) {
	switch kind {
	case Remind:
		h.memory += w * remindReminds * (1 - h.memory)
	case Promo:
		h.memory += w * promoReminds * (1 - h.memory)
		h.wish += w * promoWishes * max(0, 1-h.wish)
	default:
		h.memory += w * otherReminds * (1 - h.memory)
	}
	t.weigh(h, kind, w)
}

// weigh applies what the kind of contact does to trust and wish.
func (t *traits) weigh(h *hidden, kind Kind, w float64) {
	switch kind {
	case Serve:
		h.trust += w * serveTrusts * (1 - h.trust)
		if h.complains && w > 0 {
			h.soothed(w)
		}
	case Ask:
		h.trust += w * askTrusts * (1 - h.trust)
		if !h.lapsed {
			h.wish += w * askWishes * t.openness * max(0, 1-h.wish)
		}
	case Promo:
		if h.trust < distrust {
			h.trust -= w * promoIntrudes * h.trust
		}
	case Remind:
		if h.trust < distrust {
			h.trust -= w * remindIntrude * h.trust
		}
	}
}

// KindOf reads a message the way the demo people do: by its words. A price or
// a coupon outweighs whatever else is said; otherwise the kind with most signs
// wins, and a message without any reminds.
func KindOf(text string) Kind {
	best, most := Remind, 0
	for _, kind := range []Kind{Promo, Serve, Ask, Remind} {
		n := 0
		for _, sign := range kind.signs() {
			if strings.Contains(text, sign) {
				n++
			}
		}
		if kind == Promo && n > 0 {
			return Promo
		}
		if n > most {
			best, most = kind, n
		}
	}
	return best
}

// signs are words by which people recognise a kind of message.
func (k Kind) signs() []string {
	switch k {
	case Promo:
		return []string{"优惠券", "元券", "折", "秒杀", "满减", "立减", "限时", "特价", "优惠", "抢", "买一送一", "清仓", "半价"}
	case Serve:
		return []string{"售后", "冲泡", "保存方法", "使用方法", "怎么用", "经验", "满意", "顺手", "还习惯", "处理", "抱歉", "解决", "教程", "小贴士", "回访", "关心", "帮您看"}
	case Ask:
		return []string{"喜欢什么", "喜欢哪", "想喝", "想要", "想试", "想找", "感兴趣", "更喜欢", "新品", "问卷", "听听您", "请教", "在意", "试饮", "？", "?"}
	default:
		return []string{"喝完", "用完", "补货", "留一份", "留好", "有货", "备着", "到店", "好久", "回购", "到期", "提醒", "坐坐"}
	}
}
