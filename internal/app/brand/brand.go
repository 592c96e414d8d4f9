// Package brand keeps what people set for the brand while the product runs:
// rules of the plan, product lines, texts, stores; and who works in which store.
package brand

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync/atomic"

	"siyu/internal/catalog"
	"siyu/internal/clock"
	"siyu/internal/connector/intake"
	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight/capacity"
	"siyu/internal/insight/lifecycle"
	"siyu/internal/insight/mind"
	"siyu/internal/money"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/storage"
)

// Names of the documents that people change while the product runs.
const (
	GeneralDoc = "general"
	RulesDoc   = "rules"
	CatalogDoc = "catalog"
	LibraryDoc = "library"
	StoresDoc  = "stores"
	StagesDoc  = "stages"
	// CapacityDoc says how long work takes and how much time members have.
	CapacityDoc = "capacity"
)

// General is what is set for the whole brand beside the rules of the plan.
type General struct {
	Name        string    `json:"name"`
	Salt        string    `json:"salt"`         // decides hold-out and every draw; never changes
	LinkFloor   float64   `json:"link_floor"`   // share of linked orders below which value and need are not shown
	ContactCost money.Fen `json:"contact_cost"` // staff time and patience of one contact
	Discount    float64   `json:"discount"`     // of value, per year: .1 makes a yuan in a year worth 1/1.1 of one now
	Approval    bool      `json:"approval"`     // mass sends wait for a person
	NoWelcome   bool      `json:"no_welcome"`   // another app greets new customers
	// A referred customer who is still there after ReferralDays has stayed;
	// ReferralShare of the expected value then counts for who brought the customer.
	ReferralShare float64 `json:"referral_share"` // 0..1
	ReferralDays  int     `json:"referral_days"`
	UrgeTitle     string  `json:"urge_title"` // of the message that reminds a member of open tasks
	UrgeText      string  `json:"urge_text"`  // {open} is filled in
	// Of the message that tells owners and leads that the circuit breaker halted a
	// mass send.
	HaltTitle string `json:"halt_title,omitempty"`
	HaltText  string `json:"halt_text,omitempty"` // {text}, {events} and {delivered} are filled in
	// Of the message that tells leads of unusual losses; {who}, {n} and {usual} are
	// filled in.
	LossTitle   string `json:"loss_title"`
	LossText    string `json:"loss_text"`
	DeletedText string `json:"deleted_text"` // where a member deleted customers
	// Of the messages that go out by themselves: to members about the day's list and
	// about what came since, to owners and leads about what waits for approval.
	// {contacts}, {sends}, {tasks} and {until}, or {customers} and {posts}, are filled in.
	DayTitle         string `json:"day_title"`
	DayText          string `json:"day_text"`
	NewTitle         string `json:"new_title"`
	NewText          string `json:"new_text"`
	ApprovalTitle    string `json:"approval_title"`
	ApprovalText     string `json:"approval_text"`
	ProcessText      string `json:"process_text"` // {processes} is filled in; beside ApprovalText, or in its place
	NoDayNotice      bool   `json:"no_day_notice,omitempty"`
	NoNewNotice      bool   `json:"no_new_notice,omitempty"`
	NoApprovalNotice bool   `json:"no_approval_notice,omitempty"`
}

//go:embed starter.json
var starter []byte

// newGeneral returns what a new installation begins with.
func newGeneral() (General, error) {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails, see crypto/rand
	g := General{
		Salt:        hex.EncodeToString(salt),
		LinkFloor:   0.6, // below it, two customers in five who bought would be taken for strangers
		ContactCost: 200, // three minutes of a clerk at 40 yuan an hour
		Approval:    true,
	}
	g.setReferral()
	return g, g.setTexts()
}

// setTexts sets the texts to members that hold where nobody has said anything, also
// in installations older than a text.
func (g *General) setTexts() error {
	if err := json.Unmarshal(starter, g); err != nil {
		return fmt.Errorf("read starter texts: %w", err)
	}
	return nil
}

// setReferral sets what holds where nobody has said anything, also in
// installations older than the setting: a fifth, which is a convention and no
// measurement, and a month, after which one-time visitors have gone.
func (g *General) setReferral() { g.ReferralShare, g.ReferralDays = .2, 30 }

// StoreDoc is one store as people enter it.
type StoreDoc struct {
	Name       string   `json:"name"`
	Kind       org.Kind `json:"kind"`
	Department int      `json:"department"`        // WeCom department of its staff
	Aliases    []string `json:"aliases,omitempty"` // other names shop systems use
	Area       string   `json:"area,omitempty"`    // to which it belongs
}

// Documents are all settings of one moment. They are read-only.
type Documents struct {
	General  General
	Rules    decision.Settings
	Catalog  catalog.Catalog
	Library  content.Library
	Stores   []StoreDoc
	Stages   lifecycle.Settings
	Reading  Reading
	Capacity capacity.Settings
	Approval org.ApprovalRules
	// Understanding is what understanding customers takes from the others.
	Understanding mind.Settings
	Versions      map[string]int
}

// Brand keeps settings, organisation and product lines in memory.
type Brand struct {
	db        *storage.DB
	clock     clock.Clock
	documents atomic.Pointer[Documents]
	staff     atomic.Pointer[roster]
}

// roster is the organisation of one moment, with its index.
type roster struct {
	org     org.Org
	storeOf map[id.Staff]id.Store
	member  map[id.Staff]org.Staff
}

// Open reads the documents and creates those that a new installation
// needs.
func Open(ctx context.Context, db *storage.DB, c clock.Clock) (*Brand, error) {
	b := &Brand{db: db, clock: c}
	texts, err := content.Starter()
	if err != nil {
		return nil, err
	}
	general, err := newGeneral()
	if err != nil {
		return nil, err
	}
	for name, first := range map[string]any{GeneralDoc: general, RulesDoc: decision.Defaults(), LibraryDoc: texts, CatalogDoc: catalog.Catalog{Version: 1}} {
		var seen any
		version, err := db.Setting(ctx, name, &seen)
		if err != nil {
			return nil, err
		}
		if version > 0 {
			continue
		}
		if _, err := db.SetSetting(ctx, storage.NewSetting{Name: name, Document: first, At: c.Now(), Account: "siyu"}); err != nil && fault.CodeOf(err) != fault.Conflict {
			return nil, err
		}
	}
	return b, b.Reload(ctx)
}

// Reload reads documents and organisation anew.
func (b *Brand) Reload(ctx context.Context) error {
	d := &Documents{Versions: map[string]int{}, Rules: decision.Unsaid(), Capacity: capacity.Defaults(), Approval: org.DefaultApproval()}
	d.General.setReferral()
	if err := d.General.setTexts(); err != nil {
		return err
	}
	for name, into := range map[string]any{GeneralDoc: &d.General, RulesDoc: &d.Rules, CatalogDoc: &d.Catalog, LibraryDoc: &d.Library, StoresDoc: &d.Stores, StagesDoc: &d.Stages, ReadingDoc: &d.Reading, CapacityDoc: &d.Capacity, ApprovalDoc: &d.Approval} {
		version, err := b.db.Setting(ctx, name, into)
		if err != nil {
			return err
		}
		d.Versions[name] = version
	}
	d.Rules.Version, d.Catalog.Version, d.Library.Version = d.Versions[RulesDoc], d.Versions[CatalogDoc], d.Versions[LibraryDoc]
	d.Stages.Version = d.Versions[StagesDoc]
	if err := d.Catalog.Prepare(); err != nil {
		return fault.New(fault.Invalid, "product lines: %v", err)
	}
	if err := d.Stages.Prepare(); err != nil {
		return fault.New(fault.Invalid, "stages: %v", err)
	}
	d.Understanding = mind.Defaults().Priced(float64(d.General.ContactCost), d.Rules.MaxFatigue)
	d.Understanding.Discount = d.General.Discount
	b.documents.Store(d)
	return b.reloadStaff(ctx, d)
}

func (b *Brand) reloadStaff(ctx context.Context, d *Documents) error {
	states, err := b.db.Staff(ctx)
	if err != nil {
		return fmt.Errorf("read staff: %w", err)
	}
	r := &roster{org: org.Org{Version: d.Versions[StoresDoc]}, storeOf: map[id.Staff]id.Store{}, member: map[id.Staff]org.Staff{}}
	stores := d.Stores
	if len(stores) == 0 {
		if stores, err = b.storesByDepartment(ctx, states); err != nil {
			return err
		}
	}
	for _, s := range stores {
		r.org.Stores = append(r.org.Stores, org.Store{ID: id.StoreOf(s.Name), Name: s.Name, Kind: s.Kind, Department: s.Department, Area: s.Area})
	}
	for i := range states {
		member := r.memberOf(&states[i])
		r.org.Staff = append(r.org.Staff, member)
		r.member[member.ID], r.storeOf[member.ID] = member, member.Store
	}
	if err := b.findManagers(ctx, &r.org); err != nil {
		return err
	}
	b.staff.Store(r)
	return nil
}

// storesByDepartment takes each department with staff who hold customers for a
// store, as long as nobody entered stores.
func (b *Brand) storesByDepartment(ctx context.Context, states []profile.Staff) ([]StoreDoc, error) {
	holding, corps := map[int]bool{}, map[id.Corp]bool{}
	for i := range states {
		if states[i].Works() {
			corps[states[i].Corp] = true
			for _, d := range states[i].Departments {
				holding[d] = true
			}
		}
	}
	var stores []StoreDoc
	for _, corp := range slices.Sorted(maps.Keys(corps)) {
		departments, err := intake.Departments(ctx, b.db, corp)
		if err != nil {
			return nil, err
		}
		for _, key := range slices.Sorted(maps.Keys(departments)) {
			if n, err := strconv.Atoi(key); err == nil && holding[n] && departments[key].Name != "" {
				stores = append(stores, StoreDoc{Name: departments[key].Name, Kind: org.Direct, Department: n, Area: areaOf(departments, key)})
			}
		}
	}
	return stores, nil
}

// areaOf returns the name of the department above a store's, "" where that is the
// company itself.
func areaOf(departments map[string]intake.DepartmentDocument, key string) string {
	above := departments[strconv.Itoa(int(departments[key].Parent))]
	if above.Parent == 0 {
		return ""
	}
	return above.Name
}

func (r *roster) memberOf(s *profile.Staff) org.Staff {
	m := org.Staff{ID: s.ID, Corp: s.Corp, UserID: s.UserID, Active: s.Left == 0 && s.Status == 1, Contact: s.Contact}
	for _, store := range r.org.Stores {
		if store.Department != 0 && slices.Contains(s.Departments, store.Department) {
			m.Store = store.ID
			break
		}
	}
	return m
}

// Documents returns the settings in force.
func (b *Brand) Documents() *Documents { return b.documents.Load() }

// Org returns the organisation in force.
func (b *Brand) Org() org.Org { return b.staff.Load().org }

// StoreOf returns the store of a member, 0 if unknown.
func (b *Brand) StoreOf(s id.Staff) id.Store { return b.staff.Load().storeOf[s] }

// Member returns a member of staff.
func (b *Brand) Member(s id.Staff) (org.Staff, bool) {
	m, ok := b.staff.Load().member[s]
	return m, ok
}

// StoreNames gives each store's own name for the other names shop systems use.
func (b *Brand) StoreNames() map[string]string {
	names := map[string]string{}
	for _, s := range b.Documents().Stores {
		for _, alias := range s.Aliases {
			names[alias] = s.Name
		}
	}
	return names
}

// StoreName returns the name of a store, "" if nobody entered it.
func (b *Brand) StoreName(store id.Store) string {
	for _, s := range b.staff.Load().org.Stores {
		if s.ID == store {
			return s.Name
		}
	}
	return ""
}

// Set stores a new version of one document and puts it into force.
func (b *Brand) Set(ctx context.Context, name string, document any, account string) error {
	if err := checkDocument(document); err != nil {
		return fault.New(fault.Invalid, "%s: %v", name, err)
	}
	s := storage.NewSetting{Name: name, After: b.Documents().Versions[name], Document: document, At: b.clock.Now(), Account: account}
	if _, err := b.db.SetSetting(ctx, s); err != nil {
		return err
	}
	return b.Reload(ctx)
}

// Document returns one of the documents in force by its name.
func (b *Brand) Document(name string) (any, error) {
	d := b.Documents()
	all := map[string]any{GeneralDoc: d.General, RulesDoc: d.Rules, CatalogDoc: d.Catalog, LibraryDoc: d.Library, StoresDoc: d.Stores, StagesDoc: d.Stages, ReadingDoc: d.Reading, CapacityDoc: d.Capacity, ApprovalDoc: d.Approval}
	document, ok := all[name]
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no document %q", name)
	}
	return document, nil
}

// ReadDocument reads a document of the name from JSON. An unknown field is an
// error: it is most likely a slip that would be lost silently.
func ReadDocument(name string, raw []byte) (any, error) {
	read := func(into any) error {
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.DisallowUnknownFields()
		return decoder.Decode(into)
	}
	switch name {
	case GeneralDoc:
		var d General
		d.setReferral() // documents written before it was set leave it out
		if err := d.setTexts(); err != nil {
			return nil, err
		}
		err := read(&d)
		return d, err
	case RulesDoc:
		d := decision.Unsaid()
		err := read(&d)
		return d, err
	case CatalogDoc:
		var d catalog.Catalog
		err := read(&d)
		return d, err
	case LibraryDoc:
		var d content.Library
		err := read(&d)
		return d, err
	case StoresDoc:
		var d []StoreDoc
		err := read(&d)
		return d, err
	case StagesDoc:
		var d lifecycle.Settings
		err := read(&d)
		return d, err
	case ReadingDoc:
		var d Reading
		err := read(&d)
		return d, err
	case CapacityDoc:
		var d capacity.Settings
		err := read(&d)
		return d, err
	case ApprovalDoc:
		d := org.DefaultApproval()
		err := read(&d)
		return d, err
	}
	return nil, fault.New(fault.NotFound, "there is no document %q", name)
}

func checkDocument(document any) error {
	switch d := document.(type) {
	case decision.Settings:
		return d.Validate()
	case content.Library:
		return d.Validate()
	case catalog.Catalog:
		return d.Prepare()
	case lifecycle.Settings:
		return d.Prepare()
	case []StoreDoc:
		return checkStores(d)
	case General:
		return checkGeneral(d)
	case Reading:
		return checkReading(d)
	case capacity.Settings:
		return d.Validate()
	case org.ApprovalRules:
		return d.Validate()
	}
	return nil
}

// longestStay is how many days of staying may be asked of a referred customer.
const longestStay = 365

func checkGeneral(g General) error {
	switch {
	case g.Salt == "":
		return fmt.Errorf("the salt must not be taken away: it decides who is held out")
	case g.LinkFloor < 0 || g.LinkFloor > 1:
		return fmt.Errorf("link floor %v: expected 0 to 1", g.LinkFloor)
	case g.ReferralShare < 0 || g.ReferralShare > 1:
		return fmt.Errorf("referral share %v: expected 0 to 1", g.ReferralShare)
	case g.ReferralDays < 1 || g.ReferralDays > longestStay:
		return fmt.Errorf("referral days %d: expected 1 to %d", g.ReferralDays, longestStay)
	case g.Discount < 0 || g.Discount > 1:
		return fmt.Errorf("discount %v: expected 0 to 1 a year", g.Discount)
	case g.ContactCost < 0:
		return fmt.Errorf("contact cost %s: expected 0 or more", g.ContactCost.Yuan())
	}
	return nil
}

func checkStores(stores []StoreDoc) error {
	seen := map[string]bool{}
	for i, s := range stores {
		switch {
		case s.Name == "":
			return fmt.Errorf("store %d has no name", i+1)
		case s.Kind != org.Direct && s.Kind != org.Franchise:
			return fmt.Errorf("store %s: kind %q: expected direct or franchise", s.Name, s.Kind)
		}
		for _, name := range append([]string{s.Name}, s.Aliases...) {
			if seen[name] {
				return fmt.Errorf("the name %s stands at two stores", name)
			}
			seen[name] = true
		}
	}
	return nil
}
