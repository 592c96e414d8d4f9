package wecom

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1" //nolint:gosec // the platform's signature is SHA-1
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"siyu/internal/id"
)

const (
	keyLength   = 43 // characters of an EncodingAESKey
	randomBytes = 16 // in front of every plaintext
	lengthBytes = 4
	padBlock    = 32 // the platform pads to 32, not to the cipher's 16
)

// The ways in which a callback message can be unacceptable. None of them
// carries any part of the message.
var (
	ErrSignature = errors.New("callback signature does not match")
	ErrSealed    = errors.New("callback text cannot be decrypted")
	ErrCorp      = errors.New("callback belongs to another corp")
)

// Crypt opens and seals the callback messages of one corp under one token
// and one EncodingAESKey. It is safe for concurrent use.
type Crypt struct {
	corp  string
	token string
	block cipher.Block
	iv    [aes.BlockSize]byte
}

// NewCrypt returns a Crypt. The key is the 43 letters and digits shown in the
// admin console. It is decoded leniently: the unused bits of its last
// character may be set, and real keys have them set.
func NewCrypt(corp id.Corp, token, encodingAESKey Secret) (*Crypt, error) {
	if corp == "" || token == "" {
		return nil, errors.New("callback keys: corp and token must not be empty")
	}
	if len(encodingAESKey) != keyLength {
		return nil, fmt.Errorf("callback keys: EncodingAESKey has %d characters, expected %d", len(encodingAESKey), keyLength)
	}
	for _, b := range []byte(encodingAESKey) {
		if !isLetterOrDigit(b) {
			return nil, errors.New("callback keys: EncodingAESKey may hold only letters and digits")
		}
	}
	key, err := base64.StdEncoding.DecodeString(string(encodingAESKey) + "=")
	if err != nil {
		return nil, errors.New("callback keys: EncodingAESKey is not base64")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.New("callback keys: EncodingAESKey does not decode to 32 bytes")
	}
	c := &Crypt{corp: string(corp), token: string(token), block: block}
	copy(c.iv[:], key)
	return c, nil
}

func isLetterOrDigit(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// Corp returns the corp whose messages the Crypt accepts.
func (c *Crypt) Corp() id.Corp { return id.Corp(c.corp) }

// Signature returns the platform's signature of a sealed text: the lower-case
// hexadecimal SHA-1 over token, timestamp, nonce and text in plain string
// order without separators.
func (c *Crypt) Signature(timestamp, nonce, sealed string) string {
	sum, _ := c.sign(nil, timestamp, nonce, []byte(sealed))
	return string(sum[:])
}

// Verify reports whether signature belongs to the sealed text. The time it
// takes does not depend on where the two differ.
func (c *Crypt) Verify(timestamp, nonce, sealed, signature string) bool {
	sum, _ := c.sign(nil, timestamp, nonce, []byte(sealed))
	return subtle.ConstantTimeCompare(sum[:], []byte(signature)) == 1
}

// sign uses scratch as working space and returns it for reuse.
func (c *Crypt) sign(scratch []byte, timestamp, nonce string, sealed []byte) ([2 * sha1.Size]byte, []byte) {
	first, second, third := inOrder(c.token, timestamp, nonce)
	scratch = scratch[:0]
	placed := false
	for _, part := range [...]string{first, second, third} {
		if !placed && string(sealed) < part {
			scratch, placed = append(scratch, sealed...), true
		}
		scratch = append(scratch, part...)
	}
	if !placed {
		scratch = append(scratch, sealed...)
	}
	digest := sha1.Sum(scratch) //nolint:gosec // see the import
	var text [2 * sha1.Size]byte
	hex.Encode(text[:], digest[:])
	return text, scratch
}

func inOrder(a, b, c string) (string, string, string) {
	if b < a {
		a, b = b, a
	}
	if c < b {
		b, c = c, b
	}
	if b < a {
		a, b = b, a
	}
	return a, b, c
}

// Open decrypts a sealed text and returns the message in it as a new slice
// the caller may keep. It fails with ErrSealed, or with ErrCorp when the
// message names another corp. Check the signature first.
func (c *Crypt) Open(sealed string) ([]byte, error) { return c.open([]byte(sealed)) }

func (c *Crypt) open(sealed []byte) ([]byte, error) {
	text := make([]byte, base64.StdEncoding.DecodedLen(len(sealed)))
	n, err := base64.StdEncoding.Decode(text, sealed)
	if err != nil || n == 0 || n%padBlock != 0 {
		return nil, ErrSealed
	}
	text = text[:n]
	cipher.NewCBCDecrypter(c.block, c.iv[:]).CryptBlocks(text, text)
	pad := int(text[n-1])
	if pad < 1 || pad > padBlock {
		return nil, ErrSealed
	}
	text = text[:n-pad]
	if len(text) < randomBytes+lengthBytes {
		return nil, ErrSealed
	}
	size := binary.BigEndian.Uint32(text[randomBytes:])
	rest := text[randomBytes+lengthBytes:]
	if uint64(size) > uint64(len(rest)) {
		return nil, ErrSealed
	}
	if string(rest[size:]) != c.corp {
		return nil, ErrCorp
	}
	return rest[:size:size], nil
}

// Seal encrypts a message as the platform does. random must be fresh for
// every message; it is an argument so that published vectors can be repeated.
func (c *Crypt) Seal(random [randomBytes]byte, message []byte) string {
	n := randomBytes + lengthBytes + len(message) + len(c.corp)
	pad := padBlock - n%padBlock
	text := make([]byte, 0, n+pad)
	text = append(text, random[:]...)
	text = binary.BigEndian.AppendUint32(text, uint32(len(message))) //nolint:gosec // messages are far below 4 GiB
	text = append(text, message...)
	text = append(text, c.corp...)
	for range pad {
		text = append(text, byte(pad))
	}
	cipher.NewCBCEncrypter(c.block, c.iv[:]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}
