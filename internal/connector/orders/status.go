package orders

import (
	"strings"

	"siyu/internal/connector/export"
	"siyu/internal/sheet"
)

// Status is what a status text says about the purchase.
type Status string

// What an order or item can be. The empty status says nothing.
const (
	Paid     Status = "paid"
	Refunded Status = "refunded" // was paid, and all of it paid back
	Unpaid   Status = "unpaid"
	Closed   Status = "closed" // no purchase came of it
)

// The status words of the shop systems, looked for in this order as parts of
// the text: "未发货,退款成功" is a refund, "等待买家付款" is not a payment.
var statusWords = []struct {
	status Status
	words  []string
}{
	{Refunded, []string{"退款成功", "已退款", "全额退款", "退款完成", "已退货", "已退单"}},
	{Unpaid, []string{"待付款", "未付款", "待支付", "未支付", "等待买家付款", "等待付款", "未结账", "待结账", "挂单"}},
	{Closed, []string{"关闭", "取消", "作废", "删除", "超时", "已撤单", "反结账"}},
	{Paid, []string{
		"付款", "支付", "发货", "收货", "成功", "完成", "结账", "出库", "签收", "提货", "核销", "评价", "自提",
		"配送", "备货", "接单", "成团", "待使用", "已使用", "取货", "揽收", "在途", "派送", "结算", "退款中", "售后中",
	}},
}

// statusOf returns what a status text says; ok is false for unknown words.
func statusOf(text string) (Status, bool) {
	if export.Missing(text) {
		return "", true
	}
	text = sheet.Narrow(text)
	if strings.Contains(text, "部分退") {
		return Paid, true
	}
	for _, group := range statusWords {
		for _, word := range group.words {
			if strings.Contains(text, word) {
				return group.status, true
			}
		}
	}
	return "", false
}

// afterSale is what an after-sale text says about money paid back.
type afterSale int

const (
	notRefunded afterSale = iota
	refundedInPart
	refundedInFull
)

var (
	noRefundWords   = []string{"未退", "无售后", "无退款", "取消", "关闭", "失败", "拒绝", "撤销", "驳回"}
	fullRefundWords = []string{"退款成功", "已退款", "全额退款", "退款完成", "退货成功", "退货完成", "售后完成", "已退货", "退款退货完成"}
)

func afterSaleOf(text string) afterSale {
	if export.Missing(text) {
		return notRefunded
	}
	text = sheet.Narrow(text)
	switch {
	case containsAny(text, noRefundWords):
		return notRefunded
	case strings.Contains(text, "部分"):
		return refundedInPart
	case containsAny(text, fullRefundWords):
		return refundedInFull
	}
	return notRefunded
}

func containsAny(text string, words []string) bool {
	for _, word := range words {
		if strings.Contains(text, word) {
			return true
		}
	}
	return false
}

// sites maps the shop system names that an ERP writes to ours, so that an order
// is one order whether it comes from the ERP or from the shop itself.
var sites = []struct{ word, shop string }{
	{"淘宝", "taobao"}, {"天猫", "taobao"}, {"拼多多", "pdd"}, {"京东", "jd"}, {"抖音", "douyin"}, {"头条", "douyin"},
	{"放心购", "douyin"}, {"有赞", "youzan"}, {"视频号", "wechat_shop"}, {"微信小店", "wechat_shop"}, {"微信小商店", "wechat_shop"},
}

func shopOfSite(site, otherwise string) string {
	for _, s := range sites {
		if strings.Contains(site, s.word) {
			return s.shop
		}
	}
	return otherwise
}
