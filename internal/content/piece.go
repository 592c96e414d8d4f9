package content

import (
	"cmp"

	"siyu/internal/id"
)

// Kind says what a link shows.
type Kind string

// The kinds. Page is told of by programs of the brand and is no material. A survey
// asks its title on a page of this installation, or was made elsewhere.
const (
	Article Kind = "article"
	Product Kind = "product"
	Form    Kind = "form"
	Video   Kind = "video"
	Page    Kind = "page"
	Survey  Kind = "survey"
)

// Kinds returns what the link of a material can show.
func Kinds() []Kind { return []Kind{Article, Product, Form, Video, Survey} }

// Piece is something of the brand whose openings are counted. The address that
// a message carried stays that piece's: a material with another address is
// another piece, as is a survey with another question.
type Piece struct {
	Code    id.Code
	Name    string // code of the material, or what the brand calls its page
	Kind    Kind
	Title   string
	Address string // https address, "" for a page of the brand and for a survey
}

// PieceOf returns the piece that the material's link opens. ok is false for a
// material without a link.
func PieceOf(m Material) (p Piece, ok bool) {
	if m.Kind == Survey {
		return Piece{Code: id.CodeOf("asked\n" + m.Code + "\n" + m.Title), Name: m.Code, Kind: Survey, Title: m.Title}, true
	}
	return Piece{Code: id.CodeOf("material\n" + m.Code + "\n" + m.Link), Name: m.Code, Kind: cmp.Or(m.Kind, Article),
		Title: cmp.Or(m.Title, m.Code), Address: m.Link}, m.Link != ""
}

// PageOf returns the piece that a program of the brand tells of by its own name.
func PageOf(name, title string) Piece {
	return Piece{Code: id.CodeOf("page\n" + name), Name: name, Kind: Page, Title: cmp.Or(title, name)}
}

// SurveyOf returns the piece of a survey that was made elsewhere, by its own name there.
func SurveyOf(name, title string) Piece {
	return Piece{Code: id.CodeOf("survey\n" + name), Name: name, Kind: Survey, Title: cmp.Or(title, name)}
}

// Elsewhere tells whether the piece is no material of the brand: a page or a survey that
// programs told of.
func (p Piece) Elsewhere() bool {
	return p.Kind == Page || p.Code == SurveyOf(p.Name, p.Title).Code
}

// Sent says which message carried the link of a piece.
type Sent struct {
	Piece id.Code
	Staff id.Staff
	// A message to one customer, whose openings are that customer's.
	Touch    int64
	Customer id.Customer
	// Else a mass message, of whose openings nobody knows whose they are.
	Dispatch int64
}

// One tells whether the message went to one customer.
func (s Sent) One() bool { return s.Touch != 0 }
