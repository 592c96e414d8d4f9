package storage

import (
	"encoding/binary"
	"math"

	"siyu/internal/event"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/insight"
)

// An insight is kept as one box of bytes, written by hand because a night
// writes one for every customer: numbers have 32 bits, words stand once, times
// are differences to the insight's own.

// boxVersion leads every box. Boxes of version 1 spell all words, those before
// version 3 have no stage, those before version 4 nothing of what lasts of a lever, those
// before version 5 no loss beside fatigue, those before version 6 say of the margin only
// whether it is known.
const boxVersion = 6

// boxWords are the reasons and models that boxes need not spell. Boxes name
// them by their place: more may be appended, none may move or go.
var boxWords = [...]string{"repurchase-1", "bgnbd-gammagamma-1",
	"need.asked", "need.browsed", "need.due", "need.never_bought", "need.never_bought_long", "need.orders_unlinked", "need.rhythm",
	"trust.answers", "trust.came_by", "trust.complaint_closed", "trust.complaint_open", "trust.deleted_staff", "trust.ignored_offers",
	"trust.liked", "trust.never_talked", "trust.no_archive", "trust.referred", "trust.score", "trust.started_talk", "trust.talk",
	"exposure.crowded", "exposure.group", "exposure.memory", "exposure.no_contact", "exposure.no_group", "unknown.too_new",
	"trust.group", "trust.no_group", "repurchase-2",
	"repurchase-3", "value.too_new", "mix-gammagamma-1", "pnbd-gammagamma-1", "mbgnbd-gammagamma-1", "mbgcnbdk-gammagamma-1", "glm-gammagamma-1",
	"repurchase-4", "trust.opened", "repurchase-5", "repurchase-6", "value.margin_brand", "value.margin_part", "repurchase-7", "value.margin_unshown",
	"repurchase-8", "trust.young_archive", "repurchase-9", "trust.surveyed", "trust.familiar", "trust.distant"}

// firstNumbered is how many boxWords there were when version 2 was set. Those
// that came later have negative numbers, so that no spelled one gets another.
const firstNumbered = 31

// boxNumbers are the numbers of boxWords.
var boxNumbers = numbersOf(boxWords[:])

func numbersOf(table []string) map[string]int64 {
	numbers := make(map[string]int64, len(table))
	for i, w := range table {
		numbers[w] = numberAt(i, firstNumbered)
		if i < firstNumbered {
			numbers[w]++ // 0 says that a word is spelled
		}
	}
	return numbers
}

// The words of an insight by their stored number. New words go to the end.
var (
	units   = [...]insight.Unit{"", insight.Probability, insight.Orders, insight.Fen, insight.Eta}
	grades  = [...]insight.Evidence{"", insight.Fitted, insight.Prior, insight.NotMeasurable, insight.WithoutArchive}
	certain = [...]insight.Grade{insight.Measured, insight.Assumed, insight.PartlyMeasured, ""}
	parts   = [...]insight.Part{"", insight.Need, insight.Trust, insight.Exposure, insight.None, insight.Unknown}
	stages  = [...]insight.Stage{"", insight.Introduced, insight.Growing, insight.Mature, insight.Declining, insight.Lost, insight.Unmeasurable}
)

func position[T comparable](list []T, wanted T) (uint8, bool) {
	for i, v := range list {
		if v == wanted {
			return uint8(i), true
		}
	}
	return 0, false
}

func finite(numbers ...float64) bool {
	for _, n := range numbers {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return false
		}
	}
	return true
}

// estimates lists the estimates of an insight in the order of the box.
func estimates(c *insight.Customer) [7]*insight.Estimate {
	return [...]*insight.Estimate{&c.Need, &c.Trust, &c.Exposure, &c.Repurchase, &c.Alive, &c.Expected, &c.Value}
}

// packer writes a box. wrong says what could not be written.
type packer struct {
	bytes []byte
	table map[string]int64 // boxNumbers
	words []string         // spelled in this box
	asOf  int64
	wrong string
}

// packInsight appends the box to bytes. A number that is not finite and a word that is
// not in the vocabulary are fault.Invalid.
func packInsight(bytes []byte, c *insight.Customer) ([]byte, error) {
	p := packer{bytes: bytes, table: boxNumbers, asOf: at(c.AsOf)}
	p.insight(c)
	if p.wrong != "" {
		return nil, fault.New(fault.Invalid, "pack insight: %s", p.wrong)
	}
	return p.bytes, nil
}

func (p *packer) insight(c *insight.Customer) {
	p.bytes = append(p.bytes, boxVersion)
	p.integer(p.asOf)
	p.float(c.Base)
	for _, e := range estimates(c) {
		p.estimate(e)
	}
	p.share(c.Margin)
	number(p, parts[:], c.Limiting)
	p.integer(int64(len(c.Levers)))
	for i := range c.Levers {
		l := &c.Levers[i]
		number(p, parts[:], l.Part)
		number(p, certain[:], l.Grade)
		for _, v := range [...]float64{l.Gap, l.Effect, l.GainLow, l.Gain, l.GainHigh, l.Cost, l.LastingLow, l.Lasting, l.LastingHigh} {
			p.float(v)
		}
	}
	p.integer(at(c.NextDue))
	p.integer(int64(c.DueLine))
	p.float(c.Fatigue)
	number(p, stages[:], c.Stage)
	p.integer(at(c.StageUntil))
	p.float(c.Loss)
	number(p, certain[:], c.LossGrade)
}

func (p *packer) estimate(e *insight.Estimate) {
	number(p, units[:], e.Unit)
	if e.Unit == "" && e.AsOf.IsZero() && e.Model == "" && len(e.Because) == 0 && e.Value == 0 && e.Low == 0 && e.High == 0 && e.Evidence == "" {
		return // was never filled in
	}
	number(p, grades[:], e.Evidence)
	p.float(e.Value)
	p.float(e.Low)
	p.float(e.High)
	p.integer(at(e.AsOf) - p.asOf)
	p.word(e.Model)
	p.integer(int64(len(e.Because)))
	for i := range e.Because {
		r := &e.Because[i]
		p.word(r.Key)
		p.float(r.Weight)
		p.float(r.Number)
		p.integer(int64(r.Line))
	}
}

func (p *packer) integer(v int64) { p.bytes = binary.AppendVarint(p.bytes, v) }

func (p *packer) float(v float64) {
	if !finite(v) {
		p.wrong = "a number is not finite"
	}
	p.bytes = binary.LittleEndian.AppendUint32(p.bytes, math.Float32bits(float32(v)))
}

// share writes a share that is nearly always nothing or all.
func (p *packer) share(v float64) {
	switch v {
	case 0, 1:
		p.bytes = append(p.bytes, byte(v))
	default:
		p.bytes = append(p.bytes, partOf)
		p.float(v)
	}
}

// partOf says that a share between nothing and all follows.
const partOf = 2

// word writes the number of a word of the table or of one spelled before, or 0
// and spells it.
func (p *packer) word(w string) {
	if n, known := p.table[w]; known {
		p.integer(n)
		return
	}
	if n, known := position(p.words, w); known {
		p.integer(firstNumbered + int64(n) + 1)
		return
	}
	p.words = append(p.words, w)
	p.integer(0)
	p.integer(int64(len(w)))
	p.bytes = append(p.bytes, w...)
}

func number[T ~string](p *packer, vocabulary []T, w T) {
	n, known := position(vocabulary, w)
	if !known {
		p.wrong = "the word " + string(w) + " is not known"
	}
	p.bytes = append(p.bytes, n)
}

// unpacker reads a box. Once broken, it yields zeros.
type unpacker struct {
	bytes  []byte
	words  []string // by their number, from 1
	later  []string // by their negative number, from -1
	asOf   int64
	broken bool
}

func unpackInsight(box []byte) (insight.Customer, error) {
	u := unpacker{bytes: box}
	return u.insight(boxWords[:])
}

func (u *unpacker) insight(table []string) (c insight.Customer, err error) {
	version := u.byte()
	switch version {
	case boxVersion, 5, 4, 3, 2:
		u.words, u.later = table[:firstNumbered:firstNumbered], table[firstNumbered:]
	case 1:
	default:
		return c, fault.New(fault.Internal, "unpack insight: its version is not known")
	}
	u.asOf = u.integer()
	c.AsOf, c.Base = event.Instant(u.asOf).Time(), u.float()
	for _, e := range estimates(&c) {
		u.estimate(e)
	}
	c.Margin, c.Limiting = u.share(), wordOf(u, parts[:])
	for range u.count() {
		l := insight.Lever{Part: wordOf(u, parts[:]), Grade: wordOf(u, certain[:])}
		for _, v := range [...]*float64{&l.Gap, &l.Effect, &l.GainLow, &l.Gain, &l.GainHigh, &l.Cost} {
			*v = u.float()
		}
		if version >= 4 {
			l.LastingLow, l.Lasting, l.LastingHigh = u.float(), u.float(), u.float()
		}
		c.Levers = append(c.Levers, l)
	}
	c.NextDue, c.DueLine, c.Fatigue = event.Instant(u.integer()).Time(), id.Line(u.integer()), u.float()
	if version >= 3 {
		c.Stage, c.StageUntil = wordOf(u, stages[:]), event.Instant(u.integer()).Time()
	}
	c.Loss = c.Fatigue
	if version >= 5 {
		c.Loss, c.LossGrade = u.float(), wordOf(u, certain[:])
	}
	if u.broken || len(u.bytes) > 0 {
		return c, fault.New(fault.Internal, "unpack insight: the box is damaged")
	}
	return c, nil
}

func (u *unpacker) share() float64 {
	b := u.byte()
	if b == partOf {
		return u.float()
	}
	return float64(b)
}

func (u *unpacker) estimate(e *insight.Estimate) {
	if e.Unit = wordOf(u, units[:]); e.Unit == "" {
		return
	}
	e.Evidence = wordOf(u, grades[:])
	e.Value, e.Low, e.High = u.float(), u.float(), u.float()
	e.AsOf, e.Model = event.Instant(u.asOf+u.integer()).Time(), u.word()
	for range u.count() {
		e.Because = append(e.Because, insight.Reason{Key: u.word(), Weight: u.float(), Number: u.float(), Line: id.Line(u.integer())})
	}
}

func (u *unpacker) take(n int) []byte {
	if u.broken = u.broken || n < 0 || n > len(u.bytes); u.broken {
		u.bytes = nil
		return nil
	}
	taken := u.bytes[:n]
	u.bytes = u.bytes[n:]
	return taken
}

func (u *unpacker) byte() byte {
	if b := u.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (u *unpacker) integer() int64 {
	v, n := binary.Varint(u.bytes)
	if n <= 0 {
		n = -1
	}
	u.take(n)
	return v
}

// count reads the length of a list, of which every entry takes a byte or more.
func (u *unpacker) count() int {
	n := u.integer()
	if n < 0 || n > int64(len(u.bytes)) {
		u.take(-1)
		return 0
	}
	return int(n)
}

func (u *unpacker) float() float64 {
	if b := u.take(4); b != nil {
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return 0
}

func (u *unpacker) word() string {
	n := u.integer()
	switch {
	case n == 0:
		w := string(u.take(u.count()))
		u.words = append(u.words, w)
		return w
	case n > 0 && n <= int64(len(u.words)):
		return u.words[n-1]
	case n < 0 && n >= -int64(len(u.later)):
		return u.later[-n-1]
	}
	u.take(-1)
	return ""
}

func wordOf[T ~string](u *unpacker, vocabulary []T) T {
	n := int(u.byte())
	if n >= len(vocabulary) {
		u.take(-1)
		return ""
	}
	return vocabulary[n]
}
