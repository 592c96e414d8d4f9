package sheet

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// Encoding is how the text of a csv is written in bytes.
type Encoding string

// The encodings that are detected. GB18030 includes GBK and GB2312.
const (
	UTF8    Encoding = "utf-8"
	GB18030 Encoding = "gb18030"
	UTF16LE Encoding = "utf-16le"
	UTF16BE Encoding = "utf-16be"
)

// sampleBytes of a file decide about its encoding and delimiter.
const sampleBytes = 256 << 10

// maxBadShare of the signs beyond ASCII may be undecodable in a sample: one
// damaged name in a file is a damaged name. Chinese text read in the wrong
// encoding has several times more.
const maxBadShare = 0.1

var byteOrderMarks = []struct {
	mark     []byte
	encoding Encoding
}{
	{[]byte("\xEF\xBB\xBF"), UTF8},
	{[]byte("\xFF\xFE"), UTF16LE},
	{[]byte("\xFE\xFF"), UTF16BE},
}

// detectEncoding returns the encoding of a file that begins with head, and
// the length of its byte order mark.
func detectEncoding(head []byte) (Encoding, int, error) {
	for _, m := range byteOrderMarks {
		if bytes.HasPrefix(head, m.mark) {
			return m.encoding, len(m.mark), nil
		}
	}
	if e, ok := utf16WithoutMark(head); ok {
		return e, 0, nil
	}
	if utf8.Valid(wholeRunes(head)) {
		return UTF8, 0, nil
	}
	// UTF-8 first: nothing else looks like it by chance, while GB18030 finds a
	// meaning in most pairs of bytes.
	for _, e := range []Encoding{UTF8, GB18030} {
		if badShare(decodeSample(head, e)) <= maxBadShare {
			return e, 0, nil
		}
	}
	return "", 0, invalid("sheet.encoding", "the encoding of the file is not recognised; expected UTF-8, GBK/GB18030 or UTF-16")
}

// utf16WithoutMark recognises UTF-16 by the zero bytes that every delimiter,
// digit and line end brings at the same parity.
func utf16WithoutMark(head []byte) (Encoding, bool) {
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i%2]++
		}
	}
	const enough = 0.1 // of the code units; a table has more separators than that
	const least = 4    // fewer are stray NULs in another encoding
	need := max(least, int(enough*float64(len(head)/2)))
	switch {
	case zeros[1] >= need && zeros[0] <= zeros[1]/20:
		return UTF16LE, true
	case zeros[0] >= need && zeros[1] <= zeros[0]/20:
		return UTF16BE, true
	}
	return "", false
}

// wholeRunes cuts a rune that the end of the sample has split.
func wholeRunes(sample []byte) []byte {
	for cut := 1; cut < utf8.UTFMax && cut < len(sample); cut++ {
		if b := sample[len(sample)-cut]; utf8.RuneStart(b) {
			if b >= utf8.RuneSelf && !utf8.FullRune(sample[len(sample)-cut:]) {
				return sample[:len(sample)-cut]
			}
			break
		}
	}
	return sample
}

// badShare returns the undecodable share of the signs beyond ASCII. Control
// and private signs count as undecodable: they show that bytes of another
// encoding happened to have a meaning.
func badShare(text string) float64 {
	foreign, bad := 0, 0
	for _, r := range text {
		control := r < ' ' && r != '\t' && r != '\r' && r != '\n' && r != 0
		if control || r == utf8.RuneError || r >= 0xE000 && r <= 0xF8FF {
			bad++
		}
		if control || r >= utf8.RuneSelf {
			foreign++
		}
	}
	return float64(bad) / float64(max(foreign, 1))
}

func decodeSample(sample []byte, e Encoding) string {
	text, _, err := transform.Bytes(e.decoder(), sample)
	if err != nil && len(text) == 0 {
		return string(utf8.RuneError)
	}
	return strings.TrimSuffix(string(wholeRunes(text)), "\uFFFD") // a sign split by the end of the sample
}

func (e Encoding) decoder() transform.Transformer {
	var known encoding.Encoding
	switch e {
	case GB18030:
		known = simplifiedchinese.GB18030
	case UTF16LE:
		known = unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case UTF16BE:
		known = unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	default:
		return transform.Nop
	}
	return known.NewDecoder()
}

// decoded returns content as UTF-8.
func (e Encoding) decoded(content io.Reader) io.Reader {
	if e == UTF8 {
		return content
	}
	return transform.NewReader(content, e.decoder())
}
