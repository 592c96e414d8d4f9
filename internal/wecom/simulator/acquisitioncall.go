package simulator

import (
	"fmt"
	"time"
)

func acquisitionRoutes(t map[string]route) {
	const path = contactPath + "customer_acquisition/"
	t[path+"list_link"] = post(RightAcquisition, listLinks)
	t[path+"get"] = post(RightAcquisition, getLink)
	t[path+"create_link"] = post(RightAcquisition, createLink)
	t[path+"update_link"] = post(RightAcquisition, updateLink)
	t[path+"delete_link"] = post(RightAcquisition, deleteLink)
	t[path+"customer"] = post(RightAcquisition, listLinkCustomers)
	t[path+"statistic"] = post(RightAcquisition, linkStatistic)
	t[path+"get_chat_info"] = post(RightAcquisition, chatInfo)
	t[contactPath+"customer_acquisition_quota"] = get(RightAcquisition, acquisitionQuota)
}

type linkRequest struct {
	ID string `json:"link_id"`
	linkForm
	Start   int64  `json:"start_time"`
	End     int64  `json:"end_time"`
	ChatKey string `json:"chat_key"`
	Cursor  string `json:"cursor"`
	Limit   int    `json:"limit"`
}

func listLinks(c *call, q linkRequest) (any, error) {
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, linkPage, linkPage), c.links.order, func(l *acquisitionLink) any {
		if c.links.removed[l.id] || l.app != c.app {
			return nil
		}
		return l.id
	})
	return map[string]any{"link_id_list": rows, "next_cursor": next}, err
}

func (c *call) link(id string) (*acquisitionLink, error) {
	l := c.links.of(id)
	if l == nil || l.app != c.app {
		return nil, refuse(codeInvalidParameter, "invalid link_id")
	}
	return l, nil
}

func (c *call) linkURL(l *acquisitionLink) string { return "https://work.weixin.qq.com/ca/" + l.id }

func getLink(c *call, q linkRequest) (any, error) {
	l, err := c.link(q.ID)
	if err != nil {
		return nil, err
	}
	answer := map[string]any{
		"link": map[string]any{
			"link_id": l.id, "link_name": l.form.Name, "url": c.linkURL(l), "create_time": l.created.Unix(),
			"skip_verify": *l.form.SkipVerify, "mark_source": l.form.MarkSource,
		},
		"range": l.form.Range,
	}
	if l.form.Priority != nil {
		answer["priority_option"] = l.form.Priority
	}
	return answer, nil
}

func (c *call) checkLink(f linkForm) (linkForm, error) {
	if f.Name == "" {
		return f, refuse(codeEmptyParameter, "link_name is empty")
	}
	for _, id := range f.Range.Users {
		if _, err := c.servingMember(id); err != nil {
			return f, err
		}
	}
	n := len(c.wayMembers(wayForm{Users: f.Range.Users, Parties: f.Range.Departments}))
	if n == 0 || n > maxLinkPeople {
		return f, refuse(codeWayTooManyPeople, "a link serves 1 to 500 members")
	}
	if f.SkipVerify == nil {
		yes := true
		f.SkipVerify = &yes
	}
	return f, nil
}

func createLink(c *call, q linkRequest) (any, error) {
	if len(c.links.order) >= maxLinks {
		return nil, refuse(codeTooManyLinks, "link out of limit")
	}
	form, err := c.checkLink(q.linkForm)
	if err != nil {
		return nil, err
	}
	l := &acquisitionLink{
		id: fmt.Sprintf("ca%0*x", linkIDDigits, c.rng.Uint64()), app: c.app, created: c.now, form: form, clicks: map[int32]int{},
	}
	c.links.order = append(c.links.order, l)
	return map[string]any{"link": map[string]any{
		"link_id": l.id, "link_name": form.Name, "url": c.linkURL(l), "create_time": l.created.Unix(),
	}}, nil
}

func updateLink(c *call, q linkRequest) (any, error) {
	l, err := c.link(q.ID)
	if err != nil {
		return nil, err
	}
	form := q.linkForm
	form.Name = orElse(form.Name, l.form.Name)
	if form.SkipVerify == nil {
		form.SkipVerify = l.form.SkipVerify
	}
	if len(form.Range.Users)+len(form.Range.Departments) == 0 {
		form.Range = l.form.Range
	}
	if form, err = c.checkLink(form); err != nil {
		return nil, err
	}
	l.form = form
	return nil, nil
}

func deleteLink(c *call, q linkRequest) (any, error) {
	l, err := c.link(q.ID)
	if err != nil {
		return nil, err
	}
	c.links.removed[l.id] = true
	return nil, nil
}

func listLinkCustomers(c *call, q linkRequest) (any, error) {
	l, err := c.link(q.ID)
	if err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, linkPeoplePage, linkPeoplePage), l.people, func(p *linkCustomer) any {
		status := 0
		if p.wrote {
			status = 1
		}
		return map[string]any{
			"external_userid": p.rel.ext.ExternalUserID, "userid": p.rel.member.UserID, "chat_status": status, "state": p.state,
		}
	})
	return map[string]any{"customer_list": rows, "next_cursor": next}, err
}

func linkStatistic(c *call, q linkRequest) (any, error) {
	l, err := c.link(q.ID)
	if err != nil {
		return nil, err
	}
	first, last := dayNumber(time.Unix(q.Start, 0)), dayNumber(time.Unix(q.End, 0))
	if q.Start <= 0 || last < first || last-first > statisticSpanDays || first < dayNumber(c.now)-statisticDays {
		return nil, refuse(codeInvalidParameter, "invalid start_time or end_time")
	}
	clicks, added := 0, 0
	for day := first; day <= last; day++ {
		clicks += l.clicks[day]
	}
	for _, p := range l.people {
		if day := dayNumber(p.at); day >= first && day <= last {
			added++
		}
	}
	return map[string]any{"click_link_customer_cnt": clicks, "new_customer_cnt": added}, nil
}

func chatInfo(c *call, q linkRequest) (any, error) {
	k, ok := c.links.chats[q.ChatKey]
	if !ok || c.wire.Sub(k.at) > chatKeyLife {
		return nil, refuse(codeInvalidParameter, "invalid chat_key")
	}
	return map[string]any{
		"userid": k.customer.rel.member.UserID, "external_userid": k.customer.rel.ext.ExternalUserID,
		"chat_info": map[string]any{"recv_msg_cnt": k.messages, "link_id": k.link, "state": k.customer.state},
	}, nil
}

func acquisitionQuota(c *call) (any, error) {
	quota := []any{}
	if !c.links.expires.IsZero() {
		quota = append(quota, map[string]any{"expire_date": c.links.expires.Unix(), "balance": c.links.balance})
	}
	return map[string]any{"total": c.links.total, "balance": c.links.balance, "quota_list": quota}, nil
}
