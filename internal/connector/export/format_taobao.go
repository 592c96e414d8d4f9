package export

// taobaoOrders is the classic order export of Taobao and Tmall: one line per order.
var taobaoOrders = Format{
	Name: "taobao_orders_classic", Shop: "taobao", Content: WholeOrders,
	Headers: []string{
		"订单编号", "买家会员名", "买家支付宝账号", "买家应付货款", "买家应付邮费", "买家支付积分", "总金额",
		"返点积分", "买家实际支付金额", "买家实际支付积分", "订单状态", "买家留言", "收货人姓名", "收货地址",
		"运送方式", "联系电话", "联系手机", "订单创建时间", "订单付款时间", "宝贝标题", "宝贝种类", "物流单号",
		"物流公司", "订单备注", "宝贝总数量", "店铺Id", "店铺名称", "订单关闭原因", "卖家服务费", "买家服务费",
		"发票抬头", "是否手机订单", "分阶段订单信息", "定金排名", "修改后的sku", "修改后的收货地址", "异常信息",
		"卡券抵扣", "积分抵扣", "是否是O2O交易",
	},
	Columns: map[Field][]string{
		ItemNames:     {"宝贝标题"},
		ReceiverPhone: {"联系手机", "联系电话"},
		StoreName:     {"店铺名称", "店铺Id"},
	},
}

// taobaoItems is the classic item export of Taobao and Tmall. It has no times, so
// it only adds the items to orders imported before.
var taobaoItems = Format{
	Name: "taobao_items_classic", Shop: "taobao", Content: OrderItems,
	Headers: []string{
		"订单编号", "标题", "价格", "购买数量", "外部系统编号", "规格名称", "套餐信息", "备注", "订单状态",
		"商家编码",
	},
	Columns: map[Field][]string{
		UnitPrice:  {"价格"},
		LineStatus: {"订单状态"},
		ItemSpec:   {"规格名称"},
		SKU:        {"商家编码", "外部系统编号"},
	},
}
