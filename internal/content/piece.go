package content

import (
	"cmp"

	"siyu/internal/id"
)

// Kind says what a link shows.
type Kind string

// The kinds. Page is told of by programs of the brand and is no material.
const (
	Article Kind = "article"
	Product Kind = "product"
	Form    Kind = "form"
	Video   Kind = "video"
	Page    Kind = "page"
)

// Kinds returns what the link of a material can show.
func Kinds() []Kind { return []Kind{Article, Product, Form, Video} }

// Piece is something of the brand whose openings are counted. The address that
// a message carried stays that piece's: a material with another address is
// another piece.
type Piece struct {
	Code    id.Code
	Name    string // code of the material, or what the brand calls its page
	Kind    Kind
	Title   string
	Address string // https address, "" for a page of the brand
}

// PieceOf returns the piece that the material's link opens. ok is false for a
// material without a link.
func PieceOf(m Material) (p Piece, ok bool) {
	return Piece{Code: id.CodeOf("material\n" + m.Code + "\n" + m.Link), Name: m.Code, Kind: cmp.Or(m.Kind, Article),
		Title: cmp.Or(m.Title, m.Code), Address: m.Link}, m.Link != ""
}

// PageOf returns the piece that a program of the brand tells of by its own name.
func PageOf(name, title string) Piece {
	return Piece{Code: id.CodeOf("page\n" + name), Name: name, Kind: Page, Title: cmp.Or(title, name)}
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
