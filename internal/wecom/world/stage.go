package world

import "time"

// stage is where people act: WeCom, or nothing at all when only the law of
// the world is studied.
type stage interface {
	// add makes a relation through a contact way and returns the person's
	// external user id, which stays the same for every relation.
	add(at time.Time, way scan) (string, error)
	// accept lets a member accept a person who half-added them.
	accept(at time.Time, staff string, p *person) error
	// part ends a relation by the customer's hand.
	part(at time.Time, staff, external string) error
	// say puts a message into a conversation or a group.
	say(at time.Time, m message) error
	// open makes a group; join and leave change it.
	open(at time.Time, group int, plan GroupPlan, owner string) error
	join(at time.Time, group int, external string) error
	leave(at time.Time, group int, external string) error
	// send records a mass message a member made and sent by hand.
	send(at time.Time, staff, text string, to []string) error
}

// scan is a person adding a member of staff.
type scan struct {
	staff  string
	state  string
	source Source
	person *person
	first  bool // the person's first relation
	half   bool // the member has not accepted yet
}

// message is one message; exactly one of to and group is set.
type message struct {
	from, to string
	group    int // -1 for a conversation between two
	text     string
}
