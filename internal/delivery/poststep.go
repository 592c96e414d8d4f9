package delivery

import (
	"fmt"
	"slices"
	"time"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/decision/sop"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
)

// StepPost is a step of a standard process that is a post: it joins the post of all
// runs that say the same at the same time.
type StepPost struct {
	Post   Post
	Send   PostSend
	Target PostTarget
}

// StepWanted is a step that should be a post.
type StepWanted struct {
	Run     sop.Run
	Process *sop.Process
	Step    int
	Due     event.Instant
	World   sop.World
	Member  org.Staff
	Group   profile.Group // of a step into a group
	Library content.Library
}

// PostRoom is how many posts can still be given on a day.
type PostRoom struct {
	Asked    map[id.Staff]int     // confirmations of members, mass messages among them
	Posts    map[id.Staff][]int64 // posts that count there
	Received map[event.Channel]*PostQuota
	Most     int // confirmations of a member in a day
}

// PostQuota is how many posts each target got of a channel, or is about to get, since a
// time, and how many it may get.
type PostQuota struct {
	Since  time.Time
	Most   int
	Counts map[int64]int
}

// Take counts a post of a member if there is room for it.
func (r *PostRoom) Take(p *StepPost, member id.Staff) bool {
	quota := r.Received[p.Post.Channel]
	if quota != nil && quota.Counts[p.Target.Target] >= quota.Most {
		return false
	}
	if !slices.Contains(r.Posts[member], p.Post.ID) {
		if r.Asked[member] >= r.Most {
			return false
		}
		r.Asked[member]++
		r.Posts[member] = append(r.Posts[member], p.Post.ID)
	}
	if quota != nil {
		quota.Counts[p.Target.Target]++
	}
	return true
}

// joinTime is how long a post of a process waits before it may leave, so that all
// whose step falls due with it go along.
const joinTime = time.Minute

// StepPost makes the post of a step. It returns nil where the step is no post: it
// asks for no result of WeCom, its subject is none that has a group or members, its
// words cannot be said, or WeCom would not take its files there. A step that nobody may approve waits, as every post does.
func (g *Gate) StepPost(w StepWanted) *StepPost {
	step := &w.Process.Steps[w.Step]
	variant := step.Variant(w.Run.RunKey, w.Step)
	said, known := words(w.Process, step, variant, w.Library)
	if !known || said.Kind == content.Survey || !step.Posts(w.Run.Subject) { // a survey asks customers, not groups
		return nil
	}
	channel := event.GroupPost
	if step.Channel == sop.Moments {
		channel = event.Moments
		if len(said.Files) != 1 {
			said.Title = "" // the card needs one picture: the address stands under the text
		}
	}
	if filesFlaw(channel, "", "", said.Files) != nil {
		return nil
	}
	now := w.World.Now
	p := Post{
		ID:      PostNumber(fmt.Sprintf("%s/%d/%s/%d/%d", ProcessAuthor(w.Run.Process), w.Run.Version, step.Name, variant, w.Due)),
		Channel: channel, Purpose: step.Purpose, Text: massText(said), Title: said.Title, Link: said.Link, Files: content.FilesText(said.Files),
		Author: ProcessAuthor(w.Run.Process), Made: now, From: now.Add(joinTime), Until: step.Until(w.Due, w.World),
	}
	t := PostTarget{Post: p.ID, Target: int64(w.Group.ID), State: Underway, At: now, Audience: w.Group.Customers, Step: w.Run.RunKey}
	if channel == event.Moments {
		t.Target, t.Audience = int64(w.Member.ID), 0
	}
	send := g.newSend(p, w.Member, 0)
	if p.Channel == event.GroupPost {
		send.Staff = w.Member.ID
	}
	send.Day, t.Send = clock.Day(now, w.World.Zone), send.ID
	return &StepPost{Post: p, Send: send, Target: t}
}
