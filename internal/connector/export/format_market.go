package export

// pddOrders is the order export of Pinduoduo: one line per order, no phone at all.
var pddOrders = Format{
	Name: "pdd_orders", Shop: "pdd", Content: WholeOrders, DatedNumbers: true,
	Headers: []string{
		"订单成交时间", "商品", "订单号", "订单状态", "商品总价(元)", "邮费(元)", "店铺优惠折扣(元)",
		"平台优惠折扣(元)", "多多支付立减金额(元)", "用户实付金额(元)", "商家实收金额(元)", "商品数量(件)",
		"发货时间", "确认收货时间", "商品id", "商品规格", "样式ID", "商家编码-规格维度", "商家编码-商品维度",
		"商家备注", "售后状态", "快递单号", "快递公司",
	},
	Columns: map[Field][]string{
		PaidAt:    {"订单成交时间"},
		CreatedAt: {},
		ItemSpec:  {"商品规格"},
		SKU:       {"商家编码-规格维度", "商家编码-商品维度", "样式ID"},
	},
}

// jdOrders is the order export of JD: one line per item, the amount of the order
// on each of them.
var jdOrders = Format{
	Name: "jd_orders", Shop: "jd", Content: WholeOrders,
	Headers: []string{
		"订单号", "商品ID", "商品名称", "订购数量", "下单时间", "京东价", "订单金额", "商家应收", "订单状态",
		"下单帐号", "客户姓名", "客户地址", "联系电话",
	},
	Columns: map[Field][]string{
		PaidAmount: {"订单金额"},
		UnitPrice:  {"京东价"},
		SKU:        {"商品ID"},
	},
}
