package world

import "time"

// speakUp puts what the person says, and what staff answer, on the stage.
func (w *World) speakUp(i int, did acts, at time.Time) error {
	p := &w.people[i]
	guide := p.guide
	if guide < 0 {
		return nil
	}
	topic := p.below(topicCount, w.day, drawTopic)
	switch {
	case did.complains:
		return w.converse(i, pick2(complaints(), topic), false, at)
	case did.solved:
		return w.sayTo(i, guide, at, pickText(solutions(), topic))
	case did.talks:
		return w.converse(i, pick2(questions(), topic), did.answered, at)
	case did.speaks:
		return w.stage.say(at, message{from: p.external, group: p.group, text: pickText(groupTalk(), topic)})
	}
	return nil
}

// topicCount is divisible by the length of every list of texts below, so that
// a draw picks evenly from each.
const topicCount = 360

// converse writes one message of the person to the oldest member of staff,
// who answers: within the hour when it is a good answer, else late or never.
func (w *World) converse(i int, words [2]string, well bool, at time.Time) error {
	p := &w.people[i]
	guide := p.guide
	if err := w.stage.say(at, message{from: p.external, to: w.brand.Staff[guide].UserID, group: -1, text: words[0]}); err != nil {
		return err
	}
	delay := time.Duration(2+p.below(50, w.day, drawDelay)) * time.Minute
	if !well {
		if p.uniform(w.day, drawReached) < neverAnswered {
			return nil
		}
		delay = time.Duration(5+p.below(30, w.day, drawDelay)) * time.Hour
	}
	w.later(errand{due: awake(at.Add(delay)), person: i, staff: guide, text: words[1]})
	return nil
}

// neverAnswered is the share of badly answered messages that get no answer.
const neverAnswered = 0.4

// awake moves a time at night to the next morning.
func awake(t time.Time) time.Time {
	switch h := t.Hour(); {
	case h >= closing:
		return time.Date(t.Year(), t.Month(), t.Day()+1, opening, t.Minute(), 0, 0, t.Location())
	case h < opening:
		return time.Date(t.Year(), t.Month(), t.Day(), opening, t.Minute(), 0, 0, t.Location())
	}
	return t
}

// sayTo lets a member of staff write to the person.
func (w *World) sayTo(i, staff int, at time.Time, text string) error {
	return w.stage.say(at, message{from: w.brand.Staff[staff].UserID, to: w.people[i].external, group: -1, text: text})
}

func pick2(from [][2]string, at int) [2]string { return from[at%len(from)] }

func pickText(from []string, at int) string { return from[at%len(from)] }

func questions() [][2]string {
	return [][2]string{
		{"你好，龙井现在是今年的新茶吗？", "是的，清明前采的，这周刚到店，给您留一罐？"},
		{"手冲壶有没有小一点的，办公室用", "有 350 毫升的，我拍给您看看。"},
		{"咖啡豆可以帮忙磨吗？我家是法压壶", "可以的，法压壶我们磨粗一点，您下单备注就行。"},
		{"送长辈的茶礼盒有推荐吗", "长辈喝得惯老白茶，三百左右的那款包装也稳重。"},
		{"茉莉飞雪什么时候补货", "周四到，到了第一时间告诉您。"},
		{"有没有低因的豆子，晚上也想喝", "目前有一款低因拼配，酸度很低，可以先试饮。"},
		{"冷泡茶包泡多久合适", "冰箱里四到六小时，喝之前轻轻摇一下。"},
		{"能不能寄到公司，周五前要", "今天发顺丰，周四就能到。"},
		{"盖碗烫手有没有防烫的款", "有一款撇口的，拿的时候不容易烫。"},
		{"有没有无糖的即饮，控糖中", "冷泡茶包都是无糖的，茉莉那款回甘好。"},
	}
}

func complaints() [][2]string {
	return [][2]string{
		{"收到的罐子压扁了，很失望", "非常抱歉，给您补发一罐，今天就寄出。"},
		{"这次的豆子明显不新鲜，和上次差很多", "抱歉给您添麻烦了，麻烦拍一下烘焙日期，我马上处理。"},
		{"门店等了半小时没人理，体验很差", "对不起，是我们排班的问题，我请店长给您回电。"},
		{"退款都三天了还没到账", "抱歉，我现在去财务催，今天给您准信。"},
		{"天天发消息太打扰了", "抱歉打扰到您，已经给您设为不再推送。"},
	}
}

func solutions() []string {
	return []string{
		"您好，补发的包裹已经签收了吗？再次抱歉，有问题随时找我。",
		"上次的事情已经处理好了，退款今天到账，给您添麻烦了。",
		"店里已经调整了排班，谢谢您提出来，欢迎下次来坐坐。",
	}
}

func groupTalk() []string {
	return []string{
		"今天打卡，云南日晒，水温 92", "这泡白茶真的越喝越甜", "有人一起去周六的品鉴会吗",
		"请问绿茶夏天要放冰箱吗", "上次推荐的磨豆机到手了，香", "晒一下我的茶席",
		"群里谁有多的随行杯，想换个颜色", "第一次拉花，勉强是个心", "这个价格可以，下单了",
		"求推荐适合冷萃的豆子", "店员小姐姐教的冲法真好用", "周末人多不多？",
	}
}

// replies are what people answer to a contact and what staff say then.
func replies() [][2]string {
	return [][2]string{
		{"好的，谢谢提醒", "不客气，需要随时叫我。"},
		{"挺好喝的，家里人也喜欢", "太好了，下次给您留新到的一批试试。"},
		{"想要花香一点的", "记下了，有合适的第一时间告诉您。"},
		{"最近胃不好，有没有温和些的", "熟普和老白茶都温和，我给您配一小份试饮。"},
		{"上次那款还有吗", "还有，今天给您留两份。"},
		{"先不用了", "好的，打扰您了。"},
	}
}

// objection is what people write who want no more messages.
func objection() [2]string {
	return [2]string{"不再打扰", "好的，以后不再给您发活动消息，有需要随时找我。"}
}
