package audience

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A percentage has a tenth of the decimals that a share is kept in.
const percentDigits = shareDigits - 2

// amount says a value of a field: "2", "99.90", "35%", "average +0.20",
// "2026-05-15", each as the language has it.
func (l *Lexicon) amount(f Field, is Test, v Value) string {
	switch {
	case f.Kind == Money:
		text := strings.TrimSuffix(Decimal(v.Number, moneyDigits), ".00")
		return l.fill(keyMoney, text)
	case f.Kind == Share:
		return strings.TrimSuffix(Decimal(v.Number, percentDigits), ".0") + "%"
	case f.Kind == Score:
		return l.score(v.Number)
	case f.Kind == Date && !is.counts():
		return l.date(v.Number)
	}
	return strconv.FormatInt(v.Number, 10)
}

// fill fills the one place of a text.
func (l *Lexicon) fill(key, with string) string {
	return strings.ReplaceAll(l.say(key), "{v}", with)
}

func (l *Lexicon) score(n int64) string {
	text := l.say(keyAverage)
	if n == 0 {
		return text
	}
	sign := "+"
	if n < 0 {
		sign = ""
	}
	return text + " " + sign + Decimal(n, scoreDigits)
}

func (l *Lexicon) date(day int64) string {
	at := dateOf(day)
	return l.dates[0].say(filling{texts: map[slot]string{
		slotYear: fmt.Sprintf("%04d", at.Year()), slotMonth: fmt.Sprintf("%02d", at.Month()), slotDay: fmt.Sprintf("%02d", at.Day()),
	}})
}

// value reads what amount says and other ways to write it.
func (p *parser) value(f Field, is Test, at int) (v Value, next int, ok bool) {
	switch {
	case f.Kind == Money:
		v.Number, next, ok = p.money(at)
	case f.Kind == Share:
		v.Number, next, ok = p.share(at)
	case f.Kind == Score:
		v.Number, next, ok = p.score(at)
	case f.Kind == Date && !is.counts():
		v.Number, next, ok = p.date(at)
	default:
		v.Number, next, ok = p.number(at, 0, missNumber)
	}
	return v, next, ok
}

// number reads a decimal in steps of so many digits.
func (p *parser) number(at, digits int, missing string) (n int64, next int, ok bool) {
	at = p.blank(at)
	text, next := p.digits(at)
	if text == "" {
		text, next = p.numeral(at)
	}
	zeros, after := p.zeros(next)
	n, ok = Steps(text, digits+zeros)
	if !ok {
		p.miss(at, missing)
		return 0, at, false
	}
	return n, after, true
}

// digits reads a sign, digits with commas between thousands and a part after
// a point. It returns the number without commas.
func (p *parser) digits(at int) (text string, next int) {
	var b strings.Builder
	if r := p.at(at); r == '-' || r == '+' {
		if r == '-' {
			b.WriteRune(r)
		}
		at = p.blank(at + 1)
	}
	for whole, point := 0, false; ; at++ {
		switch r := p.at(at); {
		case !notDigit(r):
			b.WriteRune(r)
			whole++
		case r == ',' && !point && whole > 0 && p.thousand(at+1):
		case r == '.' && !point && whole > 0 && !notDigit(p.at(at+1)):
			b.WriteRune(r)
			point = true
		default:
			return b.String(), at
		}
	}
}

// numeral reads a number below a thousand in words, "three", "三十五", and
// returns it in digits, empty where no such word stands.
func (p *parser) numeral(at int) (text string, next int) {
	sum, unit, next := int64(0), int64(0), at
	for {
		n, after, ok := p.numeralWord(next)
		if !ok {
			break
		}
		if next = after; n == 10 || n == 100 {
			sum, unit = sum+max(unit, 1)*n, 0
			continue
		}
		sum, unit = sum+unit, n
	}
	if next == at {
		return "", at
	}
	return strconv.FormatInt(sum+unit, 10), next
}

func (p *parser) numeralWord(at int) (n int64, next int, ok bool) {
	for _, text := range p.lex.words[keyNumeral] {
		word, value, _ := strings.Cut(text, "=")
		n, err := strconv.ParseInt(value, 10, 64)
		if next, ok := p.word(at, word); ok && err == nil {
			return n, next, true
		}
	}
	return 0, at, false
}

// thousand tells whether exactly three digits stand there.
func (p *parser) thousand(at int) bool {
	for i := range 3 {
		if notDigit(p.at(at + i)) {
			return false
		}
	}
	return notDigit(p.at(at + 3))
}

// zeros reads a word such as "thousand" and returns how many zeros it has.
func (p *parser) zeros(at int) (zeros, next int) {
	for _, text := range p.lex.words[keyTimes] {
		word, count, _ := strings.Cut(text, "=")
		n, err := strconv.Atoi(count)
		if next, ok := p.word(at, word); ok && err == nil {
			return n, next
		}
	}
	return 0, at
}

func (p *parser) money(at int) (n int64, next int, ok bool) {
	at = p.blank(at)
	if p.at(at) == '¥' {
		at++
	}
	n, next, ok = p.number(at, moneyDigits, missMoney)
	if !ok {
		return 0, at, false
	}
	for _, unit := range p.lex.words[keyYuan] {
		if after, ok := p.word(next, unit); ok {
			return n, after, true
		}
	}
	return n, next, true
}

// share reads "35%" or "0.35".
func (p *parser) share(at int) (n int64, next int, ok bool) {
	at = p.blank(at)
	text, next := p.digits(at)
	if after := p.blank(next); p.at(after) == '%' {
		n, ok = Steps(text, percentDigits)
		next = after + 1
	} else if strings.Contains(text, ".") {
		n, ok = Steps(text, shareDigits)
	}
	if !ok {
		p.miss(at, missShare)
	}
	return n, next, ok
}

// score reads "average", "average +0.20" or "+0.20".
func (p *parser) score(at int) (n int64, next int, ok bool) {
	at = p.blank(at)
	for _, word := range p.lex.words[keyAverage] {
		after, found := p.word(at, word)
		if !found {
			continue
		}
		signed := p.blank(after)
		if r := p.at(signed); r != '+' && r != '-' {
			return 0, after, true
		}
		return p.number(signed, scoreDigits, missScore)
	}
	return p.number(at, scoreDigits, missScore)
}

func (p *parser) date(at int) (day int64, next int, ok bool) {
	at = p.blank(at)
	for _, ph := range p.lex.dates {
		found, next, ok := p.phrase(ph, asked{}, at)
		if !ok {
			continue
		}
		year, month, dom := int(found.numbers[slotYear]), time.Month(found.numbers[slotMonth]), int(found.numbers[slotDay])
		date := time.Date(year, month, dom, 0, 0, 0, 0, time.UTC)
		if date.Year() == year && date.Month() == month && date.Day() == dom {
			return dayOfDate(date), next, true
		}
		p.missOver(at, next, missDate)
	}
	p.miss(at, missDate)
	return 0, at, false
}
