package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// keruyunHeaders are the columns of a Keruyun till export. It knows no
// products.
func keruyunHeaders() []string {
	return strings.Fields("编号 订单号 订单来源 营业日 下单时间 结账时间 订单状态 折前金额 总优惠金额 折后金额 支付方式 支付笔数 会员姓名 会员手机号 订单类型 桌台 就餐人数 就餐时长 门店名称")
}

// keruyunRow fills one order as it stands at the time of the export. A
// refund shows in the status alone.
func (w *World) keruyunRow(o *order, until time.Time, c *cells) {
	p := &w.people[o.person]
	c.set("编号", strconv.Itoa(o.serial))
	c.set("订单号", fmt.Sprintf(`="%s%06d"`, o.at.Format("060102"), o.serial))
	c.set("订单来源", "POS")
	c.set("营业日", o.at.Format(dateOnly))
	c.set("下单时间", o.at.Format(dateTime))
	c.set("结账时间", o.at.Add(3*time.Minute).Format(dateTime))
	c.set("订单状态", "已结账")
	if o.refundedBy(until) {
		c.set("订单状态", "已退款")
	}
	c.set("折前金额", yuan(o.gross))
	c.set("总优惠金额", yuan(o.discount))
	c.set("折后金额", yuan(o.paid()))
	c.set("支付方式", "微信")
	c.set("支付笔数", "1")
	c.set("会员姓名", p.name)
	c.set("会员手机号", w.shownPhone(o, "-"))
	c.set("订单类型", "外带")
	c.set("门店名称", w.brand.Stores[o.store].Name)
}
