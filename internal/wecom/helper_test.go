package wecom

import (
	"context"
	"crypto/cipher"
	"encoding/base64"
	"io"
	"net/http"
)

// sealRaw encrypts blocks as they are, without the platform's framing.
func sealRaw(c *Crypt, blocks []byte) string {
	out := make([]byte, len(blocks))
	cipher.NewCBCEncrypter(c.block, c.iv[:]).CryptBlocks(out, blocks)
	return base64.StdEncoding.EncodeToString(out)
}

// dropping is a sink that keeps nothing.
type dropping struct{}

func (dropping) Put(context.Context, Callback) error { return nil }

type nopCloser struct{ io.Reader }

func (nopCloser) Close() error { return nil }

// discard is an http.ResponseWriter that keeps nothing.
type discard struct{}

func (discard) Header() http.Header         { return nil }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
