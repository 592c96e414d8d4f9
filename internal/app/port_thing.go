package app

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"siyu/internal/app/brand"
	"siyu/internal/connector/intake"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/storage"
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
	documents, err := intake.ContactWays(ctx, p.db, l.Corp)
	if err != nil {
		return web.ThingsView{}, err
	}
	v := web.ThingsView{Connected: true}
	if err := p.addChannels(ctx, documents, &v); err != nil {
		return v, err
	}
	p.addPromises(&v)
	return v, p.addWays(ctx, l.Corp, documents, &v)
}

// addChannels adds the channels of contact ways, and those by which customers came.
func (p thingPort) addChannels(ctx context.Context, ways map[string]intake.ContactWayDocument, v *web.ThingsView) error {
	came, err := p.db.Words(ctx, "channel")
	if err != nil {
		return err
	}
	notes := map[string][]string{}
	for _, state := range came {
		notes[state] = nil
	}
	for _, w := range ways {
		remarks := notes[w.State]
		if w.Remark != "" && !slices.Contains(remarks, w.Remark) {
			remarks = append(remarks, w.Remark)
		}
		notes[w.State] = remarks
	}
	delete(notes, "")
	for state, remarks := range notes {
		slices.Sort(remarks)
		v.Channels = append(v.Channels, web.Channel{State: state, Name: strings.Join(remarks, " / ")})
	}
	slices.SortFunc(v.Channels, func(a, b web.Channel) int {
		return cmp.Or(othersFirst(a.Name == "", b.Name == ""), cmp.Compare(a.Name, b.Name), cmp.Compare(a.State, b.State))
	})
	return nil
}

// addPromises adds what is promised by channels, and the texts that can keep a promise.
func (p thingPort) addPromises(v *web.ThingsView) {
	documents, says := p.brand.Documents(), map[string]string{}
	for _, m := range documents.Library.Materials {
		if m.Purpose == event.Remind {
			says[m.Code] = content.Beginning(m.Text)
			v.Texts = append(v.Texts, web.PromiseText{Code: m.Code, Says: says[m.Code]})
		}
	}
	for _, promise := range documents.Rules.Promises {
		channel := web.Channel{State: promise.State}
		if at := slices.IndexFunc(v.Channels, func(c web.Channel) bool { return c.State == promise.State }); at >= 0 {
			channel = v.Channels[at]
		}
		v.Promises = append(v.Promises, web.ChannelPromise{Channel: channel, Promise: promise, Says: says[promise.Material]})
	}
}

// SetPromise implements web.Things.
func (p thingPort) SetPromise(ctx context.Context, by web.Asker, promise decision.Promise) error {
	v, err := p.Things(ctx, by.Scope)
	if err != nil {
		return err
	}
	rules, did := p.brand.Documents().Rules, "promise.dropped"
	rules.Promises = slices.DeleteFunc(slices.Clone(rules.Promises), func(was decision.Promise) bool { return was.State == promise.State })
	if promise.Material != "" {
		if !slices.ContainsFunc(v.Channels, func(c web.Channel) bool { return c.State == promise.State }) {
			return fault.WithKey(fault.Invalid, "error.promise_channel", errors.New("a promise names no known channel"))
		}
		if !slices.ContainsFunc(v.Texts, func(t web.PromiseText) bool { return t.Code == promise.Material }) {
			return fault.WithKey(fault.Invalid, "error.promise_text", errors.New("a promise names no reminder"))
		}
		rules.Promises, did = append(rules.Promises, promise), "promise.set"
	}
	if err := p.brand.Set(ctx, brand.RulesDoc, rules, by.Account); err != nil {
		return err
	}
	if err := p.db.Audit(ctx, storage.AuditEntry{At: p.clock.Now(), Account: by.Account, Did: did, About: promise.State}); err != nil {
		return err
	}
	return p.Reopen(ctx)
}

func (p thingPort) addWays(ctx context.Context, corp id.Corp, documents map[string]intake.ContactWayDocument, v *web.ThingsView) error {
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

// othersFirst orders those first of whom something does not hold.
func othersFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
