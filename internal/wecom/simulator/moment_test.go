package simulator

import (
	"strings"
	"testing"
	"time"

	"siyu/internal/fault"
)

// moment makes a Moment and follows its job to the end.
func (d *desk) moment(q body) map[string]any {
	d.t.Helper()
	q["text"] = hello
	job := d.ok(d.post("add_moment_task", q))["jobid"].(string)
	for want := 1; want < jobDone; want++ {
		if got := d.ok(d.get("get_moment_task_result", "jobid", job)); got["status"] != float64(want) || got["result"] != nil {
			d.t.Fatalf("job %v, want status %d", got, want)
		}
	}
	return d.ok(d.get("get_moment_task_result", "jobid", job)).at("result").(map[string]any)
}

func TestAMomentIsSeenByThoseWhoAreStillConnected(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	result := d.moment(body{"visible_range": body{"sender_list": body{"user_list": []string{"anna", "nobody"}}}})
	if bad := result["invalid_sender_list"].(map[string]any)["user_list"].([]any); len(bad) != 1 || bad[0] != "nobody" {
		t.Errorf("invalid senders %v", bad)
	}
	id := result["moment_id"].(string)
	q := body{"moment_id": id, "userid": "anna"}
	d.refused(codeMomentNotPublished, d.post("get_moment_comments", q))
	d.refused(codeNotMomentSender, d.post("get_moment_comments", body{"moment_id": id, "userid": "ben"}))
	d.refused(codeBadMomentID, d.post("get_moment_task", body{"moment_id": "x"}))
	d.refused(codeNoMomentID, d.post("get_moment_task", body{}))
	if got := p.PendingMoments("anna"); len(got) != 1 || got[0].Receivers != 2 || got[0].Text != "hello" {
		t.Fatalf("pending %v", got)
	}
	must(t, p.People().DeleteByCustomer("anna", "wmli"))
	must(t, p.People().PublishMoment("anna", id))
	if err := p.People().PublishMoment("anna", id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("publishing twice: %v", err)
	}
	if got := d.ok(d.post("get_moment_task", body{"moment_id": id})).at("task_list", 0, "publish_status"); got != float64(1) {
		t.Errorf("publish status %v", got)
	}
	chosen := d.ok(d.post("get_moment_customer_list", q)).list("customer_list")
	seen := d.ok(d.post("get_moment_send_result", q)).list("customer_list")
	if len(chosen) != 2 || len(seen) != 1 {
		t.Errorf("chosen %v, seen by %v", chosen, seen)
	}
	must(t, p.People().LikeMoment(id, "anna", "wmwang"))
	must(t, p.People().CommentMoment(id, "anna", "ben"))
	if err := p.People().LikeMoment(id, "anna", "wmli"); err == nil {
		t.Error("somebody liked what they cannot see")
	}
	got := d.ok(d.post("get_moment_comments", q))
	if got.at("like_list", 0, "external_userid") != "wmwang" || got.at("comment_list", 0, "userid") != "ben" {
		t.Errorf("reactions %v", got)
	}
	if all := p.Deliveries(); len(all) != 1 || all[0].Kind != KindMoment || all[0].ExternalUserID != "wmwang" {
		t.Errorf("ledger %v", all)
	}
}

func TestAMomentForTagsChoosesThoseCustomers(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	tag, err := p.People().CreateTag("taste", "green")
	must(t, err)
	must(t, p.People().TagInClient("anna", "wmli", []string{tag}, nil))
	result := d.moment(body{"visible_range": body{"external_contact_list": body{"tag_list": []string{tag, "etx"}}}})
	if bad := result["invalid_external_contact_list"].(map[string]any)["tag_list"].([]any); len(bad) != 1 {
		t.Errorf("invalid tags %v", bad)
	}
	if got := p.PendingMoments(""); len(got) != 2 || got[0].Receivers+got[1].Receivers != 1 {
		t.Errorf("pending %v", got)
	}
	result = d.moment(body{"visible_range": body{"external_contact_list": body{"tag_list": []string{"etx"}}}})
	if result["errcode"] == float64(0) || result["moment_id"] != nil {
		t.Errorf("a Moment for nobody: %v", result)
	}
}

func TestAStoppedMomentWaitsForNobody(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	id := d.moment(body{})["moment_id"].(string)
	must(t, p.People().PublishMoment("anna", id))
	d.ok(d.post("cancel_moment_task", body{"moment_id": id}))
	if got := p.PendingMoments(""); len(got) != 0 {
		t.Errorf("pending %v", got)
	}
	if err := p.People().PublishMoment("ben", id); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("publishing a stopped Moment: %v", err)
	}
	if n := len(p.Deliveries()); n != 2 {
		t.Errorf("%d deliveries, want anna's 2", n)
	}
}

func TestMomentJobsAreForgottenAfterADay(t *testing.T) {
	p, v := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	job := d.ok(d.post("add_moment_task", body{"text": hello}))["jobid"].(string)
	v.Set(noon.Add(2 * time.Second))
	if got := d.ok(d.get("get_moment_task_result", "jobid", job)); got["status"] != float64(jobDone) {
		t.Errorf("after two seconds: %v", got)
	}
	v.Set(noon.Add(jobLife + time.Second))
	d.login()
	d.refused(codeNoSuchJob, d.get("get_moment_task_result", "jobid", job))
}

func TestMembersSeeAMomentOnceItIsMadeAndItsListLater(t *testing.T) {
	p, v := start(t, func(c *Config) { c.ListLag = 5 * time.Second })
	shop(t, p)
	d := sit(t, p, 0)
	job := d.ok(d.post("add_moment_task", body{"text": hello}))["jobid"].(string)
	if got := p.PendingMoments(""); len(got) != 0 {
		t.Errorf("members see %v before it is made", got)
	}
	v.Set(noon.Add(2 * time.Second))
	q := body{"start_time": noon.AddDate(0, 0, -1).Unix(), "end_time": noon.Add(time.Hour).Unix()}
	if got := d.ok(d.post("get_moment_list", q)).list("moment_list"); len(got) != 0 || len(p.PendingMoments("anna")) != 1 {
		t.Errorf("the list shows %v at once", got)
	}
	v.Set(noon.Add(5 * time.Second))
	if got := d.ok(d.post("get_moment_list", q)).list("moment_list"); len(got) != 1 {
		t.Errorf("the list shows %v", got)
	}
	d.ok(d.get("get_moment_task_result", "jobid", job))
}

func TestAMembersOwnMomentIsNotCancelled(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	id, err := p.People().OwnMoment("ben", "my day")
	must(t, err)
	d.refused(codeWrongMoment, d.post("cancel_moment_task", body{"moment_id": id}))
}

func TestMomentsAreListedWithTheirMakers(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	media := d.ok(d.upload("/media/upload_attachment?media_type=image&attachment_type=1"))["media_id"].(string)
	d.moment(body{"attachments": []body{{"msgtype": "image", "image": body{"media_id": media}}}})
	_, err := p.People().OwnMoment("ben", "my day")
	must(t, err)
	q := body{"start_time": noon.AddDate(0, 0, -1).Unix(), "end_time": noon.Unix()}
	list := d.ok(d.post("get_moment_list", q)).list("moment_list")
	if len(list) != 2 || list[0].(map[string]any)["image"] == nil || list[1].(map[string]any)["creator"] != "ben" {
		t.Errorf("list %v", list)
	}
	q["filter_type"] = 1
	if got := d.ok(d.post("get_moment_list", q)).list("moment_list"); len(got) != 1 {
		t.Errorf("made by members: %v", got)
	}
	q["start_time"] = noon.AddDate(0, 0, -31).Unix()
	d.refused(codeInvalidParameter, d.post("get_moment_list", q))
}

func TestMomentsOfMixedOrTooManyPartsAreRefused(t *testing.T) {
	p, _ := start(t, func(c *Config) { c.Limits.PerAPI = map[string]int{contactPath + "add_moment_task": 100} })
	shop(t, p)
	d := sit(t, p, 0)
	media := d.ok(d.upload("/media/upload_attachment?media_type=image&attachment_type=1"))["media_id"].(string)
	message := d.ok(d.upload("/media/upload?type=image"))["media_id"].(string)
	video := d.ok(d.upload("/media/upload_attachment?media_type=video&attachment_type=1"))["media_id"].(string)
	d.refused(codeBadMediaType, d.upload("/media/upload_attachment?media_type=file&attachment_type=1"))
	mass := body{"sender": "anna", "attachments": []body{{"msgtype": "image", "image": body{"media_id": media}}}}
	d.refused(codeBadMediaID, d.post("add_msg_template", mass))
	image := body{"msgtype": "image", "image": body{"media_id": media}}
	link := body{"msgtype": "link", "link": body{"title": "t", "url": "https://example.com", "media_id": media}}
	for _, test := range []struct {
		name string
		q    body
		want int
	}{
		{"nothing", body{}, codeEmptyMoment},
		{"two links", body{"attachments": []body{link, link}}, codeTooManyAttachments},
		{"link and image", body{"attachments": []body{link, image}}, codeBadAttachmentKind},
		{"a mini-program", body{"attachments": []body{{"msgtype": "miniprogram", "miniprogram": body{"appid": "a"}}}}, codeBadAttachmentKind},
		{"ten images", body{"attachments": []body{image, image, image, image, image, image, image, image, image, image}}, codeTooManyAttachments},
		{"long text", body{"text": body{"content": strings.Repeat("x", 2001)}}, codeTooLong},
		{"a picture uploaded for messages", body{"attachments": []body{{"msgtype": "image", "image": body{"media_id": message}}}}, codeBadMediaID},
		{"a picture as a video", body{"attachments": []body{{"msgtype": "video", "video": body{"media_id": media}}}}, codeBadMediaType},
		{"a link without a picture", body{"attachments": []body{{"msgtype": "link", "link": body{"title": "t", "url": "https://example.com"}}}}, codeBadMediaID},
		{"one link", body{"attachments": []body{link}}, 0},
		{"one video", body{"attachments": []body{{"msgtype": "video", "video": body{"media_id": video}}}}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			d.t = t
			d.refused(test.want, d.post("add_moment_task", test.q))
		})
	}
}

func TestMomentsAreMadeTenAMinute(t *testing.T) {
	p, _ := start(t, nil)
	shop(t, p)
	d := sit(t, p, 0)
	for range 10 {
		d.ok(d.post("add_moment_task", body{"text": hello}))
	}
	d.refused(codeTooManyCalls, d.post("add_moment_task", body{"text": hello}))
}
