package export

// jushuitan is the order export of the Jushuitan ERP, which collects orders of many
// shop systems: one line per item, numbers wrapped as ="...".
var jushuitan = Format{
	Name: "jushuitan_erp", Shop: "jushuitan", Content: WholeOrders,
	Headers: []string{
		"内部订单号", "订单类型", "线上订单号", "订单状态", "店铺", "买家留言", "卖家备注", "订单日期",
		"发货日期", "付款日期", "省", "市", "区县", "收货人", "商品编码", "原始线上订单号", "款式编码",
		"产品分类", "虚拟分类", "商品简称", "线上商品名", "颜色规格", "线上颜色规格", "品牌", "销售数量",
		"销售金额", "已付金额", "售价", "订单商品重量", "商店站点", "订单来源", "组合装商品编码", "商品状态",
		"退款状态", "线上子订单编号",
	},
	Columns: map[Field][]string{
		OrderNo:       {"线上订单号", "原始线上订单号"},
		LineAmount:    {"销售金额"},
		PaidAmount:    {"已付金额"},
		UnitPrice:     {"售价"},
		ItemName:      {"线上商品名", "商品简称"},
		ItemSpec:      {"线上颜色规格", "颜色规格"},
		SKU:           {"商品编码", "款式编码"},
		LineStatus:    {"商品状态"},
		LineAfterSale: {"退款状态"},
		Site:          {"商店站点"},
	},
}

// keruyun is the order export of the Keruyun cash desk: one line per order.
var keruyun = Format{
	Name: "keruyun_pos", Shop: "keruyun", Content: WholeOrders,
	Headers: []string{
		"编号", "订单号", "订单来源", "营业日", "下单时间", "结账时间", "订单状态", "折前金额", "总优惠金额",
		"折后金额", "支付方式", "支付笔数", "会员姓名", "会员手机号", "订单类型", "桌台", "就餐人数", "就餐时长",
		"门店名称",
	},
	Also: []string{
		"订单金额", "订单收入",
	},
	Columns: map[Field][]string{
		PaidAmount: {"折后金额", "订单收入"},
		CreatedAt:  {"下单时间", "营业日"},
	},
}
