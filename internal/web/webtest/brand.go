// Package webtest is a brand in memory behind the console's ports, for tests
// of handlers and of pages in a browser.
package webtest

import (
	"fmt"
	"log/slog"
	"math"
	"slices"
	"sync"
	"time"

	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/decision"
	"siyu/internal/id"
	"siyu/internal/insight"
	"siyu/internal/insight/capacity"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/measurement/cohort"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Account is a console account of the brand; Password opens it.
const (
	OwnerAccount = "lead"
	StoreAccount = "chaoyang"
	StaffAccount = "xiaolin"
	LeadAccount  = "analyst"
	Password     = "correct horse battery"
	SetupToken   = "first-start-token"
)

// Now is the moment the brand stands at: a Thursday morning in Shanghai.
func Now() time.Time { return time.Date(2026, 3, 12, 8, 2, 0, 0, clock.Shanghai) }

// Brand implements every port. Its methods may be called concurrently.
type Brand struct {
	mu        sync.Mutex
	now       time.Time
	text      func(string) string // every text that people or strangers write
	users     []web.User
	keys      []web.Key
	passwords map[string]string
	sessions  map[string]string
	setup     bool
	prefers   map[string]string
	stores    []web.StoreName
	staff     []web.StaffName
	customers []web.CustomerRow
	holder    map[id.Customer]id.Staff
	refused   map[id.Customer]time.Time
	rapport   map[id.Customer]judgement
	Answered  []web.SurveyAnswer // told by programs
	Scored    int                // by the customer whom a survey asks
	notes     map[id.Customer][]web.TimelineEntry
	merged    map[id.Customer]bool
	batches   []web.BatchView
	sent      []web.ResultView
	doubts    []web.Doubt
	stopped   []web.StoppedSend
	posts     []web.PostView
	sends     []web.OneOffView
	groups    []web.GroupView
	tasks     []web.Task
	photos    map[string][]byte
	trial     web.TrialView
	imports   []*importFile
	settings  web.BrandSettings
	said      said
	link      web.ConnectionView
	backfill  web.Backfill
	audit     []web.AuditEntry
	tags      tags
	urged     map[id.Store]time.Time
	seen      map[int64]bool // by task
	tally     *cohort.Tally
	crowds    crowds
	processes []process
	cuts      lifecycle.Cuts
	sold      catalog.Catalog
	staged    web.StagesView
	stageRule lifecycle.Settings
	reading   reading
	hours     hours
	approval  web.ApprovalSettings
	notices   web.Notices
	losses    []web.LossView
	promises  []decision.Promise
	// AddingUp says that the calendar is being added up for the first time.
	AddingUp bool
	// NoMedia says that WeCom takes no pictures and files.
	NoMedia bool
	// Scripted is what members said that they sent beside the plan.
	Scripted []web.ScriptSaid
	// Offered is what members may say beside the plan, nil: serving and asking.
	Offered *web.ScriptList
	// Waits says that customers wait until a message that is on its way is through.
	Waits bool
	// Parted says that the newest forecast of a month parted from what came.
	Parted bool
	// HeardDays is for how many days messages have been known, 0: not at all.
	HeardDays int
	// Trust is what the model card says of the score of trust.
	Trust web.FitView
	// Fail, when set, is returned by every read of a page's own data.
	Fail error
	// Unnoticed says that festivals in the orders went by as any other day.
	Unnoticed bool
}

// Empty returns a brand on its first day: accounts, and nothing else.
func Empty() *Brand { return bare(func(s string) string { return s }) }

// Full returns a brand with customers, plan, groups, tasks and imports.
func Full() *Brand { return filled(func(s string) string { return s }) }

// Hostile returns a full brand in which everything that people or strangers
// write is text.
func Hostile(text string) *Brand { return filled(func(string) string { return text }) }

// Console returns a console over the brand.
func (b *Brand) Console() (*web.Console, error) {
	return web.New(b.Ports(), web.Options{Clock: clock.NewVirtual(b.now), Zone: clock.Shanghai, Log: slog.New(slog.DiscardHandler)})
}

// Ports returns the brand as the console's ports.
func (b *Brand) Ports() web.Ports {
	return web.Ports{
		Accounts: b, Users: b, Preference: b, Directory: b, Today: b, Customers: b, Records: b, Touches: b,
		Decisions: b, Contacts: b, Groups: b, Value: b, Tasks: b, Connection: b, Things: b, Tags: b, Tagging: b, Imports: b, Brand: b, Audit: b,
		Contents: b, Surveys: b, Texts: b, Lines: b, Stores: b, Audiences: b, AudienceFiles: b, ReadyAudiences: b, Invitations: b, Stages: b, Keys: b, Members: b,
		Sidebar: b, Scripts: b, Organisation: b, Processes: b, Losses: b, Calendars: b, OneOffs: b, Posts: b, Results: b, Stopped: b,
	}
}

func bare(text func(string) string) *Brand {
	b := &Brand{
		now: Now(), text: text, passwords: map[string]string{}, sessions: map[string]string{}, setup: true,
		prefers: map[string]string{}, holder: map[id.Customer]id.Staff{}, refused: map[id.Customer]time.Time{}, rapport: map[id.Customer]judgement{},
		notes: map[id.Customer][]web.TimelineEntry{}, merged: map[id.Customer]bool{}, urged: map[id.Store]time.Time{}, seen: map[int64]bool{},
		settings: web.BrandSettings{
			Version: 3, Name: text("山前茶"), PerDay: 1, PerWeek: 2, PerMonth: 4, QuietFrom: 21 * time.Hour, QuietUntil: 9 * time.Hour,
			HoldoutShare: .05, LinkFloor: .6, ContactCost: 80, Approval: true, ReferralShare: .2, ReferralDays: 30, Plan: planRules(),
		},
		backfill: web.Backfill{State: "idle"}, hours: hours{set: capacity.Defaults()}, approval: web.ApprovalSettings{ApprovalRules: org.DefaultApproval()}, notices: notices(),
	}
	b.users = []web.User{{Account: OwnerAccount, Role: web.RoleOwner, Active: true, LastSeen: b.now.Add(-time.Hour)}}
	b.passwords[OwnerAccount] = Password
	return b
}

func filled(text func(string) string) *Brand {
	b := bare(text)
	b.link = web.ConnectionView{
		Corp: "ww1234567890abcdef", Agent: 1000002, Mode: web.ModeCallbacks, SecretSet: true, TokenSet: true, AESKeySet: true,
		Callback: "https://siyu.example.com/wecom/callback/ww1234567890abcdef", LastCall: b.now.Add(-2 * time.Minute),
	}
	b.backfill = web.Backfill{State: "done", Started: b.now.Add(-3 * time.Hour), Ended: b.now.Add(-2 * time.Hour), Rows: []web.BackfillRow{
		{Kind: "staff", Through: true}, {Kind: "customers", Through: true}, {Kind: "groups", Done: 58, Total: 60},
	}}
	b.fillOrg()
	b.fillCustomers()
	b.fillTouches()
	b.fillLosses()
	b.fillGroups()
	b.fillAudiences()
	b.fillProcesses()
	b.fillSends()
	b.fillImports()
	b.fillSaid()
	b.fillStopped()
	b.fillContent()
	b.fillValue()
	b.fillTags()
	b.fillStages()
	return b
}

func (b *Brand) fillOrg() {
	for i, name := range []string{"朝阳店", "望京店", "国贸店", "三里屯店", "中关村店", "五道口店", "回龙观店", "天通苑店", "亦庄店", "通州店", "顺义店", "大兴店"} {
		kind := org.Direct
		if i >= 8 {
			kind = org.Franchise
		}
		store := web.StoreName{ID: id.StoreOf(name), Name: b.text(name), Kind: kind}
		b.stores = append(b.stores, store)
		for n := range 4 {
			user := fmt.Sprintf("guide%02d-%d", i+1, n+1)
			member := web.StaffName{ID: id.StaffOf("ww1", user), Name: b.text(fmt.Sprintf("导购 %02d", i*4+n+1)), Store: store.ID}
			b.staff = append(b.staff, member)
		}
	}
	b.users = append(b.users,
		web.User{Account: StoreAccount, Role: web.RoleStore, Stores: []id.Store{b.stores[0].ID}, Active: true, LastSeen: b.now.Add(-26 * time.Hour)},
		web.User{Account: StaffAccount, Role: web.RoleStaff, Staff: b.staff[0].ID, Active: true},
		web.User{Account: LeadAccount, Role: web.RoleLead, Active: true},
	)
	for _, u := range b.users {
		b.passwords[u.Account] = Password
	}
}

// customers is enough for three pages of the list.
const customers = 130

func (b *Brand) fillCustomers() {
	names := []string{"小满", "阿周", "林夕", "王小明", "Lily", "茶客老李", "陈陈", "橙子", "Momo", "赵姐", "何以", "周末愉快"}
	parts := []insight.Part{insight.Exposure, insight.Need, insight.Trust, insight.None, insight.Unknown}
	stages := insight.Stages()
	for i := range customers {
		customer := id.CustomerOf("ww1", fmt.Sprintf("wm-%03d", i))
		member := b.staff[(i*7)%len(b.staff)]
		if i%10 == 0 {
			member = b.staff[0]
		}
		row := web.CustomerRow{
			ID: customer, Name: b.text(names[i%len(names)] + suffix(i/len(names))), Store: b.storeName(member.Store), Staff: member.Name,
			Stage: stages[i%len(stages)], Limiting: parts[i%len(parts)],
			Repurchase: estimate(.05+.006*float64(i%100), .25, insight.Probability), Value: estimate(float64(90000-i*613), .4, insight.Fen),
			DueLine: line(i), Orders: (i * 5) % 14, Turnover: money.Fen(((i * 5) % 14) * 4890), LastTouch: b.now.AddDate(0, 0, -i%60),
			Month: i % 4, Since: b.now.AddDate(0, 0, -12-i*3),
		}
		if i%4 != 3 {
			row.NextDue = b.now.AddDate(0, 0, i%40-6)
			row.Due = []web.LineDue{{Line: line(i), At: row.NextDue, Days: 24, Gaps: 3}, {Line: line(i + 1), At: row.NextDue.AddDate(0, 0, i%3*20-30), Days: 35}}
		}
		if row.Orders > 0 {
			row.LastOrder = b.now.AddDate(0, 0, -3-i%70)
		}
		if row.Stage == insight.Unmeasurable {
			row.Repurchase.Evidence, row.Value.Evidence = insight.NotMeasurable, insight.NotMeasurable
		}
		if i%17 == 5 {
			row.Refused = true
			b.refused[customer] = b.now.AddDate(0, -1, 0)
		}
		b.holder[customer] = member.ID
		b.customers = append(b.customers, row)
	}
}

func suffix(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(" ", n+1)
}

func (b *Brand) storeName(store id.Store) string {
	i := slices.IndexFunc(b.stores, func(s web.StoreName) bool { return s.ID == store })
	return b.stores[i].Name
}

func lines() []string { return []string{"tea", "coffee", "gift"} }

func line(i int) id.Line { return id.LineOf(lines()[i%len(lines())]) }

func estimate(value, spread float64, unit insight.Unit) insight.Estimate {
	return insight.Estimate{
		Value: value, Low: value - math.Abs(value)*spread, High: value + math.Abs(value)*spread, Unit: unit,
		AsOf: Now(), Model: "bgnbd-cloglog/7", Evidence: insight.Fitted,
	}
}

// sees tells whether a scope covers what a member of staff holds.
func (b *Brand) sees(scope org.Scope, staff id.Staff) bool {
	if scope.Staff != 0 && scope.Staff != staff {
		return false
	}
	i := slices.IndexFunc(b.staff, func(s web.StaffName) bool { return s.ID == staff })
	return scope.Staff == staff && staff != 0 || i >= 0 && scope.Sees(b.staff[i].Store)
}

func (b *Brand) did(by web.Asker, what, about string) {
	b.audit = slices.Insert(b.audit, 0, web.AuditEntry{At: b.now, Account: by.Account, Did: what, About: about})
}
