package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"siyu/internal/clock"
	"siyu/internal/fault"
)

// audienceExport answers with a file of who is in an audience, or says that a
// lead has to approve it.
func (v *visit) audienceExport() error {
	number, err := v.audienceNumber()
	if err != nil {
		return err
	}
	format := v.said("format")
	if !slices.Contains([]string{"csv", "xlsx"}, format) {
		return fault.New(fault.Invalid, "export audience: unknown format")
	}
	file, err := v.AudienceFiles.ExportAudience(v.r.Context(), v.asker(), number, format)
	if fault.KeyOf(err) == "error.export_approval" {
		v.redirect("/audiences/" + strconv.FormatInt(number, 10) + "?done=export_asked")
		return nil
	}
	if err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", file.Type)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.Name))
	if err := file.Write(&patient{v.w, http.NewResponseController(v.w)}); err != nil {
		v.Log.Error("the file of an audience was cut short", "audience", number, "error", err)
		panic(http.ErrAbortHandler) // else half a file looks whole
	}
	return nil
}

// patient gives every part of a long file its own time.
type patient struct {
	to      io.Writer
	control *http.ResponseController
}

// partTime is how long a client may take to read a part of a file.
const partTime = time.Minute

// Write implements io.Writer.
func (p *patient) Write(part []byte) (int, error) {
	if err := p.control.SetWriteDeadline(clock.System{}.Now().Add(partTime)); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return 0, err
	}
	return p.to.Write(part)
}

// exportLimitSave says from how many customers on files need approval.
func (v *visit) exportLimitSave() error {
	f := formReader{values: v.r.FormValue}
	limit := f.whole("limit", 0, MostExportLimit)
	if f.wrong != "" {
		return fault.WithKey(fault.Invalid, "error.export_limit", errors.New("export limit: no such number"))
	}
	if err := v.AudienceFiles.SetExportLimit(v.r.Context(), v.asker(), limit); err != nil {
		return err
	}
	v.redirect("/audiences?done=export_limit")
	return nil
}

func (v *visit) audienceExportAnswer() error {
	request, err := strconv.ParseInt(v.r.PathValue("request"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "no export %q", v.r.PathValue("request"))
	}
	if err := v.AudienceFiles.AnswerExport(v.r.Context(), v.asker(), request, v.said("answer") == "yes"); err != nil {
		return err
	}
	v.redirect("/audiences?done=export_answered")
	return nil
}

func (v *visit) audienceTag() error {
	number, err := v.audienceNumber()
	if err != nil {
		return err
	}
	if err := v.AudienceFiles.TagAudience(v.r.Context(), v.asker(), number); err != nil {
		return err
	}
	v.redirect("/audiences/" + strconv.FormatInt(number, 10) + "?done=audience_tagged")
	return nil
}
