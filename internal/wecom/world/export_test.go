package world

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// file reads an export back: its headers and rows by order number.
func file(t *testing.T, path string) (headers []string, rows map[string]map[string]string) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(filepath.Base(path), "keruyun") {
		if raw, err = simplifiedchinese.GBK.NewDecoder().Bytes(raw); err != nil {
			t.Fatal(err)
		}
	}
	raw, hasBOM := bytes.CutPrefix(raw, []byte("\ufeff"))
	if hasBOM == strings.HasPrefix(filepath.Base(path), "keruyun") {
		t.Errorf("%s: byte-order mark is %v", path, hasBOM)
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string]map[string]string{}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, h := range lines[0] {
			if row[h] == "" {
				row[h] = line[i]
			}
		}
		if rows[row["订单号"]] != nil {
			t.Errorf("%s: order %s stands twice", path, row["订单号"])
		}
		rows[row["订单号"]] = row
	}
	return lines[0], rows
}

func TestAYearOfOrdersLeavesInFilesOfTwoShopSystems(t *testing.T) {
	w, _ := lived(t, Config{Customers: 1000, Seed: 6, LinkedShare: 0.4})
	dir := t.TempDir()
	paths, err := w.WriteExport(dir, w.at(0, 0, 0), w.at(HistoryDays, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if len(paths) != 4 {
		t.Fatalf("wrote %v, expected two half years of two systems", paths)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 4 {
		t.Fatalf("folder holds %v, %v", left, err)
	}
	all, total, refunded := map[string]bool{}, 0, 0
	for _, path := range paths {
		headers, rows := file(t, path)
		total += len(rows)
		for no, row := range rows {
			all[no] = true
			if row["订单退款状态"] != "" || row["订单状态"] == "已退款" {
				refunded++
			}
		}
		if strings.Contains(path, "youzan") && (len(headers) != 60 || headers[19+20] == "") {
			t.Errorf("%s has %d columns", path, len(headers))
		}
	}
	if len(all) != len(w.orders) {
		t.Errorf("%d orders in the files, %d in the world", len(all), len(w.orders))
	}
	if total <= len(all) {
		t.Error("no order stands in two files")
	}
	if share := float64(refunded) / float64(total); share < 0.01 || share > 0.04 {
		t.Errorf("share of refunds is %.3f", share)
	}
}

func TestTheLinkedShareOfOrdersShowsAKnownPhone(t *testing.T) {
	for _, share := range []float64{0.4, 0.85, 1} {
		w, _ := lived(t, Config{Customers: 2000, Seed: 6, LinkedShare: share})
		known := map[string]bool{}
		for i := range w.people {
			if w.people[i].phoneKnown {
				known[w.people[i].phone] = true
			}
		}
		paths, err := w.WriteExport(t.TempDir(), w.at(200, 0, 0), w.at(HistoryDays, 0, 0))
		if err != nil {
			t.Fatal(err)
		}
		linked, total := 0.0, 0.0
		for _, path := range paths {
			_, rows := file(t, path)
			for _, row := range rows {
				total++
				if known[row["买家手机号"]+row["会员手机号"]] {
					linked++
				}
			}
		}
		if math.Abs(linked/total-share) > 0.06 {
			t.Errorf("%.3f of orders can be linked, wanted %.2f", linked/total, share)
		}
	}
}

func TestADailyFileRepeatsTheDayBeforeAndWhatWasRefundedSince(t *testing.T) {
	w, _ := lived(t, Config{Customers: 2000, Seed: 6})
	day := slices.IndexFunc(w.orders, func(o order) bool { return o.refund > 0 && o.refunded.Sub(o.at) > 4*24*time.Hour })
	if day < 0 {
		t.Fatal("no order was refunded after four days")
	}
	o := w.orders[day]
	from := time.Date(o.refunded.Year(), o.refunded.Month(), o.refunded.Day(), 0, 0, 0, 0, o.refunded.Location())
	paths, err := w.WriteExport(t.TempDir(), from, from.AddDate(0, 0, 1))
	if err != nil {
		t.Fatal(err)
	}
	before, late := 0, 0
	for _, path := range paths {
		_, rows := file(t, path)
		for _, row := range rows {
			at, err := time.ParseInLocation(dateTime, row["订单创建时间"]+row["下单时间"], from.Location())
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case !at.Before(from.AddDate(0, 0, 1)):
				t.Errorf("order of %v in the file of %v", at, from)
			case at.Before(from.Add(-exportOverlap)):
				late++
				if row["订单退款状态"] == "" && row["订单状态"] != "已退款" {
					t.Errorf("an old order came again without a refund: %v", row)
				}
			case at.Before(from):
				before++
			}
		}
	}
	if before == 0 || late == 0 {
		t.Errorf("%d orders of the day before, %d refunded later", before, late)
	}
}
