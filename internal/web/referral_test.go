package web_test

import (
	"encoding/csv"
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"siyu/internal/web/webtest"
)

func TestValueIsToldByCampaignAndWhatACampaignIs(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/groups?by=campaign").wants(http.StatusOK).says("春茶节", "No campaign known", "list of members")
	if a := v.get("/value/groups.csv?by=campaign").wants(http.StatusOK); strings.Contains(a.body, "\n=gift") || strings.Contains(a.body, "\n\"=gift") {
		t.Errorf("a campaign named like a formula stands in the file as\n%s", a.body)
	}
}

func TestWhatReferralsMoveAddsUpToNothing(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.get("/value/groups?by=store").says("Referrals:", "20% counts for who brought the customer", "Totals stay")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(v.get("/value/moved.csv?by=store").wants(http.StatusOK).body, "\uFEFF"))).ReadAll()
	if err != nil || len(rows) < 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	given, received, own, after := 0., 0., 0., 0.
	for _, row := range rows[1:] {
		for at, sum := range map[int]*float64{1: &own, 3: &given, 5: &received, 6: &after} {
			yuan, err := strconv.ParseFloat(row[at], 64)
			if err != nil {
				t.Fatal(err)
			}
			*sum += yuan
		}
	}
	if given == 0 || math.Abs(given-received) > 1 || math.Abs(own-after) > 1 {
		t.Errorf("%.2f given, %.2f received; %.2f own, %.2f with referrals", given, received, own, after)
	}
}

func TestACustomersPageTellsTheReferralAndWhatTheShopSays(t *testing.T) {
	t.Parallel()
	b := webtest.Full()
	v := visit(t, b, webtest.OwnerAccount).english()
	v.get(b.Someone(0)).wants(http.StatusOK).says("With referrals", "Own value", "a customer of another store", "Received from 1 brought customer", "05-20", "春茶节", "绿茶")
}
