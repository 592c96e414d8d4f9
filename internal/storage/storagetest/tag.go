package storagetest

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"siyu/internal/connector/tag"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/storage"
)

func alike[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v\nwant %+v", what, got, want)
	}
}

func tagKey(name string) tag.Key { return tag.Key{Corp: "ww1", ID: name} }

func tagsAreKeptAsTheyStand(t *testing.T, ctx context.Context, db *storage.DB) {
	own := tag.OwnKey(7)
	groups := []tag.Group{
		{Key: tagKey("g1"), Name: "区域", Order: 5, Strategy: 3, Rule: "north", Tags: []tag.Tag{{Key: tagKey("t1"), Name: "a", Order: 1}, {Key: tagKey("t2"), Name: "b", Order: 9, Gone: noon}}},
		{Key: tag.Key{ID: "g1"}, Name: "own", Ours: true, Tags: []tag.Tag{{Key: own, Name: "c", Audience: 12}}},
	}
	conflict := tag.Conflict{Kind: tag.Renamed, Of: tagKey("t1"), Was: "A", Is: "a", At: noon}
	ok(t, db.KeepTagGroups(ctx, groups, []tag.Conflict{conflict}))
	slices.Reverse(groups[0].Tags) // larger orders first
	got, err := db.TagGroups(ctx)
	ok(t, err)
	alike(t, "tags", got, groups)

	ok(t, db.KeepTagCarriers(ctx, map[tag.Key]int64{tagKey("t1"): 4, own: 2}, noon))
	ok(t, db.KeepTagCarriers(ctx, map[tag.Key]int64{tagKey("t1"): 3}, noon.Add(time.Hour)))
	groups[1].Name, groups[1].Gone = "renamed", noon
	ok(t, db.KeepTagGroups(ctx, groups[1:], nil))
	got, err = db.TagGroups(ctx)
	ok(t, err)
	alike(t, "the renamed group", got[1].Name, "renamed")
	alike(t, "its end", got[1].Gone, noon)
	counted := map[string]int64{}
	for _, g := range got {
		for _, one := range g.Tags {
			counted[one.Name] = one.Carriers
			alike(t, "when "+one.Name+" was counted", one.Counted, noon.Add(time.Hour))
		}
	}
	alike(t, "carriers", counted, map[string]int64{"a": 3, "b": 0, "c": 0})

	later := conflict
	later.Was, later.Is, later.At = "a", "aa", noon.Add(time.Minute)
	ok(t, db.KeepTagGroups(ctx, nil, []tag.Conflict{later, {Kind: tag.Deleted, Of: own, Was: "c", At: noon}}))
	conflicts, err := db.TagConflicts(ctx)
	ok(t, err)
	alike(t, "conflicts", conflicts, []tag.Conflict{later, {Kind: tag.Deleted, Of: own, Was: "c", At: noon}})
	ok(t, db.SettleTagConflict(ctx, later))
	ok(t, db.SettleTagConflict(ctx, later))
	conflicts, err = db.TagConflicts(ctx)
	ok(t, err)
	alike(t, "conflicts left", len(conflicts), 1)
}

func tagWorkGoesOnWhereItStood(t *testing.T, ctx context.Context, db *storage.DB) {
	w, err := db.BeginTagWork(ctx, tag.Work{Tag: tagKey("t1"), Name: "a", By: "lead", State: tag.Preparing, Begun: noon})
	ok(t, err)
	ok(t, db.AddTagTargets(ctx, w.ID, []tag.Target{{Customer: 3}, {Customer: 1}, {Customer: 3, Off: true}}))
	ok(t, db.AddTagTargets(ctx, w.ID, []tag.Target{{Customer: 1, Off: true}, {Customer: 2, Off: true}}))
	open, err := db.OpenTagWork(ctx, w.ID)
	ok(t, err)
	w.State, w.Total = tag.Open, 3
	alike(t, "open work", open, w)
	again, err := db.OpenTagWork(ctx, w.ID)
	ok(t, err)
	alike(t, "work opened twice", again, w)
	targets, err := db.TagTargets(ctx, w.ID, 0, 2)
	ok(t, err)
	alike(t, "its first targets", targets, []tag.Target{{Customer: 1}, {Customer: 2, Off: true}})
	used, err := db.TagsInWork(ctx)
	ok(t, err)
	alike(t, "tags in work", used, []tag.Key{tagKey("t1")})

	step := tag.Step{Work: w, Done: targets[:1], Refused: []tag.Refusal{{Customer: 2, Because: tag.TooMany}}}
	step.Work.After, step.Work.Done, step.Work.Failed = 2, 1, 1
	ok(t, db.KeepTagStep(ctx, step))
	if err := db.KeepTagStep(ctx, step); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a step kept twice: %v", err)
	}
	targets, err = db.TagTargets(ctx, w.ID, 0, 9)
	ok(t, err)
	alike(t, "what is left", targets, []tag.Target{{Customer: 3}})
	got, err := db.TagWork(ctx, w.ID)
	ok(t, err)
	alike(t, "the work after a step", got, step.Work)
	refused, err := db.TagRefusals(ctx, w.ID, 0, 9)
	ok(t, err)
	alike(t, "refusals", refused, step.Refused)
	refused, err = db.TagRefusals(ctx, w.ID, 2, 9)
	ok(t, err)
	alike(t, "refusals after the last", len(refused), 0)

	ok(t, db.StopTagWork(ctx, w.ID, noon.Add(time.Hour)))
	if err := db.StopTagWork(ctx, w.ID, noon); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("work stopped twice: %v", err)
	}
	next := tag.Step{Work: step.Work, From: 2}
	next.Work.After = 3
	if err := db.KeepTagStep(ctx, next); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a step of stopped work: %v", err)
	}
	unfinished, err := db.OpenTagWorks(ctx)
	ok(t, err)
	alike(t, "open works", len(unfinished), 0)
	newest, err := db.TagWorks(ctx, 5)
	ok(t, err)
	alike(t, "newest works", len(newest), 1)
	alike(t, "their end", newest[0].Ended, noon.Add(time.Hour))
	for _, want := range []int64{1, 0} {
		forgot, err := db.SweepTagWork(ctx, noon, noon, 10)
		ok(t, err)
		alike(t, "customers forgotten", forgot, want)
	}
	if _, err := db.TagWork(ctx, 1); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("work that is not there: %v", err)
	}
}

func followersComeAndGoWithTheirWork(t *testing.T, ctx context.Context, db *storage.DB) {
	begin := func(name string, at time.Time) (tag.Work, error) {
		return db.BeginTagWork(ctx, tag.Work{Tag: tagKey(name), Name: name, Follows: true, By: "rule", State: tag.Preparing, Begun: at})
	}
	followers := func() (list []id.Customer) {
		t.Helper()
		ok(t, db.EachTagFollower(ctx, tagKey("t1"), func(c id.Customer, _ bool) error { list = append(list, c); return nil }))
		return list
	}
	w, err := begin("t1", noon)
	ok(t, err)
	if _, err := begin("t1", noon); fault.CodeOf(err) != fault.Conflict {
		t.Errorf("a tag that follows twice at a time: %v", err)
	}
	other, err := begin("t2", noon.Add(time.Hour))
	ok(t, err)
	ok(t, db.AddTagTargets(ctx, w.ID, []tag.Target{{Customer: 1}, {Customer: 2}}))
	w, err = db.OpenTagWork(ctx, w.ID)
	ok(t, err)
	s := tag.Step{Work: w, Done: []tag.Target{{Customer: 2}, {Customer: 1}}}
	s.Work.After, s.Work.Done = 2, 2
	ok(t, db.KeepTagStep(ctx, s))
	alike(t, "followers", followers(), []id.Customer{1, 2})
	end := tag.Step{Work: s.Work, From: 2}
	end.Work.State, end.Work.Ended = tag.Finished, noon
	ok(t, db.KeepTagStep(ctx, end))
	next, err := begin("t1", noon.Add(time.Minute))
	ok(t, err)
	ok(t, db.AddTagTargets(ctx, next.ID, []tag.Target{{Customer: 1, Off: true}}))
	next, err = db.OpenTagWork(ctx, next.ID)
	ok(t, err)
	off := tag.Step{Work: next, Done: []tag.Target{{Customer: 1, Off: true}}}
	off.Work.After = 1
	ok(t, db.KeepTagStep(ctx, off))
	alike(t, "followers after one left", followers(), []id.Customer{2})
	book := tag.Group{Key: tagKey("g"), Name: "g", Tags: []tag.Tag{{Key: tagKey("t1"), Name: "a", Audience: 7}}}
	for _, step := range []struct{ audience, forgot int64 }{{7, 0}, {0, 1}, {0, 0}} {
		book.Tags[0].Audience = step.audience
		ok(t, db.KeepTagGroups(ctx, []tag.Group{book}, nil))
		forgot, err := db.SweepTagFollowers(ctx, 10)
		ok(t, err)
		alike(t, "followers forgotten", forgot, step.forgot)
	}
	alike(t, "followers of a tag that was left to people", len(followers()), 0)
	_, err = db.SweepTagWork(ctx, noon.Add(30*time.Minute), noon, 10)
	ok(t, err)
	kept, err := db.TagWork(ctx, other.ID)
	ok(t, err)
	alike(t, "a young preparation", kept.State, tag.Preparing)
	_, err = db.SweepTagWork(ctx, noon.Add(2*time.Hour), noon, 10)
	ok(t, err)
	kept, err = db.TagWork(ctx, other.ID)
	ok(t, err)
	alike(t, "an old preparation", kept.State, tag.Stopped)
}
