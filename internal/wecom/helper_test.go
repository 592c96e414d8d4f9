package wecom

import (
	"crypto/cipher"
	"encoding/base64"
)

// sealRaw encrypts blocks as they are, without the platform's framing.
func sealRaw(c *Crypt, blocks []byte) string {
	out := make([]byte, len(blocks))
	cipher.NewCBCEncrypter(c.block, c.iv[:]).CryptBlocks(out, blocks)
	return base64.StdEncoding.EncodeToString(out)
}
