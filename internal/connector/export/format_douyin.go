package export

// douyinShopOrders is the order export of the Douyin shop: one line per sub-order,
// with amount and status of its own.
var douyinShopOrders = Format{
	Name: "douyin_shop_orders", Shop: "douyin", Content: WholeOrders,
	Headers: []string{
		"主订单编号", "子订单编号", "选购商品", "商品规格", "商品数量", "商家编码", "订单应付金额", "运费",
		"收件人", "收件人手机号", "详细地址", "订单提交时间", "商家备注", "订单完成时间", "订单状态", "售后状态",
		"取消原因", "发货时间", "平台实际承担优惠金额", "商家实际承担优惠金额", "达人实际承担优惠金额",
	},
	Also: []string{
		"货号", "商品ID", "商品金额", "支付完成时间", "订单类型", "达人ID", "达人昵称", "所属门店ID",
	},
	Columns: map[Field][]string{
		LineAmount:    {"订单应付金额"},
		LineStatus:    {"订单状态"},
		LineAfterSale: {"售后状态"},
		ItemSpec:      {"商品规格"},
		UnitPrice:     {"商品金额"},
		SKU:           {"商家编码", "货号", "商品ID"},
	},
}
