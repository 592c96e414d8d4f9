package web

import (
	"fmt"
	"net/http"
	"strings"

	"siyu/internal/fault"
	"siyu/internal/org"
)

// approvedPage is what became of an approval that was not given whole.
type approvedPage struct {
	ApprovalDone
	Wrong bool // a number was typed, and it is another one
}

// approved answers an approval: with the queue if everything may leave, else with
// what is missing.
func (v *visit) approved(done ApprovalDone, typed int) error {
	if done.Whole() {
		v.redirect("/touch?done=approve")
		return nil
	}
	if done.Batches+done.Waits == 0 {
		v.status = http.StatusForbidden
	}
	return v.showTouch("approved", approvedPage{ApprovalDone: done, Wrong: typed != 0 && len(done.Typed) > 0})
}

func (v *visit) approvalShow() error { return v.showApproval(nil, nil) }

// approvalForm is the form of the rules of approval.
type approvalForm struct {
	ApprovalSettings
	Owner bool
	Wrong string
	Flaws Flaws
}

func (v *visit) showApproval(typed *ApprovalSettings, wrong error) error {
	settings, err := v.Brand.Approval(v.r.Context())
	if err != nil {
		return err
	}
	form := approvalForm{ApprovalSettings: settings, Owner: owner(v.seat)}
	if typed != nil {
		form.ApprovalSettings = *typed
	}
	form.Flaws, form.Wrong = v.wrong(wrong)
	return v.showSetting("approval", form)
}

func (v *visit) approvalSave() error {
	settings, err := v.approvalForm()
	if err == nil {
		err = v.Brand.SetApproval(v.r.Context(), v.asker(), settings)
	}
	if refused(err) {
		return v.showApproval(&settings, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/approval?done=approval")
	return nil
}

// approvalForm reads the limits; thousands may be parted by commas.
func (v *visit) approvalForm() (s ApprovalSettings, err error) {
	f := formReader{values: func(name string) string {
		return strings.NewReplacer(",", "", "，", "", " ", "").Replace(v.r.FormValue(name))
	}}
	flaws := Flaws{}
	limit := func(field string) int {
		f.wrong = ""
		n := f.whole(field, 0, mostLimit)
		if f.wrong != "" {
			flaws.Add(field, "error.approval_number")
		}
		return n
	}
	s.ApprovalRules = org.ApprovalRules{Store: limit("store"), Lead: limit("lead"), One: limit("one")}
	s.Version = f.whole("version", 0, maxVersion)
	if err := flaws.Err(); err != nil {
		return s, err
	}
	if err := s.Validate(); err != nil {
		return s, fault.WithKey(fault.Invalid, "error.approval_limits", fmt.Errorf("rules of approval: %w", err))
	}
	return s, nil
}

// mostLimit is the highest limit that a form takes.
const mostLimit = 100_000_000
