package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/web"
)

const (
	lanPhone, meiPhone, qingPhone = "13900010001", "13900010002", "13900010003"
	lan, mei                      = id.Customer(1), id.Customer(2)
)

// memberFile is a list of one member who was brought, and of two others.
const memberFile = "手机号,姓名,生日,城市,会员等级,来源渠道,推荐人手机号,成为会员时间,标签\n" +
	lanPhone + ",兰,1990-05-20,浙江省杭州市,金卡,春茶节," + meiPhone + ",2026-08-01 10:00:00,绿茶\n" +
	qingPhone + ",青,,,,春茶节,,,\n" +
	"139****0009,隐,,,,,,,\n"

// asks is the owner.
func asks() web.Asker { return web.Asker{Account: "owner", Scope: org.All()} }

// imported uploads a list of members, tries it and imports it, as a person does.
func (h *house) imported(content string) web.Import {
	h.t.Helper()
	port := newImportPort(h.App)
	number, err := port.Upload(h.t.Context(), asks(), web.ImportCustomers, "会员.csv", strings.NewReader(content))
	if err != nil {
		h.t.Fatal(err)
	}
	preview, err := port.Preview(h.t.Context(), org.All(), number)
	if err != nil {
		h.t.Fatal(err)
	}
	columns := map[string]int{}
	for _, f := range preview.Fields {
		columns[f.Name] = f.Column
	}
	if columns["phone"] != 0 || columns["referrer_phone"] != 6 {
		h.t.Fatalf("mapped %v", columns)
	}
	if err := port.Map(h.t.Context(), asks(), number, columns); err != nil {
		h.t.Fatal(err)
	}
	tried := h.come(port, number, web.ImportChecked)
	if err := port.Start(h.t.Context(), asks(), number); err != nil {
		h.t.Fatal(err)
	}
	done := h.come(port, number, web.ImportDone)
	if done.Described != tried.Described || done.Matched != tried.Matched || done.New != tried.New || done.Duplicates != tried.Duplicates {
		h.t.Errorf("the dry run said %+v", tried)
	}
	return done
}

// come waits until an import is so far.
func (h *house) come(port *importPort, number int64, state web.ImportState) web.Import {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
	defer cancel()
	often := time.NewTicker(10 * time.Millisecond)
	defer often.Stop()
	for {
		found, err := port.Import(ctx, org.All(), number)
		if err != nil || found.State == web.ImportFailed {
			h.t.Fatalf("%+v, %v", found, err)
		}
		if found.State == state {
			return found
		}
		select {
		case <-ctx.Done():
			h.t.Fatalf("still %s", found.State)
		case <-often.C:
		}
	}
}

func (h *house) page(c id.Customer) web.CustomerView {
	h.t.Helper()
	v, err := h.desk.Customer(h.t.Context(), org.All(), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return v
}

// The list of members says who lan is and that mei brought her, before anybody
// knows that mei is a customer in WeCom.
func TestAListOfMembersTellsWhoBroughtWhomWhoeverTurnsOutToBeWho(t *testing.T) {
	story := func(t *testing.T, h *house) {
		said := func(c id.Customer, phone string) event.Fact {
			return h.fact(event.Customer(c), monday.AddDate(0, 0, -1), event.CustomerIdentified{Identity: event.ByPhone, Key: h.vault.PhoneHash(phone)})
		}
		h.tell(append(h.related(lan, monday.AddDate(0, -3, 0)), said(lan, lanPhone), h.order(lan, 71, monday.AddDate(0, 0, -3)))...)
		done := h.imported(memberFile)
		if done.Matched != 1 || done.New != 1 || done.Referred != 1 || done.Rejected != 1 || done.Described != 2 {
			t.Fatalf("%+v", done)
		}
		if d := h.page(lan).Described; d.Birthday() != "05-20" || d.City != "杭州" || d.Level != "金卡" || d.Campaign != "春茶节" {
			t.Errorf("described %+v", d)
		}
		if qing := h.page(id.BuyerOf(h.vault.PhoneHash(qingPhone))); qing.Name != "青" {
			t.Errorf("a new member is called %q", qing.Name)
		}
		h.nightly() // lan has stayed
		h.tell(append(h.related(mei, monday.AddDate(0, -5, 0)), said(mei, meiPhone))...)
		if err := h.Turn(t.Context()); err != nil { // the merge, which the first one found
			t.Fatal(err)
		}
		h.nightly()
		referred := h.state(lan).Referrer
		if referred.By == 0 || referred.Stayed == 0 {
			t.Fatalf("%+v", referred)
		}
		if brought := h.state(mei).Referrals; len(brought) != 1 || brought[0].Customer != lan {
			t.Errorf("mei brought %+v", brought)
		}
		theyShareTheValue(t, h)
		h.verified()
		if again := h.imported(memberFile); again.Duplicates != 2 || again.Referred != 0 {
			t.Errorf("the same list again: %+v", again)
		}
	}
	t.Run("SQLite", func(t *testing.T) { story(t, openHouse(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { story(t, openHouseOn(t, t.TempDir(), postgrestest.Start(t).Database(t))) })
}

func theyShareTheValue(t *testing.T, h *house) {
	t.Helper()
	giver, receiver := h.page(lan), h.page(mei)
	if r := giver.Referral; r.By == nil || r.By.ID != mei || r.Given.Value <= 0 || r.Given.Value != r.Share*giver.Known.Value.Value {
		t.Errorf("lan: %+v, worth %v", r, giver.Known.Value.Value)
	}
	r := receiver.Referral
	if len(r.Brought) != 1 || r.Brought[0].ID != lan || r.Received.Value != giver.Referral.Given.Value {
		t.Errorf("mei: %+v", r)
	}
	sums, err := h.db.BrandCohorts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if all := sums.All; all.Referred != 1 || all.Referrers != 1 || all.Given <= 0 || all.Given != all.Received {
		t.Errorf("%+v", all)
	}
	if g := sums.Campaigns; len(g) != 2 || g[1].Key != "春茶节" && g[0].Key != "春茶节" {
		t.Errorf("campaigns %+v", g)
	}
}
