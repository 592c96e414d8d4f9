package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed asset
var assetFiles embed.FS

// assets serves the embedded files under names that hold their content's
// hash, so that browsers may keep them for ever.
type assets struct {
	byURL  map[string]asset
	byName map[string]string // "console.css" -> "/asset/1a2b3c4d/console.css"
}

type asset struct {
	kind   string
	plain  []byte
	zipped []byte
}

func loadAssets() (*assets, error) {
	a := &assets{byURL: map[string]asset{}, byName: map[string]string{}}
	err := fs.WalkDir(assetFiles, "asset", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		return a.add(path.Base(name), body)
	})
	return a, err
}

func (a *assets) add(name string, body []byte) error {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) {
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".txt", ".md":
		kind = "text/plain; charset=utf-8"
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(body); err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("compress %s: %w", name, err)
	}
	sum := sha256.Sum256(body)
	url := "/asset/" + hex.EncodeToString(sum[:6]) + "/" + name
	a.byURL[url] = asset{kind: kind, plain: body, zipped: zipped.Bytes()}
	a.byName[name] = url
	return nil
}

// url returns where a file is served. An unknown name is a defect of a
// template and shows in its tests.
func (a *assets) url(name string) (string, error) {
	u, ok := a.byName[name]
	if !ok {
		return "", fmt.Errorf("no asset %q", name)
	}
	return u, nil
}

// ServeHTTP implements http.Handler.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	file, ok := a.byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := file.plain
	if acceptsGzip(r) && !strings.HasPrefix(file.kind, "image/") {
		h.Set("Content-Encoding", "gzip")
		body = file.zipped
	}
	h.Set("Content-Length", fmt.Sprint(len(body)))
	_, _ = w.Write(body) // a broken connection is the client's business
}

// icon answers browsers that ask for the icon by its usual name, as they do before they
// have read what the page says of it.
func (a *assets) icon(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, a.byName["mark.svg"], http.StatusFound)
}
