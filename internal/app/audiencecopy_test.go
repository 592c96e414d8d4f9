package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/storage"
	"siyu/internal/storage/postgrestest"
	"siyu/internal/vault"
	"siyu/internal/web"
)

// The personal texts of one customer.
const (
	secretName   = "王小明ZQX"
	secretRemark = "came with ZQX's sister"
	secretPhone  = "13812345678"
	secretOther  = "13987654321" // in a list, of somebody unknown
)

// greeting is a process that everybody in an audience is in.
const greeting = `sop: 1
name: greeting
title: {en: Greeting}
subject: customer
trigger: {audience: guests}
clock: relative
again: once
executor: relation
steps:
  - {name: hello, at: 1h, channel: private, purpose: serve, service: true, content: [{text: {en: "Hello {name}"}}]}
  - {name: later, at: 30d, channel: wait}
`

// busyHost has an audience that is invited, followed by a tag, exported, and in a
// process; one of its members has personal texts.
func busyHost(t *testing.T) host {
	t.Helper()
	ctx := t.Context()
	h := hostOf(t, "", 2, 3, 5, 6)
	who := event.Customer(h.customer(2))
	must(t, h.vault.Put(ctx, []vault.Entry{{Subject: who, Field: vault.Name, Text: secretName},
		{Subject: who, Field: vault.Remark, Part: "ww/anna", Text: secretRemark}, {Subject: who, Field: vault.Phone, Text: secretPhone}}))
	f, err := event.New(who, h.clock.Now(), event.FromConsole, id.Hash("phone"), event.CustomerIdentified{Identity: event.ByPhone, Key: h.vault.PhoneHash(secretPhone)})
	must(t, err)
	_, err = h.facts.Append(ctx, f)
	must(t, err)
	a, err := h.db.Audience(ctx, h.audience)
	must(t, err)
	a.Watched, a.Filled, a.Changed = true, false, h.clock.Now()
	must(t, h.db.ChangeAudience(ctx, a, nil))
	must(t, h.KeepAudiences(ctx))
	_, err = h.InstallProcess(ctx, ProcessAsked{Document: greeting, Activate: true})
	must(t, err)
	h.settle()
	h.make(web.TagOwn, "relation", "listed")
	_, listed := h.named("listed")
	_, err = h.desk.TagListed(ctx, leading, web.TagListForm{Tag: listed.Key, Skip: true, File: []byte("phone\n" + secretPhone + "\n" + secretOther + "\n"),
		Columns: map[string]web.ListColumn{"phone": web.ListPhone}})
	must(t, err)
	must(t, h.desk.FollowTag(ctx, leading, listed.Key, h.audience))
	h.invite()
	must(t, h.desk.SetTag(ctx, leading, h.customer(8), h.tag, false)) // enters the audience and the process
	h.settle()
	h.clock.Set(h.clock.Now().Add(2 * time.Hour))
	for range 3 {
		must(t, h.timers.Run(ctx))
		h.work()
		h.settle()
	}
	return h
}

// exportOf returns the file of the audience.
func (h host) exportOf(t *testing.T) string {
	t.Helper()
	file, err := h.desk.ExportAudience(t.Context(), leading, h.audience, "csv")
	must(t, err)
	var text bytes.Buffer
	must(t, file.Write(&text))
	return text.String()
}

func TestNothingPersonalIsKeptOutsideTheVaultAndErasingReachesAll(t *testing.T) {
	h := busyHost(t)
	if file := h.exportOf(t); !strings.Contains(file, secretName) {
		t.Fatalf("the export does not name the customer: %s", file)
	}
	h.keepIndexFile(t.Context())
	must(t, filepath.WalkDir(h.config.Data, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		raw, err := os.ReadFile(path)
		for _, secret := range []string{secretName, secretRemark, secretPhone, secretOther} {
			if bytes.Contains(raw, []byte(secret)) {
				t.Errorf("%s stands in %s", secret, filepath.Base(path))
			}
		}
		return err
	}))

	who := h.customer(2)
	must(t, h.vault.Erase(t.Context(), event.Customer(who)))
	if file := h.exportOf(t); strings.Contains(file, secretName) || strings.Contains(file, "ZQX") || !strings.Contains(file, id.Text(who)) {
		t.Errorf("after erasing, the export says %s", file)
	}
	if found, err := h.vault.FindCustomers(t.Context(), "zqx", 9); err != nil || len(found) > 0 {
		t.Errorf("after erasing, %v are found; %v", found, err)
	}
}

// known tells all that is kept of audiences, tags, processes and invitations.
func known(t *testing.T, a *App, audience int64) string {
	t.Helper()
	ctx, text := t.Context(), &strings.Builder{}
	say := func(what string, value any, err error) {
		must(t, err)
		as, err := json.Marshal(value)
		must(t, err)
		fmt.Fprintf(text, "%s: %s\n", what, as)
	}
	list, err := a.db.Audiences(ctx)
	say("audiences", list, err)
	days, err := a.db.AudienceDays(ctx, audience, 0)
	say("sizes", days, err)
	var members []id.Customer
	say("members", &members, a.db.EachMember(ctx, audience, 100, func(some []id.Customer) error { members = append(members, some...); return nil }))
	groups, err := a.db.TagGroups(ctx)
	say("tags", groups, err)
	works, err := a.db.TagWorks(ctx, 9)
	say("work", works, err)
	for _, g := range groups {
		for _, one := range g.Tags {
			say("followers", one.Key, a.db.EachTagFollower(ctx, one.Key, func(c id.Customer, again bool) error { _, err := fmt.Fprintln(text, c, again); return err }))
		}
	}
	processes, err := a.db.Processes(ctx)
	say("processes", processes, err)
	var runs []sop.Run
	say("runs", &runs, a.db.EachRun(ctx, processes[0].Number, 0, 100, func(some []sop.Run) error { runs = append(runs, some...); return nil }))
	counts, err := a.db.StepCounts(ctx, processes[0].Number, 0, 1<<40)
	say("counts", counts, err)
	invitations, err := a.db.Invitations(ctx, audience, 9)
	say("invitations", invitations, err)
	invited, err := a.db.InviteeCounts(ctx, []int64{invitations[0].ID})
	say("invited", invited, err)
	exports, err := a.db.AudienceExports(ctx, storage.ExportWaiting)
	say("exports", exports, err)
	if len(members) == 0 || len(runs) == 0 || len(counts) == 0 || len(days) == 0 || len(works) < 2 || !strings.Contains(text.String(), "false\n") {
		t.Fatalf("too little to compare: %s", text)
	}
	return text.String()
}

// reborn opens what was put back, lets it read its index, and compares.
func reborn(t *testing.T, h host, config Config, want string) {
	t.Helper()
	ctx := t.Context()
	a, err := Open(ctx, config, h.clock, slog.New(slog.DiscardHandler))
	must(t, err)
	defer func() { must(t, a.Close()) }()
	if got := known(t, a, h.audience); got != want {
		t.Errorf("put back:\n%s\nwant\n%s", got, want)
	}
	if _, _, err := a.readIndexFile(ctx); err == nil {
		t.Error("an index of a later day is believed")
	}
	must(t, a.KeepAudiences(ctx))
	var stored []id.Customer
	must(t, a.db.EachMember(ctx, h.audience, 100, func(some []id.Customer) error { stored = append(stored, some...); return nil }))
	if members := slices.Sorted(a.flow.Index().Members(h.audience).IDs()); a.Indexed() != strangers/2 || !slices.Equal(members, stored) {
		t.Errorf("the index holds %d customers, and in the audience %v; stored are %v", a.Indexed(), members, stored)
	}
	if problems, err := a.db.Check(ctx); err != nil || len(problems) > 0 {
		t.Errorf("the database finds %v, %v", problems, err)
	}
	if r, err := a.Verify(ctx); err != nil || r.Differences != 0 || r.Customers == 0 {
		t.Errorf("folded again: %+v, %v", r, err)
	}
}

// put copies files of a data folder that are there.
func put(t *testing.T, from, to string, names ...string) {
	t.Helper()
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		must(t, err)
		must(t, os.WriteFile(filepath.Join(to, name), raw, 0o600))
	}
}

func TestAudiencesTagsAndProcessesSurviveACopy(t *testing.T) {
	h := busyHost(t)
	want, file, other := known(t, h.App, h.audience), h.config, h.config
	file.Data, other.Data = t.TempDir(), t.TempDir()
	put(t, h.config.Data, file.Data, "siyu.db", "siyu.db-wal", "vault.key")
	put(t, h.config.Data, other.Data, "vault.key")
	other.DB = postgrestest.Start(t).Database(t)
	to, err := storage.Open(t.Context(), storage.Config{URL: other.DB})
	must(t, err)
	must(t, storage.Copy(t.Context(), h.db, to, func(storage.Copied) {}))
	must(t, to.Close())

	h.clock.Set(h.clock.Now().Add(24 * time.Hour)) // life goes on, and the index of it is put back too
	must(t, h.desk.SetTag(t.Context(), leading, h.customer(9), h.tag, false))
	must(t, h.timers.Run(t.Context()))
	h.settle()
	h.keepIndexFile(t.Context())
	put(t, h.config.Data, file.Data, indexFile)
	put(t, h.config.Data, other.Data, indexFile)
	t.Run("SQLite", func(t *testing.T) { reborn(t, h, file, want) })
	t.Run("PostgreSQL", func(t *testing.T) { reborn(t, h, other, want) })
}
