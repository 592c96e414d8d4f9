package webtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

func (b *Brand) fillGroups() {
	kinds := []web.GroupKind{web.GroupStore, web.GroupDeal, web.GroupInterest, web.GroupUnknown}
	for i := range 60 {
		member := b.staff[i%len(b.staff)]
		g := web.GroupView{GroupRow: web.GroupRow{
			ID: id.GroupOf("ww1", fmt.Sprint("wr", i)), Name: b.text(fmt.Sprintf("茶友 %02d 群", i+1)), Kind: kinds[i%4], Owner: member.Name, Store: b.storeName(member.Store),
			Customers: 200 - i, Staff: 2, Joins7: i % 9, Leaves7: max(0, 12-i), Joins30: 30 - i/2, Leaves30: 25 - i/3, LastActive: b.now.Add(-time.Duration(i*7) * time.Hour), Created: b.now.AddDate(0, -8, -i),
		}}
		for d := 89; d >= 0; d -= 3 {
			g.Days = append(g.Days, web.GroupDay{Day: b.now.AddDate(0, 0, -d), Joins: (d + i) % 5, Leaves: (d * 3) % 4})
		}
		b.groups = append(b.groups, g)
	}
}

// AGroup returns the address of a group.
func (b *Brand) AGroup() string { return "/groups/" + id.Text(b.groups[0].ID) }

// Groups implements web.Groups.
func (b *Brand) Groups(_ context.Context, scope org.Scope, q web.GroupQuery) (web.GroupPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []web.GroupRow
	for i, g := range b.groups {
		if b.sees(scope, b.staff[i%len(b.staff)].ID) && (q.Kind == "" || g.Kind == q.Kind) && (q.Store == 0 || g.Store == b.storeName(q.Store)) {
			found = append(found, g.GroupRow)
		}
	}
	page := web.GroupPage{Total: len(found)}
	start, _ := strconv.Atoi(q.After)
	end := min(len(found), start+q.Limit)
	page.Rows = found[min(start, len(found)):end]
	if end < len(found) {
		page.Next = strconv.Itoa(end)
	}
	return page, b.Fail
}

// Group implements web.Groups.
func (b *Brand) Group(_ context.Context, scope org.Scope, group id.Group) (web.GroupView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, g := range b.groups {
		if g.ID == group && b.sees(scope, b.staff[i%len(b.staff)].ID) {
			return g, b.Fail
		}
	}
	return web.GroupView{}, fault.New(fault.NotFound, "group: unknown")
}

// SetGroupKind implements web.Groups.
func (b *Brand) SetGroupKind(_ context.Context, by web.Asker, group id.Group, kind web.GroupKind) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.groups {
		if b.groups[i].ID == group {
			b.groups[i].Kind = kind
		}
	}
	b.did(by, "group.kind", id.Text(group))
	return nil
}

// Connection implements web.Connection.
func (b *Brand) Connection(context.Context, org.Scope) (web.ConnectionView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.link, b.Fail
}

// Connect implements web.Connection. The secret "wrong" is refused.
func (b *Brand) Connect(_ context.Context, by web.Asker, f web.ConnectionForm) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.Secret == "wrong" {
		return fault.New(fault.Upstream, "connect: refused")
	}
	b.link = web.ConnectionView{Corp: f.Corp, Agent: f.Agent, Mode: f.Mode, SecretSet: true, TokenSet: f.Token != "", AESKeySet: f.AESKey != "", Callback: b.link.Callback}
	b.did(by, "connection.changed", string(f.Corp))
	return nil
}

// Doctor implements web.Connection.
func (b *Brand) Doctor(context.Context, org.Scope) ([]web.Check, error) {
	return []web.Check{
		{Name: "secret", OK: true, Key: "secret"}, {Name: "trusted_ip", Detail: b.text("60020 from 203.0.113.9"), Fix: b.text("把 203.0.113.9 加入可信 IP")}, {Name: "clock", Key: "clock_off", Remedy: "clock_sync", Args: []string{"Skew", "3m10s"}},
		{Name: "orders", OK: true, Notice: true, Key: "orders_never", Remedy: "orders_import"},
	}, b.Fail
}

// Things implements web.Things.
func (b *Brand) Things(context.Context, org.Scope) (web.ThingsView, error) {
	if b.link.Corp == "" {
		return web.ThingsView{}, b.Fail
	}
	v := web.ThingsView{Connected: true,
		Ways: []web.ContactWay{{Remark: b.text("朝阳店收银台"), State: "pos-chaoyang", Staff: []string{b.staff[0].Name, b.staff[1].Name}}, {Own: true, State: "siyu-1"}},
	}
	v.AllWays = len(v.Ways)
	v.Channels = []web.Channel{{State: "pos-chaoyang", Name: b.text("朝阳店收银台")}, {State: "siyu-1"}, {State: "expo2026"}}
	v.Texts = []web.PromiseText{{Code: "gift.expo", Says: b.text("展会上说好的试用装给您留着")}, {Code: "remind.2", Says: b.text("上次的茶应该喝完了吧")}}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.promises {
		shown := web.ChannelPromise{Promise: p, Channel: web.Channel{State: p.State}}
		for _, t := range v.Texts {
			if t.Code == p.Material {
				shown.Says = t.Says
			}
		}
		for _, c := range v.Channels {
			if c.State == p.State {
				shown.Channel = c
			}
		}
		v.Promises = append(v.Promises, shown)
	}
	return v, b.Fail
}

// SetPromise implements web.Things.
func (b *Brand) SetPromise(_ context.Context, by web.Asker, p decision.Promise) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.promises = slices.DeleteFunc(b.promises, func(was decision.Promise) bool { return was.State == p.State })
	if p.Material != "" {
		b.promises = append(b.promises, p)
	}
	b.did(by, "promise.set", p.State)
	return b.Fail
}

// Backfill implements web.Connection. Each read of a running one moves it on.
func (b *Brand) Backfill(context.Context, org.Scope) (web.Backfill, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	answer := b.backfill
	answer.Rows = slices.Clone(b.backfill.Rows)
	if b.backfill.Running() {
		row := &b.backfill.Rows[0]
		if row.Done += 50; row.Done >= row.Total {
			row.Done, b.backfill.State, b.backfill.Ended = row.Total, "done", b.now
		}
	}
	return answer, b.Fail
}

// StartBackfill implements web.Connection.
func (b *Brand) StartBackfill(_ context.Context, by web.Asker) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backfill = web.Backfill{State: "running", Started: b.now, Remains: 40 * time.Second, Rows: []web.BackfillRow{{Kind: "customers", Done: 50, Total: 100, Rate: 25}}}
	b.did(by, "backfill.started", "")
	return nil
}

type importFile struct {
	web.ImportPreview
	reads int
}

func (b *Brand) fillImports() {
	done := web.Import{ID: 70, What: web.ImportOrders, Name: b.text("客如云订单 2026-03.csv"), Format: "keruyun_pos", State: web.ImportDone, By: OwnerAccount, At: b.now.Add(-26 * time.Hour), Lines: 9120, Orders: 8804, Matched: 6339, New: 120, Duplicates: 14, Rejected: 3}
	b.imports = append(b.imports, &importFile{ImportPreview: web.ImportPreview{Import: done}})
}

// Imports implements web.Imports.
func (b *Brand) Imports(context.Context, org.Scope) ([]web.Import, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []web.Import
	for _, i := range b.imports {
		all = append(all, i.Import)
	}
	return all, b.Fail
}

// Upload implements web.Imports. It reads comma-separated lines.
func (b *Brand) Upload(_ context.Context, by web.Asker, what web.ImportKind, name string, file io.Reader) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := web.ImportPreview{Import: web.Import{ID: int64(100 + len(b.imports)), What: what, Name: name, Format: "youzan_orders", State: web.ImportUploaded, By: by.Account, At: b.now}}
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		p.Import.TotalBytes += int64(len(lines.Bytes())) + 1
		cells := strings.Split(lines.Text(), ",")
		if p.Columns == nil {
			p.Columns = cells
			continue
		}
		p.Import.Orders++
		if len(p.Samples) < 5 {
			p.Samples = append(p.Samples, cells)
		}
	}
	if len(p.Columns) == 0 {
		return 0, fault.WithKey(fault.Invalid, "sheet.encoding", errors.New("upload: no columns"))
	}
	fields, needed := []string{"order_no", "paid_at", "paid_amount", "buyer_phone"}, 3
	if what == web.ImportCustomers {
		fields, needed = []string{"phone", "birthday", "referrer_phone"}, 1
		p.Import.Format, p.Import.Described, p.Import.Orders = "youzan_customers", p.Import.Orders, 0
	}
	for i, field := range fields {
		p.Fields = append(p.Fields, web.ImportField{Name: field, Required: i < needed, Column: min(i, len(p.Columns)-1)})
	}
	b.imports = slices.Insert(b.imports, 0, &importFile{ImportPreview: p})
	b.did(by, "import.uploaded", "")
	return p.Import.ID, nil
}

func (b *Brand) imported(imported int64) (*importFile, error) {
	for _, i := range b.imports {
		if i.Import.ID == imported {
			return i, b.Fail
		}
	}
	return nil, fault.New(fault.NotFound, "import: unknown")
}

// Preview implements web.Imports.
func (b *Brand) Preview(_ context.Context, _ org.Scope, imported int64) (web.ImportPreview, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.imported(imported)
	if err != nil {
		return web.ImportPreview{}, err
	}
	return i.ImportPreview, nil
}

// Map implements web.Imports.
func (b *Brand) Map(_ context.Context, by web.Asker, imported int64, columns map[string]int) error {
	return b.begin(by, imported, web.ImportChecking, columns)
}

// Start implements web.Imports.
func (b *Brand) Start(_ context.Context, by web.Asker, imported int64) error {
	return b.begin(by, imported, web.ImportRunning, nil)
}

func (b *Brand) begin(by web.Asker, imported int64, state web.ImportState, columns map[string]int) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.imported(imported)
	if err != nil {
		return err
	}
	for n, f := range i.Fields {
		if column, ok := columns[f.Name]; ok {
			i.Fields[n].Column = column
		}
	}
	i.Import.State, i.reads = state, 0
	b.did(by, "import.started", fmt.Sprint(imported))
	return nil
}

// Import implements web.Imports. A busy one ends with the second read.
func (b *Brand) Import(_ context.Context, _ org.Scope, imported int64) (web.Import, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.imported(imported)
	if err != nil {
		return web.Import{}, err
	}
	if i.Import.Busy() {
		i.reads++
		i.Import.Lines, i.Import.ReadBytes = i.Import.Orders, i.Import.TotalBytes/2
		if i.reads > 1 {
			i.Import.Matched, i.Import.Rejected = i.Import.Orders-1, 1
			i.Import.State = map[web.ImportState]web.ImportState{web.ImportChecking: web.ImportChecked, web.ImportRunning: web.ImportDone}[i.Import.State]
		}
	}
	return i.Import, nil
}

// Rejected implements web.Imports.
func (b *Brand) Rejected(_ context.Context, _ org.Scope, _ int64, do func(web.RejectedLine) error) error {
	for n := range 3 {
		if err := do(web.RejectedLine{Line: n + 7, Column: "amount", Value: b.text("=1+1"), Reason: b.text("not an amount")}); err != nil {
			return err
		}
	}
	return nil
}

// Brand implements web.Brand.
func (b *Brand) Brand(context.Context, org.Scope) (web.BrandSettings, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.settings, b.Fail
}

// SetBrand implements web.Brand.
func (b *Brand) SetBrand(_ context.Context, by web.Asker, s web.BrandSettings) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.Version != b.settings.Version {
		return fault.New(fault.Conflict, "brand: stale version")
	}
	s.Version++
	b.settings = s
	b.did(by, "settings.brand", fmt.Sprint(s.Version))
	return nil
}

// Audit implements web.Audit.
func (b *Brand) Audit(_ context.Context, _ org.Scope, after string) (web.AuditPage, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if after != "" {
		return web.AuditPage{}, nil
	}
	return web.AuditPage{Entries: slices.Clone(b.audit)}, b.Fail
}
