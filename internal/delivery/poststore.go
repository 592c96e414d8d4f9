package delivery

import (
	"context"
	"time"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/profile"
	"siyu/internal/wecom"
)

// PostDraft is a send with its targets.
type PostDraft struct {
	Send    PostSend
	Targets []PostTarget
}

// PostOpening is a PostRecord with all that is asked again in the transaction that
// opens the call.
type PostOpening struct {
	*PostRecord
	Frozen bool
	// Confirmations is what members are asked to confirm on the day already,
	// mass messages and other posts together.
	Confirmations map[id.Staff]int
	Groups        map[id.Group]profile.Group
	// Received counts posts that groups got, or members published, in the quota's
	// period, and those on their way in other sends. By target.
	Received map[int64]int
	// Got are targets that got the same words by a post of AuthorRestored: since GotFrom;
	// of a step, since it was due; of a post that a person lets begin not later than
	// RewrittenWithin after the comparison, since the copy.
	Got map[int64]bool
	// Paused and Retired say so of the process that wrote the post.
	Paused, Retired bool
}

// PostAsk is when an opening happens: the business day, from when WeCom counts what
// groups got, and from when the same words would be said twice.
type PostAsk struct{ Day, QuotaFrom, GotFrom time.Time }

// RewrittenWithin is for how long after a restore the words of a person are taken for
// those that went out before it: longer than a night, shorter than from one day's post to
// the next one's.
const RewrittenWithin = 12 * time.Hour

// PostQuery picks sends. Zero fields ask nothing. States and Tasks are
// alternatives.
type PostQuery struct {
	States  []State
	Tasks   []TaskState
	Channel event.Channel
	Post    int64
	Author  string
	Member  id.Staff  // who confirms it, or publishes it
	ReadyAt time.Time // approved, its time has come, and the process behind it is not paused
	MsgIDs  []string
	Scope   org.Scope
	After   int64
	Limit   int
}

// PostLedger keeps posts. Change functions are as in Ledger.
type PostLedger interface {
	// AddPost stores a post with its sends in one transaction; a post or send that is
	// known is left as it is, and so is a target that the post has.
	AddPost(ctx context.Context, post Post, drafts []PostDraft) error
	// Posts returns the posts with these numbers that exist.
	Posts(ctx context.Context, list []int64) ([]Post, error)
	// PostSends returns what the query picks, in order of ID.
	PostSends(ctx context.Context, q PostQuery) ([]PostSend, error)
	// PostTargets returns the targets of a send in order of Target.
	PostTargets(ctx context.Context, send int64) ([]PostTarget, error)
	// ChangePost loads a send with its post and targets, lets change alter it and
	// writes it back, in one transaction. An unknown send is fault.NotFound.
	ChangePost(ctx context.Context, send int64, change func(*PostRecord) error) error
	// OpenPost is ChangePost with what the gate asks again.
	OpenPost(ctx context.Context, send int64, ask PostAsk, change func(PostOpening) error) error
	// WatchedMoments returns published targets of Moments that nobody looked at since
	// a time, of posts published after another one, the longest unseen first.
	WatchedMoments(ctx context.Context, lookedBefore, publishedAfter time.Time, limit int) ([]PostTarget, error)
}

// Chats knows the chat ids of groups.
type Chats interface {
	// ChatIDs returns the chat id of each group; groups without one are absent.
	ChatIDs(ctx context.Context, groups []id.Group) (map[id.Group]string, error)
}

// Moments is what the gate needs of the client of one corp for Moments.
type Moments interface {
	AddMoment(ctx context.Context, task wecom.MomentTask) (jobID string, err error)
	MomentJob(ctx context.Context, jobID string) (wecom.MomentJob, error)
	CancelMoment(ctx context.Context, id string) error
	Moments(ctx context.Context, start, end time.Time, cursor string) (wecom.MomentPage, error)
	UploadAttachment(ctx context.Context, kind wecom.MediaKind, use wecom.AttachmentUse, file wecom.File) (wecom.Media, error)
	MomentResults
}

// MomentResults tells what became of a post in Moments.
type MomentResults interface {
	MomentMembers(ctx context.Context, id, cursor string) (wecom.MomentMemberPage, error)
	MomentChosen(ctx context.Context, id, userID, cursor string) (wecom.MomentCustomerPage, error)
	MomentSeen(ctx context.Context, id, userID, cursor string) (wecom.MomentCustomerPage, error)
	MomentComments(ctx context.Context, id, userID string) (wecom.MomentVoices, error)
}

// PostParts is what posts need beside the gate's own parts.
type PostParts struct {
	Posts   PostLedger
	Chats   Chats
	Moments map[id.Corp]Moments
}

// PostGate lets posts out, each into each group and each member's Moments at most
// once.
type PostGate struct {
	*Gate
	PostParts
}
