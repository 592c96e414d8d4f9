package event

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"siyu/internal/id"
	"siyu/internal/money"
)

func drawOrder(t *rapid.T) OrderPaid {
	texts := rapid.OneOf(rapid.StringMatching(`[ -~]{0,8}`), rapid.String(), rapid.Just("\xff\x00<茶>"))
	b := OrderPaid{
		Order: id.Order(rapid.Int64().Draw(t, "order")), Shop: texts.Draw(t, "shop"),
		Store: id.Store(rapid.Int64().Draw(t, "store")), Amount: money.Fen(rapid.Int64().Draw(t, "amount")),
	}
	for range rapid.IntRange(0, 3).Draw(t, "items") {
		b.Items = append(b.Items, OrderItem{
			Line: id.Line(rapid.Int64Range(0, 9).Draw(t, "line")), SKU: texts.Draw(t, "sku"),
			Quantity: rapid.Int().Draw(t, "quantity"), Amount: money.Fen(rapid.Int64().Draw(t, "paid")),
		})
	}
	return b
}

func drawIdentity(t *rapid.T) CustomerIdentified {
	return CustomerIdentified{Identity: IdentityKind(rapid.SampledFrom([]string{"phone", "", "<"}).Draw(t, "kind")),
		Key: rapid.SliceOf(rapid.Byte()).Draw(t, "key")}
}

func drawOpened(t *rapid.T) ContentOpened {
	return ContentOpened{Content: id.Code(rapid.Int64().Draw(t, "content")), Touch: rapid.Int64Range(-1, 3).Draw(t, "touch"),
		Staff: id.Staff(rapid.Int64Range(-1, 3).Draw(t, "staff"))}
}

func TestAQuickWriterWritesWhatTheUsualOneWrites(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		for _, body := range []quickWriter{drawOrder(rt), drawIdentity(rt), drawOpened(rt), CustomerIdentified{}} {
			want, err := json.Marshal(body)
			if err != nil {
				rt.Fatal(err)
			}
			if got := body.write(nil); string(got) != string(want) {
				rt.Fatalf("got  %s\nwant %s", got, want)
			}
		}
	})
}

// readsAlike compares the two readers on any text: the quick one may refuse
// what the usual one reads, never the other way round.
func readsAlike[B any, P interface {
	*B
	quickReader
}](t *rapid.T, text []byte) (quick bool) {
	var got, want B
	if quick = P(&got).read(text); !quick {
		return false
	}
	if err := json.Unmarshal(text, &want); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is read as %+v, want %+v (%v)", text, got, want, err)
	}
	return true
}

func TestAQuickReaderReadsWhatTheUsualOneReads(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		order, identity, opened := drawOrder(rt).write(nil), drawIdentity(rt).write(nil), drawOpened(rt).write(nil)
		readsAlike[OrderPaid](rt, order)
		readsAlike[CustomerIdentified](rt, identity)
		readsAlike[ContentOpened](rt, opened)
		for _, text := range [][]byte{order, identity, opened} {
			at := rapid.IntRange(0, len(text)-1).Draw(rt, "at")
			text[at] = rapid.Byte().Draw(rt, "byte")
			readsAlike[OrderPaid](rt, text)
			readsAlike[CustomerIdentified](rt, text)
			readsAlike[OrderPaid](rt, text[:at])
			readsAlike[ContentOpened](rt, text)
		}
	})
}

func TestUsualFactsAreReadQuickly(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		body := OrderPaid{Order: 1<<63 - 1, Shop: "youzan", Store: 5, Amount: -12, Items: []OrderItem{{Line: 3, SKU: "A-1", Quantity: 2, Amount: 0}, {Quantity: 1}}}
		if !readsAlike[OrderPaid](rt, body.write(nil)) || !readsAlike[CustomerIdentified](rt, CustomerIdentified{Identity: ByPhone, Key: []byte{1, 2}}.write(nil)) {
			rt.Fatal("read the slow way")
		}
	})
}
