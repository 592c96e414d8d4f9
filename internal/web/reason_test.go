package web

import (
	"testing"
	"time"

	"siyu/internal/clock"
	"siyu/internal/id"
	"siyu/internal/insight"
)

func TestReasonsAreTrueOnTheDayTheyAreRead(t *testing.T) {
	t.Parallel()
	zh, en := both(t)
	asOf := time.Date(2026, 3, 12, 5, 0, 0, 0, clock.Shanghai)
	lines := map[id.Line]string{1: "Tea"}
	for _, c := range []struct {
		reason   insight.Reason
		read     time.Duration // after the estimate was made
		zh, want string
	}{
		{insight.Reason{Key: "need.rhythm", Number: .1}, 0, "今天买过，和自己的购买节奏相比", "last bought today, measured by the own buying rhythm"},
		{insight.Reason{Key: "need.rhythm", Number: .4}, 0, "昨天买过，和自己的购买节奏相比", "last bought yesterday, measured by the own buying rhythm"},
		{insight.Reason{Key: "trust.talk", Number: .1}, 26 * time.Hour, "昨天聊过", "talked with us, most recently yesterday"},
		{insight.Reason{Key: "exposure.memory", Number: 9}, 0, "9 天前有过有用的接触", "last useful contact 9 days ago"},
		{insight.Reason{Key: "need.due", Number: 0, Line: 1}, 0, "Tea的通常购买周期走了 0%", "Tea: 0% of the usual time between two purchases has passed"},
		{insight.Reason{Key: "need.due", Number: .03, Line: 1}, 0, "Tea的通常购买周期走了 3%", "Tea: 3% of the usual time between two purchases has passed"},
		{insight.Reason{Key: "need.due", Number: .2, Weight: .4, Line: 1}, 0, "Tea的通常购买周期走了 20%，不久又会需要", "Tea: 20% of the usual time between two purchases has passed; it comes round again soon"},
		{insight.Reason{Key: "need.due", Number: .998, Line: 1}, 0, "Tea的通常购买周期走了 99%", "Tea: 99% of the usual time between two purchases has passed"},
		{insight.Reason{Key: "need.due", Number: 1.02}, 0, "产品刚好过完一个通常购买周期", "products: the usual time between two purchases is just over"},
		{insight.Reason{Key: "need.due", Number: 1.7, Line: 1}, 0, "Tea距上次购买已过 1.7 个通常周期", "Tea: 1.7 times the usual time between two purchases has passed"},
		{insight.Reason{Key: "need.never_bought_long", Number: .1}, 0, "今天认识，还没有订单", "known since today, no order yet"},
		{insight.Reason{Key: "need.never_bought_long", Number: 40}, 0, "认识 40 天，还没有订单", "known for 40 days, no order yet"},
		{insight.Reason{Key: "need.orders_unlinked", Number: 0}, 0, "没有一张订单认得出客户", "no order belongs to a known customer"},
		{insight.Reason{Key: "trust.answers", Number: 0}, 0, "非促销消息一次也没有回复", "answered none of our messages that do not sell"},
		{insight.Reason{Key: "trust.answers", Number: 1}, 0, "回复过 1 次非促销消息", "answered 1 message that does not sell"},
		{insight.Reason{Key: "trust.complaint_open", Number: .4}, 0, "昨天投诉，还没有解决", "complained yesterday, not solved yet"},
	} {
		now := func() time.Time { return asOf.Add(c.read) }
		for said, want := range map[string]string{
			calendar{locale: zh, zone: clock.Shanghai, now: now}.reason(lines, asOf, c.reason): c.zh,
			calendar{locale: en, zone: clock.Shanghai, now: now}.reason(lines, asOf, c.reason): c.want,
		} {
			if said != want {
				t.Errorf("%s with %g: got %q, want %q", c.reason.Key, c.reason.Number, said, want)
			}
		}
	}
}

func TestNobodyIsBelowAllCustomers(t *testing.T) {
	t.Parallel()
	_, en := both(t)
	for _, c := range []struct {
		rank Rank
		want string
	}{
		{Rank{}, ""},
		{Rank{Less: .82, More: .18, Known: true}, "above 82% of customers"},
		{Rank{Less: .3, More: .2, Known: true}, "above 30% of customers"},
		{Rank{Less: .12, More: .88, Known: true}, "below 88% of customers"},
		{Rank{Less: 0, More: 1, Known: true}, "below nearly all customers"},
		{Rank{Less: .999, More: 0, Known: true}, "above nearly all customers"},
		{Rank{Less: .001, More: 0, Known: true}, "like nearly all customers"},
	} {
		if got := en.place(c.rank); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.rank, got, c.want)
		}
	}
}
