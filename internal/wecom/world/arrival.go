package world

import "time"

// arrive lets a newcomer in through a source.
func (w *World) arrive(hour int) error {
	w.came++
	src := w.chance.apart(comerPart + w.came)
	source := w.drawSource(src.uniform(w.day, drawKind))
	store := src.below(len(w.brand.Stores), w.day, drawArrival)
	p := w.newPerson(src.key, source, store)
	return w.enter(p, w.at(w.day, hour, p.below(60, w.day, drawMinute)))
}

// giftDay reports whether a campaign gives gifts for forwarding on the day.
func giftDay(day int) bool { return day%giftEvery >= 60 && day%giftEvery < 64 }

// giftEvery is how many days lie between two campaigns that give gifts.
const giftEvery = 130

// drawSource returns the source in whose share of all arrivals u lies; on
// gift days most come for the gift.
func (w *World) drawSource(u float64) int {
	gift := 0.0
	if giftDay(w.day) {
		gift = 2.0
	}
	total := 1 + gift
	u *= total
	for i, s := range w.brand.Sources {
		share := s.share
		if s.Code == giftCode {
			share += gift
		}
		if u < share {
			return i
		}
		u -= share
	}
	return 0
}

const giftCode = "gift"

// enter lets the person add a member of staff, and buy if that is what the
// source is about.
func (w *World) enter(p person, at time.Time) error {
	source := w.brand.Sources[p.source]
	staff := w.host(&p, source)
	w.people = append(w.people, p)
	i := len(w.people) - 1
	w.people[i].came = w.day
	if err := w.relate(i, staff, at); err != nil {
		return err
	}
	if q := &w.people[i]; q.uniform(w.day, drawBuy) < source.buys {
		did := acts{buys: true, basket: -1}
		lines, need := q.wants(&q.hidden)
		did.line = pick(lines, &q.hidden, need*q.uniform(w.day, drawLine))
		q.age[did.line] = 0
		w.markOwn(q, did)
		w.order(i, did, at.Add(-buyBeforeScan))
	}
	return nil
}

// buyBeforeScan is how long before adding staff a person has paid.
const buyBeforeScan = 4 * time.Minute

// host returns the member of staff whose code the newcomer scans.
func (w *World) host(p *person, from Source) int {
	if from.PerStore || p.source == referSource {
		return p.store*staffPerStore + p.below(staffPerStore, w.day, drawStaff)
	}
	return firstOperator + p.below(operators, w.day, drawStaff)
}

// Places in the roster.
const (
	staffPerStore = 3
	firstOperator = 39
	operators     = 5 // three operators and two of service
)

// relate makes a relation between the person and a member of staff.
func (w *World) relate(i, staff int, at time.Time) error {
	p := &w.people[i]
	source := w.brand.Sources[p.source]
	way := scan{staff: w.brand.Staff[staff].UserID, source: source, person: p, first: len(p.relations) == 0}
	way.state = source.State(-1)
	if source.PerStore {
		way.state = source.State(p.store)
	}
	way.half = source.Verify && way.first && w.day >= HistoryDays
	external, err := w.stage.add(at, way)
	if err != nil {
		return err
	}
	p.external = external
	w.known[external] = i
	p.relations = append(p.relations, relation{staff: staff, ended: true})
	if way.half {
		wait := time.Duration(5+p.below(180, w.day, drawDelay)) * time.Minute
		w.later(errand{due: awake(at.Add(wait)), person: i, staff: staff, accept: true})
		return nil
	}
	w.begin(i, staff)
	return nil
}

// begin lets the relation between the person and a member of staff live.
func (w *World) begin(i, staff int) {
	p := &w.people[i]
	if !p.reachable() {
		w.alive++
	}
	p.regain(staff)
	p.settle()
	w.bonds++
}

// regain makes the relation a living one, the last one if it is new.
func (p *person) regain(staff int) {
	for r := range p.relations {
		if p.relations[r].staff == staff {
			p.relations[r].ended = false
			return
		}
	}
	p.relations = append(p.relations, relation{staff: staff})
}

// second gives the person one more member of staff; it does nothing for who
// is unreachable or has enough.
func (w *World) second(i int, at time.Time) error {
	p := &w.people[i]
	if !p.reachable() || len(p.relations) > mostRelations {
		return nil
	}
	src := p.draws.apart(uint64(len(p.relations)))
	staff := p.store*staffPerStore + src.below(staffPerStore, w.day, drawStaff)
	if src.uniform(w.day, drawReached) < 0.4 {
		staff = firstOperator + src.below(operators, w.day, drawArrival)
	}
	for _, r := range p.relations {
		if r.staff == staff {
			return nil
		}
	}
	return w.relate(i, staff, at)
}

// secondRate is the chance a day that a customer adds another member of staff
// once Siyu is connected; before, bond keeps the ratio.
const secondRate = 0.0006

// mostRelations is after how many relations a person takes no more.
const mostRelations = 3

// newcomersADay is how many people come by themselves once Siyu is connected,
// as a share of the customers at the start.
const newcomersADay = 0.0030

// newcomers returns how many people come by themselves today.
func (w *World) newcomers() int {
	rate := newcomersADay * float64(w.config.Customers) * (0.7 + 0.6*w.chance.uniform(w.day, drawDemand))
	return int(rate + w.chance.uniform(w.day, drawArrival))
}
