package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"siyu/internal/fault"
	"siyu/internal/money"
)

type brandPage struct {
	BrandSettings
	Wrong string
}

func (v *visit) brandShow() error {
	settings, err := v.Brand.Brand(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("brand", brandPage{BrandSettings: settings})
}

func (v *visit) brandUpdate() error {
	settings, err := v.brandForm()
	if err == nil {
		err = v.Brand.SetBrand(v.r.Context(), v.asker(), settings)
	}
	if refused(err) {
		v.status = http.StatusUnprocessableEntity
		return v.showSetting("brand", brandPage{BrandSettings: settings, Wrong: v.lang.fault(err)})
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/brand?done=brand")
	return nil
}

// brandForm reads the form. What it returns beside an error is what could be
// read, to be shown again.
func (v *visit) brandForm() (BrandSettings, error) {
	f := formReader{values: v.r.FormValue}
	s := BrandSettings{
		Name: strings.TrimSpace(v.r.FormValue("name")),
		// The platform's own ceiling is one contact a day for 31 days.
		PerDay: f.whole("per_day", 1, 10), PerWeek: f.whole("per_week", 1, 31), PerMonth: f.whole("per_month", 1, 31),
		QuietFrom: f.daytime("quiet_from"), QuietUntil: f.daytime("quiet_until"),
		HoldoutShare: f.percent("holdout", 50), LinkFloor: f.percent("link_floor", 100),
		ReferralShare: f.percent("referral_share", 100), ReferralDays: f.whole("referral_days", 1, 365),
		ContactCost: f.amount("contact_cost"), Discount: f.percent("discount", 100), Approval: v.r.FormValue("approval") != "",
	}
	s.Version, s.Plan = f.whole("version", 0, 1<<31-1), f.planRules()
	if f.wrong != "" {
		return s, fault.WithKey(fault.Invalid, "error.brand_"+f.wrong, fmt.Errorf("brand settings: %s", f.wrong))
	}
	return s, nil
}

// formReader reads typed values and remembers the first that is wrong.
type formReader struct {
	values func(string) string
	wrong  string
}

func (f *formReader) mark(name string) {
	if f.wrong == "" {
		f.wrong = name
	}
}

func (f *formReader) whole(name string, low, high int) int {
	n, err := strconv.Atoi(strings.TrimSpace(f.values(name)))
	if err != nil || n < low || n > high {
		f.mark(name)
	}
	return n
}

func (f *formReader) percent(name string, most float64) float64 {
	p, err := strconv.ParseFloat(strings.TrimSpace(f.values(name)), 64)
	if err != nil || !(p >= 0 && p <= most) {
		f.mark(name)
		return 0
	}
	return p / 100
}

func (f *formReader) daytime(name string) time.Duration {
	t, err := time.Parse("15:04", f.values(name))
	if err != nil {
		f.mark(name)
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

func (f *formReader) amount(name string) money.Fen {
	fen, err := money.Parse(f.values(name))
	if err != nil || fen < 0 {
		f.mark(name)
		return 0
	}
	return fen
}

type auditPage struct {
	Entries []AuditEntry
	Next    string
	Columns int
}

func (v *visit) auditList() error {
	found, err := v.Audit.Audit(v.r.Context(), v.seat.Scope, v.r.URL.Query().Get("after"))
	if err != nil {
		return err
	}
	page := auditPage{Entries: found.Entries, Columns: 4}
	if found.Next != "" {
		page.Next = "/settings/audit?after=" + url.QueryEscape(found.Next)
	}
	if v.partial() {
		return v.part("setting_audit", "rows", page)
	}
	return v.showSetting("audit", page)
}
