package storage

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/event"
	"siyu/internal/id"
	"siyu/internal/profile"
)

// fill draws a value for every field there is, so that one that is not boxed
// is missed.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 4).Draw(t, "length"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
		}
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.String:
		words := append(stateWords[:], "youzan", "wwcorp", "到店")
		v.SetString(rapid.SampledFrom(words).Draw(t, "word"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	default:
		v.SetInt(rapid.OneOf(rapid.Int64Range(-2, 2), rapid.Int64Range(-1<<61, 1<<61)).Draw(t, "number"))
	}
}

func anyCustomer(t *rapid.T) *profile.Customer {
	c := new(profile.Customer)
	fill(t, reflect.ValueOf(c).Elem())
	return c
}

func TestACustomerComesOutOfTheBoxAsHeWentIn(t *testing.T) {
	o := newOpener()
	rapid.Check(t, func(t *rapid.T) {
		list := []*profile.Customer{anyCustomer(t), anyCustomer(t), anyCustomer(t)}
		again := make([]profile.Customer, len(list))
		o.reuse()
		for i, c := range list {
			again[i] = *anyCustomer(t) // whatever stood there before is overwritten
			if err := o.open(packCustomer(nil, c), &again[i]); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range list {
			if !reflect.DeepEqual(*c, again[i]) {
				t.Fatalf("got %+v\nwant %+v", again[i], *c)
			}
		}
	})
}

func TestAppendingToAListOfOneCustomerLeavesTheNextAlone(t *testing.T) {
	o := newOpener()
	one := packCustomer(nil, &profile.Customer{ID: 1, Orders: profile.Orders{Recent: []profile.Order{{ID: 1}}}})
	var first, second profile.Customer
	for range 3 { // the first two times there was no room yet
		o.reuse()
		if err := o.open(one, &first); err != nil {
			t.Fatal(err)
		}
		if err := o.open(one, &second); err != nil {
			t.Fatal(err)
		}
	}
	first.Orders.Recent = append(first.Orders.Recent, profile.Order{ID: 7})
	if second.Orders.Recent[0].ID != 1 {
		t.Error("an order of one customer became another's")
	}
}

func TestEqualStatesAreEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCustomer(t)
		var copied profile.Customer
		box := packCustomer(nil, c)
		if err := newOpener().open(box, &copied); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(box, packCustomer(nil, &copied)) {
			t.Fatal("the same state was packed in two ways")
		}
	})
}

func TestAnOlderBoxStillOpens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := anyCustomer(t)
		box, err := encode(c)
		if err != nil {
			t.Fatal(err)
		}
		var again profile.Customer
		if err := newOpener().open(box, &again); err != nil || !reflect.DeepEqual(*c, again) {
			t.Fatalf("got %+v, %v\nwant %+v", again, err, *c)
		}
	})
}

// golden returns bytes that an earlier build wrote, from a file of hexadecimal
// digits.
func golden(t *testing.T, file string) []byte {
	t.Helper()
	digits, err := os.ReadFile(filepath.Join("testdata", file))
	must(t, err)
	bytes, err := hex.DecodeString(strings.TrimSpace(string(digits)))
	must(t, err)
	return bytes
}

// everyWord is a customer whose box names words of the table and spells
// others, some of them twice.
func everyWord() *profile.Customer {
	c := talkative()
	c.LastFact, c.Refused, c.MergedInto, c.Corps = c.FirstSeen+5, 9, -4, []id.Corp{"wwcorp", "wwother"}
	c.Relations = append(c.Relations, profile.Relation{Staff: 3, Since: 4, Until: 2, End: event.ByTransfer, AddWay: 7, State: "到店", Half: true,
		Tags: []string{"store", "老客"}, NextUntil: 6, NextEnd: event.ByNobody})
	c.Groups = []profile.Membership{{Group: 11, Since: 5, Until: 8}}
	c.Talk = profile.Talk{Inbound: 3, Outbound: 1, LastIn: 7, Days: []profile.TalkDay{{At: 1, In: 3, Out: 1, Started: true}}}
	for i, word := range stateWords[firstChannel:firstPurpose] {
		c.Touches.Recent[i].Channel = event.Channel(word)
	}
	for i, word := range stateWords[firstPurpose:firstSpelled] {
		c.Touches.Recent[i].Purpose, c.Touches.Recent[i].Answered = event.Purpose(word), c.Touches.Recent[i].At+1
	}
	c.Touches.Count, c.Orders.Count, c.Orders.First = 16, 16, 3
	c.Complaints = []profile.Complaint{{Opened: 1, Closed: 2}}
	c.Needs = []profile.Need{{At: 5, Line: 1 << 58, Asked: true}}
	c.Referrals, c.Reactions = []profile.Referral{{At: 4}, {At: 9}}, []event.Instant{8}
	return c
}

// Places in stateWords.
const firstChannel, firstPurpose = 5, 10

func TestABoxOfVersion1IsReadForEver(t *testing.T) {
	box, want := golden(t, "customer-1.hex"), everyWord()
	var c profile.Customer
	if err := newOpener().open(box, &c); err != nil || !reflect.DeepEqual(c, *want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, *want)
	}
	if again := packCustomer(nil, want); !slices.Equal(again, box) {
		t.Errorf("the same state is written otherwise: %x", again)
	}
}

func TestWordsMayBeAppendedToTheTable(t *testing.T) {
	longer := append(stateWords[:], "到店", "youzan", "old")
	o := newOpener()
	o.later = longer[firstSpelled:]
	rapid.Check(t, func(t *rapid.T) {
		c := anyCustomer(t)
		now := statePacker{table: longer}
		now.customer(c)
		for build, box := range map[string][]byte{"this": packCustomer(nil, c), "the next": now.bytes} {
			var again profile.Customer
			if err := o.open(box, &again); err != nil || !reflect.DeepEqual(*c, again) {
				t.Fatalf("what %s build packed: got %+v, %v\nwant %+v", build, again, err, *c)
			}
			o.reuse()
		}
	})
}

func TestADamagedStateIsAnErrorAndNoPanic(t *testing.T) {
	o := newOpener()
	rapid.Check(t, func(t *rapid.T) {
		var into profile.Customer
		box := packCustomer(nil, anyCustomer(t))
		if err := o.open(box[:rapid.IntRange(0, len(box)-1).Draw(t, "cut")], &into); err == nil {
			t.Fatal("a cut box opens")
		}
		for range 3 {
			box[rapid.IntRange(0, len(box)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		_ = o.open(box, &into) // whatever it says, it must not panic
		o.reuse()
	})
}

func FuzzOpeningAState(f *testing.F) {
	f.Add(packCustomer(nil, &profile.Customer{ID: 5, FirstSeen: 7, Relations: []profile.Relation{{Staff: 3, State: "shop"}}}))
	f.Fuzz(func(t *testing.T, box []byte) {
		var c, again profile.Customer
		o := newOpener()
		if o.open(box, &c) != nil {
			return
		}
		if err := o.open(packCustomer(nil, &c), &again); err != nil || !reflect.DeepEqual(c, again) {
			t.Fatalf("%+v was packed and became %+v, %v", c, again, err)
		}
	})
}

func BenchmarkOpenCustomer(b *testing.B) {
	o, box, into := newOpener(), packCustomer(nil, talkative()), profile.Customer{}
	b.ReportAllocs()
	b.ReportMetric(float64(len(box)), "B")
	for b.Loop() {
		o.reuse()
		if err := o.open(box, &into); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPackCustomer(b *testing.B) {
	c, box := talkative(), []byte(nil)
	b.ReportAllocs()
	for b.Loop() {
		box = packCustomer(box[:0], c)
	}
}

// talkative is a customer as a brand of two years has many.
func talkative() *profile.Customer {
	const week = 7 * 86_400_000
	c := &profile.Customer{ID: 1 << 60, FirstSeen: 1_700_000_000_000, Relations: []profile.Relation{{Staff: 1 << 61, Since: 1_700_000_000_000, State: "store"}}}
	at := c.FirstSeen
	for i := range 16 {
		at += 3 * week
		c.Touches.Recent = append(c.Touches.Recent, profile.Touch{At: at, Staff: 1 << 61, Channel: event.MassSend, Purpose: event.Remind})
		c.Orders.Recent = append(c.Orders.Recent, profile.Order{ID: id.Order(i) << 50, At: at + week, Amount: 5800, Store: 1 << 59, Shop: "youzan", Lines: []id.Line{1 << 58}})
	}
	return c
}

// describedByShops is everyWord with how shops describe the customer.
func describedByShops() *profile.Customer {
	c := everyWord()
	c.Referrals[1].Customer = -7
	c.Referrer = profile.Referrer{By: -4, As: 12, Since: c.FirstSeen + 2, Stayed: c.FirstSeen + 40}
	c.Described = profile.Description{At: c.FirstSeen + 3, BirthMonth: 2, BirthDay: 29, City: "杭州", Level: "金卡", Campaign: "到店", Tags: []string{"store", "老客"}}
	return c
}

func TestABoxWithADescriptionIsReadForEver(t *testing.T) {
	box, want := golden(t, "customer-described.hex"), describedByShops()
	var c profile.Customer
	if err := newOpener().open(box, &c); err != nil || !reflect.DeepEqual(c, *want) {
		t.Fatalf("got %+v, %v\nwant %+v", c, err, *want)
	}
	if again := packCustomer(nil, want); !slices.Equal(again, box) {
		t.Errorf("the same state is written otherwise: %x", again)
	}
}

func TestTheOldestBoxTellsWhenReferralsStayed(t *testing.T) {
	box, err := encode(map[int]any{1: 5, 3: 7, 4: 8, 13: []event.Instant{4, 9}})
	must(t, err)
	var c profile.Customer
	must(t, newOpener().open(box, &c))
	if want := []profile.Referral{{At: 4}, {At: 9}}; c.ID != 5 || !slices.Equal(c.Referrals, want) {
		t.Errorf("got %+v", c)
	}
}
