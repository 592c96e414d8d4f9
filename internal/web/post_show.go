package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
)

type postListPage struct {
	Posts   []PostRow
	Next    string
	Channel event.Channel
	Columns int
}

func postChannel(word string) event.Channel {
	if c := event.Channel(word); c == event.GroupPost || c == event.Moments {
		return c
	}
	return ""
}

func (v *visit) postList() error {
	query := v.r.URL.Query()
	page := postListPage{Channel: postChannel(query.Get("channel")), Columns: 6}
	found, err := v.Posts.Posts(v.r.Context(), v.seat.Scope, PostQuery{Channel: page.Channel, After: query.Get("after")})
	if err != nil {
		return err
	}
	if page.Posts = found.Posts; found.Next != "" {
		page.Next = "/touch/posts?" + url.Values{"channel": {string(page.Channel)}, "after": {found.Next}}.Encode()
	}
	if v.partial() {
		return v.part("touch_posts", "rows", page)
	}
	return v.showTouch("posts", page)
}

func (v *visit) postShow() error { return v.showPost(nil, 0) }

// postShown is the page of a post, with what is missing for its approval.
type postShown struct {
	PostView
	Done  *ApprovalDone
	Wrong bool // a number was typed, and it is another one
}

func (v *visit) showPost(done *ApprovalDone, typed int) error {
	post, err := v.number("id")
	if err != nil {
		return err
	}
	found, err := v.Posts.Post(v.r.Context(), v.asker(), post)
	if err != nil {
		return err
	}
	return v.showTouch("post", postShown{PostView: found, Done: done, Wrong: done != nil && typed != 0 && len(done.Typed) > 0})
}

// postForm is the form of a post: where to, and what.
type postForm struct {
	PostForm
	Offer    PostChoices
	Shown    []PostGroup // the first of Groups
	Kinds    []GroupKind
	Stores   []StoreName
	Staff    []StaffName
	Purposes []event.Purpose
	Now      bool
	When     string // as its input holds it
	Wrong    string
	Flaws    Flaws
}

// mostShown is how many groups or members one page lets a person tick; more are
// reached by everything that matches.
const mostShown = 300

func (v *visit) postNew() error {
	filter := v.postFilter(v.r.URL.Query().Get)
	form := PostForm{Key: rand.Text(), Filter: filter, Whole: true, Purpose: event.Serve, Days: 1}
	return v.showPostForm(form, nil)
}

func (v *visit) postFilter(get func(string) string) PostFilter {
	f := formReader{values: get}
	filter := PostFilter{Channel: postChannel(get("channel")), Kind: GroupKind(get("kind"))}
	if filter.Channel == "" {
		filter.Channel = event.GroupPost
	}
	filter.Store, _ = id.Parse[id.Store](get("store"))
	filter.Staff, _ = id.Parse[id.Staff](get("staff"))
	if get("least") != "" {
		filter.Least = f.whole("least", 0, mostLimit)
	}
	if get("most") != "" {
		filter.Most = f.whole("most", 0, mostLimit)
	}
	return filter
}

func (v *visit) showPostForm(form PostForm, wrong error) error {
	ctx := v.r.Context()
	choices, err := v.Posts.PostChoices(ctx, v.seat.Scope, form.Filter)
	if err != nil {
		return err
	}
	page := postForm{PostForm: form, Offer: choices, Kinds: groupKinds(), Purposes: []event.Purpose{event.Serve, event.Ask, event.Remind, event.Promote},
		Now: form.At.IsZero(), When: form.At.In(v.Zone).Format(whenInput)}
	if form.At.IsZero() {
		page.When = ""
	}
	page.Shown = choices.Groups[:min(len(choices.Groups), mostShown)]
	if page.Stores, err = v.Directory.Stores(ctx, v.seat.Scope); err != nil {
		return err
	}
	if page.Staff, err = v.Directory.Staff(ctx, v.seat.Scope); err != nil {
		return err
	}
	page.Flaws, page.Wrong = v.wrong(wrong)
	return v.showTouch("post_new", page)
}

// Chosen tells whether the group is ticked.
func (p postForm) Chosen(g id.Group) bool { return p.Whole || slices.Contains(p.Groups, g) }

// Publishes tells whether the member is ticked.
func (p postForm) Publishes(s id.Staff) bool { return p.Whole || slices.Contains(p.Members, s) }

// Tagged tells whether the tag is ticked.
func (p postForm) Tagged(tag string) bool { return slices.Contains(p.Tags, tag) }

// whenInput is how an input of date and time writes a moment.
const whenInput = "2006-01-02T15:04"

// mostBrought bounds what one form of a post may bring: nine pictures.
const mostBrought = 9 * (10 << 20)

// typedPost reads the form of a post.
func (v *visit) typedPost() (form PostForm, err error) {
	const inMemory = 1 << 20
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, mostBrought+maxForm)
	tooLarge := v.r.ParseMultipartForm(inMemory)
	if errors.Is(tooLarge, http.ErrNotMultipart) {
		tooLarge = nil
	}
	if tooLarge != nil {
		tooLarge = fault.WithKey(fault.Invalid, "error.post_brought", fmt.Errorf("read post: %w", tooLarge))
	}
	f := formReader{values: v.r.FormValue}
	form = PostForm{Key: v.said("key"), Filter: v.postFilter(v.r.FormValue), Whole: v.said("whole") == "1", Purpose: event.Purpose(v.said("purpose")),
		Text: unixLines(v.said("text")), Title: v.said("title"), Link: v.said("link"), Tags: v.r.PostForm["tag"]}
	for _, text := range v.r.PostForm["group"] {
		if g, ok := id.Parse[id.Group](text); ok {
			form.Groups = append(form.Groups, g)
		}
	}
	for _, text := range v.r.PostForm["member"] {
		if s, ok := id.Parse[id.Staff](text); ok {
			form.Members = append(form.Members, s)
		}
	}
	if tooLarge != nil {
		return form, tooLarge
	}
	if err := v.broughtFiles(&form); err != nil {
		return form, err
	}
	flaws := Flaws{}
	if form.Days = f.whole("days", 1, mostPostDays); f.wrong != "" {
		flaws.Add("days", "error.post_days")
	}
	if v.said("when") != "now" {
		if form.At, err = time.ParseInLocation(whenInput, v.said("at"), v.Zone); err != nil {
			flaws.Add("at", "error.post_at")
		}
	}
	if form.Key == "" || !slices.Contains([]event.Purpose{event.Serve, event.Ask, event.Remind, event.Promote}, form.Purpose) {
		flaws.Add("text", "error.form")
	}
	return form, flaws.Err()
}

// broughtFiles reads the files that a form brings, and which of those before it keeps.
func (v *visit) broughtFiles(form *PostForm) error {
	for _, text := range v.r.Form["kept"] {
		if code, ok := id.Parse[id.Code](text); ok {
			form.Files = append(form.Files, content.File{Code: code})
		}
	}
	if v.r.MultipartForm == nil {
		return nil
	}
	for _, head := range v.r.MultipartForm.File["file"] {
		if head.Size == 0 && head.Filename == "" {
			continue // browsers send an empty part where nothing was chosen
		}
		file, err := head.Open()
		if err != nil {
			return fmt.Errorf("read a file of a post: %w", err)
		}
		data, err := io.ReadAll(file)
		file.Close()
		if err != nil {
			return fmt.Errorf("read a file of a post: %w", err)
		}
		form.Brought = append(form.Brought, BroughtFile{head.Filename, data})
	}
	return nil
}

// mostPostDays is for how many business days members may have time at most.
const mostPostDays = 7

// postCheck shows a post as it would leave.
func (v *visit) postCheck() error {
	form, err := v.typedPost()
	var preview PostPreview
	if err == nil {
		preview, err = v.Posts.CheckPost(v.r.Context(), v.asker(), form)
		form.Files = preview.Files
	}
	if refused(err) {
		return v.showPostForm(form, err)
	}
	if err != nil {
		return err
	}
	if v.said("step") == "edit" {
		return v.showPostForm(form, nil)
	}
	page := struct {
		PostForm
		PostPreview
		When string
	}{form, preview, form.At.In(v.Zone).Format(whenInput)}
	if form.At.IsZero() {
		page.When = ""
	}
	return v.showTouch("post_check", page)
}

func (v *visit) postSave() error {
	form, err := v.typedPost()
	var post int64
	if err == nil {
		post, err = v.Posts.WritePost(v.r.Context(), v.asker(), form)
	}
	if refused(err) {
		return v.showPostForm(form, err)
	}
	if err != nil {
		return err
	}
	v.redirect("/touch/posts/" + id.Text(post) + "?done=post_written")
	return nil
}

func (v *visit) postApprove() error {
	post, err := v.number("id")
	if err != nil {
		return err
	}
	f := formReader{values: func(name string) string { return strings.ReplaceAll(v.r.FormValue(name), ",", "") }}
	typed := 0
	if v.said("typed") != "" {
		typed = f.whole("typed", 0, mostLimit)
	}
	done, err := v.Posts.ApprovePost(v.r.Context(), v.asker(), post, typed)
	if err != nil {
		return err
	}
	if !done.Whole() {
		return v.showPost(&done, typed)
	}
	v.redirect("/touch/posts/" + id.Text(post) + "?done=post_approved")
	return nil
}

func (v *visit) postStop() error {
	post, err := v.number("id")
	if err != nil {
		return err
	}
	if _, err := v.Posts.StopPost(v.r.Context(), v.asker(), post); err != nil {
		return err
	}
	v.redirect("/touch/posts/" + id.Text(post) + "?done=post_stopped")
	return nil
}

func (v *visit) sendDecide() error {
	post, err := v.number("id")
	if err != nil {
		return err
	}
	send, err := v.number("send")
	if err != nil {
		return err
	}
	what := SendDecision(v.said("what"))
	if !slices.Contains([]SendDecision{SendRemind, SendAgain, SendDrop}, what) {
		return fault.New(fault.Invalid, "unknown decision about a send")
	}
	if err := v.Posts.DecideSend(v.r.Context(), v.asker(), send, what); err != nil {
		return fmt.Errorf("decide about a send: %w", err)
	}
	back := "/touch/posts/" + id.Text(post)
	switch what {
	case SendRemind:
		v.redirect(back + "?done=post_remind")
	case SendAgain:
		v.redirect(back + "?done=post_again")
	default:
		v.redirect(back + "?done=post_drop")
	}
	return nil
}

// postReason says why a post did not leave, or did not reach a group; "" where there
// is nothing to say.
func (l *locale) postReason(because string) string {
	if because == "" || strings.HasPrefix(because, "listed_") {
		return ""
	}
	if said, known := l.lookup("post_reason." + because); known {
		return said
	}
	return l.text("post_reason.other")
}
