package index

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"siyu/internal/audience"
	"siyu/internal/audience/audiencetest"
	"siyu/internal/audience/madeup"
	"siyu/internal/fault"
	"siyu/internal/id"
	"siyu/internal/org"
)

// snapshotOf returns a snapshot with a little of everything in it.
func snapshotOf(tb testing.TB) []byte {
	tb.Helper()
	ix := New()
	maker := madeup.New(20, audiencetest.Today)
	for i := range 20 {
		row := madeup.Blank()
		maker.Row(i, &row)
		ix.Put([]audience.Row{row})
		if i == 3 {
			ix.Remove([]id.Customer{row.ID})
		}
	}
	ix.SetMembers(5, ix.Everybody())
	ix.Reach(Position{Fact: 1, Day: audiencetest.Today})
	var file bytes.Buffer
	if _, err := ix.WriteTo(&file); err != nil {
		tb.Fatal(err)
	}
	return file.Bytes()
}

func TestASnapshotCutOffAnywhereIsAnError(t *testing.T) {
	whole := snapshotOf(t)
	for n := 0; n < len(whole); n += 1 + n/200 {
		if _, err := Read(bytes.NewReader(whole[:n])); fault.CodeOf(err) != fault.Invalid {
			t.Fatalf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
}

func TestASnapshotWithAnyByteChangedIsAnError(t *testing.T) {
	whole := snapshotOf(t)
	for i := 0; i < len(whole); i += 1 + i/200 {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x10
		if _, err := Read(bytes.NewReader(changed)); fault.CodeOf(err) != fault.Invalid {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

// sealed makes all checksums of a snapshot right again, as far as its sections
// can be told.
func sealed(file []byte) []byte {
	for at := len(snapshotMark); at+lengthSize < len(file); {
		length := int(min(binary.LittleEndian.Uint64(file[at:]), uint64(len(file))))
		end := at + lengthSize + length
		if end+sumSize > len(file) {
			break
		}
		binary.LittleEndian.PutUint32(file[end:], crc32.Checksum(file[at+lengthSize:end], castagnoli))
		at = end + sumSize
	}
	return file
}

// FuzzRead damages a snapshot at three places and makes the checksums right
// again: what is read nevertheless must answer without a panic.
func FuzzRead(f *testing.F) {
	whole := snapshotOf(f)
	f.Add(uint32(30), uint32(900), uint32(5000), uint64(0xff), []byte(nil))
	f.Add(uint32(len(snapshotMark)), uint32(0), uint32(0), uint64(1), whole[:100])
	f.Fuzz(func(t *testing.T, a, b, c uint32, change uint64, tail []byte) {
		file := bytes.Clone(whole)
		for i, at := range []uint32{a, b, c} {
			file[int(at)%len(file)] ^= byte(change >> (8 * i))
		}
		answer(t, sealed(file))
		answer(t, sealed(append([]byte(snapshotMark), tail...)))
	})
}

func answer(t *testing.T, file []byte) {
	ix, err := Read(bytes.NewReader(file))
	if err != nil {
		return
	}
	for _, field := range audience.Fields() {
		ix.Values(field.Name, 10)
	}
	for i := range audience.Columns() {
		crowd := ix.Everybody()
		crowd.Quantiles(i, .5)
		crowd.First(Page{Column: i, N: 3})
	}
	rule := audience.Rule{Ask: &audience.Condition{Field: audience.AudienceField, Is: audience.OneOf, Values: []audience.Value{{Number: 5}}}}
	if _, err := ix.Evaluate(&rule, org.Scope{Stores: []id.Store{1, 2, 3, 50, 90, 200, 300}}, audiencetest.Today); err != nil {
		t.Fatal(err)
	}
	ix.Put([]audience.Row{blankRow(1), blankRow(2)})
}
