package customers

import (
	"testing"

	"siyu/internal/sheet"
)

func TestABirthdayIsReadHoweverItIsWritten(t *testing.T) {
	for text, want := range map[string]birthday{
		"1990-05-20": {5, 20}, "1990/5/20": {5, 20}, "1990.05.20": {5, 20}, "1990年5月20日": {5, 20}, "19900520": {5, 20}, "0520": {5, 20}, "05-20": {5, 20},
		"5月20日": {5, 20}, "1990-05-20 00:00:00": {5, 20}, "１９９０-０５-２０": {5, 20}, "2000-02-29": {2, 29}, "02-29": {2, 29}, "33013": {5, 20},
		"1900-01-01": {}, "1970-01-01": {}, "0000-00-00": {}, "0001-01-01": {},
	} {
		if got, ok := birthdayOf(text, sheet.Epoch1900); got != want || !ok {
			t.Errorf("birthdayOf(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"1990-13-01", "1990-02-30", "1990-05", "20", "520", "May 20", "八月十五", "99999", "-", "1990520", "2026-05-20x"} {
		if got, ok := birthdayOf(text, sheet.Epoch1900); ok {
			t.Errorf("birthdayOf(%q) = %v", text, got)
		}
	}
}

func TestACityIsNamedOneWay(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "杭州": "杭州", "杭州市": "杭州", "浙江省杭州市": "杭州", "浙江省杭州市西湖区": "杭州", "浙江/杭州/西湖": "杭州", "浙江省-杭州市-西湖区": "杭州",
		"上海市": "上海", "上海市/上海市/浦东新区": "上海", "广西壮族自治区南宁市": "南宁", "市": "市", "浙江省": "浙江省",
	} {
		if got := cityOf(text); got != want {
			t.Errorf("cityOf(%q) = %q, want %q", text, got, want)
		}
	}
}
