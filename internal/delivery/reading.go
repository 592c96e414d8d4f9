package delivery

import (
	"context"
	"fmt"

	"siyu/internal/content"
	"siyu/internal/decision"
	"siyu/internal/event"
	"siyu/internal/id"
)

// Reading makes links whose openings are counted.
type Reading interface {
	// Pieces returns what the links of the materials open, by their codes, and
	// keeps it before it returns; materials without a link are absent, and all
	// are while nothing is counted.
	Pieces(ctx context.Context, materials []content.Material) (map[string]id.Code, error)
	// Readers returns which of the customers may be counted one by one.
	Readers(ctx context.Context, customers []id.Customer) (map[id.Customer]bool, error)
	// Link returns the address that counts an opening and leads on to the piece.
	Link(sent content.Sent) string
}

// fewestCounted is to how many customers a mass message goes at least for its
// openings to be counted: of fewer, the number would tell who they were.
const fewestCounted = 5

// pieces are what the links of the materials that actions use open, by the
// materials' codes.
type pieces map[string]id.Code

func (g *Gate) piecesOf(ctx context.Context, actions []decision.Action, materials map[string]content.Material) (pieces, error) {
	if g.Reading == nil {
		return nil, nil
	}
	var linked []content.Material
	seen := map[string]bool{}
	for _, a := range actions {
		if m := materials[a.Material]; m.Link != "" && m.Kind != content.Survey && !seen[m.Code] {
			seen[m.Code] = true
			linked = append(linked, m)
		}
	}
	if len(linked) == 0 {
		return nil, nil
	}
	found, err := g.Reading.Pieces(ctx, linked)
	if err != nil {
		return nil, fmt.Errorf("look up what links open: %w", err)
	}
	return found, nil
}

// readersOf returns who of the customers written to one by one with a counted
// link may be counted.
func (g *Gate) readersOf(ctx context.Context, actions []decision.Action, of pieces) (map[id.Customer]bool, error) {
	var customers []id.Customer
	for _, a := range actions {
		if a.Channel == event.OneToOne && of[a.Material] != 0 {
			customers = append(customers, a.Customer)
		}
	}
	if len(customers) == 0 {
		return nil, nil
	}
	readers, err := g.Reading.Readers(ctx, customers)
	if err != nil {
		return nil, fmt.Errorf("look up who may be counted: %w", err)
	}
	return readers, nil
}

// link makes the dispatch's link to its material: a counted one where it goes
// to enough customers.
func (g *Gate) link(d *Dispatch, m content.Material, piece id.Code, customers int) {
	d.Title = m.Title
	if survey, asks := g.survey(m); asks {
		d.Content = survey
		d.Link, d.Marker = marked(g.Reading.Link(content.Sent{Piece: survey, Staff: d.Staff, Dispatch: d.ID}), d.ID)
		return
	}
	if piece == 0 || customers < fewestCounted {
		d.Link, d.Marker = marked(m.Link, d.ID)
		return
	}
	d.Content = piece
	d.Link, d.Marker = marked(g.Reading.Link(content.Sent{Piece: piece, Staff: d.Staff, Dispatch: d.ID}), d.ID)
}

// linkAgain makes the link of a dispatch that takes the place of another.
func (g *Gate) linkAgain(next *Dispatch, d *Dispatch) {
	next.Title, next.Content = d.Title, d.Content
	link := d.Link
	if d.Content != 0 && g.Reading != nil {
		link = g.Reading.Link(content.Sent{Piece: d.Content, Staff: next.Staff, Dispatch: next.ID})
	}
	next.Link, next.Marker = marked(link, next.ID)
}

// survey returns the piece of a material that asks a question. Its link goes to whoever
// gets the message: an answer is given, not observed.
func (g *Gate) survey(m content.Material) (survey id.Code, asks bool) {
	if m.Kind != content.Survey || g.Reading == nil {
		return 0, false
	}
	p, asks := content.PieceOf(m)
	return p.Code, asks
}

// linkTo makes the link of one message to one customer, and returns the piece
// whose openings it counts, 0 for a plain link.
func (g *Gate) linkTo(m content.Material, t Touch, piece id.Code, counted bool) (link string, counts id.Code) {
	if survey, asks := g.survey(m); asks {
		piece, counted = survey, true
	}
	if piece == 0 || !counted {
		return m.Link, 0
	}
	return g.Reading.Link(content.Sent{Piece: piece, Staff: t.Staff, Touch: t.ID, Customer: t.Customer}), piece
}

// linkWelcome is linkTo for a customer who was just added. A welcome does not
// wait for counting: where it cannot be asked whom to count, the link is plain.
func (g *Gate) linkWelcome(ctx context.Context, m content.Material, t Touch) (link string, counts id.Code) {
	if g.Reading == nil || m.Link == "" {
		return g.linkTo(m, t, 0, false)
	}
	found, err := g.Reading.Pieces(ctx, []content.Material{m})
	if err != nil || found[m.Code] == 0 {
		return m.Link, 0
	}
	readers, err := g.Reading.Readers(ctx, []id.Customer{t.Customer})
	return g.linkTo(m, t, found[m.Code], err == nil && readers[t.Customer])
}
