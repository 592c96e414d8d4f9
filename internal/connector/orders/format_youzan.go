package orders

// youzanOrders is the order export of Youzan: one line is one order.
var youzanOrders = Format{
	Name: "youzan_orders", Shop: "youzan", Content: WholeOrders,
	Headers: []string{
		"订单号", "销售渠道", "归属店铺", "订单类型", "订单状态", "推广方式", "订单来源", "订单创建时间",
		"买家付款时间", "交易成功时间", "付款方式", "支付流水号", "商品金额合计", "运费", "店铺优惠合计",
		"应收订单金额", "订单实付金额", "支付优惠合计", "订单实收金额", "订单抵用积分数", "店铺优惠方式",
		"支付优惠方式", "全部商品名称", "商品种类数", "订单配送方式", "同城送达时间/提货时间", "收货人省份",
		"收货人城市", "收货人地区", "详细收货地址/提货地址", "收货人/提货人", "收货人手机号/提货人手机号",
		"买家备注", "订单星级", "买家昵称", "买家是否会员", "买家手机号", "下单网点", "收银员", "分销员",
		"销售导购", "专属导购", "订单退款状态", "订单已退款金额", "商家订单备注", "桌号", "挂账主体",
		"挂账手机号", "团长订单", "订单风险标签", "分销员#2", "分销员手机号", "分销员所属店铺", "分销员所属团队",
		"分销员所属分组", "分销员等级", "订单佣金类型", "订单佣金金额", "订单下级卖货提成类型",
		"订单下级卖货提成金额",
	},
}

// youzanOrdersOlder is the order export of Youzan before its staff columns.
var youzanOrdersOlder = Format{
	Name: "youzan_orders_older", Shop: "youzan", Content: WholeOrders,
	Headers: []string{
		"订单号", "归属店铺", "订单类型", "订单状态", "推广方式", "订单来源", "订单创建时间", "买家付款时间",
		"付款方式", "外部订单号", "支付流水号", "商品金额合计", "运费", "店铺优惠合计", "支付营销优惠",
		"应收订单金额", "订单实付金额", "店铺优惠方式", "全部商品名称", "商品种类数", "订单配送方式",
		"预约同城送达时间/预约自提时间", "收货人/提货人", "收货人手机号/提货人手机号", "收货人省份",
		"收货人城市", "收货人地区", "详细收货地址/提货地址", "买家备注", "订单星级", "买家姓名", "买家是否会员",
		"买家手机号", "下单网点", "订单退款状态", "订单已退款金额", "商家订单备注", "优惠券码名称", "入住时间",
		"团长订单",
	},
}

// youzanItems is the item export of Youzan: its amounts leave the freight out, so
// the order export decides about the money where both were imported.
var youzanItems = Format{
	Name: "youzan_items", Shop: "youzan", Content: OrderItems,
	Headers: []string{
		"订单号", "外部订单号", "订单商品状态", "交易成功时间", "商品名称", "商品类型", "商品类目", "商品规格",
		"规格编码", "商品编码", "商品单价", "商品成本价", "商品优惠方式", "商品优惠后价格", "商品数量",
		"商品金额小计", "店铺优惠（分摊）", "商品实际成交金额", "商品抵用积分数", "商品留言", "收货人/提货人",
		"收货人手机号/提货人手机号", "收货人省份", "收货人城市", "收货人地区", "详细收货地址/提货地址",
		"买家备注", "商品发货状态", "商品发货方式", "商品发货物流公司", "商品发货物流单号", "发货员工",
		"商品发货时间", "商品退款状态", "商品已退款金额", "商家订单备注", "入住时间",
	},
	Columns: map[Field][]string{
		LineAmount: {"商品实际成交金额", "商品金额小计"},
		UnitPrice:  {"商品优惠后价格", "商品单价"},
		ItemSpec:   {"商品规格"},
		SKU:        {"规格编码", "商品编码"},
	},
}

// youzanCustomers is the customer export of Youzan. It is known so that nobody
// imports it as orders.
var youzanCustomers = Format{
	Name: "youzan_customers", Shop: "youzan", Content: Customers,
	Headers: []string{
		"客户姓名", "客户昵称", "客户手机号", "客户生日", "客户性别", "标签", "是否会员", "成长值", "免费等级",
		"付费等级", "权益卡", "客户积分", "客户储值余额", "消费次数", "消费金额", "累计退款金额",
		"累计退款订单数", "笔单价", "上次消费时间", "分销员", "导购员", "企微好友", "来源渠道", "来源方式",
		"成为客户时间", "成为会员时间", "成为会员店铺", "公众号", "公众号关注时间", "最近浏览时间", "微信地域",
		"所属区域", "指定时间消费次数", "指定时间消费金额",
	},
}
