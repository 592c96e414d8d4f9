package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"siyu/internal/decision/sop"
	"siyu/internal/org"
	"siyu/internal/web"
	"siyu/internal/web/webtest"
)

func TestTheOwnerOfAProcessIsSaidAndTheListCutToOnesOwn(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.LeadAccount).english()
	v.get("/sop").wants(http.StatusOK).says("answers for it: "+webtest.LeadAccount, "Only mine").holds(`href="/sop?mine=1"`)
	v.get("/sop?mine=1").wants(http.StatusOK).holds(`/sop/`+webtest.WelcomeProcess).hides(`id="library"`, "/sop/birthday")
	v.get("/sop/"+webtest.WelcomeProcess).says("Owner", webtest.LeadAccount)
	v.get("/sop/birthday").says("nobody named")
	other := visit(t, brand, webtest.OwnerAccount).english()
	other.get("/sop?mine=1").wants(http.StatusOK).says("No process names you as its owner")
}

func TestProcessesSayWhatTheyDoAndHowTheyAreFollowed(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.get("/sop").wants(http.StatusOK).says("新客 0-7-30 天", "新客户第一次添加员工", "使用中", "流程库", "进群 72 小时")
	v.get("/sop/"+webtest.WelcomeProcess).wants(http.StatusOK).says("认个脸", "30 分钟后", "本周次数用完", "还量不出：走流程 n=9，对照组 n=0", "“首单权益”改到", "还有人在走第 1 版", "最低一成")
	v.english().get("/sop/"+webtest.WelcomeProcess).says("Say who you are", "after 30 minutes", "not measurable yet: n=9 taken through, n=0 held out", "“First-order benefit” comes", "points (")
	store := visit(t, webtest.Full(), webtest.StoreAccount)
	store.get("/sop/"+webtest.WelcomeProcess).wants(http.StatusOK).says("只给总部看").hides("/sop-edit", "望京店")
}

func TestAProcessIsInstalledChangedPausedAndMoved(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	v.post("/sop-library/"+webtest.ShelvedProcess+"/install", url.Values{}).wants(http.StatusSeeOther).leads("/sop/" + webtest.ShelvedProcess + "?done=process_installed")
	v.get("/sop/"+webtest.ShelvedProcess).wants(http.StatusOK).says("草稿", "启用")
	v.post("/sop/"+webtest.ShelvedProcess+"/state", url.Values{"to": {"active"}, "version": {"1"}}).wants(http.StatusConflict).says("先用这份文本试算")
	v.tries(webtest.ShelvedProcess)
	v.post("/sop/"+webtest.ShelvedProcess+"/state", url.Values{"to": {"active"}, "version": {"2"}}).wants(http.StatusConflict)
	v.post("/sop/"+webtest.ShelvedProcess+"/state", url.Values{"to": {"active"}, "version": {"1"}}).leads("/sop/" + webtest.ShelvedProcess + "?done=process_active")
	v.get("/sop/"+webtest.ShelvedProcess).says("使用中", "暂停")
	v.post("/sop/"+webtest.WelcomeProcess+"/move", url.Values{"from": {"1"}}).leads("/sop/" + webtest.WelcomeProcess + "?done=process_moved")
	v.get("/sop/" + webtest.WelcomeProcess).wants(http.StatusOK).says("第 1 版正在转：已转 1 个").hides("还有人在走第 1 版")
	text := v.get("/sop/" + webtest.WelcomeProcess + "/file").wants(http.StatusOK).body
	if _, err := sop.Parse([]byte(text)); err != nil {
		t.Fatalf("what is downloaded cannot be read: %v", err)
	}
	later := strings.Replace(text, "at: 30m", "at: 2h", 1)
	v.post("/sop-edit/save", url.Values{"of": {webtest.WelcomeProcess}, "document": {later}, "note": {"两小时后再说"}}).leads("/sop/" + webtest.WelcomeProcess + "?done=process_waits")
	v.get("/sop/"+webtest.WelcomeProcess).says("第 3 版等待批准", "仍按第 2 版走", "两小时后再说", "“认个脸”改到2 小时后", "未生效")
	if again := v.get("/sop/" + webtest.WelcomeProcess + "/file").body; again != text {
		t.Error("what is not in force is downloaded")
	}
	v.get("/sop-edit?process=" + webtest.WelcomeProcess).says("at: 2h")
	back, third := "/sop/"+webtest.WelcomeProcess+"/withdraw", url.Values{"version": {"3"}}
	v.post(back, url.Values{"version": {"2"}}).wants(http.StatusConflict).says("已不在等批准")
	v.post(back, third).leads("/sop/" + webtest.WelcomeProcess + "?done=process_withdrawn")
	v.get("/sop/"+webtest.WelcomeProcess).says("已撤回", "两小时后再说").hides("第 3 版等待批准")
	v.get("/sop-edit?process=" + webtest.WelcomeProcess).hides("at: 2h")
	v.post(back, third).wants(http.StatusConflict)
	titled := strings.Replace(text, "title: {zh: 新客", "title: {zh: 新朋友", 1)
	v.post("/sop-edit/save", url.Values{"of": {webtest.WelcomeProcess}, "document": {titled}}).leads("/sop/" + webtest.WelcomeProcess + "?done=process_saved")
}

// tries lets a dry run of an installed process end.
func (v *visitor) tries(name string) {
	v.post("/sop-edit/try", url.Values{"name": {name}}).leads("/sop-trial/t1")
	v.get("/sop-trial/t1")
	v.get("/sop-trial/t1")
}

func TestAProcessByHandIsPutToWorkByWhomItsSizeAsksFor(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	if err := brand.SetApproval(t.Context(), web.Asker{Account: webtest.OwnerAccount}, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 10, Lead: 1000, One: 100}}); err != nil {
		t.Fatal(err)
	}
	lead, owner := visit(t, brand, webtest.LeadAccount).english(), visit(t, brand, webtest.OwnerAccount).english()
	page := "/sop/" + webtest.ShelvedProcess
	lead.post("/sop-library/"+webtest.ShelvedProcess+"/install", url.Values{}).wants(http.StatusSeeOther)
	lead.get(page).says("Nobody knows yet whom it reaches").hides("Approve and put in force")
	lead.tries(webtest.ShelvedProcess)
	lead.get(page).says("By the dry run, customers would enter", "two different people approve", "another person has to approve", "Approve and put in force")
	active := url.Values{"to": {"active"}, "version": {"1"}}
	lead.post(page+"/state", active).leads(page + "?done=process_second")
	lead.get(page).says("Draft", webtest.LeadAccount+" approved", "You have approved already").hides("Approve and put in force")
	lead.post(page+"/withdraw", url.Values{"version": {"1"}}).leads(page + "?done=process_withdrawn")
	lead.get(page).says("Draft", "Approve and put in force").hides(webtest.LeadAccount + " approved")
	lead.post(page+"/state", active).leads(page + "?done=process_second")
	lead.get("/sop").says("Version 1 waits for approval")
	lead.get("/today").hides("/sop/" + webtest.ShelvedProcess)
	owner.get("/today").says("Version 1 of the process", "waits for your approval").holds("/sop/" + webtest.ShelvedProcess + "#pending")
	lead.post(page+"/state", active).wants(http.StatusForbidden).says("You have approved already")
	owner.post(page+"/state", active).leads(page + "?done=process_active")
	owner.get(page).says("At work").hides(`id="pending"`)
	owner.post(page+"/state", url.Values{"to": {"paused"}}).leads(page + "?done=process_paused")
	lead.post(page+"/state", active).leads(page + "?done=process_active")
}

func TestAPageOfAProcessTellsDatesOnceAndWhoMayApprove(t *testing.T) {
	t.Parallel()
	brand := webtest.Full()
	v := visit(t, brand, webtest.OwnerAccount)
	twice := regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d-\d\d`)
	if found := twice.FindString(visible(t, v.get("/sop/"+webtest.WelcomeProcess).body)); found != "" {
		t.Errorf("a date stands twice: %s", found)
	}
	if err := brand.SetApproval(t.Context(), web.Asker{Account: webtest.OwnerAccount}, web.ApprovalSettings{ApprovalRules: org.ApprovalRules{Store: 100_000, Lead: 100_000, One: 100_000}}); err != nil {
		t.Fatal(err)
	}
	v.post("/sop-library/group-day-vip/install", url.Values{}).wants(http.StatusSeeOther)
	v.get("/sop/group-day-vip").says("位客户看得到", "操盘手或店主一个人批准即可").hides("店长可以批准")
}

func TestAProcessIsRetiredOnlyByTypingItsName(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount)
	page := "/sop/" + webtest.WelcomeProcess
	v.get(page).says("停用流程", "正在走的会结束")
	v.post(page+"/state", url.Values{"to": {"retired"}, "typed": {"new"}}).wants(http.StatusUnprocessableEntity).says("没有改动")
	v.post(page+"/state", url.Values{"to": {"retired"}}).wants(http.StatusUnprocessableEntity)
	v.get(page).says("使用中")
	v.post(page+"/state", url.Values{"to": {"retired"}, "typed": {webtest.WelcomeProcess}}).leads(page + "?done=process_retired")
	v.get(page).says("已停用", "目标到期照常判断").hides("停用流程")
}

func TestFlawsOfAProcessStandAtTheirLines(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	good, _ := sop.FromLibrary(webtest.ShelvedProcess)
	bad := strings.Replace(string(good), "clock: relative", "clock: sideways", 1)
	line := strings.Count(bad[:strings.Index(bad, "clock: sideways")], "\n") + 1
	v.post("/sop-edit/look", url.Values{"document": {bad}}, "HX-Request", "true").wants(http.StatusOK).says(fmt.Sprint("Line ", line), "clock: sideways", "cannot stand here")
	v.post("/sop-edit/save", url.Values{"document": {bad}}).wants(http.StatusUnprocessableEntity).says("The text has flaws", "clock: sideways")
	v.post("/sop-edit/look", url.Values{"document": {string(good)}}, "HX-Request", "true").wants(http.StatusOK).says("is a new process")
}

func TestADryRunSaysWhatItWouldHaveSentAndWhyNot(t *testing.T) {
	t.Parallel()
	v := visit(t, webtest.Full(), webtest.OwnerAccount).english()
	v.post("/sop-edit/try", url.Values{"name": {webtest.ShelvedProcess}, "days": {"30"}}, "HX-Request", "true").wants(http.StatusOK).says("0 customers looked at")
	v.get("/sop-trial/t1", "HX-Request", "true").wants(http.StatusOK).hides("withheld 310")
	v.get("/sop-trial/t1", "HX-Request", "true").wants(http.StatusOK).says("Would have sent", "withheld 310", "the customer has left", "12 of them by hand")
	v.post("/sop-edit/try", url.Values{"name": {webtest.WelcomeProcess}}).leads("/sop-trial/t1")
	v.post("/sop-trial/t1/stop", url.Values{}).leads("/sop-trial/t1")
	v.get("/sop-trial/t1").wants(http.StatusOK).says("Given up").hides("hx-get")
	waits := v.post("/sop-edit/try", url.Values{"name": {webtest.ShelvedProcess}, "days": {"365"}}, "HX-Request", "true").wants(http.StatusOK).says("2 dry runs go before it").hides("customers looked at")
	if !strings.Contains(waits.body, "hx-get") {
		t.Error("the page of a dry run that waits does not ask for it again")
	}
	v.get("/sop-trial/t2").wants(http.StatusNotFound)
	v.post("/sop-edit/try", url.Values{"document": {"sop: 1"}}, "HX-Request", "true").wants(http.StatusUnprocessableEntity)
	v.post("/sop-edit/try", url.Values{"name": {"nowhere"}}, "HX-Request", "true").wants(http.StatusNotFound)
}

func TestAProcessIsReadFromAFile(t *testing.T) {
	t.Parallel()
	text, _ := sop.FromLibrary(webtest.ShelvedProcess)
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "welcome.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	brand := webtest.Full()
	console, err := brand.Console()
	if err != nil {
		t.Fatal(err)
	}
	login := httptest.NewRecorder()
	in := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"account": {webtest.OwnerAccount}, "password": {webtest.Password}}.Encode()))
	in.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	console.ServeHTTP(login, in)
	r := httptest.NewRequest(http.MethodPost, "/sop-edit/read", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Cookie", login.Header().Get("Set-Cookie"))
	w := httptest.NewRecorder()
	console.ServeHTTP(w, r)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "name: "+webtest.ShelvedProcess) {
		t.Errorf("the page of a file answered %d", w.Code)
	}
}

func TestAProcessIsInstalledEditedAndTriedInTheBrowser(t *testing.T) {
	for _, language := range []string{"zh-CN", "en"} {
		b := browse(t, webtest.Full())
		b.Size(1440)
		b.logIn(webtest.OwnerAccount)
		words := map[string]string{"flaw": "不能写", "changed": "改到", "tried": "本来会派出", "draft": "草稿", "version": "第 2 版"}
		if language == "en" {
			b.Speak("en")
			words = map[string]string{"flaw": "cannot stand here", "changed": "comes", "tried": "Would have sent", "draft": "Draft", "version": "version 2"}
		}
		b.Open("/sop")
		b.Follow(`form[action="/sop-library/` + webtest.ShelvedProcess + `/install"] button`)
		b.Sees(words["draft"])
		b.Open("/sop-edit?process=" + webtest.ShelvedProcess)
		write := func(from, to string) {
			b.Asked(`(() => { const box = document.getElementById("document"); box.value = box.value.replace("` + from + `", "` + to + `"); box.dispatchEvent(new Event("input", {bubbles: true})); return "" })()`)
		}
		write("clock: relative", "clock: sideways")
		b.Sees(words["flaw"])
		write("clock: sideways", "clock: relative")
		b.Until(`!!document.querySelector("#lane .lane li")`)
		write("at: 30m", "at: 45m")
		b.Sees(words["changed"])
		for _, width := range []int64{1024, 390, 1440} {
			b.Size(width)
			b.Fits("the text of a process")
			b.Shoot(fmt.Sprintf("sop-text-%s-%d", language, width))
		}
		b.Follow(`#lane .lane li:first-child .edit button[value^="open:"]`)
		b.Do(chromedp.SetValue(chromedp.CSS(`input[name="s.n"]`), "50"))
		for _, width := range []int64{390, 1440} {
			b.Size(width)
			b.Fits("the form of a step")
			b.Shoot(fmt.Sprintf("sop-step-%s-%d", language, width))
		}
		b.Follow(`#opened button[value^="apply:"]`)
		if at := b.Asked(`String(document.getElementById("document").value.includes("at: 50m"))`); at != "true" {
			t.Error("what the form of a step says does not stand in the text")
		}
		b.Sees(words["changed"])
		b.Click("#try")
		b.Sees(words["tried"])
		b.Follow(`.save .button.first`)
		b.Sees(words["version"])
		b.Open("/sop-edit?process=" + webtest.WelcomeProcess)
		b.Follow(`#lane button[value=head]`)
		for _, width := range []int64{390, 1440} {
			b.Size(width)
			b.Fits("the form of what begins a process")
			b.Shoot(fmt.Sprintf("sop-head-%s-%d", language, width))
		}
		b.Follow(`#opened button[value=apply-head]`)
		b.Follow(`#lane .lane li:first-child .edit button[value^="open:"]`)
		b.Do(chromedp.SetValue(chromedp.CSS(`input[name="s.n"]`), "50"))
		b.Follow(`#opened button[value^="apply:"]`)
		b.Follow(`.save .button.first`)
		b.Until(`!!document.querySelector("#pending")`)
		for _, path := range []string{"/sop", "/sop/" + webtest.ShelvedProcess, "/sop/" + webtest.WelcomeProcess, "/sop-library/birthday"} {
			b.Open(path)
			for _, width := range []int64{1440, 1024, 390} {
				b.Size(width)
				b.Fits(path)
				b.Shoot(fmt.Sprintf("%s-%s-%d", strings.ReplaceAll(path[1:], "/", "-"), language, width))
			}
		}
		b.Quiet()
	}
}
