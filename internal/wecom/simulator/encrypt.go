package simulator

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"

	"siyu/internal/fault"
)

const (
	keyTextLength = 43
	padBlock      = 32 // WeCom pads to 32 although the AES block has 16 bytes
)

// decodeKey reads an EncodingAESKey. Real keys may have non-zero trailing
// bits, which a strict base64 decoder would refuse.
func decodeKey(text string) ([]byte, error) {
	if len(text) != keyTextLength {
		return nil, fault.New(fault.Invalid, "the AES key has %d characters, %d were expected", len(text), keyTextLength)
	}
	for _, c := range text {
		if !strings.ContainsRune(letters, c) {
			return nil, fault.New(fault.Invalid, "the AES key may hold only letters and digits")
		}
	}
	return base64.StdEncoding.DecodeString(text + "=")
}

// signature returns the msg_signature of an encrypted text.
func signature(token, timestamp, nonce, encrypted string) string {
	parts := []string{token, timestamp, nonce, encrypted}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// encrypt returns the base64 of random(16) + length + message + receiver under
// AES-256-CBC with the first half of the key as initial vector.
func encrypt(keyText string, random [16]byte, message []byte, receiver string) (string, error) {
	key, err := decodeKey(keyText)
	if err != nil {
		return "", err
	}
	plain := slices.Concat(random[:], binary.BigEndian.AppendUint32(nil, uint32(len(message))), message, []byte(receiver))
	pad := padBlock - len(plain)%padBlock
	for range pad {
		plain = append(plain, byte(pad))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return "", err
	}
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, plain)
	return base64.StdEncoding.EncodeToString(plain), nil
}
