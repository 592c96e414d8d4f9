package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"siyu/internal/fault"
)

// A snapshot is a mark of its version and then sections: how long one is (8
// bytes), what it holds, and its CRC-32C (4 bytes); numbers are little endian.
// The first section is the head, then come the ids by ordinal, the values by
// code of every coded field, the blocks and the stored audiences, in this
// order.
const (
	snapshotMark = "siyu audience index 1\n"
	lengthSize   = 8
	sumSize      = 4
	// A block of 100 columns of 8 bytes and 100 tags each takes a quarter of it;
	// the ids of a hundred million customers fit.
	longestSection = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// fingerprint names what a row holds, so that a snapshot of another catalogue
// of fields is not read.
func (l *layout) fingerprint() string {
	var b strings.Builder
	for _, c := range l.columns {
		fmt.Fprintf(&b, "%s %s %d;", c.Field.Name, c.Field.Kind, c.Window)
	}
	for _, f := range l.refs {
		b.WriteString(f.Name + ";")
	}
	return b.String()
}

// WriteTo writes a snapshot; Puts wait until it is written, readers do not.
func (ix *Index) WriteTo(to io.Writer) (int64, error) {
	ix.writing.Lock() // nobody else writes, so that reading needs no lock
	defer ix.writing.Unlock()
	ix.mu.RLock()
	members := maps.Clone(ix.members)
	ix.mu.RUnlock()
	w := snapshotWriter{to: to}
	w.write([]byte(snapshotMark))
	w.section(func(b []byte) []byte {
		p := ix.Position()
		for _, v := range []int64{p.Fact, p.Day, int64(len(ix.ids.list)), int64(ix.gone), int64(len(members))} {
			b = binary.LittleEndian.AppendUint64(b, uint64(v))
		}
		return append(b, ix.layout.fingerprint()...)
	})
	w.section(func(b []byte) []byte { return appendNumbers(b, ix.ids.list) })
	for i := range ix.terms {
		w.section(func(b []byte) []byte { return appendNumbers(b, ix.terms[i].list) })
	}
	for _, block := range ix.blocks {
		w.section(block.append)
	}
	for _, n := range slices.Sorted(maps.Keys(members)) {
		w.section(func(b []byte) []byte { return members[n].append(binary.LittleEndian.AppendUint64(b, uint64(n))) })
	}
	if w.err != nil {
		return w.n, fmt.Errorf("writing a snapshot of the audience index: %w", w.err)
	}
	return w.n, nil
}

type snapshotWriter struct {
	to    io.Writer
	n     int64
	err   error
	spare []byte
}

func (w *snapshotWriter) write(b []byte) {
	if w.err == nil {
		var n int
		n, w.err = w.to.Write(b)
		w.n += int64(n)
	}
}

// section writes what fill appends.
func (w *snapshotWriter) section(fill func([]byte) []byte) {
	b := fill(append(w.spare[:0], make([]byte, lengthSize)...))
	binary.LittleEndian.PutUint64(b, uint64(len(b)-lengthSize))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[lengthSize:], castagnoli))
	w.write(b)
	w.spare = b
}

func appendNumbers(b []byte, list []int64) []byte {
	b = slices.Grow(b, 8*len(list))
	for _, v := range list {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	return b
}

func (b *block) append(to []byte) []byte {
	for _, w := range b.live {
		to = binary.LittleEndian.AppendUint64(to, w)
	}
	for i := range b.columns {
		c := &b.columns[i]
		to = append(binary.LittleEndian.AppendUint64(to, uint64(c.base)), c.width)
		to = append(to, c.data[:int(c.width)*roomFor(b.rows)]...)
	}
	for _, p := range b.refs {
		to = p.some.append(to)
		to = binary.LittleEndian.AppendUint32(to, uint32(len(p.codes)))
		for i, code := range p.codes {
			to = p.rows[i].append(binary.LittleEndian.AppendUint32(to, code))
		}
	}
	for _, mark := range b.marks {
		to = binary.LittleEndian.AppendUint64(to, mark)
	}
	return to
}

func (s set) append(to []byte) []byte {
	to = slices.Grow(binary.LittleEndian.AppendUint16(to, uint16(len(s))), 2*len(s))
	for _, row := range s {
		to = binary.LittleEndian.AppendUint16(to, row)
	}
	return to
}

func (c *Crowd) append(to []byte) []byte {
	to = binary.LittleEndian.AppendUint32(to, uint32(len(c.parts)))
	for _, part := range c.parts {
		to = part.append(to)
	}
	return to
}

// Read returns the index that WriteTo wrote. A snapshot that is cut off,
// damaged, or of another version or catalogue of fields is an error of code
// fault.Invalid: the index is then built anew.
func Read(from io.Reader) (*Index, error) {
	ix, err := read(from)
	if err == nil {
		return ix, nil
	}
	var damage damaged
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fault.New(fault.Invalid, "it is cut off")
	} else if errors.As(err, &damage) {
		err = fault.New(fault.Invalid, "%s", damage)
	}
	return nil, fmt.Errorf("reading a snapshot of the audience index: %w", err)
}

// damaged says what is wrong with a snapshot.
type damaged string

func (d damaged) Error() string { return string(d) }

func read(from io.Reader) (*Index, error) {
	r := snapshotReader{from: from, ix: New()}
	mark := make([]byte, len(snapshotMark))
	if _, err := io.ReadFull(from, mark); err != nil {
		return nil, err
	}
	if string(mark) != snapshotMark {
		return nil, damaged("it is not a snapshot of this version")
	}
	if err := r.head(); err != nil {
		return nil, err
	}
	if err := r.identities(); err != nil {
		return nil, err
	}
	defer r.slots.Wait()
	for at := range r.ix.blocks {
		if err := r.section("block "+strconv.Itoa(at), func(c *cut) error { return r.block(at, c) }); err != nil {
			return nil, err
		}
	}
	for range r.audiences {
		if err := r.section("members of an audience", r.members); err != nil {
			return nil, err
		}
	}
	r.slots.Wait()
	return r.ix, r.whole()
}
