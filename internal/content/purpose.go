package content

import (
	"strings"

	"siyu/internal/event"
)

// PurposeOf returns what a message that Siyu did not write works on, as far as its
// words tell: a price, a coupon or a deadline makes an offer whatever else is said;
// otherwise the purpose with most signs. What carries no sign reminds, as a message
// to many that neither helps nor asks does. It never returns Greet or Invite.
func PurposeOf(text string) event.Purpose {
	if signsIn(text, offerSigns()) > 0 {
		return event.Promote
	}
	serves, asks := signsIn(text, serviceSigns()), signsIn(text, questionSigns())
	switch {
	case serves == 0 && asks == 0:
		return event.Remind
	case serves >= asks:
		return event.Serve
	default:
		return event.Ask
	}
}

func signsIn(text string, signs []string) (n int) {
	for _, sign := range signs {
		if strings.Contains(text, sign) {
			n++
		}
	}
	return n
}

// offerSigns are words of prices, coupons and deadlines.
func offerSigns() []string {
	return []string{
		"折", "券", "满减", "立减", "直降", "秒杀", "半价", "特价", "优惠", "促销", "福利价", "到手价", "会员价", "买一送一", "买一赠一",
		"第二件", "包邮", "红包", "返现", "限时", "限量", "抢购", "抢先", "抢完", "清仓", "大促", "拼团", "砍价", "元起", "仅需", "只要",
	}
}

// serviceSigns are words of help, care and putting right.
func serviceSigns() []string {
	return []string{
		"教程", "方法", "怎么用", "用法", "步骤", "技巧", "贴士", "保养", "保存", "护理", "使用中", "有问题", "随时找我", "随时问我",
		"售后", "抱歉", "不好意思", "处理好", "解决", "换新", "退换", "还习惯", "还满意", "满意吗", "顺手", "恢复得", "效果怎么样", "注意保暖", "辛苦了", "回访", "关心",
	}
}

// questionSigns are words that want to hear what the customer wishes, or show what
// could be wished.
func questionSigns() []string {
	return []string{
		"？", "?", "吗", "喜欢什么", "喜欢哪", "更喜欢", "想要", "想试", "想听", "想找", "想了解", "您的想法", "什么口味", "哪一款", "哪款",
		"感兴趣", "建议", "意见", "问卷", "调研", "投票", "偏好", "需求", "新品", "上新", "试用", "试吃", "试饮", "体验",
	}
}
