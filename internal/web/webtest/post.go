package webtest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"slices"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/web"
)

// Posts of a full brand: one that waits for approval, one for members, one in doubt,
// and Moments that were published.
const (
	ApprovalPost = 1
	ConfirmPost  = 2
	DoubtPost    = 3
	MomentsPost  = 4
)

func (b *Brand) fillPosts() {
	stages := []web.PostStage{web.PostApproval, web.PostConfirm, web.PostDoubt, web.PostDone}
	for i, stage := range stages {
		p := web.PostView{PostRow: web.PostRow{
			ID: int64(i + 1), Channel: event.GroupPost, Purpose: event.Serve, Text: b.text("今天有新茶，来店里坐坐。"), Link: "https://shop.example/tea", Title: b.text("新茶"), Author: LeadAccount,
			Made: b.now.Add(-time.Duration(i+1) * time.Hour), From: b.now, Until: b.now.Add(10 * time.Hour), Stage: stage, Targets: 3, Audience: 280,
		}, Waits: stage == web.PostApproval, Stops: i < 2}
		send := web.PostSend{ID: int64(70 + i), Staff: b.staff[0].Name, Store: b.storeName(b.staff[0].Store), Stage: stage, From: b.now, CalledAt: b.now.Add(-time.Hour)}
		states := []string{"delivered", "failed", "withdrawn"}
		for n := range 3 {
			t := web.PostTarget{Group: id.GroupOf("ww1", fmt.Sprint("wr", n)), Name: b.text(fmt.Sprintf("茶友 %02d 群", n+1)), State: "underway", At: b.now, Audience: 93}
			if stage == web.PostDone {
				t.Group, t.Name, t.State, t.Seen, t.Likes, t.Comments = 0, b.staff[n].Name, states[n], 80, 4, 1
				if n > 0 {
					t.Because = []string{"quota", "window_over"}[n-1]
				}
			}
			send.Targets = append(send.Targets, t)
		}
		switch stage {
		case web.PostConfirm:
			send.Remind = true
		case web.PostDoubt:
			send.Because, send.Again, send.Drop = "not_listed", true, true
		case web.PostApproval:
			p.Files = []content.File{b.picture("tea.png", 40, 90, 60), b.picture("cup.png", 150, 110, 70)}
		case web.PostDone:
			p.Channel, p.Reached, p.Missed, p.Seen, p.Likes, p.Comments, send.Again, send.Staff = event.Moments, 1, 2, 80, 4, 1, true, ""
			p.Tags = []string{b.text("口味 / 绿茶")}
		}
		p.Sends = []web.PostSend{send}
		b.posts = append(b.posts, p)
	}
}

// picture keeps a picture of one colour.
func (b *Brand) picture(name string, red, green, blue uint8) content.File {
	drawn := image.NewRGBA(image.Rect(0, 0, 160, 120))
	draw.Draw(drawn, drawn.Bounds(), image.NewUniform(color.RGBA{red, green, blue, 255}), image.Point{}, draw.Src)
	var data bytes.Buffer
	if err := png.Encode(&data, drawn); err != nil {
		panic(err)
	}
	file, _ := content.NewFile(name, data.Bytes())
	return b.keepFile(file, data.Bytes())
}

// Posts implements web.Posts.
func (b *Brand) Posts(_ context.Context, scope org.Scope, q web.PostQuery) (page web.PostPage, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.posts {
		if b.seesPost(scope, &b.posts[i]) && (q.Channel == "" || b.posts[i].Channel == q.Channel) {
			page.Posts = append(page.Posts, b.posts[i].PostRow)
		}
	}
	return page, b.Fail
}

func (b *Brand) seesPost(scope org.Scope, p *web.PostView) bool {
	for _, store := range b.stores {
		if store.Name == p.Sends[0].Store {
			return scope.Sees(store.ID)
		}
	}
	return false
}

func (b *Brand) post(scope org.Scope, post int64) (*web.PostView, error) {
	i := slices.IndexFunc(b.posts, func(p web.PostView) bool { return p.ID == post })
	if i < 0 || !b.seesPost(scope, &b.posts[i]) {
		return nil, fault.New(fault.NotFound, "no such post")
	}
	return &b.posts[i], b.Fail
}

// Post implements web.Posts.
func (b *Brand) Post(_ context.Context, by web.Asker, post int64) (web.PostView, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.post(by.Scope, post)
	if err != nil {
		return web.PostView{}, err
	}
	v := *p
	if v.Waits {
		v.Approval = b.postApproval(by, p)
	}
	return v, nil
}

func (b *Brand) postApproval(by web.Asker, p *web.PostView) web.ApprovalView {
	return b.approvable(by, &web.BatchView{Batch: web.Batch{ID: p.ID, Store: p.Sends[0].Store, Customers: p.Audience}})
}

// PostChoices implements web.Posts.
func (b *Brand) PostChoices(_ context.Context, scope org.Scope, f web.PostFilter) (c web.PostChoices, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if f.Channel == event.Moments {
		for i, s := range b.staff {
			if scope.Sees(s.Store) && (f.Store == 0 || f.Store == s.Store) {
				c.Members = append(c.Members, web.PostMember{ID: s.ID, Name: s.Name, Store: b.storeName(s.Store), Customers: 100 + i})
			}
		}
		if len(c.Members) > 0 {
			c.Tags = []web.PostTag{{ID: "et1", Name: b.text("口味 / 绿茶")}, {ID: "et2", Name: b.text("口味 / 红茶")}}
		}
		return c, b.Fail
	}
	for i, g := range b.groups {
		if g.Dismissed || f.Kind != "" && g.Kind != f.Kind || g.Customers < f.Least || f.Most > 0 && g.Customers > f.Most || !b.seesGroup(scope, g.Store, f.Store) {
			continue
		}
		c.Groups = append(c.Groups, web.PostGroup{ID: g.ID, Name: g.Name, Kind: g.Kind, Owner: g.Owner, Store: g.Store, Customers: g.Customers, Left: i % 3 * 10})
	}
	return c, b.Fail
}

func (b *Brand) seesGroup(scope org.Scope, name string, only id.Store) bool {
	for _, s := range b.stores {
		if s.Name == name {
			return scope.Sees(s.ID) && (only == 0 || only == s.ID)
		}
	}
	return false
}

// CheckPost implements web.Posts.
func (b *Brand) CheckPost(_ context.Context, _ web.Asker, f web.PostForm) (p web.PostPreview, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if p.Files, err = b.postFiles(f); err != nil {
		return p, err
	}
	if f.Text == "" {
		return p, fault.WithKey(fault.Invalid, "error.post_empty", fmt.Errorf("no text"))
	}
	if len(p.Files) > 9 {
		return p, fault.WithKey(fault.Invalid, "error.post_files", fmt.Errorf("too many files"))
	}
	return web.PostPreview{Groups: 3, Confirmations: 2, Customers: 280, Full: 1, From: b.now, Until: b.now.Add(10 * time.Hour), Link: f.Link, Files: p.Files}, nil
}

// postFiles keeps the files that came with a form, behind those it has.
func (b *Brand) postFiles(f web.PostForm) (files []content.File, err error) {
	for _, kept := range f.Files {
		if known, is := b.said.files[kept.Code]; is {
			file, _ := content.NewFile(known.Name, known.Data)
			files = append(files, file)
		}
	}
	for _, brought := range f.Brought {
		file, flaw := content.NewFile(brought.Name, brought.Data)
		if flaw != "" {
			return files, web.ContentFlaws(flaw).Err()
		}
		files = append(files, b.keepFile(file, brought.Data))
	}
	return files, nil
}

func (b *Brand) keepFile(file content.File, data []byte) content.File {
	if b.said.files == nil {
		b.said.files = map[id.Code]web.BroughtFile{}
	}
	b.said.files[file.Code] = web.BroughtFile{Name: file.Name, Data: data}
	return file
}

// WritePost implements web.Posts.
func (b *Brand) WritePost(ctx context.Context, by web.Asker, f web.PostForm) (int64, error) {
	preview, err := b.CheckPost(ctx, by, f)
	if err != nil {
		return 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.posts) == 0 {
		b.fillPosts()
	}
	p := b.posts[0]
	p.ID, p.Channel, p.Text, p.Link, p.Title, p.Purpose = int64(len(b.posts)+1), f.Filter.Channel, f.Text, f.Link, f.Title, f.Purpose
	p.Files = preview.Files
	b.posts = append(b.posts, p)
	b.did(by, "post.written", "")
	return p.ID, nil
}

// ApprovePost implements web.Posts.
func (b *Brand) ApprovePost(_ context.Context, by web.Asker, post int64, typed int) (done web.ApprovalDone, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.post(by.Scope, post)
	if err != nil || !p.Waits {
		return done, err
	}
	switch v := b.postApproval(by, p); {
	case v.Why != "":
		done.Left = []web.ApprovalLeft{{Batch: p.ID, Store: p.Sends[0].Store, ApprovalView: v}}
	case v.Number != 0 && v.Number != typed:
		done.Typed, done.Number = []int64{p.ID}, v.Number
	default:
		p.Waits, p.Stage, p.Sends[0].Stage = false, web.PostPlanned, web.PostPlanned
		done.Batches, done.Actions = 1, p.Audience
		b.did(by, "touch.approved", "")
	}
	return done, nil
}

// StopPost implements web.Posts.
func (b *Brand) StopPost(_ context.Context, by web.Asker, post int64) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := b.post(by.Scope, post)
	if err != nil {
		return 0, err
	}
	p.Waits, p.Stops, p.Stage, p.Sends[0].Stage = false, false, web.PostCancelled, web.PostCancelled
	b.did(by, "post.stopped", "")
	return 1, nil
}

// DecideSend implements web.Posts.
func (b *Brand) DecideSend(_ context.Context, by web.Asker, send int64, what web.SendDecision) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.posts {
		s := &b.posts[i].Sends[0]
		if s.ID != send || !b.seesPost(by.Scope, &b.posts[i]) {
			continue
		}
		switch what {
		case web.SendRemind:
			s.UrgedAt, s.Urged = b.now, s.Urged+1
		case web.SendAgain:
			s.Stage, s.Again, s.Drop = web.PostResent, false, false
		case web.SendDrop:
			s.Stage, s.Again, s.Drop = web.PostDropped, false, false
		}
		b.did(by, "post."+string(what), "")
		return nil
	}
	return fault.New(fault.NotFound, "no such send")
}
