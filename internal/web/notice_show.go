package web

import "strings"

// noticeForm is the form of the words of messages to staff.
type noticeForm struct {
	Notices
	Wrong string
	Flaws Flaws
}

func (v *visit) noticeShow() error {
	notices, err := v.Brand.Notices(v.r.Context())
	if err != nil {
		return err
	}
	return v.showNotices(notices, nil)
}

func (v *visit) showNotices(notices Notices, wrong error) error {
	form := noticeForm{Notices: notices}
	form.Flaws, form.Wrong = v.wrong(wrong)
	return v.showSetting("notice", form)
}

func (v *visit) noticeSave() error {
	notices, err := v.Brand.Notices(v.r.Context())
	if err != nil {
		return err
	}
	f := formReader{values: v.r.FormValue}
	notices.Version = f.whole("version", 0, maxVersion)
	for i := range notices.List {
		n := &notices.List[i]
		n.Off = n.ByItself() && v.r.FormValue(n.Name+"_on") == ""
		n.Text = strings.TrimSpace(v.r.FormValue(n.Name + "_text"))
		if n.Titled() {
			n.Title = strings.TrimSpace(v.r.FormValue(n.Name + "_title"))
		}
	}
	if err = notices.Validate(); err == nil {
		err = v.Brand.SetNotices(v.r.Context(), v.asker(), notices)
	}
	if refused(err) {
		return v.showNotices(notices, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/notices?done=notice")
	return nil
}
