package web

import (
	"context"
	"time"

	"siyu/internal/content"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Posts writes into groups and Moments, and shows what became of it.
type Posts interface {
	// Posts returns a page of posts, the newest first.
	Posts(ctx context.Context, scope org.Scope, q PostQuery) (PostPage, error)
	// Post returns one post, as far as it lies in the asker's scope.
	Post(ctx context.Context, by Asker, post int64) (PostView, error)
	// PostChoices returns where a post can go that matches a filter.
	PostChoices(ctx context.Context, scope org.Scope, f PostFilter) (PostChoices, error)
	// CheckPost returns what WritePost would make of a form, and what is wrong with it.
	// It keeps the files that came with the form: the preview names them even where
	// something else is wrong.
	CheckPost(ctx context.Context, by Asker, f PostForm) (PostPreview, error)
	// WritePost stores a post. The same form twice is one post.
	WritePost(ctx context.Context, by Asker, f PostForm) (post int64, err error)
	// ApprovePost lets what waits of a post go, as far as the rules let the asker.
	ApprovePost(ctx context.Context, by Asker, post int64, typed int) (ApprovalDone, error)
	// StopPost takes back what no member has confirmed. It returns how many sends.
	StopPost(ctx context.Context, by Asker, post int64) (sends int, err error)
	// DecideSend reminds its members, sends again to who missed it, or gives it up.
	DecideSend(ctx context.Context, by Asker, send int64, what SendDecision) error
}

// SendDecision is what a person wants of one send.
type SendDecision string

// The decisions.
const (
	SendRemind SendDecision = "remind"
	SendAgain  SendDecision = "again"
	SendDrop   SendDecision = "drop" // of a send in doubt
)

// PostQuery narrows the list of posts. Zero fields do not filter.
type PostQuery struct {
	Channel event.Channel
	After   string
}

// PostPage is one page of posts.
type PostPage struct {
	Posts []PostRow
	Next  string
}

// PostRow is one post in a list. Sends and counts are those within the scope.
type PostRow struct {
	ID       int64
	Channel  event.Channel
	Purpose  event.Purpose
	Text     string
	Link     string
	Title    string
	Author   string
	Files    []content.File
	Process  bool // a standard process wrote it, whose name is Author
	Restored bool // found in WeCom after a restore; nobody knows who wrote it
	Made     time.Time
	From     time.Time
	Until    time.Time
	Stage    PostStage // the one that most needs somebody
	Targets  int       // groups, or members who publish
	Reached  int
	Missed   int // failed or withdrawn
	Audience int // customers it is for
	Seen     int // customers who could see it in Moments
	Likes    int
	Comments int
}

// Waiting returns to how many targets it is still on its way.
func (p PostRow) Waiting() int { return p.Targets - p.Reached - p.Missed }

// PostStage says where a post, or a send of it, stands.
type PostStage string

// The stages, the ones that need somebody first.
const (
	PostDoubt      PostStage = "doubt"      // WeCom may or may not have it
	PostApproval   PostStage = "approval"   // waits for a person
	PostConfirm    PostStage = "confirm"    // waits for members
	PostHeld       PostStage = "held"       // approved, the process that wants it is paused
	PostPlanned    PostStage = "planned"    // approved, its time has not come
	PostCalling    PostStage = "calling"    // on its way to WeCom, or made by it
	PostSending    PostStage = "sending"    // confirmed, results are not all known
	PostCancelling PostStage = "cancelling" // WeCom was asked to stop it
	PostRejected   PostStage = "rejected"
	PostCancelled  PostStage = "cancelled"
	PostDropped    PostStage = "dropped"
	PostResent     PostStage = "resent"
	PostDone       PostStage = "done"
)

// PostStages returns all of them in their order.
func PostStages() []PostStage {
	return []PostStage{PostDoubt, PostApproval, PostConfirm, PostHeld, PostPlanned, PostCalling, PostSending, PostCancelling, PostRejected, PostCancelled, PostDropped, PostResent, PostDone}
}

// PostView is one post with its sends.
type PostView struct {
	PostRow
	Tags     []string // names of the tags that customers must have to see it
	Sends    []PostSend
	Approval ApprovalView
	Waits    bool // somebody has to approve
	Stops    bool // something can still be taken back
}

// PostSend is one call to WeCom: the groups of one owner, or the members of one store.
type PostSend struct {
	ID       int64
	Staff    string // owner of the groups, "" of Moments
	Store    string
	Stage    PostStage
	Because  string // why it was dropped, rejected, put off or is in doubt
	From     time.Time
	CalledAt time.Time
	UrgedAt  time.Time
	Urged    int // within a day
	Remind   bool
	Again    bool // somebody missed it, or it is in doubt and was compared
	Drop     bool
	Targets  []PostTarget
	More     int // targets that are not listed
}

// PostTarget is one group, or one member's Moments.
type PostTarget struct {
	Group    id.Group // 0 of Moments
	Name     string
	State    string // "underway", "delivered", "failed", "withdrawn"
	Because  string
	At       time.Time
	Audience int
	Seen     int
	Likes    int
	Comments int
}

// PostFilter picks where a post may go. Zero fields do not filter.
type PostFilter struct {
	Channel event.Channel
	Kind    GroupKind
	Store   id.Store
	Staff   id.Staff // owner
	Least   int      // customers in the group
	Most    int
}

// PostChoices is where a post can go.
type PostChoices struct {
	Groups  []PostGroup
	Members []PostMember
	Tags    []PostTag
}

// PostGroup is a group that a post can go to.
type PostGroup struct {
	ID        id.Group
	Name      string
	Kind      GroupKind
	Owner     string
	Store     string
	Customers int
	Left      int // posts WeCom still lets it receive in the period
}

// PostMember is a member who can publish.
type PostMember struct {
	ID        id.Staff
	Name      string
	Store     string
	Customers int
}

// PostTag is a tag of WeCom that customers can have.
type PostTag struct {
	ID   string
	Name string // with its group
}

// PostForm is a post as a person writes it.
type PostForm struct {
	Key     string // made with the form
	Filter  PostFilter
	Whole   bool // everything that matches the filter, else what is chosen
	Groups  []id.Group
	Members []id.Staff
	Tags    []string
	Purpose event.Purpose
	Text    string
	Title   string
	Link    string
	Files   []content.File // kept from before; only the codes count
	Brought []BroughtFile  // with this form
	At      time.Time      // zero: now
	Days    int            // for how many business days members have time
}

// BroughtFile is a file as a person brings it.
type BroughtFile struct {
	Name string
	Data []byte
}

// PostPreview is what a form would send.
type PostPreview struct {
	Groups, Members, Confirmations int // calls that members must confirm
	Customers                      int
	Full                           int // groups that WeCom lets receive nothing more
	From, Until                    time.Time
	Link                           string
	Files                          []content.File
}
