package customers

import (
	"slices"
	"strings"
	"time"

	"siyu/internal/connector/export"
	"siyu/internal/event"
	"siyu/internal/sheet"
)

// member is what one line says.
type member struct {
	line     int
	phone    []byte // keyed hash
	name     string
	said     event.CustomerDescribed
	joined   time.Time // zero: the line does not say
	referrer []byte    // keyed hash of the phone of who brought the customer, nil: nobody, or not usable
}

// parser reads lines under one mapping. It keeps no phone.
type parser struct {
	mapping export.Mapping
	epoch   sheet.Epoch
	zone    *time.Location
	phones  export.PhoneKeys
	started time.Time // of the import: nobody joined later
	notes   map[string]int
	state   export.PhoneState // of the line read last
}

// parse reads one line, or says why it cannot be read.
func (p *parser) parse(row sheet.Row) (m member, problem *sheet.Problem) {
	p.state = export.PhoneMissing
	if problem := p.mapping.Whole(row); problem != nil {
		return m, problem
	}
	m.line = row.Line
	for _, read := range []func(sheet.Row, *member) *sheet.Problem{p.readPhone, p.readBirthday, p.readWords, p.readTags, p.readJoined} {
		if problem := read(row, &m); problem != nil {
			return m, problem
		}
	}
	p.readReferrer(row, &m)
	m.name = p.name(row)
	return m, nil
}

func (p *parser) readPhone(row sheet.Row, m *member) *sheet.Problem {
	cell, column := p.mapping.Cell(row, export.Phone)
	digits, state := export.PhoneOf(cell)
	p.state = state
	if state != export.PhoneUsable {
		return p.mapping.Problem(row, column, cell, "a mobile number with all its digits; without it nobody can be recognised")
	}
	m.phone = p.phones.PhoneHash(digits)
	return nil
}

func (p *parser) readBirthday(row sheet.Row, m *member) *sheet.Problem {
	cell, column := p.mapping.Cell(row, export.Birthday)
	if cell == "" {
		return nil
	}
	day, ok := birthdayOf(cell, p.epoch)
	if !ok {
		problem := p.mapping.Problem(row, column, "", "a birthday such as 1990-05-20 or 05-20")
		problem.Value = yearHidden(sheet.Masked(cell))
		return problem
	}
	if day == (birthday{}) {
		p.notes["birthday that stands for none"]++
	}
	m.said.BirthMonth, m.said.BirthDay = day.month, day.day
	return nil
}

func (p *parser) readWords(row sheet.Row, m *member) *sheet.Problem {
	for _, one := range []struct {
		field export.Field
		to    *string
	}{{export.City, &m.said.City}, {export.Level, &m.said.Level}, {export.Campaign, &m.said.Campaign}} {
		cell, column := p.mapping.Cell(row, one.field)
		word, ok := wordOf(cell)
		if !ok {
			return p.mapping.Problem(row, column, cell, "a word of at most 40 characters without a phone number in it")
		}
		*one.to = word
	}
	m.said.City = cityOf(m.said.City)
	return nil
}

// mostTags is how many tags of a shop are kept of one customer.
const mostTags = 30

func (p *parser) readTags(row sheet.Row, m *member) *sheet.Problem {
	cell, column := p.mapping.Cell(row, export.Tags)
	if cell == "" {
		return nil
	}
	for _, tag := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",，;；|、\n", r) }) {
		word, ok := wordOf(tag)
		if !ok {
			return p.mapping.Problem(row, column, cell, "tags of at most 40 characters each without a phone number in them, apart by commas")
		}
		if word != "" {
			m.said.Tags = append(m.said.Tags, word)
		}
	}
	slices.Sort(m.said.Tags)
	m.said.Tags = slices.Compact(m.said.Tags)
	if len(m.said.Tags) > mostTags {
		return p.mapping.Problem(row, column, cell, "at most 30 tags")
	}
	return nil
}

func (p *parser) readJoined(row sheet.Row, m *member) *sheet.Problem {
	cell, column := p.mapping.Cell(row, export.Joined)
	if cell == "" {
		return nil
	}
	at, err := sheet.Time(cell, p.epoch, p.zone)
	if err != nil || at.After(p.started) {
		return p.mapping.Problem(row, column, cell, "a time in the past such as 2026-01-31 18:05:00")
	}
	m.joined = at
	return nil
}

func (p *parser) readReferrer(row sheet.Row, m *member) {
	cell, _ := p.mapping.Cell(row, export.ReferrerPhone)
	digits, state := export.PhoneOf(cell)
	switch state {
	case export.PhoneMissing:
	case export.PhoneUsable:
		if hash := p.phones.PhoneHash(digits); string(hash) != string(m.phone) {
			m.referrer = hash
		} else {
			p.notes["the own phone as that of the referrer"]++
		}
	default:
		p.notes["referrer without a usable phone"]++
	}
}

// longestName is how many bytes of a name are kept: names on WeChat have up to
// 32 characters.
const longestName = 128

func (p *parser) name(row sheet.Row) string {
	cell, _ := p.mapping.Cell(row, export.Name)
	name, ok := readable(cell)
	if !ok || len(name) > longestName {
		p.notes["name that cannot be read"]++
		return ""
	}
	return name
}
