package web

import (
	"context"
	"fmt"
	"time"

	"siyu/internal/id"
	"siyu/internal/org"
)

// Tags are the brand's own tags and those of WeCom. Tags and groups are named
// by keys, opaque to web.
type Tags interface {
	// Tags returns every tag that is there, conflicts and the newest works. How
	// many customers carry a tag is told to who sees all customers.
	Tags(ctx context.Context, scope org.Scope) (TagsView, error)
	// MakeTags makes tags, in WeCom or as the brand's own. Names that the group
	// has already are not made again. Errors as of Texts.SetText; fault.Denied
	// says that another app made the group.
	MakeTags(ctx context.Context, by Asker, f TagForm) error
	// RenameTag gives a tag or a group another name.
	RenameTag(ctx context.Context, by Asker, key, name string) error
	// DropTag deletes a tag or a group with its tags.
	DropTag(ctx context.Context, by Asker, key string) error
	// FollowTag lets an audience decide who carries a tag, from now on; 0 leaves
	// it to people again.
	FollowTag(ctx context.Context, by Asker, key string, audience int64) error
	// SettleTag takes a conflict off the list.
	SettleTag(ctx context.Context, by Asker, c TagConflict) error
}

// Tagging puts tags on customers and takes them off.
type Tagging interface {
	// SetTag tags one customer at once: in WeCom on every active relation in
	// scope. fault.Conflict names why WeCom did not take it.
	SetTag(ctx context.Context, by Asker, c id.Customer, tag string, off bool) error
	// StartTagging tags all customers of a query in the background, at most
	// MostTagged.
	StartTagging(ctx context.Context, by Asker, f TaggingForm) (work string, err error)
	// TagListed tags the customers of a list in the background, at most MostTagged.
	// Lines that mean nobody are fault.Invalid of ListFlaws, unless they are to be
	// skipped; nobody is tagged then.
	TagListed(ctx context.Context, by Asker, f TagListForm) (work string, err error)
	// TagWork returns work with its progress and who could not be tagged.
	TagWork(ctx context.Context, scope org.Scope, work string) (TagWork, error)
	// StopTagging ends work; who was tagged stays so.
	StopTagging(ctx context.Context, by Asker, work string) error
}

// MostTagged is how many customers one tagging may be about: more are an
// audience.
const MostTagged = 50_000

// TagHome is where a tag lives.
type TagHome string

// The homes of tags.
const (
	TagOwn   TagHome = "own"   // in Siyu only
	TagWeCom TagHome = "wecom" // a corp tag
	TagRule  TagHome = "rule"  // of a rule group of WeCom
)

// TagsView is every tag of the brand.
type TagsView struct {
	Connected bool
	Groups    []TagGroup
	Conflicts []TagConflict
	Works     []TagWork
	Count     int // tags
	Left      int // how many more WeCom takes
	Counted   bool
	CountedAt time.Time // zero: nobody was counted yet
	Synced    time.Time // WeCom's tags were last read; zero: not since the start
	Failed    bool      // the last reading failed
	Audiences []TagAudienceChoice
}

// TagGroup is a group of tags.
type TagGroup struct {
	Key        string
	Name       string
	Home       TagHome
	Rule       string // name of the rule group, "" where WeCom does not tell
	Changeable bool   // Siyu made it; WeCom refuses Siyu changes to all others
	Tags       []Tag
}

// Tag is one tag.
type Tag struct {
	Key      string
	Name     string
	Carriers int
	Audience int64 // that decides who carries it, 0 for none
}

// Follows tells whether an audience decides who carries the tag.
func (t Tag) Follows() bool { return t.Audience != 0 }

// TagAudienceChoice is an audience that a tag can follow.
type TagAudienceChoice struct {
	Number int64
	Name   string
}

// TagConflictKind says what WeCom and Siyu disagree about.
type TagConflictKind string

// The conflicts.
const (
	TagRenamed  TagConflictKind = "renamed"
	TagDeleted  TagConflictKind = "deleted"
	TagNotOurs  TagConflictKind = "not_ours"
	TagSameName TagConflictKind = "same_name"
)

// TagConflict is something about a tag that a person should know. Those of
// SameName are there as long as the names are.
type TagConflict struct {
	Kind TagConflictKind
	Key  string
	Name string // of the tag, for SameName; else as Siyu knew it
	Was  string // for SameName the group of the one
	Is   string // name now; for SameName the group of the other
	At   time.Time
}

// TagForm is tags to be made.
type TagForm struct {
	Home  TagHome
	Group string
	Names []string
	// Audience decides who carries the tags, 0: people do.
	Audience int64
}

// TagFlaws returns what is wrong with tags by themselves.
func TagFlaws(f TagForm) Flaws {
	flaws := Flaws{}
	if f.Group == "" {
		flaws.Add("group", "error.tag_name")
	}
	if len(f.Names) == 0 {
		flaws.Add("names", "error.tag_name")
	}
	if f.Home != TagOwn && f.Home != TagWeCom {
		flaws.Add("home", "error.form")
	}
	return flaws
}

// TaggingForm says which customers get which tag.
type TaggingForm struct {
	Query CustomerQuery
	Tag   string
	Off   bool // take it off
}

// ListColumn says by what a list names customers.
type ListColumn string

// What a list may name customers by.
const (
	ListCustomer ListColumn = "customer" // id of Siyu, as downloads have it
	ListExternal ListColumn = "external" // external_userid of WeCom
	ListPhone    ListColumn = "phone"
)

// TagListForm is a list of customers who get a tag.
type TagListForm struct {
	Tag  string
	Off  bool // take it off
	Skip bool // leave out lines that mean nobody
	File []byte
	// Columns are the folded names that columns may have.
	Columns map[string]ListColumn
}

// ListFlaw is a line of a list that means nobody.
type ListFlaw struct {
	Line  int
	Value string // masked
	Key   string // locale key of why
}

// ListFlaws are all of them.
type ListFlaws []ListFlaw

// Error implements error. It holds no value of the list.
func (f ListFlaws) Error() string { return fmt.Sprintf("%d lines mean nobody", len(f)) }

// TagWorkState says how far work is.
type TagWorkState string

// The states of work.
const (
	TagWorkPreparing TagWorkState = "preparing"
	TagWorkOpen      TagWorkState = "open"
	TagWorkFinished  TagWorkState = "finished"
	TagWorkStopped   TagWorkState = "stopped"
	TagWorkFailed    TagWorkState = "failed"
)

// TagWork tags many customers.
type TagWork struct {
	ID      string
	Tag     string // its name when the work began
	Follows bool
	By      string // console account, "rule" for an audience
	State   TagWorkState
	Because string // why it waits or failed: "tag_because.<because>"
	Total   int
	Done    int
	Failed  int
	Begun   time.Time
	Ended   time.Time
	Refused []TagRefusal // the first of them
}

// Busy tells whether the page has to ask again.
func (w TagWork) Busy() bool { return w.State == TagWorkPreparing || w.State == TagWorkOpen }

// Width returns how much is done, as the width of a bar.
func (w TagWork) Width() string {
	if w.Total == 0 {
		return percentage(0)
	}
	return percentage(100 * clamp(float64(w.Done+w.Failed)/float64(w.Total), 0, 1))
}

// TagRefusal is a customer who could not be tagged.
type TagRefusal struct {
	Customer id.Customer
	Name     string
	Because  string // "tag_failed.<because>"
}

// TagOf is a tag that a customer carries.
type TagOf struct {
	Key   string
	Group string
	Name  string
	Home  TagHome
	// Follows says that an audience decides who carries the tag.
	Follows bool
	Staff   []string  // whose relations carry it; none for the brand's own
	By      string    // console account, "rule", "import"; "" for WeCom
	Since   time.Time // zero: not known
}
