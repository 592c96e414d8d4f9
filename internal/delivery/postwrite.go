package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"siyu/internal/clock"
	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/wecom"
)

// PostOrder is a post that somebody wants out.
type PostOrder struct {
	Key     string // what tells two orders apart: the same one twice is one post
	Channel event.Channel
	Corp    id.Corp // whose Tags these are
	Purpose event.Purpose
	Text    string
	Title   string
	Link    string
	Files   []content.File
	Tags    []string
	Author  string
	From    time.Time
	Until   time.Time
	Groups  []profile.Group  // of a group post
	Members []id.Staff       // who publish, of Moments
	Holds   map[id.Staff]int // customers of members, as far as they are counted
}

// The limits of a post, by WeCom's pages on mass messages and Moments.
const (
	mostPostBytes  = 4000 // of text with the address under it
	mostTitleBytes = 128
	mostCardBytes  = 64   // of the title of a card in Moments
	mostLinkBytes  = 2048 // marker included
	markerBytes    = 24
	longestPost    = 14 * 24 * time.Hour // between From and Until
)

// Flaw returns what is wrong with an order, nil if nothing is: a fault with a key for
// the person who wrote it.
func (o *PostOrder) Flaw() error {
	link, err := url.Parse(o.Link)
	length := len(o.Text)
	if !hasCard(o.Channel, o.Title, o.Link, o.Files) {
		length += len(o.Link) + markerBytes
	}
	switch {
	case o.Channel != event.GroupPost && o.Channel != event.Moments:
		return fault.New(fault.Invalid, "%q is no channel of posts", o.Channel)
	case o.Text == "":
		return invalid("error.post_empty")
	case !utf8.ValidString(o.Text + o.Title), length > mostPostBytes, o.Channel == event.Moments && utf8.RuneCountInString(o.Text)+len(o.Link)+markerBytes > wecom.MostMomentRunes:
		return invalid("error.post_long")
	case len(o.Title) > mostTitleBytes, o.Channel == event.Moments && len(o.Title) > mostCardBytes:
		return invalid("error.post_title")
	case o.Link != "" && (err != nil || link.Scheme != "https" && link.Scheme != "http" || link.Host == "" || len(o.Link)+markerBytes > mostLinkBytes):
		return invalid("error.post_link")
	case !o.From.Before(o.Until) || o.Until.Sub(o.From) > longestPost:
		return invalid("error.post_time")
	case o.Channel == event.GroupPost && len(o.Groups) == 0 || o.Channel == event.Moments && len(o.Members) == 0:
		return invalid("error.post_nobody")
	}
	return filesFlaw(o.Channel, o.Title, o.Link, o.Files)
}

// hasCard tells whether a post shows its link as a card; in Moments a card needs one
// picture, which stands on it.
func hasCard(to event.Channel, title, link string, files []content.File) bool {
	if title == "" || link == "" {
		return false
	}
	return to == event.GroupPost || len(title) <= mostCardBytes && len(files) == 1 && files[0].Kind == content.KindImage
}

// filesFlaw returns why WeCom would not take the files of a post: messages carry nine
// parts, the card of the link among them; Moments one film or pictures, and with a card
// one picture.
func filesFlaw(to event.Channel, title, link string, files []content.File) error {
	most := wecom.MostAttachments
	if to == event.GroupPost && hasCard(to, title, link, files) {
		most--
	}
	kinds, codes := map[content.FileKind]int{}, map[id.Code]bool{}
	for _, f := range files {
		kinds[f.Kind]++
		codes[f.Code] = true
	}
	switch {
	case len(codes) < len(files), len(files) > most:
		return invalid("error.post_files")
	case to != event.Moments:
		return nil
	case kinds[content.KindFile] > 0, kinds[content.KindVideo] > 0 && len(files) > 1:
		return invalid("error.post_moment_files")
	case title != "" && !hasCard(to, title, link, files):
		return invalid("error.post_card")
	}
	return nil
}

func invalid(key string) error {
	return fault.WithKey(fault.Invalid, key, errors.New("post cannot be sent as it is"))
}

// PostNumber returns the number of the post that an order becomes.
func PostNumber(key string) int64 { return numberOf("post", key) }

// WritePost stores a post with its sends: of groups one for each owner, of Moments
// one for each store. Groups and members that cannot be reached now are left out of
// it. It waits for approval unless settings let messages go by themselves. The same
// order again changes nothing.
func (g PostGate) WritePost(ctx context.Context, o PostOrder) (post int64, err error) {
	o.Text = massText(content.Material{Text: o.Text})
	if err := o.Flaw(); err != nil {
		return 0, err
	}
	now := g.Clock.Now()
	p := Post{ID: PostNumber(o.Key), Channel: o.Channel, Corp: o.Corp, Purpose: o.Purpose, Text: o.Text, Title: o.Title, Link: o.Link, Files: content.FilesText(o.Files),
		Tags: o.Tags, Author: o.Author, Made: now, From: o.From, Until: o.Until}
	drafts := g.groupDrafts(p, o.Groups)
	if o.Channel == event.Moments {
		drafts = g.momentDrafts(p, o)
	}
	if len(drafts) == 0 {
		return 0, invalid("error.post_nobody")
	}
	if err := g.Posts.AddPost(ctx, p, drafts); err != nil {
		return 0, fmt.Errorf("write post: %w", err)
	}
	return p.ID, nil
}

// groupDrafts makes the sends into groups, of one owner together.
func (g PostGate) groupDrafts(p Post, groups []profile.Group) []PostDraft {
	byOwner := map[id.Staff][]profile.Group{}
	for _, group := range groups {
		if _, active := memberOf(g.Org(), group.Owner); active && group.Dismissed == 0 {
			byOwner[group.Owner] = append(byOwner[group.Owner], group)
		}
	}
	var drafts []PostDraft
	for _, owner := range slices.Sorted(maps.Keys(byOwner)) {
		list := byOwner[owner]
		slices.SortFunc(list, func(a, b profile.Group) int { return cmp.Compare(a.ID, b.ID) })
		member, _ := memberOf(g.Org(), owner)
		part := 0
		for some := range slices.Chunk(slices.CompactFunc(list, func(a, b profile.Group) bool { return a.ID == b.ID }), wecom.MostMassGroups) {
			send := g.newSend(p, member, part)
			send.Staff = owner
			draft := PostDraft{Send: send}
			for _, group := range some {
				draft.Targets = append(draft.Targets, PostTarget{Post: p.ID, Target: int64(group.ID), Send: send.ID, State: Underway, At: send.Since, Audience: group.Customers})
			}
			drafts, part = append(drafts, draft), part+1
		}
	}
	return drafts
}

// momentDrafts makes the sends into Moments, of the members of one store together.
func (g PostGate) momentDrafts(p Post, o PostOrder) []PostDraft {
	byStore := map[id.Store][]org.Staff{}
	for _, staff := range o.Members {
		member, active := memberOf(g.Org(), staff)
		if active && (p.Corp == "" || member.Corp == p.Corp) {
			byStore[member.Store] = append(byStore[member.Store], member)
		}
	}
	var drafts []PostDraft
	for _, store := range slices.Sorted(maps.Keys(byStore)) {
		list := byStore[store]
		slices.SortFunc(list, func(a, b org.Staff) int { return cmp.Or(cmp.Compare(a.Corp, b.Corp), cmp.Compare(a.ID, b.ID)) })
		for i, member := range list {
			if i > 0 && list[i-1].ID == member.ID {
				continue
			}
			if i == 0 || list[i-1].Corp != member.Corp {
				drafts = append(drafts, PostDraft{Send: g.newSend(p, member, 0)})
			}
			draft := &drafts[len(drafts)-1]
			draft.Targets = append(draft.Targets, PostTarget{Post: p.ID, Target: int64(member.ID), Send: draft.Send.ID, State: Underway, At: draft.Send.Since, Audience: o.Holds[member.ID]})
		}
	}
	return drafts
}

func (g *Gate) newSend(p Post, member org.Staff, part int) PostSend {
	who := id.Text(member.ID)
	if p.Channel == event.Moments {
		who = string(member.Corp) + "/" + id.Text(member.Store)
	}
	s := PostSend{
		ID: numberOf("post_send", id.Text(p.ID), who, strconv.Itoa(part)), Post: p.ID, Channel: p.Channel, Corp: member.Corp, Store: member.Store,
		Day: clock.Day(p.From, g.Zone), From: p.From, Until: p.Until, State: Planned, Since: g.Clock.Now(),
	}
	s.Link, s.Marker = marked(p.Link, s.ID)
	if g.Settings.Approve {
		s.ApprovedBy = Automatic
	}
	return s
}
