package tag

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/wecom"
)

// Corp is a corp with the API that speaks for it. The zero Corp stands for the
// brand's own tags.
type Corp struct {
	ID  id.Corp
	API WeCom
}

// New says which tags are to be made.
type New struct {
	Group    string // name of the group; the one that has it is added to
	Strategy int64  // rule group of the first level whose tags they become, 0 for none
	Names    []string
	Audience int64 // whose members carry them, 0 for none
}

// Make makes tags, in WeCom or as the brand's own, and returns them. Names that
// stand in the group already are not made again. fault.Invalid names what is
// wrong with a name, fault.Denied says that another app made the group.
func (k *Keeper) Make(ctx context.Context, in Corp, n New) ([]Tag, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	groups, err := k.book.TagGroups(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the book of tags: %w", err)
	}
	group := named(groups, in.ID, n)
	if in.ID == "" {
		group = n.own(group)
	} else if group, err = k.inWeCom(ctx, in, n, group); err != nil {
		return nil, err
	}
	if err := k.book.KeepTagGroups(ctx, []Group{group}, nil); err != nil {
		return nil, err
	}
	var made []Tag
	for _, t := range group.Tags {
		if t.Gone.IsZero() && n.asksFor(t.Name) {
			made = append(made, t)
		}
	}
	return made, nil
}

func (n New) check() error {
	if len(n.Names) == 0 {
		return fault.WithKey(fault.Invalid, "error.tag_name", fmt.Errorf("no tag is named"))
	}
	for _, name := range append([]string{n.Group}, n.Names...) {
		if err := checkName(name); err != nil {
			return err
		}
	}
	return nil
}

// checkName holds the brand's own tags to WeCom's limit, so that they can be
// pushed there under the same name.
func checkName(name string) error {
	if length := utf8.RuneCountInString(name); length == 0 || length > wecom.MaxTagName || strings.TrimSpace(name) != name {
		return fault.WithKey(fault.Invalid, "error.tag_name", fmt.Errorf("a name of %d characters", length))
	}
	return nil
}

func (n New) asksFor(name string) bool {
	for _, asked := range n.Names {
		if asked == name {
			return true
		}
	}
	return false
}

func named(groups []Group, corp id.Corp, n New) Group {
	for _, g := range groups {
		if g.Corp == corp && g.Name == n.Group && g.Strategy == n.Strategy && g.Gone.IsZero() {
			return g
		}
	}
	return Group{Key: Key{Corp: corp}, Name: n.Group, Strategy: n.Strategy}
}

// own adds the brand's own tags to a group.
func (n New) own(g Group) Group {
	if g.ID == "" {
		g.Key = OwnKey(id.TagOf(rand.Text()))
	}
	present := map[string]bool{}
	for _, t := range g.Tags {
		present[t.Name] = present[t.Name] || t.Gone.IsZero()
	}
	for _, name := range n.Names {
		if !present[name] {
			g.Tags = append(g.Tags, Tag{Key: OwnKey(id.TagOf(rand.Text())), Name: name, Audience: n.Audience})
			present[name] = true
		}
	}
	return g
}

// inWeCom makes tags by API. The call makes nothing twice, so that one whose
// answer was lost can be made again.
func (k *Keeper) inWeCom(ctx context.Context, in Corp, n New, known Group) (Group, error) {
	tags := wecom.NewTags{GroupName: n.Group}
	for _, name := range n.Names {
		tags.Tags = append(tags.Tags, wecom.NewTag{Name: name})
	}
	var made wecom.TagGroup
	var err error
	if n.Strategy != 0 {
		made, err = in.API.AddStrategyTags(ctx, n.Strategy, tags)
	} else {
		made, err = in.API.AddTags(ctx, tags)
	}
	if err != nil {
		return known, refusal(err)
	}
	known.Key, known.Name, known.Order, known.Ours = Key{in.ID, made.ID}, made.Name, int64(made.Order), true
	for _, t := range made.Tags {
		fresh := Tag{Key: Key{in.ID, t.ID}, Name: t.Name, Order: int64(t.Order), Audience: n.Audience}
		known.put(fresh)
	}
	return known, nil
}

func (g *Group) put(fresh Tag) {
	for i := range g.Tags {
		if g.Tags[i].ID == fresh.ID {
			g.Tags[i] = fresh
			return
		}
	}
	g.Tags = append(g.Tags, fresh)
}

// Rename gives a tag or a group another name. fault.Denied says that another
// app made it, and becomes a conflict.
func (k *Keeper) Rename(ctx context.Context, in Corp, of Key, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return k.change(ctx, of, func(g *Group, t *Tag) error {
		was := &g.Name
		if t != nil {
			was = &t.Name
		}
		if taken(g, t, name) {
			return fault.WithKey(fault.Conflict, "error.tag_taken", fmt.Errorf("the name is taken"))
		}
		if !of.Own() {
			edit, call := wecom.TagEdit{ID: of.ID, Name: name}, in.API.EditTag
			if g.Strategy != 0 {
				call = in.API.EditStrategyTag
			}
			if err := call(ctx, edit); err != nil {
				return err
			}
		}
		*was = name
		return nil
	})
}

func taken(g *Group, t *Tag, name string) bool {
	for i := range g.Tags {
		if other := &g.Tags[i]; t != nil && other.Key != t.Key && other.Name == name && other.Gone.IsZero() {
			return true
		}
	}
	return false
}

// Delete deletes a tag or a group with its tags. Customers lose what was
// deleted in WeCom; of the brand's own they keep the facts, and it is shown no
// more.
func (k *Keeper) Delete(ctx context.Context, in Corp, of Key) error {
	return k.change(ctx, of, func(g *Group, t *Tag) error {
		if !of.Own() {
			tags, groups, call := []string(nil), []string{of.ID}, in.API.DeleteTags
			if t != nil {
				tags, groups = groups, tags
			}
			if g.Strategy != 0 {
				call = in.API.DeleteStrategyTags
			}
			if err := call(ctx, tags, groups); err != nil && !wecom.IsCode(err, wecom.CodeBadTag) { // it was deleted before
				return err
			}
		}
		now, left := k.clock.Now(), 0
		for i := range g.Tags {
			if one := &g.Tags[i]; one.Gone.IsZero() && (t == nil || one.Key == of) {
				one.Gone = now
			}
			if g.Tags[i].Gone.IsZero() {
				left++
			}
		}
		if left == 0 { // WeCom keeps no group without tags either
			g.Gone = now
		}
		return nil
	})
}

// Follow says whose members carry a tag; 0 leaves it to people.
func (k *Keeper) Follow(ctx context.Context, of Key, audience int64) error {
	return k.change(ctx, of, func(_ *Group, t *Tag) error {
		if t == nil {
			return unread(of)
		}
		t.Audience = audience
		return nil
	})
}

// change changes what is kept of a tag or group that is there, after do made
// the change in WeCom.
func (k *Keeper) change(ctx context.Context, of Key, do func(*Group, *Tag) error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	groups, err := k.book.TagGroups(ctx)
	if err != nil {
		return fmt.Errorf("read the book of tags: %w", err)
	}
	g, t := find(groups, of)
	if g == nil {
		g = findGroup(groups, of)
	}
	if g == nil || !g.Gone.IsZero() || t != nil && !t.Gone.IsZero() {
		return unread(of)
	}
	name := g.Name
	if t != nil {
		name = t.Name
	}
	err = do(g, t)
	if wecom.IsCode(err, wecom.CodeNotOurs) {
		g.Ours = false
		c := Conflict{Kind: NotOurs, Of: of, Was: name, Is: name, At: k.clock.Now()}
		if kept := k.book.KeepTagGroups(ctx, []Group{*g}, []Conflict{c}); kept != nil {
			return kept
		}
	}
	if err != nil {
		return refusal(err)
	}
	return k.book.KeepTagGroups(ctx, []Group{*g}, nil)
}

// refusal gives an answer of WeCom the code and the words that a person needs.
func refusal(err error) error {
	answer, ok := errors.AsType[*wecom.Error](err)
	if !ok {
		return err
	}
	switch answer.Code {
	case wecom.CodeNotOurs:
		return fault.WithKey(fault.Denied, "error.tag_not_ours", err)
	case wecom.CodeBadTag:
		return fault.WithKey(fault.NotFound, "error.tag_gone", err)
	case wecom.CodeTagNameTaken:
		return fault.WithKey(fault.Conflict, "error.tag_taken", err)
	case wecom.CodeTagName:
		return fault.WithKey(fault.Invalid, "error.tag_name", err)
	case wecom.CodeTooManyTags:
		return fault.WithKey(fault.Conflict, "error.tag_full", err)
	}
	return fault.WithKey(fault.Upstream, "error.tag_call", err)
}
