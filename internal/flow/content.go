package flow

import (
	"strconv"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// The figures about content whose links are counted, all by [piece].
const (
	CountSent       = "content_sent"        // messages to one customer
	CountSentMass   = "content_sent_mass"   // customers whom a mass message reached
	CountOpened     = "content_opened"      // openings of known customers, each message once a day
	CountOpenedMass = "content_opened_mass" // requests for the link of a mass message, by nobody knows whom
	CountOpenedOnce = "content_opened_once" // messages to one customer that were opened at all
	CountReaders    = "content_readers"     // customers who opened it
	CountLost       = "content_lost"        // openings that could not be stored, of no piece
	CountAnswers    = "survey_answers"      // of known customers, [piece/score]
	// to mass messages, by nobody knows whom, [piece/score]
	CountAnswersMass = "survey_answers_mass"
)

// PartOfPiece returns how figures name a piece.
func PartOfPiece(piece id.Code) string { return id.Text(piece) }

// PartOfScore returns how figures name a score of a survey.
func PartOfScore(survey id.Code, score int) string {
	return PartOfPiece(survey) + "/" + strconv.Itoa(score)
}

// sent counts a message with a counted link.
func (t tally) sent(b event.TouchDelivered, store id.Store, at event.Instant) {
	switch {
	case b.Content == 0:
	case b.Channel == event.MassSend:
		t.add(CountSentMass, PartOfPiece(b.Content), store, at, 1)
	default:
		t.add(CountSent, PartOfPiece(b.Content), store, at, 1)
	}
}

// countOpened counts an opening, by the state before it.
func (b *batch) countOpened(c *profile.Customer, fact event.Fact) error {
	if fact.Kind != event.KindContentOpened {
		return nil
	}
	body, err := event.Read[event.ContentOpened](fact)
	if err != nil {
		return err
	}
	staff := body.Staff
	if staff == 0 {
		staff = c.Owner()
	}
	part, store, at := PartOfPiece(body.Content), b.flow.storeOf(staff), event.At(fact.At)
	b.counters.add(CountOpened, part, store, at, 1)
	if body.Touch != 0 && !c.Openings.KnowsTouch(body.Touch) {
		b.counters.add(CountOpenedOnce, part, store, at, 1)
	}
	if !c.Openings.Knows(body.Content) {
		b.counters.add(CountReaders, part, store, at, 1)
	}
	return nil
}
