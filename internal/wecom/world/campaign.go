package world

import "time"

// Before Siyu every store sends by hand, each on its own rhythm, to whom it
// happens to pick, and mostly promotions.
const (
	campaignRhythm = 10   // days between a store's mass sends
	campaignReach  = 0.55 // share of a member's customers who are picked
)

// campaignKind returns what a hand-made mass send is about.
func campaignKind(u float64) Kind {
	switch {
	case u < 0.50:
		return Promo
	case u < 0.72:
		return Remind
	case u < 0.86:
		return Serve
	default:
		return Ask
	}
}

// campaign lets the stores whose turn it is today send by hand at the hour.
func (w *World) campaign(hour int) error {
	for s := range w.brand.Stores {
		src := w.chance.apart(uint64(s))
		if (w.day+s*7)%campaignRhythm != 0 || hour != opening+src.below(closing-opening-1, w.day, drawHour) {
			continue
		}
		kind := campaignKind(src.uniform(w.day, drawKind))
		text := pickText(scripts(kind), src.below(100, w.day, drawTopic))
		for k, to := range w.pickByHand(s) {
			if err := w.sendByHand(s*staffPerStore+k, kind, text, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// pickByHand returns whom each member of a store picks among the customers
// they know best; nobody for a member who cannot be bothered.
func (w *World) pickByHand(store int) (picked [staffPerStore][]int) {
	for i := range w.people {
		p := &w.people[i]
		k := p.guide - store*staffPerStore
		if k >= 0 && k < staffPerStore && p.uniform(w.day, drawReached) < campaignReach {
			picked[k] = append(picked[k], i)
		}
	}
	for k := range picked {
		if c := w.crew[store*staffPerStore+k]; c.uniform(w.day, drawConfirm) > c.diligence {
			picked[k] = nil
		}
	}
	return picked
}

// sendByHand lets a member write to the people picked.
func (w *World) sendByHand(staff int, kind Kind, text string, picked []int) error {
	if len(picked) == 0 {
		return nil
	}
	at := w.at(w.day, w.hour, 3+10*(staff%staffPerStore))
	to := make([]string, len(picked))
	for k, i := range picked {
		to[k] = w.people[i].external
	}
	if err := w.stage.send(at, w.brand.Staff[staff].UserID, text, to); err != nil {
		return err
	}
	for _, i := range picked {
		w.read(i, kind, Mass, at)
	}
	return nil
}

// read lets a person read a contact and perhaps answer it.
func (w *World) read(i int, kind Kind, channel Channel, at time.Time) {
	p := &w.people[i]
	guide := p.guide
	if guide < 0 {
		return
	}
	w.counted(channel)
	u := [2]float64{p.uniform(w.day, drawAnswer), p.uniform(w.day, drawService)}
	r := p.receive(&p.hidden, kind, channel, w.crew[guide].service, u)
	w.markContact(p, kind, channel, r)
	if !r.answers {
		return
	}
	wait := time.Duration(1+p.below(90, w.day, drawDemand)) * time.Minute
	words := pick2(replies(), p.below(topicCount, w.day, drawDemand))
	if p.fatigue > fedUp*p.patience {
		words = objection()
	}
	w.later(errand{due: awake(at.Add(wait)), person: i, staff: guide, reply: words, well: r.answered})
}

// fedUp is the multiple of their patience at which people who answer ask to be
// left alone.
const fedUp = 1.5

// scripts are the texts staff send, by kind; KindOf reads each as its kind.
func scripts(k Kind) []string {
	switch k {
	case Promo:
		return []string{"周三会员日，全场 88 折，限时一天", "老客专享 20 元券已放进卡包，今晚到期", "第二件半价，抢完为止"}
	case Serve:
		return []string{"上次的茶喝着还习惯吗？冲泡有问题随时问我", "送您一份手冲教程，水温和粉水比都写好了", "梅雨天茶叶的保存方法整理好了，发您一份"}
	case Ask:
		return []string{"最近在挑秋季新品，您平时更喜欢什么口味", "想听听您的想法：想喝花香的还是坚果调的", "周末有新豆试饮，您感兴趣吗"}
	default:
		return []string{"按您平时的节奏，家里的茶应该快喝完了，需要的话我给您留好", "您常喝的那款豆子这周新鲜烘焙到店", "好久没见您来坐坐了，门口的桂花开了"}
	}
}
