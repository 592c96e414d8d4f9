package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"siyu/internal/audience/index"
	"siyu/internal/connector/tag"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/job"
	"siyu/internal/profile"
	"siyu/internal/storage"
	"siyu/internal/wecom"
)

const (
	// followJob is the kind of jobs that list who must be tagged so that a tag's
	// carriers are those of its audience.
	followJob = "tag_follow"
	// ownGroup is the group of WeCom tags in which audiences are.
	ownGroup = "Siyu"
	// followEvery is how old the carriers of a tag that follows an audience
	// become.
	followEvery = 20 * time.Hour
)

// pushAudience makes a tag of WeCom that bears the audience's name and follows
// it from then on, and begins to tag its members. An audience that has a tag
// keeps it.
func (a *App) pushAudience(ctx context.Context, number int64) error {
	corp, linked := a.tagCorp()
	if !linked {
		return fault.WithKey(fault.Conflict, "error.not_connected", errors.New("WeCom is not connected"))
	}
	groups, err := a.db.TagGroups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Corp == corp.ID && t.Audience == number && t.Gone.IsZero() {
				return a.startFollowing(ctx, t.Key)
			}
		}
	}
	of, err := a.db.Audience(ctx, number)
	if err != nil {
		return err
	}
	made, err := a.tags.Make(ctx, corp, tag.New{Group: ownGroup, Names: []string{shortened(of.Name)}, Audience: number})
	if err != nil {
		return err
	}
	return a.startFollowing(ctx, made[0].Key)
}

// shortened returns as much of a name as a tag may have.
func shortened(name string) string {
	if utf8.RuneCountInString(name) <= wecom.MaxTagName {
		return name
	}
	return string([]rune(name)[:wecom.MaxTagName])
}

func (a *App) startFollowing(ctx context.Context, of tag.Key) error {
	name := string(of.Corp) + "/" + of.ID
	_, err := a.queue.Add(ctx, followJob, name, a.clock.Now(), []byte(name))
	return err
}

// followTags brings tags that follow audiences up to date, once a day.
func (a *App) followTags(ctx context.Context) error {
	groups, err := a.db.TagGroups(ctx)
	if err != nil {
		return err
	}
	last, err := a.db.TagsFollowed(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if t.Audience == 0 || !t.Gone.IsZero() || a.clock.Now().Sub(last[t.Key]) < followEvery {
				continue
			}
			if err := a.startFollowing(ctx, t.Key); err != nil {
				return err
			}
		}
	}
	return nil
}

// noIndexYet is after how long members are asked for again while the index of
// audiences is being read.
const noIndexYet = time.Minute

// doFollow lists who must be tagged and hands that over.
func (a *App) doFollow(ctx context.Context, t *job.Task) error {
	of, err := a.followed(ctx, string(t.Payload))
	if err != nil || of.Audience == 0 {
		return err
	}
	members, err := a.members(ctx, of.Audience)
	if err != nil {
		return err
	}
	if members == nil {
		return &job.Later{Until: a.clock.Now().Add(noIndexYet), Because: "the members of the audience are not known yet"}
	}
	if err := a.db.DropTagPreparation(ctx, of.Key); err != nil {
		return err
	}
	err = a.followTag(ctx, of, members)
	if fault.CodeOf(err) == fault.Conflict { // it is being brought up to date
		return nil
	}
	return err
}

// followed returns the tag that a job is about, without an audience where
// nothing is to be followed any more.
func (a *App) followed(ctx context.Context, name string) (tag.Tag, error) {
	groups, err := a.db.TagGroups(ctx)
	if err != nil {
		return tag.Tag{}, err
	}
	for _, g := range groups {
		for _, t := range g.Tags {
			if string(t.Corp)+"/"+t.ID == name && t.Gone.IsZero() {
				return t, nil
			}
		}
	}
	return tag.Tag{}, nil
}

// members returns who is in an audience now, nil while that is not known.
// Nobody is in an audience that was put away.
func (a *App) members(ctx context.Context, number int64) (tag.Crowd, error) {
	of, err := a.db.Audience(ctx, number)
	if err != nil {
		return nil, err
	}
	if !of.Archived.IsZero() {
		return index.New().Everybody(), nil
	}
	ix := a.flow.Index()
	if ix == nil {
		return nil, nil
	}
	if crowd := ix.Members(number); crowd != nil {
		return crowd, nil
	}
	return nil, nil
}

// followTag makes the carriers of a tag those of an audience, on behalf of no
// person.
func (a *App) followTag(ctx context.Context, of tag.Tag, members tag.Crowd) error {
	w, err := a.tagging.Follow(ctx, tag.Work{Tag: of.Key, Name: of.Name, By: event.ByRule}, members)
	if err != nil {
		return fmt.Errorf("list who follows: %w", err)
	}
	return a.startTagWork(ctx, w)
}

// tagAgainAfter gathers the new relations of customers who carry a tag because of
// its audience: looking at a million members once for each would be too often.
const tagAgainAfter = 10 * time.Minute

// tagNewRelations has tags put on relations that began after their customers were
// tagged because of an audience. What was tried and refused is not tried again for
// the same relation.
func (a *App) tagNewRelations(ctx context.Context, customers []id.Customer) error {
	followers, err := a.db.TagFollowersAmong(ctx, customers)
	if err != nil || len(followers) == 0 {
		return err
	}
	var ids []id.Customer
	for _, f := range followers {
		ids = append(ids, f.Customer)
	}
	states, err := a.db.LoadCustomers(ctx, ids)
	if err != nil {
		return err
	}
	var again []storage.TagFollower
	for i, f := range followers {
		if !f.Marked.IsZero() && a.lacks(&states[i], f) {
			again = append(again, f)
		}
	}
	if len(again) == 0 {
		return nil
	}
	if err := a.db.TagAgain(ctx, again); err != nil {
		return err
	}
	for _, f := range again {
		name := string(f.Tag.Corp) + "/" + f.Tag.ID
		if _, err := a.queue.Add(ctx, followJob, name, a.clock.Now().Add(tagAgainAfter), []byte(name)); err != nil {
			return err
		}
	}
	return nil
}

// lacks tells whether a relation of the customer began since they were tagged and
// does not carry the tag. WeCom tells beginnings in seconds.
func (a *App) lacks(c *profile.Customer, f storage.TagFollower) bool {
	since := f.Marked.Truncate(time.Second)
	for _, r := range c.Relations {
		member, known := a.brand.Member(r.Staff)
		if r.Active() && known && member.Corp == f.Tag.Corp && !r.Since.Time().Before(since) && !slices.Contains(r.Tags, f.Tag.ID) {
			return true
		}
	}
	return false
}
