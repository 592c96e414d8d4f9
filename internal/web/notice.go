package web

import (
	"regexp"
	"slices"
	"time"
	"unicode/utf8"
)

// Notices are the words of the messages that WeCom shows to staff in the app.
type Notices struct {
	Version   int // of the brand's settings
	List      []Notice
	Unreached []UnreachedMember // whom they do not reach, at most 50
}

// UnreachedMember is a member whom messages of the app do not reach.
type UnreachedMember struct {
	Name    string
	Store   string
	Since   time.Time
	Because Unreachable
}

// Notice is one message to staff.
type Notice struct {
	Name   string   // "notice.<name>" in the locale files
	Title  string   // "" where another message's title is used
	Text   string   // with places like {open}
	Places []string // that Siyu fills in, without braces
	Off    bool     // it is not sent; only of those that go out by themselves
}

// What a message to staff holds: WeCom takes 128 bytes of a title and 512 of a text,
// of which what is filled in may take 190.
const (
	MostNoticeTitle = 40  // characters
	MostNoticeText  = 100 // characters
)

var place = regexp.MustCompile(`\{([^{}]*)\}`)

// Validate returns fault.Invalid with what is wrong by field: "<name>_title",
// "<name>_text".
func (n *Notices) Validate() error {
	flaws := Flaws{}
	for i := range n.List {
		one := &n.List[i]
		checkWords(flaws, one.Name+"_text", one.Text, MostNoticeText)
		if one.Titled() {
			checkWords(flaws, one.Name+"_title", one.Title, MostNoticeTitle)
		}
		for _, found := range place.FindAllStringSubmatch(one.Text, -1) {
			if !slices.Contains(one.Places, found[1]) {
				flaws.Add(one.Name+"_text", "error.notice_place")
			}
		}
	}
	return flaws.Err()
}

func checkWords(flaws Flaws, field, words string, most int) {
	switch n := utf8.RuneCountInString(words); {
	case n == 0:
		flaws.Add(field, "error.notice_empty")
	case n > most:
		flaws.Add(field, "error.notice_long")
	}
}

// Titled tells whether the message has a title of its own.
func (n *Notice) Titled() bool { return n.Name != NoticeDeleted && n.Name != NoticeProcess }

// ByItself tells whether the message goes out by itself, day by day, and can be
// switched off.
func (n *Notice) ByItself() bool {
	return n.Name == NoticeDay || n.Name == NoticeNew || n.Name == NoticeApproval
}

// The messages, in the order of the page.
const (
	NoticeDay      = "day"
	NoticeNew      = "new"
	NoticeApproval = "approval"

	NoticeUrge    = "urge"
	NoticeHalt    = "halt"
	NoticeLoss    = "loss"
	NoticeProcess = "process" // under the title of NoticeApproval
	NoticeDeleted = "deleted" // under the title of NoticeLoss
)

// NoticeNames returns the names of all messages to staff.
func NoticeNames() []string {
	return []string{NoticeDay, NoticeNew, NoticeApproval, NoticeProcess, NoticeUrge, NoticeHalt, NoticeLoss, NoticeDeleted}
}
