package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"

	"siyu/internal/fault"
)

func (v *visit) tagList() error {
	found, err := v.Tags.Tags(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	return v.showSetting("tags", tagsPage{found, lead(v.seat)})
}

type tagsPage struct {
	TagsView
	Edits bool
}

// tagPage is the form of new tags, or of one tag or group.
type tagPage struct {
	TagForm
	Key        string // "" for new ones
	Name       string
	IsGroup    bool
	Changeable bool
	Audiences  []TagAudienceChoice
	Connected  bool
	Homes      []TagHome
	Groups     []TagGroup // that can be added to
	Flaws      Flaws
	Wrong      string
}

func (v *visit) tagEdit() error {
	query := v.r.URL.Query()
	page := tagPage{TagForm: TagForm{Home: TagHome(cmp.Or(query.Get("home"), string(TagOwn))), Group: query.Get("group")}, Key: query.Get("key")}
	return v.showTag(page, nil)
}

func (v *visit) showTag(page tagPage, wrong error) error {
	found, err := v.Tags.Tags(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	if page.Key != "" && !page.find(found.Groups) {
		return fault.New(fault.NotFound, "no such tag")
	}
	page.Audiences = found.Audiences
	page.Connected, page.Homes = found.Connected, []TagHome{TagOwn}
	if found.Connected {
		page.Homes = append(page.Homes, TagWeCom)
	}
	page.Groups = slices.DeleteFunc(slices.Clone(found.Groups), func(g TagGroup) bool { return !g.Changeable || g.Home == TagRule })
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showSetting("tag", page)
}

// find fills in what is known of the tag or group the page is about.
func (p *tagPage) find(groups []TagGroup) bool {
	for _, g := range groups {
		if g.Key == p.Key {
			p.Name, p.IsGroup = cmp.Or(p.Name, g.Name), true
		} else if i := slices.IndexFunc(g.Tags, func(t Tag) bool { return t.Key == p.Key }); i >= 0 {
			p.Name, p.Audience = cmp.Or(p.Name, g.Tags[i].Name), g.Tags[i].Audience
		} else {
			continue
		}
		p.Home, p.Group, p.Changeable = g.Home, g.Name, g.Changeable
		return true
	}
	return false
}

func (v *visit) tagSave() error {
	key := v.r.FormValue("key")
	page := tagPage{Key: key, Name: v.said("name"), TagForm: TagForm{Home: TagHome(v.said("home")), Group: v.said("group"), Names: v.listed("names")}}
	page.Audience, _ = strconv.ParseInt(v.r.FormValue("audience"), 10, 64) // none chosen is 0
	var err error
	if key != "" {
		err = v.Tags.RenameTag(v.r.Context(), v.asker(), key, page.Name)
	} else if err = TagFlaws(page.TagForm).Err(); err == nil {
		err = v.Tags.MakeTags(v.r.Context(), v.asker(), page.TagForm)
	}
	if refused(err) {
		return v.showTag(page, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/settings/tags?done=tag")
	return nil
}

func (v *visit) tagFollow() error {
	audience, _ := strconv.ParseInt(v.r.FormValue("audience"), 10, 64) // none chosen is 0
	if err := v.Tags.FollowTag(v.r.Context(), v.asker(), v.r.FormValue("key"), audience); err != nil {
		return err
	}
	v.redirect("/settings/tags?done=tag")
	return nil
}

func (v *visit) tagDrop() error {
	if err := v.Tags.DropTag(v.r.Context(), v.asker(), v.r.FormValue("key")); err != nil {
		if refused(err) {
			return v.showTag(tagPage{Key: v.r.FormValue("key")}, err)
		}
		return err
	}
	v.redirect("/settings/tags?done=tag_dropped")
	return nil
}

func (v *visit) tagSettle() error {
	c := TagConflict{Kind: TagConflictKind(v.r.FormValue("kind")), Key: v.r.FormValue("key")}
	if err := v.Tags.SettleTag(v.r.Context(), v.asker(), c); err != nil {
		return err
	}
	v.redirect("/settings/tags?done=tag_settled")
	return nil
}

// taggingPage asks which tag the customers of a filter get.
type taggingPage struct {
	Filter customerFilter
	Total  int // -1: not counted
	Groups []TagGroup
	Most   int
	Wrong  string
}

func (v *visit) taggingNew() error { return v.showTagging(filterOf(v.r.URL.Query()), nil) }

func (v *visit) showTagging(filter customerFilter, wrong error) error {
	query, err := filter.query(v.now, v.Zone)
	if err != nil {
		return err
	}
	query.Limit = 1
	found, err := v.Customers.Customers(v.r.Context(), v.seat.Scope, query)
	if err != nil {
		return err
	}
	tags, err := v.Tags.Tags(v.r.Context(), v.seat.Scope)
	if err != nil {
		return err
	}
	page := taggingPage{Filter: filter, Total: found.Total, Groups: byHand(tags.Groups), Most: MostTagged}
	_, page.Wrong = v.wrong(wrong)
	return v.show("tagging", Page{Title: v.lang.text("tagging.title"), Menu: "customers", Data: page})
}

// byHand leaves out tags that an audience decides about.
func byHand(groups []TagGroup) []TagGroup {
	var left []TagGroup
	for _, g := range groups {
		if g.Tags = slices.DeleteFunc(slices.Clone(g.Tags), func(t Tag) bool { return t.Follows() }); len(g.Tags) > 0 {
			left = append(left, g)
		}
	}
	return left
}

func (v *visit) taggingStart() error {
	filter := filterOf(queryOf(v.r.FormValue("query")))
	query, err := filter.query(v.now, v.Zone)
	if err != nil {
		return err
	}
	work, err := v.Tagging.StartTagging(v.r.Context(), v.asker(), TaggingForm{Query: query, Tag: v.r.FormValue("tag"), Off: v.r.FormValue("off") != ""})
	if refused(err) {
		return v.showTagging(filter, err)
	}
	if err != nil {
		return err
	}
	v.redirect(tagWorkAddress(work))
	return nil
}

func tagWorkAddress(work string) string { return "/settings/tags/work/" + url.PathEscape(work) }

func (v *visit) tagWorkShow() error {
	found, err := v.Tagging.TagWork(v.r.Context(), v.seat.Scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	return v.showSetting("tagwork", found)
}

func (v *visit) tagWorkProgress() error {
	found, err := v.Tagging.TagWork(v.r.Context(), v.seat.Scope, v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if !found.Busy() || !v.partial() {
		v.redirect(tagWorkAddress(found.ID))
		return nil
	}
	return v.part("setting_tagwork", "progress", found)
}

func (v *visit) tagWorkStop() error {
	if err := v.Tagging.StopTagging(v.r.Context(), v.asker(), v.r.PathValue("id")); err != nil {
		return err
	}
	v.redirect(tagWorkAddress(v.r.PathValue("id")) + "?done=tagging_stopped")
	return nil
}

func (v *visit) customerTag() error {
	customer, err := v.customerID()
	if err != nil {
		return err
	}
	off := v.r.FormValue("off") != ""
	if err := v.Tagging.SetTag(v.r.Context(), v.asker(), customer, v.r.FormValue("tag"), off); err != nil {
		return err
	}
	if off {
		return v.backTo(customer, "untagged")
	}
	return v.backTo(customer, "tagged")
}

// Free returns the tags that a person may put on the customer.
func (c CustomerView) Free() []TagGroup {
	var free []TagGroup
	for _, g := range byHand(c.TagChoices) {
		g.Tags = slices.DeleteFunc(g.Tags, func(t Tag) bool {
			return slices.ContainsFunc(c.Tags, func(has TagOf) bool { return has.Key == t.Key })
		})
		if len(g.Tags) > 0 {
			free = append(free, g)
		}
	}
	return free
}
