package simulator

import (
	"slices"
	"time"
	"unicode/utf8"
)

const (
	jobLife          = 24 * time.Hour
	standardJobStep  = time.Second
	jobDone          = 3
	maxMomentRunes   = 2000
	momentListSpan   = 30 * 24 * time.Hour
	momentPage       = 20
	maxMomentImages  = 9
	maxMomentTitle   = 64
	momentSeenPage   = 3000
	momentSeenMost   = 5000
	maxMomentSenders = 100_000
)

func momentRoutes(t map[string]route) {
	t[contactPath+"add_moment_task"] = post(RightCustomers, addMoment)
	t[contactPath+"get_moment_task_result"] = get(RightCustomers, momentJobResult)
	t[contactPath+"cancel_moment_task"] = post(RightCustomers, cancelMoment)
	t[contactPath+"get_moment_list"] = post(RightCustomers, listMoments)
	t[contactPath+"get_moment_task"] = post(RightCustomers, listMomentTasks)
	t[contactPath+"get_moment_customer_list"] = post(RightCustomers, momentChosen)
	t[contactPath+"get_moment_send_result"] = post(RightCustomers, momentSeen)
	t[contactPath+"get_moment_comments"] = post(RightCustomers, momentReactions)
}

type momentForm struct {
	Text        *TextBody    `json:"text"`
	Attachments []Attachment `json:"attachments"`
}

func (f momentForm) words() string { return content{Text: f.Text}.words() }
func (f momentForm) hash() string  { return ContentHash(f.words(), f.Attachments) }

type momentRange struct {
	Users       []string `json:"user_list,omitempty"`
	Departments []int    `json:"department_list,omitempty"`
	Tags        []string `json:"tag_list,omitempty"`
}

type momentRequest struct {
	momentForm
	Visible struct {
		Senders   momentRange `json:"sender_list"`
		Customers momentRange `json:"external_contact_list"`
	} `json:"visible_range"`
}

func (c *call) checkMoment(f momentForm) error {
	if f.words() == "" && len(f.Attachments) == 0 {
		return refuse(codeEmptyMoment, "text and attachments are both empty")
	}
	if utf8.RuneCountInString(f.words()) > maxMomentRunes || len(f.words()) > maxTextBytes {
		return refuse(codeTooLong, "text is too long")
	}
	for _, a := range f.Attachments {
		if a.MsgType != f.Attachments[0].MsgType || !slices.Contains([]string{"image", "video", "link"}, a.MsgType) {
			return refuse(codeBadAttachmentKind, "attachments must be of one kind: image, video or link")
		}
		if err := c.checkMomentPart(a); err != nil {
			return err
		}
	}
	most := 1
	if len(f.Attachments) > 0 && f.Attachments[0].MsgType == "image" {
		most = maxMomentImages
	}
	if len(f.Attachments) > most {
		return refuse(codeTooManyAttachments, "too many attachments")
	}
	return nil
}

func (c *call) checkMomentPart(a Attachment) error {
	if a.identity() == "" {
		return refuse(codeBadMsgType, "attachment of msgtype "+a.MsgType+" without its object")
	}
	if a.MsgType == "link" {
		if len(a.Link.Title) > maxMomentTitle {
			return refuse(codeTooLong, "link title is too long")
		}
		return c.needMedia(a.Link.MediaID, "image", inMoments)
	}
	return c.needMedia(a.identity(), a.MsgType, inMoments)
}

// addMoment starts the job. The Moment and its tasks exist from now on, but
// the app learns the id only when the job is done.
func addMoment(c *call, q momentRequest) (any, error) {
	if err := c.checkMoment(q.momentForm); err != nil {
		return nil, err
	}
	if len(q.Visible.Senders.Users) > maxMomentSenders {
		return nil, refuse(codeTooMany, "too many senders")
	}
	job := &momentJob{started: c.wire}
	senders := c.momentSenders(q.Visible.Senders, &job.bad)
	var tags []string
	for _, id := range q.Visible.Customers.Tags {
		if c.tags.byID[id] == nil {
			job.bad.Tags = append(job.bad.Tags, id)
		} else {
			tags = append(tags, id)
		}
	}
	if len(senders) == 0 || (len(tags) == 0 && len(q.Visible.Customers.Tags) > 0) {
		job.code = codeNobodyToSendTo
	} else {
		m := &moment{app: c.app, created: c.now, listed: c.wire.Add(c.cfg.ListLag), job: job, form: q.momentForm, public: len(tags) == 0}
		for _, who := range senders {
			m.tasks = append(m.tasks, c.momentTask(who, tags))
		}
		c.moments.add(c.Platform, m)
		job.moment = m
	}
	id := c.nextID("job")
	c.moments.jobs[id] = job
	return map[string]any{"jobid": id}, nil
}

func (c *call) momentSenders(r momentRange, bad *momentRange) []*member {
	for _, id := range r.Users {
		if m := c.org.members[id]; m == nil || !m.serves() || !c.sees(c.app, m) {
			bad.Users = append(bad.Users, id)
		}
	}
	for _, d := range r.Departments {
		if c.org.depts[d] == nil {
			bad.Departments = append(bad.Departments, d)
		}
	}
	all := len(r.Users) == 0 && len(r.Departments) == 0
	users, depts := setOf(r.Users), setOf(r.Departments)
	var senders []*member
	for _, m := range c.org.order {
		in := all || users[m.UserID] || slices.ContainsFunc(m.Departments, func(d int) bool { return len(depts) > 0 && c.org.within(d, depts) })
		if in && m.serves() && c.sees(c.app, m) {
			senders = append(senders, m)
		}
	}
	return senders
}

func momentJobResult(c *call) (any, error) {
	job := c.moments.jobs[c.query("jobid")]
	if job == nil || c.wire.Sub(job.started) > jobLife {
		return nil, refuse(codeNoSuchJob, "invalid jobid")
	}
	status := job.step(c.wire, orNumber(c.cfg.MomentJob, standardJobStep))
	answer := map[string]any{"status": status, "type": "add_moment_task"}
	if status == jobDone {
		result := map[string]any{
			"errcode": job.code, "errmsg": "ok",
			"invalid_sender_list":           map[string]any{"user_list": orEmpty(job.bad.Users), "department_list": append([]int{}, job.bad.Departments...)},
			"invalid_external_contact_list": map[string]any{"tag_list": orEmpty(job.bad.Tags)},
		}
		if job.moment != nil {
			result["moment_id"] = job.moment.id
		}
		answer["result"] = result
	}
	return answer, nil
}

// step moves the job on with time and, because a virtual clock may stand
// still, with every question.
func (j *momentJob) step(now time.Time, length time.Duration) int {
	j.asked++
	return j.status(now, length)
}

func (j *momentJob) status(now time.Time, length time.Duration) int {
	return min(jobDone, max(j.asked, 1+int(now.Sub(j.started)/length)))
}

type momentQuery struct {
	ID     string `json:"moment_id"`
	UserID string `json:"userid"`
	Cursor string `json:"cursor"`
	Limit  int    `json:"limit"`
}

func (c *call) moment(id string) (*moment, error) {
	if id == "" {
		return nil, refuse(codeNoMomentID, "missing moment_id")
	}
	m := c.moments.byID[id]
	if m == nil {
		return nil, refuse(codeBadMomentID, "invalid moment_id")
	}
	return m, nil
}

func (c *call) momentTaskOf(q momentQuery) (*moment, *momentTask, error) {
	m, err := c.moment(q.ID)
	if err != nil {
		return nil, nil, err
	}
	t := m.taskOf(c.org.members[q.UserID])
	if t == nil {
		return nil, nil, refuse(codeNotMomentSender, "the moment does not belong to the user")
	}
	return m, t, nil
}

func cancelMoment(c *call, q momentQuery) (any, error) {
	m, err := c.moment(q.ID)
	if err != nil {
		return nil, err
	}
	if m.creator != nil {
		return nil, refuse(codeWrongMoment, "the moment was made by a member")
	}
	if m.app != c.app {
		return nil, refuse(codeNotYours, "the moment was not made by this app")
	}
	m.stopped = true
	return nil, nil
}

func listMoments(c *call, q massListRequest) (any, error) {
	if q.Start == 0 || q.End < q.Start || time.Duration(q.End-q.Start)*time.Second > momentListSpan {
		return nil, refuse(codeInvalidParameter, "invalid start_time or end_time")
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, momentPage, momentPage), c.moments.order, func(m *moment) any {
		at := m.created.Unix()
		by := q.Creator == "" || (m.creator != nil && m.creator.UserID == q.Creator)
		if c.wire.Before(m.listed) || at < q.Start || at > q.End || !by || !listed(q.Filter, m.creator) {
			return nil
		}
		return m.listRow()
	})
	return map[string]any{"moment_list": rows, "next_cursor": next}, err
}

func (m *moment) listRow() map[string]any {
	row := map[string]any{"moment_id": m.id, "create_time": m.created.Unix(), "create_type": 0, "visible_type": 0}
	if m.creator != nil {
		row["creator"], row["create_type"] = m.creator.UserID, 1
	}
	if m.public {
		row["visible_type"] = 1
	}
	if m.form.Text != nil {
		row["text"] = m.form.Text
	}
	var images []any
	for _, a := range m.form.Attachments {
		switch a.MsgType {
		case "image":
			images = append(images, map[string]any{"media_id": a.Image.MediaID})
		case "video":
			row["video"] = map[string]any{"media_id": a.Video.MediaID, "thumb_media_id": a.Video.MediaID}
		case "link":
			row["link"] = map[string]any{"title": a.Link.Title, "url": a.Link.URL}
		}
	}
	if images != nil {
		row["image"] = images
	}
	return row
}

func listMomentTasks(c *call, q momentQuery) (any, error) {
	m, err := c.moment(q.ID)
	if err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, standardResultPage, maxResultPage), m.tasks, func(t *momentTask) any {
		status := 0
		if !t.published.IsZero() {
			status = 1
		}
		return map[string]any{"userid": t.member.UserID, "publish_status": status}
	})
	return map[string]any{"task_list": rows, "next_cursor": next}, err
}

func momentChosen(c *call, q momentQuery) (any, error) {
	_, t, err := c.momentTaskOf(q)
	if err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, standardResultPage, maxResultPage), t.chosen, func(e *external) any {
		return map[string]any{"userid": q.UserID, "external_userid": e.ExternalUserID}
	})
	return map[string]any{"customer_list": rows, "next_cursor": next}, err
}

func momentSeen(c *call, q momentQuery) (any, error) {
	_, t, err := c.momentTaskOf(q)
	if err != nil {
		return nil, err
	}
	rows, next, err := gather(q.Cursor, pageSize(q.Limit, momentSeenPage, momentSeenMost), t.seenBy, func(e *external) any {
		return map[string]any{"external_userid": e.ExternalUserID}
	})
	return map[string]any{"customer_list": rows, "next_cursor": next}, err
}

func momentReactions(c *call, q momentQuery) (any, error) {
	m, t, err := c.momentTaskOf(q)
	if err != nil {
		return nil, err
	}
	if t.published.IsZero() {
		return nil, refuse(codeMomentNotPublished, "the moment has not been published by the user")
	}
	return map[string]any{"comment_list": reactionRows(m.comments, t.member), "like_list": reactionRows(m.likes, t.member)}, nil
}

func reactionRows(list []reaction, publisher *member) []any {
	rows := []any{}
	for _, r := range list {
		if r.publisher != publisher {
			continue
		}
		row := map[string]any{"create_time": r.at.Unix()}
		if r.by.ext != nil {
			row["external_userid"] = r.by.ext.ExternalUserID
		} else {
			row["userid"] = r.by.member.UserID
		}
		rows = append(rows, row)
	}
	return rows
}
