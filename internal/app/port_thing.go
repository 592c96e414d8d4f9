package app

import (
	"cmp"
	"context"
	"slices"

	"siyu/internal/connector/intake"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// thingPort answers the page of what was found in WeCom.
type thingPort struct{ *App }

var _ web.Things = thingPort{}

// Things implements web.Things.
func (p thingPort) Things(ctx context.Context, scope org.Scope) (web.ThingsView, error) {
	if err := headquarters(scope); err != nil {
		return web.ThingsView{}, err
	}
	l := p.link.Load()
	if l == nil {
		return web.ThingsView{}, nil
	}
	v := web.ThingsView{Connected: true}
	return v, p.addWays(ctx, l.Corp, &v)
}

func (p thingPort) addWays(ctx context.Context, corp id.Corp, v *web.ThingsView) error {
	documents, err := intake.ContactWays(ctx, p.db, corp)
	if err != nil {
		return err
	}
	ways := make([]intake.ContactWayDocument, 0, len(documents))
	for _, w := range documents {
		ways = append(ways, w)
	}
	slices.SortFunc(ways, func(a, b intake.ContactWayDocument) int {
		return cmp.Or(othersFirst(a.Own, b.Own), cmp.Compare(a.Remark, b.Remark), cmp.Compare(a.State, b.State), cmp.Compare(a.QRCode, b.QRCode))
	})
	v.AllWays = len(ways)
	ways = ways[:min(len(ways), web.MostThings)]
	var members []event.Subject
	for _, w := range ways {
		for _, user := range w.UserIDs {
			members = append(members, event.Staff(id.StaffOf(corp, user)))
		}
	}
	names, err := p.vault.NamesOf(ctx, members)
	for _, w := range ways {
		way := web.ContactWay{Remark: w.Remark, State: w.State, Own: w.Own}
		for _, user := range w.UserIDs {
			way.Staff = append(way.Staff, cmp.Or(names[event.Staff(id.StaffOf(corp, user))], user))
		}
		v.Ways = append(v.Ways, way)
	}
	return err
}

func othersFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
