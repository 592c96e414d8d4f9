package flow

import (
	"context"
	"fmt"

	"siyu/internal/clock"
	"siyu/internal/delivery"
)

// post makes a post of a step that was given, if WeCom should send it and there is
// room for it today: then the step stands where the post does. Else it stays a task of
// its member.
func (s *stepping) post(ctx context.Context, t *taking, w delivery.StepWanted) error {
	if s.Poster == nil || !t.process.Steps[w.Step].Posts(t.was.Subject) {
		return nil
	}
	post := s.Poster.StepPost(w)
	if post == nil {
		return nil
	}
	if s.posts == nil {
		room, err := s.Poster.PostRoom(ctx, clock.Day(s.world.Now, s.Zone))
		if err != nil {
			return fmt.Errorf("look up what can be posted: %w", err)
		}
		s.posts = room
	}
	if s.posts.Take(post, w.Member.ID) {
		t.post = post
		t.moved.Records[len(t.moved.Records)-1].Touch = post.Target.Number()
	}
	return nil
}
