package web

import (
	"maps"
	"slices"
)

type apiTags struct {
	Groups []apiTagGroup `json:"groups"`
}

type apiTagGroup struct {
	Name       string   `json:"name"`
	Home       TagHome  `json:"home" enum:"own,wecom,rule" doc:"own: in Siyu only; wecom: corp tags; rule: of a rule group of WeCom"`
	Changeable bool     `json:"changeable" doc:"Siyu made it; WeCom refuses changes of others"`
	Tags       []apiTag `json:"tags"`
}

type apiTag struct {
	Key      string `json:"key" doc:"names the tag in calls"`
	Name     string `json:"name"`
	Carriers *int   `json:"carriers,omitempty" doc:"customers when last counted; only for keys of the whole brand"`
	Audience int64  `json:"audience,omitempty" doc:"that decides who carries it; absent: people do"`
}

func (c *call) listTags() (apiTags, error) {
	list := apiTags{Groups: []apiTagGroup{}}
	found, err := c.Tags.Tags(c.r.Context(), c.seat.Scope)
	for _, g := range found.Groups {
		group := apiTagGroup{Name: g.Name, Home: g.Home, Changeable: g.Changeable, Tags: []apiTag{}}
		for _, t := range g.Tags {
			one := apiTag{Key: t.Key, Name: t.Name, Audience: t.Audience}
			if found.Counted {
				one.Carriers = &t.Carriers
			}
			group.Tags = append(group.Tags, one)
		}
		list.Groups = append(list.Groups, group)
	}
	return list, err
}

type apiTagForm struct {
	Home     TagHome  `json:"home" enum:"own,wecom"`
	Group    string   `json:"group" doc:"name of the group; a new one is made"`
	Names    []string `json:"names"`
	Audience int64    `json:"audience,omitempty" doc:"decides who carries the tags"`
}

func (c *call) createTags(in apiTagForm) (apiTags, error) {
	form := TagForm(in)
	if flaws := TagFlaws(form); len(flaws) > 0 {
		first := slices.Sorted(maps.Keys(flaws))[0]
		return apiTags{}, misused(first, flaws[first])
	}
	if err := c.Tags.MakeTags(c.r.Context(), c.asker(), form); err != nil {
		return apiTags{}, err
	}
	return c.listTags()
}

type apiFollow struct {
	Tag      string `json:"tag" doc:"key of the tag"`
	Audience int64  `json:"audience" doc:"number of the audience, 0: people decide"`
}

func (c *call) followTag(in apiFollow) (apiDone, error) {
	return apiDone{true}, c.Tags.FollowTag(c.r.Context(), c.asker(), in.Tag, in.Audience)
}
