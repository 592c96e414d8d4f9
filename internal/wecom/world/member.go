package world

import (
	"encoding/csv"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"siyu/internal/clock"
)

// memberHeaders are the columns of a Youzan customer export, with one that the
// brand added: who invited the customer.
func memberHeaders() []string {
	return strings.Fields(`客户姓名 客户昵称 客户手机号 客户生日 客户性别 标签 是否会员 成长值 免费等级 付费等级 权益卡 客户积分 客户储值余额
消费次数 消费金额 累计退款金额 累计退款订单数 笔单价 上次消费时间 分销员 导购员 企微好友 来源渠道 来源方式 成为客户时间 成为会员时间
成为会员店铺 公众号 公众号关注时间 最近浏览时间 微信地域 所属区域 指定时间消费次数 指定时间消费金额 邀请人手机号`)
}

// WriteMembers writes the shop's list of members as it stands at a time into
// dir and returns its path. Members are those who gave their phone and bought,
// or came because another customer brought them.
func (w *World) WriteMembers(dir string, until time.Time) (string, error) {
	path := filepath.Join(dir, "youzan-customers-"+until.In(clock.Shanghai).Format(dateInName)+".csv")
	if err := writeFile(path, withBOM, func(out io.Writer) error { return w.writeMembers(out, until) }); err != nil {
		return path, fmt.Errorf("writing the list of members %s: %w", path, err)
	}
	return path, nil
}

func (w *World) writeMembers(out io.Writer, until time.Time) error {
	lines := csv.NewWriter(out)
	headers := memberHeaders()
	if err := lines.Write(headers); err != nil {
		return err
	}
	c := newCells(headers)
	for i := range w.people {
		p := &w.people[i]
		if !p.member() || !w.joined(p).Before(until) {
			continue
		}
		c.clear()
		w.memberRow(p, c)
		if err := lines.Write(c.row); err != nil {
			return err
		}
	}
	lines.Flush()
	return lines.Error()
}

// member reports whether the shop lists the person.
func (p *person) member() bool { return p.phoneKnown && (p.orders > 0 || p.source == referSource) }

// joined returns when the person became a member: in the morning of the day on
// which the person came, before which nobody knew of the person.
func (w *World) joined(p *person) time.Time { return w.at(p.came, 0, 0) }

func (w *World) memberRow(p *person, c *cells) {
	store, source := w.brand.Stores[p.store], w.brand.Sources[p.source]
	c.set("客户姓名", p.name)
	c.set("客户昵称", p.name)
	c.set("客户手机号", p.phone)
	c.set("客户生日", p.birthday())
	c.set("是否会员", "是")
	c.set("免费等级", levelOf(p.orders))
	c.set("标签", "线上会员")
	if source.PerStore {
		c.set("标签", "门店会员")
	}
	c.set("来源渠道", w.campaignOf(p))
	c.set("企微好友", "是")
	c.set("成为会员时间", w.joined(p).Format(dateTime))
	c.set("成为会员店铺", store.Name)
	c.set("所属区域", store.Area+"省"+store.City+"市")
	if p.by < 0 {
		return
	}
	by := &w.people[p.by]
	full := by.phone
	if !by.member() {
		full = full[:3] + "****" + full[7:]
	}
	c.set("邀请人手机号", full)
}

// campaignOf returns through what the person came first; gifts for forwarding
// were given out several times.
func (w *World) campaignOf(p *person) string {
	source := w.brand.Sources[p.source]
	if source.Code == giftCode {
		return fmt.Sprintf("%s第%d期", source.Name, 1+p.came/giftEvery)
	}
	return source.Name
}

// levelOf returns the level that so many orders reach.
func levelOf(orders int) string {
	switch {
	case orders >= 20:
		return "黑卡"
	case orders >= 8:
		return "金卡"
	case orders >= 3:
		return "银卡"
	}
	return "普通会员"
}

// birthdayTold is the share of members who gave their birthday.
const birthdayTold = 0.6

// birthday returns when the person was born as the shop shows it, "" for who
// did not say.
func (p *person) birthday() string {
	src := p.apart(memberPart)
	if src.uniform(0, drawReached) >= birthdayTold {
		return ""
	}
	born := time.Date(1955, time.January, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, src.below(50*365, 0, drawArrival))
	return born.Format(dateOnly)
}
