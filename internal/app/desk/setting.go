package desk

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"siyu/internal/app/brand"
	"siyu/internal/decision"
	"siyu/internal/fault"
	"siyu/internal/org"
	"siyu/internal/storage"
	"siyu/internal/web"
)

var _ web.Audit = (*Desk)(nil)

// BrandSettings returns what web.Brand asks for.
func (d *Desk) BrandSettings(context.Context, org.Scope) (web.BrandSettings, error) {
	doc := d.Brand.Documents()
	return web.BrandSettings{
		Version: doc.Versions[brand.RulesDoc] + doc.Versions[brand.GeneralDoc], Name: doc.General.Name,
		PerDay: doc.Rules.Budget.Day, PerWeek: doc.Rules.Budget.Week, PerMonth: doc.Rules.Budget.Month,
		QuietFrom: doc.Rules.QuietFrom, QuietUntil: doc.Rules.QuietUntil,
		HoldoutShare: doc.Rules.Holdout.Share, LinkFloor: doc.General.LinkFloor,
		ContactCost: doc.General.ContactCost, Discount: doc.General.Discount, Approval: doc.General.Approval,
		ReferralShare: doc.General.ReferralShare, ReferralDays: doc.General.ReferralDays,
		Plan: planRules(doc.Rules),
	}, nil
}

func planRules(s decision.Settings) web.PlanRules {
	r := web.PlanRules{
		DaysAhead: max(1, s.DaysAhead), Weekdays: [7]float64{1, 1, 1, 1, 1, 1, 1}, Capacity: s.Capacity, Confirmations: s.MaxConfirmations,
		Silent: int(s.SilentAfter / (24 * time.Hour)), LowTrust: s.LowTrust, ByHand: s.ChannelBudget.OneToOne, BySend: s.ChannelBudget.MassSend,
		Caps: s.Caps,
	}
	if len(s.Weekdays) == len(r.Weekdays) {
		copy(r.Weekdays[:], s.Weekdays)
	}
	return r
}

// setPlanRules puts rules into settings. All weekdays alike is what settings without
// any say.
func setPlanRules(s *decision.Settings, r web.PlanRules) {
	s.DaysAhead, s.Capacity, s.MaxConfirmations, s.SilentAfter = r.DaysAhead, r.Capacity, r.Confirmations, r.SilentAfter()
	s.LowTrust, s.ChannelBudget, s.Caps = r.LowTrust, decision.ChannelBudget{OneToOne: r.ByHand, MassSend: r.BySend}, r.Caps
	if s.Weekdays = nil; r.Weekdays != [7]float64{1, 1, 1, 1, 1, 1, 1} {
		s.Weekdays = slices.Clone(r.Weekdays[:])
	}
}

// SetBrandSettings stores what web.Brand brings.
func (d *Desk) SetBrandSettings(ctx context.Context, by web.Asker, s web.BrandSettings) error {
	if !by.Scope.Everything {
		return fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("brand settings are headquarters'"))
	}
	doc := d.Brand.Documents()
	if s.Approval != doc.General.Approval && by.Role != web.RoleOwner {
		return fault.WithKey(fault.Denied, "error.approval_owner", errOwners)
	}
	rules, general := doc.Rules, doc.General
	rules.Budget.Day, rules.Budget.Week, rules.Budget.Month = s.PerDay, s.PerWeek, s.PerMonth
	rules.QuietFrom, rules.QuietUntil, rules.Holdout.Share = s.QuietFrom, s.QuietUntil, s.HoldoutShare
	setPlanRules(&rules, s.Plan)
	general.Name, general.LinkFloor, general.ContactCost, general.Approval = s.Name, s.LinkFloor, s.ContactCost, s.Approval
	general.Discount = s.Discount
	general.ReferralShare, general.ReferralDays = s.ReferralShare, s.ReferralDays
	if err := d.Brand.Set(ctx, brand.RulesDoc, rules, by.Account); err != nil {
		return fault.WithKey(fault.Invalid, "error.brand_settings", err)
	}
	if err := d.Brand.Set(ctx, brand.GeneralDoc, general, by.Account); err != nil {
		return fault.WithKey(fault.Invalid, "error.brand_settings", err)
	}
	if err := d.audit(ctx, by, "settings.brand", ""); err != nil {
		return err
	}
	return d.Reopen(ctx)
}

// auditPage is how many entries a page of the audit shows.
const auditPage = 50

// Audit implements web.Audit.
func (d *Desk) Audit(ctx context.Context, scope org.Scope, after string) (web.AuditPage, error) {
	if !scope.Everything {
		return web.AuditPage{}, fault.WithKey(fault.Denied, "error.denied", fmt.Errorf("the audit is headquarters'"))
	}
	before, err := parseAudit(after)
	if err != nil {
		return web.AuditPage{}, err
	}
	entries, err := d.DB.AuditBefore(ctx, before, auditPage)
	if err != nil {
		return web.AuditPage{}, err
	}
	var page web.AuditPage
	for _, e := range entries {
		page.Entries = append(page.Entries, web.AuditEntry{At: e.At, Account: e.Account, Did: e.Did, About: e.About})
	}
	if len(entries) == auditPage {
		last := entries[auditPage-1]
		page.Next = strconv.FormatInt(last.At.UnixMilli(), 36) + "-" + strconv.FormatInt(last.Number, 36)
	}
	return page, nil
}

func parseAudit(after string) (storage.AuditEntry, error) {
	if after == "" {
		return storage.AuditEntry{}, nil
	}
	at, number, _ := strings.Cut(after, "-")
	ms, err1 := strconv.ParseInt(at, 36, 64)
	n, err2 := strconv.ParseInt(number, 36, 64)
	if err1 != nil || err2 != nil {
		return storage.AuditEntry{}, notFound("page")
	}
	return storage.AuditEntry{At: time.UnixMilli(ms), Number: n}, nil
}
