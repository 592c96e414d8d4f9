package orders

import "testing"

func TestStatusWordsOfTheShopSystemsAreUnderstood(t *testing.T) {
	for text, want := range map[string]Status{
		"等待买家付款": Unpaid, "待付款": Unpaid, "待支付": Unpaid, "未付款": Unpaid,
		"交易关闭": Closed, "已关闭": Closed, "已取消": Closed, "(删除)等待出库": Closed, "已作废": Closed, "超时关闭": Closed,
		"交易成功": Paid, "交易完成": Paid, "已发货，待签收": Paid, "买家已付款，等待卖家发货": Paid, "卖家已发货，等待买家确认": Paid,
		"已结账": Paid, "完成": Paid, "等待出库": Paid, "待发货": Paid, "部分退款": Paid, "退款中": Paid, "部分退款成功": Paid,
		"已退款": Refunded, "未发货，退款成功": Refunded, "已发货，退款成功": Refunded, "全额退款": Refunded,
		"": "", "-": "",
	} {
		if got, ok := statusOf(text); got != want || !ok {
			t.Errorf("statusOf(%q) = %q, %v, want %q", text, got, ok, want)
		}
	}
	if got, ok := statusOf("蓝色"); ok {
		t.Errorf("an unknown word is %q", got)
	}
}

func TestARefundIsOneOnlyWhenItHappened(t *testing.T) {
	for text, want := range map[string]afterSale{
		"": notRefunded, "-": notRefunded, "无售后或售后取消": notRefunded, "退款关闭": notRefunded, "退款中": notRefunded, "售后申请中": notRefunded,
		"未退款": notRefunded, "退款失败": notRefunded, "商家拒绝退款": notRefunded,
		"部分退款成功": refundedInPart, "部分退款": refundedInPart,
		"退款成功": refundedInFull, "全额退款成功": refundedInFull, "已退款": refundedInFull, "退货退款成功": refundedInFull, "退款完成": refundedInFull,
	} {
		if got := afterSaleOf(text); got != want {
			t.Errorf("afterSaleOf(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestAmountsAreReadWithoutRounding(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "12": 1200, "12.3": 1230, "12.34": 1234, "12.340": 1234, "1,234.50": 123450, "¥9.90": 990, "１２.５": 1250, "-3.00": -300, "(3.00)": -300,
	} {
		if got, err := fenOf(text); err != nil || int64(got) != want {
			t.Errorf("fenOf(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "4O.00", "12.345", "1.2.3", "abc", "1e5", "99999999999999999999"} {
		if got, err := fenOf(text); err == nil {
			t.Errorf("fenOf(%q) = %d, want an error", text, got)
		}
	}
	if got, rounded, err := sharedFen("33.3333"); err != nil || !rounded || got != 3333 {
		t.Errorf("a share of 33.3333 is %d, %v, %v", got, rounded, err)
	}
	for text, want := range map[string]int{"1": 1, "2.000": 2, "3.0": 3, "0.75": 1, "1,000": 1000} {
		if got, ok := quantityOf(text); !ok || got != want {
			t.Errorf("quantityOf(%q) = %d, %v, want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{"0", "-1", "x", "NaN", "1e9"} {
		if got, ok := quantityOf(text); ok {
			t.Errorf("quantityOf(%q) = %d", text, got)
		}
	}
}

func TestExcelsRoundingOfOrderNumbersIsSeen(t *testing.T) {
	for number, want := range map[string]bool{
		"6901234567890120000": true, "6901234567890123456": false, "100000": false, "E2026030100000000000": false,
	} {
		if roundedByExcel(number) != want {
			t.Errorf("roundedByExcel(%s) = %v", number, !want)
		}
	}
}
