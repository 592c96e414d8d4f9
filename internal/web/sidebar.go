package web

import (
	"context"
	"slices"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/org"
)

// Sidebar lets members in from within WeCom and serves the page beside a chat.
// While no app is connected that members can open, or the console has no
// public address, every method is fault.NotFound with key "error.no_app".
type Sidebar interface {
	// Entrance returns WeCom's page that sends a member back to the console's
	// path with a code and the state (letters and digits).
	Entrance(ctx context.Context, path, state string) (string, error)
	// LetIn returns a new session for the member of staff who brings the code.
	// It is fault.Denied for a code that is wrong or used up, and for somebody
	// who is no active member.
	LetIn(ctx context.Context, code string) (session string, err error)
	// Sign lets a page of the console call WeCom's JavaScript. Other addresses
	// are fault.Invalid.
	Sign(ctx context.Context, page string) (SidebarSignature, error)
	// InView returns who stands behind the external_userid that WeCom tells: of a customer
	// who was merged, who answers now.
	InView(ctx context.Context, external string) (id.Customer, error)
	// Media returns under which name WeCom knows a picture or file of a text, so that
	// its script can send it; it is uploaded where WeCom has not got it. A file that is
	// not there is fault.NotFound.
	Media(ctx context.Context, code id.Code) (SidebarMedia, error)
}

// SidebarMedia is a picture, film or file as WeCom's script sends it.
type SidebarMedia struct {
	Kind content.FileKind `json:"kind"`
	ID   string           `json:"id"`
}

// SidebarSignature is what a page needs to call WeCom's JavaScript.
type SidebarSignature struct {
	Corp   string
	Agent  int64
	Config PageSignature // for the corp
	App    PageSignature // for the app
}

// PageSignature is a signature as WeCom's script takes it.
type PageSignature struct {
	Timestamp int64  `json:"timestamp"`
	Nonce     string `json:"nonceStr"`
	Signature string `json:"signature"`
}

// Scripts says what a member may say to a customer, beside today's action.
type Scripts interface {
	// Scripts returns texts with the names filled in, at most three of a
	// purpose: none that sells where a plan would not or nothing is due; none but serving
	// ones to those whom plans leave alone, as who does not want to be disturbed, is held
	// out or was contacted often enough; none at all to who complains.
	Scripts(ctx context.Context, scope org.Scope, c id.Customer) (ScriptList, error)
	// ScriptSaid records that the member sent one: a contact as others, which budgets
	// count unless it serves. The same Once is recorded once. It is fault.Denied for an
	// account that is no member's.
	ScriptSaid(ctx context.Context, by Asker, s ScriptSaid) error
}

// ScriptList is what may be said to one customer.
type ScriptList struct {
	Scripts []Script
	NoSale  decision.Because // why nothing that sells is among them, "" if something may be
}

// Serves tells whether none but serving texts are among them.
func (l ScriptList) Serves() bool {
	return !slices.ContainsFunc(l.Scripts, func(s Script) bool { return s.Purpose != event.Serve })
}

// ScriptSaid is a text that a member sent beside the plan.
type ScriptSaid struct {
	Customer id.Customer
	Purpose  event.Purpose
	Once     string // of the page that offered it
}

// Script is a text a member may send.
type Script struct {
	Purpose event.Purpose
	Text    string
	Files   []content.File // pictures and files that go with it
}
