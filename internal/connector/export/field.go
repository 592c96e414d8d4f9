// Package export reads the tables that shop systems export: it recognises whose
// export a file is by the names of its columns, maps the columns to fields,
// reads phones for keyed hashes, and lists the lines that cannot be read. What
// lines become is for its users.
package export

// Field is what a column can mean. The names are those of mapping files.
type Field string

// Fields of an order as a whole.
const (
	OrderNo          Field = "order_no"
	CreatedAt        Field = "created_at"
	PaidAt           Field = "paid_at"
	FinishedAt       Field = "finished_at"
	OrderStatus      Field = "status"
	AfterSale        Field = "after_sale"
	PaidAmount       Field = "paid_amount"
	ReceivedAmount   Field = "received_amount"
	RefundAmount     Field = "refund_amount"
	BuyerPhone       Field = "buyer_phone"
	ReceiverPhone    Field = "receiver_phone"
	StoreName        Field = "store"
	Site             Field = "site" // shop system that an ERP took the order from
	StaffSales       Field = "staff_sales"
	StaffDedicated   Field = "staff_dedicated"
	StaffWeCom       Field = "staff_wecom"
	StaffDistributor Field = "staff_distributor"
	StaffCashier     Field = "staff_cashier"
)

// Fields of one line of an order.
const (
	SubOrderNo    Field = "sub_order_no"
	ItemName      Field = "item_name"
	ItemNames     Field = "item_names" // of the whole order in one cell
	ItemSpec      Field = "item_spec"
	SKU           Field = "sku"
	Quantity      Field = "quantity"
	UnitPrice     Field = "unit_price"
	LineAmount    Field = "line_amount" // paid for this line only
	LineStatus    Field = "line_status"
	LineAfterSale Field = "line_after_sale"
	LineRefund    Field = "line_refund"
)

// Schema is what one kind of import reads.
type Schema struct {
	Fields []Field // in the order in which previews show them
	// Aliases are the column names of each field that mean the same in every
	// export they were seen in. A format's own Columns come before them.
	Aliases map[Field][]string
}

// OrderSchema returns what imports of orders read.
func OrderSchema() Schema { return Schema{orderFields, orderAliases} }

var orderFields = []Field{
	OrderNo, SubOrderNo, CreatedAt, PaidAt, FinishedAt, OrderStatus, AfterSale, PaidAmount, ReceivedAmount,
	RefundAmount, BuyerPhone, ReceiverPhone, StoreName, Site, StaffSales, StaffDedicated, StaffWeCom,
	StaffDistributor, StaffCashier, ItemName, ItemNames, ItemSpec, SKU, Quantity, UnitPrice, LineAmount,
	LineStatus, LineAfterSale, LineRefund,
}

var orderAliases = map[Field][]string{
	OrderNo:          {"订单号", "订单编号", "主订单编号", "线上订单号", "交易号", "订单ID", "平台订单号"},
	SubOrderNo:       {"子订单编号", "线上子订单编号"},
	CreatedAt:        {"订单创建时间", "订单下单时间", "订单提交时间", "下单时间", "订单日期", "订单成交时间"},
	PaidAt:           {"买家付款时间", "支付时间", "订单付款时间", "支付完成时间", "付款日期", "付款时间", "结账时间"},
	FinishedAt:       {"交易成功时间", "订单完成时间", "订单完成结算时间", "确认收货时间", "订单确认收货时间"},
	OrderStatus:      {"订单状态", "状态"},
	LineStatus:       {"订单商品状态"},
	AfterSale:        {"售后状态", "订单退款状态", "退款状态"},
	LineAfterSale:    {"商品售后", "商品退款状态"},
	PaidAmount:       {"订单实付金额", "实付金额", "实付", "订单实际支付金额", "买家实际支付金额", "买家实付金额", "用户实付金额(元)", "订单应付金额", "已付金额", "折后金额", "已付款"},
	ReceivedAmount:   {"订单实收金额", "订单实际收款金额", "商家实收金额(元)", "商家应收", "订单收入"},
	RefundAmount:     {"订单已退款金额", "退款金额", "累计退款金额"},
	LineRefund:       {"商品已退款金额"},
	BuyerPhone:       {"买家手机号", "客户手机号", "会员手机号"},
	ReceiverPhone:    {"联系手机", "收件人手机", "收件人手机号", "收货人手机号/提货人手机号", "联系电话", "手机"},
	StoreName:        {"归属店铺", "下单网点", "店铺名称", "店铺", "门店名称", "成为会员店铺", "所属门店ID"},
	StaffSales:       {"销售导购"},
	StaffDedicated:   {"专属导购", "导购员"},
	StaffWeCom:       {"企微工号"},
	StaffDistributor: {"分销员"},
	StaffCashier:     {"收银员"},
	ItemName:         {"商品名称", "选购商品", "宝贝标题", "商品", "标题", "线上商品名"},
	ItemNames:        {"全部商品名称"},
	SKU:              {"规格编码", "商家编码", "SKU编码(自定义)", "外部系统编号", "商家编码-规格维度", "货号"},
	Quantity:         {"商品数量", "商品数量(件)", "宝贝总数量", "购买数量", "订购数量", "销售数量"},
}
