package app

import (
	"encoding/json"
	"slices"
	"testing"

	"siyu/internal/app/desk"
	"siyu/internal/id"
	"siyu/internal/insight/mind"
	"siyu/internal/org"
	"siyu/internal/web"
)

func TestTodayAndTheModelCardTellWhenAForecastParted(t *testing.T) {
	h := openHouse(t)
	judged := mind.Judgement{From: monday.AddDate(0, 0, -33), Until: monday.AddDate(0, 0, -3), Customers: 900, Expected: 99.7, Low: 70, High: 130, Actual: 95}
	alerts := func(scope org.Scope) []web.Alert {
		t.Helper()
		today, err := h.desk.Today(t.Context(), scope)
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(today.Alerts, func(a web.Alert) bool { return a.Kind != web.AlertForecast })
	}
	keep := func(name string, list ...mind.Judgement) web.WatchView {
		t.Helper()
		document, err := json.Marshal(mind.Watch{Judged: list})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.db.SaveModel(t.Context(), desk.WatchName, name, document); err != nil {
			t.Fatal(err)
		}
		card, err := h.desk.Card(t.Context(), org.Scope{Everything: true})
		if err != nil {
			t.Fatal(err)
		}
		return card.Watch
	}
	everything := org.Scope{Everything: true}
	if card := keep("2026-01-01T00:00:00Z", judged); card.Parted || card.Weeks != 1 || len(alerts(everything)) != 0 {
		t.Errorf("95 of 70 to 130 came and the card says %+v, Today %+v", card, alerts(everything))
	}
	apart := judged
	apart.Actual = 131
	card := keep("2026-01-08T00:00:00Z", judged, apart)
	if !card.Parted || card.Weeks != 2 || card.Away != 1 || card.Actual != 131 || card.Low != 70 {
		t.Errorf("131 of 70 to 130 came and the card says %+v", card)
	}
	if got := alerts(everything); len(got) != 1 || got[0].Count != 131 || got[0].Usual != 100 || !got[0].Since.Equal(apart.Until) {
		t.Errorf("131 of 70 to 130 came and Today says %+v", got)
	}
	if got := alerts(org.Scope{Stores: []id.Store{1}}); len(got) != 0 {
		t.Errorf("a store is told %+v", got)
	}
	if card := keep("2026-01-15T00:00:00Z", apart, judged); card.Parted || card.Away != 1 || len(alerts(everything)) != 0 {
		t.Errorf("after a forecast that held the card says %+v, Today %+v", card, alerts(everything))
	}
}
