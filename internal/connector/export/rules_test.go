package export

import (
	"strings"
	"testing"

	"siyu/internal/fault"
	"siyu/internal/sheet"
)

func TestOnlyACompleteMobileNumberCanRecogniseABuyer(t *testing.T) {
	for cell, want := range map[string]PhoneState{
		"13900010001": PhoneUsable, "１３９０００１０００１": PhoneUsable, "+86 139-0001-0001": PhoneUsable,
		"8613900010001": PhoneUsable, "008613900010001": PhoneUsable, "013900010001": PhoneUsable, "(139) 0001 0001": PhoneUsable,
		"": PhoneMissing, "-": PhoneMissing, "无": PhoneMissing, "13800138000": PhoneMissing, "13900000000": PhoneMissing, "#N/A": PhoneMissing,
		"139****0001": PhoneMasked, "***": PhoneMasked, "##Ab3密文##": PhoneMasked, "$$kLm$$": PhoneMasked, "139xxxx0001": PhoneMasked,
		"13900010001-4321": PhoneMasked, "13900010001转4321": PhoneMasked, "13900010001,13900010002": PhoneMasked, "139000100011": PhoneMasked,
		"1.39E+10": PhoneDamaged, "1.39000E+10": PhoneDamaged,
		"02155551234": PhoneForeign, "1390001000": PhoneForeign, "12345678901": PhoneForeign, "85291234567": PhoneForeign,
	} {
		digits, state := PhoneOf(cell)
		if state != want || (state == PhoneUsable) != (digits == "13900010001") {
			t.Errorf("PhoneOf(%q) = %q, %s, want %s", cell, digits, state, want)
		}
	}
}

func TestAMappingFileNamesFieldsAndColumnsThatExist(t *testing.T) {
	for content, want := range map[string]string{
		`{"order_no": 3}`:       "column name",
		`{"order": "单号"}`:       "order_no",
		`{"order_no": ["a", 1]`: "object",
		`[]`:                    "object",
		`{"shop": ["a","b"]}`:   "shop",
	} {
		if _, err := OrderSchema().parseOverride([]byte(content)); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that names %s", content, err, want)
		}
	}
	override, err := OrderSchema().parseOverride([]byte(`{"shop": "pos", "order_no": "单号", "paid_amount": ["实收", "应收"]}`))
	if err != nil || override.Shop != "pos" || len(override.Columns[PaidAmount]) != 2 {
		t.Fatalf("%+v, %v", override, err)
	}
	header := sheet.HeaderOf(sheet.RowOf(1, "单号", "实收", "付款时间"))
	if _, err := OrderSchema().mapColumns(header, generic, override); fault.CodeOf(err) != fault.Invalid || !strings.Contains(err.Error(), "应收") {
		t.Errorf("error %v, want one that names the column", err)
	}
}

func TestAnUnknownFormatIsReadByAliasesAndMapping(t *testing.T) {
	header := sheet.HeaderOf(sheet.RowOf(3, "单号", "付款时间", "实收款", "会员手机号", "备注"))
	format, _ := Recognise(header)
	override, err := OrderSchema().parseOverride([]byte(`{"order_no": "单号", "paid_amount": "实收款"}`))
	if err != nil {
		t.Fatal(err)
	}
	m, err := OrderSchema().mapColumns(header, format, override)
	if err != nil || format.Name != Generic || !m.Has(PaidAt) || m.Column(PaidAmount) != "实收款" {
		t.Fatalf("format %s, columns %v, %v", format.Name, m.Names(), err)
	}
	if got := m.Unmapped(); len(got) != 1 || got[0] != "备注" {
		t.Errorf("unmapped %v", got)
	}
}
