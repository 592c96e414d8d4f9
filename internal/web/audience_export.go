package web

import (
	"fmt"
	"slices"
	"strconv"

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
	_, _ = v.w.Write(file.Body) // a client that went away has nobody left to tell
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
