package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

// fields are those of a step's form, as it opens.
func fields(text, do string) url.Values {
	return url.Values{"document": {text}, "do": {do}, "s.title": {"早点问好"}, "s.n": {"45"}, "s.unit": {"m"}, "s.within": {"6"}, "s.within_unit": {"h"}, "s.late": {"postpone"},
		"s.channel": {"private"}, "s.purpose": {"serve"}, "s.class": {"service"}, "s.proof": {"photo"}, "s.minutes": {"2.5"}, "s.text": {"您好，我是{staff}", ""}, "s.material": {"", ""}}
}

// written returns the text in the form of a page.
func written(a answer) string {
	_, rest, _ := strings.Cut(a.body, `<textarea class="code"`)
	_, rest, _ = strings.Cut(rest, ">\n")
	text, _, _ := strings.Cut(rest, "</textarea>")
	return strings.NewReplacer("&#34;", `"`, "&#39;", "'", "&lt;", "<", "&gt;", ">", "&#43;", "+", "&amp;", "&").Replace(text)
}

func TestATaskIsForSomethingIfCustomersNoticeIt(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary("first-72-hours")
	change := fields(string(raw), "apply:greet-by-name")
	for purpose, class := range map[event.Purpose]string{event.Greet: "marketing", "": "service"} {
		change["s.channel"], change["s.purpose"], change["s.class"] = []string{"task"}, []string{string(purpose)}, []string{class}
		a := v.post("/sop-edit/form", change).wants(http.StatusOK)
		p, err := sop.Parse([]byte(written(a)))
		if err != nil {
			t.Fatal(err)
		}
		if s := &p.Steps[p.Step("greet-by-name")]; s.Purpose != purpose || s.Service != (class == "service") {
			t.Errorf("the task is for %q, service %v; want %q, %s", s.Purpose, s.Service, purpose, class)
		}
	}
}

func TestAStepIsChangedOnItsLaneWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	text := "# 我们店的\n" + string(raw)
	before, err := sop.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	first := before.Steps[0].Name
	v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"open:" + first}}).wants(http.StatusOK).says("什么时候", "怎样算完成", "采用")
	after := v.post("/sop-edit/form", fields(text, "apply:"+first)).wants(http.StatusOK).says("早点问好", "45 分钟后")
	changed := written(after)
	p, err := sop.Parse([]byte(changed))
	if err != nil || !strings.HasPrefix(changed, "# 我们店的") {
		t.Fatalf("%v\n%s", err, changed)
	}
	s := &p.Steps[p.Step(first)]
	if s.At.String() != "45m" || s.Within.String() != "6h" || s.ProofOf() != sop.ByPhoto || s.Minutes != 2.5 || s.Content[0].Text.ZH != "您好，我是{staff}" {
		t.Errorf("the step is %+v", s)
	}
	added := v.post("/sop-edit/form", url.Values{"document": {changed}, "do": {"add:" + first}}).wants(http.StatusOK).says("步骤“step-")
	p, err = sop.Parse([]byte(written(added)))
	if err != nil || len(p.Steps) != len(before.Steps)+1 {
		t.Fatalf("%d steps, %v", len(p.Steps), err)
	}
	for _, do := range []string{"later:" + first, "earlier:" + first, "remove:" + first, "close", "open:nowhere"} {
		v.post("/sop-edit/form", url.Values{"document": {changed}, "do": {do}}).wants(http.StatusOK)
	}
	v.post("/sop-edit/save", url.Values{"document": {changed}}).leads("/sop/" + webtest.ShelvedProcess + "?done=process_saved")
	v.get("/sop/" + webtest.ShelvedProcess + "/file").says("# 我们店的")
}

func TestTheManagersStepIsChosenOnTheLane(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	first := func() string { p, _ := sop.Parse(raw); return p.Steps[0].Name }()
	change := fields(string(raw), "apply:"+first)
	change.Set("s.executor", "store")
	v.post("/sop-edit/form", change).wants(http.StatusOK).says("店长不一定加了")
	change.Set("s.channel", "call")
	called := written(v.post("/sop-edit/form", change).wants(http.StatusOK).says("由店长做"))
	p, err := sop.Parse([]byte(called))
	if err != nil || p.Steps[p.Step(first)].Executor != sop.ByStore {
		t.Fatalf("%v\n%s", err, called)
	}
	v.post("/sop-edit/form", url.Values{"document": {called}, "do": {"open:" + first}}).holds(`<option value="store" selected>店长`)
	v.post("/sop-edit/save", url.Values{"document": {called}}).leads("/sop/" + webtest.ShelvedProcess + "?done=process_saved")
	v.get("/sop/" + webtest.ShelvedProcess).holds(`id="acting"`).says("没有指定店长")
	v.get("/sop-library/dormant-bad-experience").holds(`id="acting"`)
	change.Set("document", called)
	change.Set("s.executor", "")
	if p, err := sop.Parse([]byte(written(v.post("/sop-edit/form", change)))); err != nil || p.Steps[p.Step(first)].Executor != "" {
		t.Errorf("given back to the process: %v", err)
	}
	days, _ := sop.FromLibrary("group-day-vip")
	if a := v.post("/sop-edit/form", url.Values{"document": {string(days)}, "do": {"open:" + func() string { p, _ := sop.Parse(days); return p.Steps[0].Name }()}}).wants(http.StatusOK); strings.Contains(a.body, "s.executor") {
		t.Error("a group's step can be made the manager's")
	}
}

func TestWhatWouldBeWrongIsNotTakenOver(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	first := "apply:" + func() string { p, _ := sop.Parse(raw); return p.Steps[0].Name }()
	for field, value := range map[string]string{"s.n": "soon", "s.minutes": "NaN", "s.channel": "telegraph", "s.text": "Hello {nobody}", "s.purpose": "promote", "s.within": "-1"} {
		form := fields(string(raw), first)
		form.Set(field, value)
		if form.Get("s.class") == "service" && field == "s.purpose" {
			form.Set("s.class", "service") // which never sells
		}
		a := v.post("/sop-edit/form", form).wants(http.StatusOK)
		if written(a) != string(raw) {
			t.Errorf("%s=%s is taken over", field, value)
		}
		if !strings.Contains(a.body, `class="notice bad"`) && !strings.Contains(a.body, "role=\"alert\"") {
			t.Errorf("%s=%s: nothing is said", field, value)
		}
	}
	if a := v.post("/sop-edit/form", url.Values{"document": {"sop: 1"}, "do": {"open:x"}}).wants(http.StatusOK); !strings.Contains(a.body, `class="card flaws"`) {
		t.Error("a text with flaws is shown without them")
	}
}

func TestDatesLinesAndGoalAreChangedWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary("big-promotion")
	v.post("/sop-edit/form", url.Values{"document": {string(raw)}, "do": {"head"}}).wants(http.StatusOK).says("日期，用逗号分开")
	a := v.post("/sop-edit/form", url.Values{"document": {string(raw)}, "do": {"apply-head"}, "h.title": {"双十一"}, "h.begins": {"dates"}, "h.dates": {"2027-11-11，2027-06-18"}, "h.per_day": {"9"}, "h.ends": {"1"}, "h.goal": {"bought"}, "h.goal_days": {"20"}, "h.stop": {"left", "bought"}}).wants(http.StatusOK).says("双十一")
	p, err := sop.Parse([]byte(written(a)))
	if err != nil || len(p.Trigger.Dates) != 2 || p.Trigger.Dates[0].Year != 2027 || p.PerDay != 9 || p.Goal.Within.String() != "20d" || len(p.Stop) != 2 {
		t.Errorf("%+v, %+v, %v", p.Trigger.Dates, p.Stop, err)
	}
	v.post("/sop-edit/form", url.Values{"document": {string(raw)}, "do": {"apply-head"}, "h.begins": {"dates"}, "h.dates": {"tomorrow"}, "h.goal_days": {"20"}}).wants(http.StatusOK).says("没有采用")
	lines, _ := sop.FromLibrary("after-purchase")
	a = v.post("/sop-edit/form", url.Values{"document": {string(lines)}, "do": {"apply-head"}, "h.lines": {"tea，cup"}, "h.goal_days": {"60"}}).wants(http.StatusOK)
	if p, err := sop.Parse([]byte(written(a))); err != nil || strings.Join(p.Trigger.Lines, " ") != "tea cup" {
		t.Errorf("%v, %v", p.Trigger.Lines, err)
	}
}

func TestWhoAnswersForAProcessIsChosenWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	raw, _ := sop.FromLibrary("birthday")
	apply := func(text string, more url.Values) string {
		t.Helper()
		form := url.Values{"document": {text}, "do": {"apply-head"}, "h.title": {"生日"}}
		maps.Copy(form, more)
		return written(v.post("/sop-edit/form", form).wants(http.StatusOK))
	}
	ownerOf := func(text string) string {
		t.Helper()
		p, err := sop.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p.Owner
	}
	v.post("/sop-edit/form", url.Values{"document": {string(raw)}, "do": {"head"}}).wants(http.StatusOK).
		holds(`<option value="" selected>没有写明`).holds(`<option value="` + webtest.LeadAccount + `">`).holds(`<option value="store">店长（角色）`)
	set := apply(string(raw), url.Values{"h.owner": {webtest.LeadAccount}})
	if got := ownerOf(set); got != webtest.LeadAccount || !strings.Contains(set, "owner: "+webtest.LeadAccount) {
		t.Errorf("chosen: %q", got)
	}
	v.post("/sop-edit/form", url.Values{"document": {set}, "do": {"head"}}).holds(`<option value="` + webtest.LeadAccount + `" selected>`)
	if got := ownerOf(apply(set, nil)); got != webtest.LeadAccount {
		t.Errorf("absent from the form it becomes %q", got)
	}
	if got := apply(set, url.Values{"h.owner": {""}}); ownerOf(got) != "" || strings.Contains(got, "owner:") {
		t.Errorf("cleared: %q", ownerOf(got))
	}
	if got := ownerOf(apply(set, url.Values{"h.owner": {"store"}})); got != "store" {
		t.Errorf("a role: %q", got)
	}
	v.post("/sop-edit/look", url.Values{"document": {strings.Replace(set, "owner: "+webtest.LeadAccount, "owner: store", 1)}}, "HX-Request", "true").says("店长")
	v.post("/sop-edit/form", url.Values{"document": {strings.Replace(set, "owner: "+webtest.LeadAccount, "owner: 王店长", 1)}, "do": {"head"}}).holds(`<option value="王店长" selected>`)
	v.post("/sop-edit/save", url.Values{"of": {"birthday"}, "document": {set}}).leads("/sop/birthday?done=process_saved")
	v.get("/sop?mine=1").wants(http.StatusOK).holds("/sop/birthday")
}

func TestWhatBeginsAProcessIsChangedWithoutText(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	apply := func(text string, more url.Values) (sop.Process, answer) {
		t.Helper()
		form := url.Values{"document": {text}, "do": {"apply-head"}, "h.title": {"x"}, "h.again": {"once"}}
		maps.Copy(form, more)
		a := v.post("/sop-edit/form", form).wants(http.StatusOK)
		p, err := sop.Parse([]byte(written(a)))
		if err != nil {
			t.Fatal(err)
		}
		return p, a
	}
	list, err := brand.Audiences(t.Context(), org.All())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(a web.AudienceRow) bool { return a.Kind == web.Dynamic && a.Broken == "" })
	number := fmt.Sprint(list[i].Number)
	v.post("/sop-edit/form", url.Values{"document": {string(raw)}, "do": {"head"}}).wants(http.StatusOK).
		holds(`<option value="fact:group_joined" selected>`).holds(`<option value="date:birthday">`).holds(`name="h.executor"`).says("只能在文字里改的")
	p, _ := apply(string(raw), url.Values{"h.begins": {"date:birthday"}, "h.rule": {number}, "h.executor": {"owner"}, "h.about": {"生日前后"}})
	if p.Trigger.Date != sop.Birthday || p.Trigger.Fact != "" || p.Clock != sop.Calendar || p.Trigger.Rule == nil || p.Executor != sop.ByOwner || p.About.ZH != "生日前后" {
		t.Errorf("by birthdays: %+v, clock %s, by %s", p.Trigger, p.Clock, p.Executor)
	}
	if at := p.Steps[0].At.String(); at != "0d 10:00" {
		t.Errorf("half an hour after becomes %s of the birthday", at)
	}
	p, a := apply(string(raw), url.Values{"h.begins": {"rule"}, "h.rule": {number}})
	if p.Trigger.Rule == nil || p.Trigger.Fact != "" || p.Clock != sop.Relative || p.Steps[0].At.String() != "30m" {
		t.Errorf("by a rule: %+v", p.Trigger)
	}
	kept, _ := apply(written(a), url.Values{"h.begins": {"rule"}, "h.rule": {"written"}, "h.present_asked": {"1"}, "h.present": {"1"}})
	if !kept.Trigger.Present || kept.Trigger.Rule == nil {
		t.Errorf("a rule that is written: %+v", kept.Trigger)
	}
	if p, _ := apply(string(raw), url.Values{"h.begins": {"audience:" + list[i].Name}, "h.rule": {number}}); p.Trigger.Audience != list[i].Name || p.Trigger.Rule != nil {
		t.Errorf("by an audience: %+v", p.Trigger)
	}
	for _, wrong := range []url.Values{{"h.begins": {"rule"}, "h.rule": {""}}, {"h.begins": {"dates"}}, {"h.begins": {"moon"}}, {"h.begins": {"rule"}, "h.rule": {"12345678"}}} {
		if _, a := apply(string(raw), wrong); written(a) != string(raw) || !strings.Contains(a.body, `role="alert"`) {
			t.Errorf("%v is taken over, or nothing is said", wrong)
		}
	}
	days, _ := sop.FromLibrary("group-day-vip")
	if p, _ := apply(string(days), url.Values{"h.begins": {"dates"}, "h.dates": {"2027-06-18"}, "h.named": {"VIP"}}); len(p.Trigger.Weekdays) > 0 || len(p.Trigger.Dates) != 1 || p.Trigger.Named[0] != "VIP" || !slices.Equal(p.Trigger.Kinds, []sop.GroupKind{"vip"}) {
		t.Errorf("a group's days: %+v", p.Trigger)
	}
	if p, _ := apply(string(days), url.Values{"h.kinds_asked": {"1"}, "h.kind": {"deal", "flash"}}); !slices.Equal(p.Trigger.Kinds, []sop.GroupKind{"deal", "flash"}) {
		t.Errorf("kinds of groups: %v", p.Trigger.Kinds)
	}
}

func TestTwoNewProcessesAreTwo(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	for _, name := range []string{"my-process", "my-process-2", "my-process-3"} {
		a := v.get("/sop-edit").wants(http.StatusOK).says("新建流程", "这是新流程“"+name+"”").holds(`name="of" value=""`)
		v.post("/sop-edit/save", url.Values{"of": {""}, "document": {written(a)}}).leads("/sop/" + name + "?done=process_saved")
	}
	v.get("/sop").holds(`href="/sop/my-process"`).holds(`href="/sop/my-process-2"`)
	v.get("/sop-edit?process=my-process").holds(`name="of" value="my-process"`)
}

func TestAProcessTakesThePlaceOfAnotherOnlyWhereThePersonSaysSo(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	before := v.get("/sop/" + webtest.WelcomeProcess + "/file").body
	mine := strings.Replace(before, "at: 30m", "at: 2h", 1)
	v.post("/sop-edit/look", url.Values{"of": {""}, "document": {mine}}, "HX-Request", "true").says("已经有流程叫“" + webtest.WelcomeProcess + "”")
	a := v.post("/sop-edit/save", url.Values{"of": {""}, "document": {mine}}).wants(http.StatusUnprocessableEntity).
		says("没有保存", "存为“"+webtest.WelcomeProcess+"”的新版本").holds(`name="over" value="` + webtest.WelcomeProcess + `"`)
	if written(a) != mine {
		t.Error("what the person wrote is gone")
	}
	v.post("/sop-edit/save", url.Values{"of": {"birthday"}, "document": {mine}}).wants(http.StatusUnprocessableEntity)
	v.get("/sop/" + webtest.WelcomeProcess).hides("第 3 版")
	v.post("/sop-edit/save", url.Values{"of": {""}, "over": {"birthday"}, "document": {mine}}).wants(http.StatusUnprocessableEntity)
	v.post("/sop-edit/save", url.Values{"of": {""}, "over": {webtest.WelcomeProcess}, "document": {mine}}).leads("/sop/" + webtest.WelcomeProcess + "?done=process_waits")
	v.post("/sop-library/birthday/install", url.Values{}).leads("/sop/birthday")
	v.get("/sop/birthday").hides("第 2 版")
}

func TestNameSubjectAndLanguageOfANewProcessAreChosenWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	first := written(v.get("/sop-edit").wants(http.StatusOK))
	apply := func(of, text string, more url.Values) (sop.Process, answer) {
		t.Helper()
		form := url.Values{"of": {of}, "document": {text}, "do": {"apply-head"}, "h.title": {"早会"}}
		maps.Copy(form, more)
		a := v.post("/sop-edit/form", form).wants(http.StatusOK)
		p, err := sop.Parse([]byte(written(a)))
		if err != nil {
			t.Fatal(err)
		}
		return p, a
	}
	v.post("/sop-edit/form", url.Values{"of": {""}, "document": {first}, "do": {"head"}}).holds(`name="h.name"`).holds(`name="h.subject"`).holds(`name="h.language"`)
	p, a := apply("", first, url.Values{"h.name": {"morning"}, "h.language": {"en"}, "h.begins": {"fact:relation_added"}})
	if p.Name != "morning" || p.Language != sop.English || p.Title.ZH != "早会" {
		t.Errorf("%s in %q: %+v", p.Name, p.Language, p.Title)
	}
	for _, of := range []sop.Subject{sop.OfGroup, sop.OfStore, sop.OfMember, sop.OfCustomer} {
		if p, a = apply("", written(a), url.Values{"h.subject": {string(of)}, "h.begins": {"fact:relation_added"}, "h.ends": {"1"}}); p.Subject != of || p.Steps[0].Content[0].Text.Empty() {
			t.Errorf("about a %s: %+v", of, p)
		}
		a.holds(`<option value="` + string(of) + `" selected>`) // what begins it can be chosen at once
	}
	if p, a := apply("", first, url.Values{"h.name": {"早会"}}); p.Name != "my-process" || !strings.Contains(a.body, `role="alert"`) {
		t.Errorf("a wrong name is taken over, or nothing is said: %s", p.Name)
	}
	installed := v.get("/sop/" + webtest.WelcomeProcess + "/file").body
	v.post("/sop-edit/form", url.Values{"of": {webtest.WelcomeProcess}, "document": {installed}, "do": {"head"}}).
		hides(`name="h.name"`, `name="h.subject"`).holds(`name="h.language"`)
	if p, _ := apply(webtest.WelcomeProcess, installed, url.Values{"h.name": {"other"}, "h.subject": {"group"}}); p.Name != webtest.WelcomeProcess || p.Subject != sop.OfCustomer {
		t.Errorf("an installed process becomes %s about a %s", p.Name, p.Subject)
	}
}

func TestLinksAndFilesOfAWordingAreChangedWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	p, err := sop.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	second := p.Steps[1].Name
	form := fields(string(raw), "apply:"+second)
	form["s.link"], form["s.files"] = []string{"https://a.cn/gift", ""}, []string{"image:1a2b", ""}
	a := v.post("/sop-edit/form", form).wants(http.StatusOK)
	if p, err = sop.Parse([]byte(written(a))); err != nil {
		t.Fatal(err)
	}
	if c := p.Steps[p.Step(second)].Content[0]; c.Link != "https://a.cn/gift" || c.Files != "image:1a2b" {
		t.Errorf("the wording is %+v", c)
	}
	v.post("/sop-edit/form", url.Values{"document": {written(a)}, "do": {"open:" + second}}).holds(`value="https://a.cn/gift"`).holds(`value="image:1a2b"`)
	form = fields(written(a), "apply:"+second)
	form["s.link"], form["s.files"] = []string{"ftp://a.cn", ""}, []string{"", ""}
	if same := v.post("/sop-edit/form", form).wants(http.StatusOK); written(same) != written(a) {
		t.Error("a link that is no link is taken over")
	}
}

func TestWhomATriggerIsAboutIsChangedWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	head := func(text string, more url.Values) sop.Trigger {
		t.Helper()
		form := url.Values{"document": {text}, "do": {"apply-head"}, "h.title": {"x"}, "h.goal_days": {"30"}}
		maps.Copy(form, more)
		p, err := sop.Parse([]byte(written(v.post("/sop-edit/form", form).wants(http.StatusOK))))
		if err != nil {
			t.Fatal(err)
		}
		return p.Trigger
	}
	added, _ := sop.FromLibrary("new-customer-30")
	opened := v.post("/sop-edit/form", url.Values{"document": {string(added)}, "do": {"head"}}).wants(http.StatusOK).says("新客户第一次添加员工", "只对新客户")
	if !strings.Contains(opened.body, `name="h.first" value="1" checked`) {
		t.Error("what the text says is not ticked")
	}
	if got := head(string(added), url.Values{"h.first_asked": {"1"}, "h.first": {"1"}}); !got.First {
		t.Errorf("what is ticked is %+v", got)
	}
	if got := head(string(added), url.Values{"h.first_asked": {"1"}}); got.First {
		t.Errorf("what is not ticked is %+v", got)
	}
	ended, _ := sop.FromLibrary("staff-handover")
	opened = v.post("/sop-edit/form", url.Values{"document": {string(ended)}, "do": {"head"}}).wants(http.StatusOK).says("转接给同事")
	if !strings.Contains(opened.body, `name="h.by" value="transfer" checked`) {
		t.Error("who is named is not ticked")
	}
	if got := head(string(ended), url.Values{"h.by_asked": {"1"}, "h.by": {"customer", "transfer"}}); !slices.Equal(got.By, []sop.EndedBy{event.ByCustomer, event.ByTransfer}) {
		t.Errorf("two are ticked: %+v", got)
	}
	if got := head(string(ended), url.Values{"h.by_asked": {"1"}, "h.by": {"transfer"}, "h.begins": {"fact:relation_added"}}); got.Fact != event.KindRelationAdded || got.By != nil {
		t.Errorf("another fact begins it: %+v", got)
	}
}

func TestAStepThatWeComPostsStaysOne(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	const text = `sop: 1
name: posts
title: {zh: 发帖}
subject: %s
trigger: {weekdays: [mon]}
clock: calendar
again: every_time
executor: %s
steps:
  - name: morning
    at: 0d 10:00
    channel: %s
    purpose: serve
    proof: %s
    content: [{text: {zh: 早上好}}]
`
	for _, c := range []struct{ subject, executor, channel, was, channelNow, proof, want string }{
		{"group", "group_owner", "group", "result", "group", "result", "group result"},
		{"group", "group_owner", "group", "tap", "group", "result", "group result"},
		{"group", "group_owner", "group", "result", "group", "photo", "group photo"},
		{"group", "group_owner", "group", "result", "task", "result", "task tap"},
		{"group", "group_owner", "group", "tap", "moments", "result", ""},
		{"store", "store", "moments", "result", "moments", "result", "moments result"},
		{"member", "self", "moments", "tap", "moments", "result", "moments result"},
	} {
		document := fmt.Sprintf(text, c.subject, c.executor, c.channel, c.was)
		opened := v.post("/sop-edit/form", url.Values{"document": {document}, "do": {"open:morning"}}).wants(http.StatusOK)
		if !strings.Contains(opened.body, `<option value="`+c.was+`" selected>`) || !strings.Contains(opened.body, `<option value="result"`) {
			t.Errorf("%+v: the proof is not shown, or WeCom's result not offered", c)
		}
		form := fields(document, "apply:morning")
		maps.Copy(form, url.Values{"s.channel": {c.channelNow}, "s.proof": {c.proof}, "s.n": {"0"}, "s.unit": {"d"}, "s.clock": {"10:00"}, "s.class": {"marketing"}, "s.text": {"早上好，各位"}})
		now := written(v.post("/sop-edit/form", form).wants(http.StatusOK))
		if c.want == "" {
			if now != document {
				t.Errorf("%+v is taken over: %s", c, now)
			}
			continue
		}
		p, err := sop.Parse([]byte(now))
		if err != nil {
			t.Fatal(err)
		}
		s := &p.Steps[0]
		if got := string(s.Channel) + " " + string(s.ProofOf()); got != c.want || s.Content[0].Text.ZH != "早上好，各位" {
			t.Errorf("%+v became %s: %s", c, got, s.Content[0].Text.ZH)
		}
	}
}

func TestConditionsAndBranchesAreChangedWithoutText(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	raw, _ := sop.FromLibrary(webtest.ShelvedProcess)
	before, err := sop.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	first := before.Steps[0].Name
	form := fields(string(raw), "apply:"+first)
	form["s.if"], form["s.if_since"] = []string{"not_answered"}, []string{""}
	form["s.turn"], form["s.turn_since"], form["s.turn_lane"] = []string{"bought", ""}, []string{"step", ""}, []string{"+", "+"}
	form["s.n"], form["s.unit"] = []string{"9"}, []string{"d"}
	wrong := fields(string(raw), "apply:"+first)
	maps.Copy(wrong, form)
	wrong["s.minutes"] = []string{"900"}
	if a := v.post("/sop-edit/form", wrong).wants(http.StatusOK); written(a) != string(raw) {
		t.Error("900 minutes are taken over")
	}
	form["s.turn_lane"] = []string{"lane-2", "+"} // as the answer shows it
	a := v.post("/sop-edit/form", form).wants(http.StatusOK).says("没回复", "下单了")
	p, err := sop.Parse([]byte(written(a)))
	if err != nil {
		t.Fatal(err)
	}
	s := &p.Steps[p.Step(first)]
	if s.If == nil || s.If.Not == nil || s.If.Not.Did != sop.Answered || len(s.Choose) != 1 || s.Choose[0].If.Since != sop.SinceStep || len(p.Lanes()) != len(before.Lanes())+1 {
		t.Fatalf("the step is %+v", s)
	}
	if at := slices.IndexFunc(p.Steps, func(of sop.Step) bool { return of.Lane == s.Choose[0].Lane }); at < 0 || p.Steps[at].At.Days != 10 {
		t.Errorf("a step on the ninth day branches into %+v", p.Steps)
	}
	form = fields(written(a), "apply:"+first)
	form["s.if"], form["s.turn"], form["s.turn_lane"] = []string{""}, []string{"", ""}, []string{"", ""}
	if same := v.post("/sop-edit/form", form).wants(http.StatusOK); written(same) != written(a) {
		t.Error("a branch is taken out whose lane nobody would enter any more")
	}
}

func TestWhatAConditionSaysBeyondTheListStaysAsItIs(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	const text = `sop: 1
name: more
title: {zh: 更多}
subject: customer
trigger: {fact: order_paid, lines: [tea]}
clock: relative
again: once
executor: relation
goal: {if: {any: [{did: answered}, {did: bought}]}, within: 7d}
stop:
  - name: tea
    if: {did: bought, lines: [tea]}
  - name: left
    if: {did: left}
steps:
  - name: hello
    at: 30m
    channel: task
    if: {all: [{did: bought}, {not: {did: complained}}]}
    content: [{text: {zh: 记录}}]
`
	if opened := v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"open:hello"}}).wants(http.StatusOK); !strings.Contains(opened.body, `<option value="written" selected>`) {
		t.Error("the condition is not shown as it is written")
	}
	a := v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"apply-head"}, "h.title": {"更多"}, "h.again": {"once"}, "h.begins": {"fact:order_paid"}, "h.lines": {"tea"},
		"h.ends": {"1"}, "h.goal": {"written"}, "h.goal_days": {"9"}, "h.stop": {"complained"}}).wants(http.StatusOK)
	p, err := sop.Parse([]byte(written(a)))
	if err != nil || len(p.Goal.If.Any) != 2 || p.Goal.Within.String() != "9d" || len(p.Stop) != 2 || p.Stop[0].Name != "tea" || p.Stop[1].If.Did != sop.Complained || p.Steps[0].If == nil {
		t.Errorf("%v\n%s", err, written(a))
	}
	a = v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"apply-head"}, "h.title": {"更多"}, "h.begins": {"fact:relation_added"}, "h.ends": {"1"}, "h.goal": {""}, "h.goal_days": {"0"}}).wants(http.StatusOK)
	if p, err := sop.Parse([]byte(written(a))); err != nil || p.Goal != nil || p.Trigger.Fact != "relation_added" || len(p.Trigger.Lines) > 0 || len(p.Stop) != 1 {
		t.Errorf("%v\n%s", err, written(a))
	}
}

func TestANewGroupsFirstWeekIsWrittenInTheForm(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.LeadAccount)
	text := written(v.get("/sop-edit").wants(http.StatusOK))
	apply := func(form url.Values) sop.Process {
		t.Helper()
		form.Set("document", text)
		text = written(v.post("/sop-edit/form", form).wants(http.StatusOK))
		p, err := sop.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	apply(url.Values{"do": {"apply-head"}, "h.name": {"first-week"}, "h.title": {"新群第一周"}, "h.subject": {"group"}})
	v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"head"}}).holds(`<option value="fact:group_seen">新建客户群`)
	p := apply(url.Values{"do": {"apply-head"}, "h.begins": {"fact:group_seen"}, "h.named": {"福利"}})
	if p.Trigger.Fact != event.KindGroupSeen || p.Clock != sop.Relative || len(p.Trigger.Named) != 1 {
		t.Fatalf("it begins by %+v on clock %s", p.Trigger, p.Clock)
	}
	first := p.Steps[0].Name
	p = apply(url.Values{"do": {"add:" + first}})
	second := p.Steps[1].Name
	v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"open:" + second}}).holds(`<option value="not_done:` + first + `">`)
	form := fields(text, "apply:"+second)
	for field, value := range map[string]string{"s.channel": "task", "s.n": "3", "s.unit": "d", "s.clock": "10:00"} {
		form.Set(field, value)
	}
	form.Set("s.if", "not_done:"+first)
	p = apply(form)
	if c := p.Steps[p.Step(second)].If; c == nil || c.Not == nil || c.Not.Done != first {
		t.Errorf("the condition is %+v in\n%s", c, text)
	}
	v.post("/sop-edit/form", url.Values{"document": {text}, "do": {"open:" + second}}).holds(`<option value="not_done:`+first+`" selected>`).says("没完成", "只有当")
	v.post("/sop-edit/save", url.Values{"document": {text}}).leads("/sop/first-week?done=process_saved")
}
