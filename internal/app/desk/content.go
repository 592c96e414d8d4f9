package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/app/brand"
	"siyu/internal/content"
	"siyu/internal/delivery"
	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/flow"
	"siyu/internal/id"
	"siyu/internal/org"
	"siyu/internal/stats"
	"siyu/internal/vault"
	"siyu/internal/web"
)

var _ web.Contents = (*Desk)(nil)

// Bookshelf is the content whose openings are counted.
type Bookshelf interface {
	// Reachable tells whether links of this installation can be opened at all.
	Reachable() bool
	// All returns every piece, by name.
	All() []content.Piece
	// Piece returns the piece of a code; ok is false where there is none.
	Piece(ctx context.Context, code id.Code) (p content.Piece, ok bool, err error)
	// Asked returns which message asks the survey of a link, and the survey; false where
	// the link is of none.
	Asked(ctx context.Context, token string) (sent content.Sent, survey content.Piece, ok bool, err error)
	// AddMassAnswer counts an answer to a mass message, of whom nobody knows who gave it.
	AddMassAnswer(ctx context.Context, sent content.Sent, score int) error
	// Keep stores a piece.
	Keep(ctx context.Context, p content.Piece) error
	// Readers returns which of the customers may be counted one by one.
	Readers(ctx context.Context, customers []id.Customer) (map[id.Customer]bool, error)
	// AddOpening stores an opening.
	AddOpening(ctx context.Context, opened event.Fact) error
}

var contentFigures = []string{flow.CountSent, flow.CountSentMass, flow.CountOpened, flow.CountOpenedMass, flow.CountOpenedOnce, flow.CountReaders, flow.CountLost, flow.CountAnswers, flow.CountAnswersMass}

// Content implements web.Contents.
func (d *Desk) Content(ctx context.Context, scope org.Scope) (web.ContentView, error) {
	v := web.ContentView{Whose: whoseOf(d.Brand.Documents().Reading), Reachable: d.Bookshelf.Reachable()}
	today := event.At(d.today())
	counters, err := d.DB.DayCounters(ctx, contentFigures, flow.DayOf(event.At(d.today().AddDate(0, 0, 1-web.ContentDays))), flow.DayOf(today))
	if err != nil {
		return v, err
	}
	sums := map[string]map[string]int{} // by piece and figure
	for _, c := range counters {
		switch {
		case c.Name == flow.CountLost:
			v.Lost += int(c.Delta)
		case scope.Sees(c.Store):
			piece, score, _ := strings.Cut(c.Part, "/")
			if sums[piece] == nil {
				sums[piece] = map[string]int{}
			}
			sums[piece][c.Name+score] += int(c.Delta)
		}
	}
	v.Rows, v.Answers = d.contentRows(sums), d.Archive
	v.Trials, err = d.wordingTrials(ctx, scope)
	return v, err
}

// contentRows returns a row for every text with a link of now, and for
// everything else that was sent or opened.
func (d *Desk) contentRows(sums map[string]map[string]int) (rows []web.ContentRow) {
	current := map[id.Code]bool{}
	for _, m := range d.Brand.Documents().Library.Materials {
		if p, linked := content.PieceOf(m); linked {
			current[p.Code] = true
			row := contentRow(p, sums[flow.PartOfPiece(p.Code)])
			row.Purpose = m.Purpose
			rows = append(rows, row)
		}
	}
	for _, p := range d.Bookshelf.All() {
		of := sums[flow.PartOfPiece(p.Code)]
		if current[p.Code] || len(of) == 0 {
			continue
		}
		row := contentRow(p, of)
		row.Gone = !p.Elsewhere()
		rows = append(rows, row)
	}
	slices.SortStableFunc(rows, func(a, b web.ContentRow) int {
		return cmp.Or(cmp.Compare(b.Opened+b.OpenedMass, a.Opened+a.OpenedMass), cmp.Compare(b.Sent+b.SentMass, a.Sent+a.SentMass), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

func contentRow(p content.Piece, of map[string]int) web.ContentRow {
	r := web.ContentRow{Name: p.Name, Title: p.Title, Kind: p.Kind, Address: p.Address,
		Sent: of[flow.CountSent], Opened: of[flow.CountOpened], Readers: of[flow.CountReaders],
		SentMass: of[flow.CountSentMass], OpenedMass: of[flow.CountOpenedMass]}
	r.OpenedOnce = min(of[flow.CountOpenedOnce], r.Sent) // of messages from before the first day too
	if r.Sent > 0 {
		r.Rate = float64(r.OpenedOnce) / float64(r.Sent)
		r.Low, r.High = stats.Wilson(r.OpenedOnce, r.Sent, stats.Central80)
	}
	r.Scores, r.MassScores = scoresOf(of, flow.CountAnswers), scoresOf(of, flow.CountAnswersMass)
	return r
}

// scoresOf sums up the answers to a survey that a figure counts.
func scoresOf(of map[string]int, figure string) (s web.Scores) {
	for i := range s.Of {
		s.Of[i] = of[figure+strconv.Itoa(i+1)]
		s.Answers += s.Of[i]
	}
	s.Mean, s.Low, s.High = stats.ScaleMean(s.Of[:], stats.Central80)
	return s
}

func whoseOf(r brand.Reading) web.Whose {
	return cmp.Or(web.Whose(r.Whose), web.WhoseNobody)
}

// SetReading implements web.Contents.
func (d *Desk) SetReading(ctx context.Context, by web.Asker, whose web.Whose) error {
	e := edit{document: brand.ReadingDoc, version: d.Brand.Documents().Versions[brand.ReadingDoc], did: "reading.set"}
	return d.edit(ctx, by, e, func(*brand.Documents) (any, string, error) {
		if whose == web.WhoseNobody {
			return brand.Reading{}, string(whose), nil
		}
		return brand.Reading{Whose: brand.Whose(whose)}, string(whose), nil
	})
}

// TellOpening implements web.Contents.
func (d *Desk) TellOpening(ctx context.Context, by web.Asker, o web.PageOpening) (kept bool, err error) {
	who, err := d.named(ctx, o.Who)
	if err != nil {
		return false, err
	}
	customer, err := d.visible(ctx, by.Scope, who)
	if err != nil {
		return false, err
	}
	if !d.Brand.Documents().Reading.Of(customer) {
		return false, nil
	}
	p := content.PageOf(o.Name, o.Title)
	if known, ok, err := d.Bookshelf.Piece(ctx, p.Code); err != nil {
		return false, err
	} else if ok && o.Title == "" {
		p = known
	}
	if err := d.Bookshelf.Keep(ctx, p); err != nil {
		return false, err
	}
	opened, err := event.New(event.Customer(who), o.At, event.FromPages, id.Hash("page", o.Event), event.ContentOpened{Content: p.Code})
	if err != nil {
		return false, err
	}
	return true, d.Bookshelf.AddOpening(ctx, opened)
}

// named returns the customer whom a program means.
func (d *Desk) named(ctx context.Context, o web.Who) (id.Customer, error) {
	switch {
	case o.Customer != 0:
		return o.Customer, nil
	case o.ExternalUserID != "":
		for _, corp := range d.corps() {
			who := id.CustomerOf(corp, o.ExternalUserID)
			if states, err := d.DB.LoadCustomers(ctx, []id.Customer{who}); err != nil || states[0].FirstSeen != 0 {
				return who, err
			}
		}
		return 0, notFound("customer")
	}
	digits, ok := vault.PhoneDigits(o.Phone)
	if !ok {
		return 0, fault.WithKey(fault.Invalid, "api.error.who", errors.New("no phone number"))
	}
	claim := flow.Identity{Kind: event.ByPhone, Key: d.Vault.PhoneHash(digits)}
	owners, err := d.DB.IdentityOwners(ctx, []flow.Identity{claim})
	if err != nil {
		return 0, err
	}
	if who, known := owners[claim.Text()]; known {
		return who, nil
	}
	return 0, notFound("customer")
}

// corps returns the corps that the brand's members belong to.
func (d *Desk) corps() (corps []id.Corp) {
	for _, s := range d.Brand.Org().Staff {
		if !slices.Contains(corps, s.Corp) {
			corps = append(corps, s.Corp)
		}
	}
	slices.SortFunc(corps, func(a, b id.Corp) int { return strings.Compare(string(a), string(b)) })
	return corps
}

// taskLinks returns what members send with their tasks, by the tasks' numbers: a
// customer who objected after the task was made gets a link that counts nothing.
func (d *Desk) taskLinks(ctx context.Context, tasks []delivery.StaffTask) (map[int64]string, error) {
	var counted []id.Customer
	for _, t := range tasks {
		if t.Content != 0 {
			counted = append(counted, t.Customer)
		}
	}
	links := map[int64]string{}
	readers := map[id.Customer]bool{}
	if len(counted) > 0 {
		var err error
		if readers, err = d.Bookshelf.Readers(ctx, counted); err != nil {
			return nil, fmt.Errorf("look up who may be counted: %w", err)
		}
	}
	for _, t := range tasks {
		links[t.ID] = t.Link
		if t.Content == 0 || readers[t.Customer] {
			continue
		}
		p, _, err := d.Bookshelf.Piece(ctx, t.Content)
		if err != nil {
			return nil, err
		}
		if p.Kind == content.Survey {
			continue
		}
		links[t.ID] = p.Address
	}
	return links, nil
}

// openedEntry names what the customer opened.
func (d *Desk) openedEntry(ctx context.Context, f event.Fact) (web.TimelineEntry, error) {
	e := web.TimelineEntry{At: f.At, Kind: f.Kind}
	body, err := event.Read[event.ContentOpened](f)
	if err != nil {
		return e, err
	}
	e.Detail, err = d.pieceTitle(ctx, body.Content)
	return e, err
}

// pieceTitle names a piece of content.
func (d *Desk) pieceTitle(ctx context.Context, code id.Code) (string, error) {
	p, _, err := d.Bookshelf.Piece(ctx, code)
	return cmp.Or(p.Title, id.Text(code)), err
}
