package world

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// youzanHeaders are the columns of a Youzan order export, in its order and
// with its repetition of 分销员.
func youzanHeaders() []string {
	return strings.Fields(`订单号 销售渠道 归属店铺 订单类型 订单状态 推广方式 订单来源 订单创建时间 买家付款时间 交易成功时间
付款方式 支付流水号 商品金额合计 运费 店铺优惠合计 应收订单金额 订单实付金额 支付优惠合计 订单实收金额 订单抵用积分数
店铺优惠方式 支付优惠方式 全部商品名称 商品种类数 订单配送方式 同城送达时间/提货时间 收货人省份 收货人城市 收货人地区 详细收货地址/提货地址
收货人/提货人 收货人手机号/提货人手机号 买家备注 订单星级 买家昵称 买家是否会员 买家手机号 下单网点 收银员 分销员
销售导购 专属导购 订单退款状态 订单已退款金额 商家订单备注 桌号 挂账主体 挂账手机号 团长订单 订单风险标签
分销员 分销员手机号 分销员所属店铺 分销员所属团队 分销员所属分组 分销员等级 订单佣金类型 订单佣金金额 订单下级卖货提成类型 订单下级卖货提成金额`)
}

// youzanRow fills one order as it stands at the time of the export.
func (w *World) youzanRow(o *order, until time.Time, c *cells) {
	p, store := &w.people[o.person], w.brand.Stores[o.store]
	c.set("订单号", fmt.Sprintf("E%s%08d", o.at.Format("20060102150405"), o.serial))
	c.set("销售渠道", "网店")
	c.set("归属店铺", store.Name)
	c.set("下单网点", store.Name)
	c.set("订单类型", "普通订单")
	c.set("订单来源", "微信小程序")
	c.set("订单创建时间", o.at.Format(dateTime))
	c.set("买家付款时间", o.at.Add(40*time.Second).Format(dateTime))
	c.set("交易成功时间", o.at.Add(2*time.Hour).Format(dateTime))
	c.set("付款方式", "微信支付")
	c.set("支付流水号", "\t42000"+strconv.FormatInt(o.at.Unix(), 10)+strconv.Itoa(o.serial)) // the tab keeps spreadsheets from rounding it
	c.set("全部商品名称", w.itemNames(o))
	c.set("商品种类数", strconv.Itoa(o.count))
	c.set("买家昵称", p.name)
	c.set("买家是否会员", "是")
	c.set("买家手机号", w.shownPhone(o, ""))
	if o.staff >= 0 {
		c.set("销售导购", w.brand.Staff[o.staff].Name)
	}
	w.youzanMoney(o, until, c)
	w.youzanDelivery(o, c)
}

func (w *World) youzanMoney(o *order, until time.Time, c *cells) {
	c.set("商品金额合计", yuan(o.gross))
	c.set("运费", yuan(0))
	c.set("店铺优惠合计", yuan(o.discount))
	c.set("应收订单金额", yuan(o.paid()))
	c.set("订单实付金额", yuan(o.paid()))
	c.set("订单实收金额", yuan(o.paid()))
	c.set("订单状态", "交易完成")
	c.set("订单已退款金额", yuan(0))
	if !o.refundedBy(until) {
		return
	}
	c.set("订单已退款金额", yuan(o.refund))
	c.set("订单退款状态", "部分退款")
	if o.refund == o.paid() {
		c.set("订单状态", "交易关闭")
		c.set("订单退款状态", "全额退款")
	}
}

// youzanDelivery fills who receives the parcel: often the buyer, sometimes
// somebody else, which is why a receiver's phone is not a buyer's.
func (w *World) youzanDelivery(o *order, c *cells) {
	p, store := &w.people[o.person], w.brand.Stores[o.store]
	if o.serial%5 >= 2 {
		c.set("订单配送方式", "到店自提")
		return
	}
	c.set("订单配送方式", "快递发货")
	c.set("收货人省份", store.Area+"省")
	c.set("收货人城市", store.City+"市")
	c.set("收货人/提货人", p.name)
	c.set("收货人手机号/提货人手机号", w.shownPhone(o, ""))
	if o.serial%25 == 0 {
		c.set("收货人/提货人", "收礼人")
		c.set("收货人手机号/提货人手机号", phone(otherPhones+o.serial))
	}
}

// otherPhones is where numbers of people who are not customers begin.
const otherPhones = 5_000_000

// itemNames lists what was bought: "name×quantity", separated by semicolons.
func (w *World) itemNames(o *order) string {
	var names []string
	for _, it := range o.items[:o.count] {
		names = append(names, w.brand.Products[it.product].Name+"×"+strconv.Itoa(it.quantity))
	}
	return strings.Join(names, ";")
}
