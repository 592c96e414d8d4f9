package simulator

import (
	"bytes"
	"encoding/json"
	"encoding/xml"

	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
)

// answer is the JSON of one call.
type answer map[string]any

func (a answer) code() int { return int(a["errcode"].(float64)) }

func (a answer) list(name string) []any {
	rows, _ := a[name].([]any)
	return rows
}

// at follows names and positions into an answer.
func (a answer) at(path ...any) any {
	var v any = map[string]any(a)
	for _, step := range path {
		switch s := step.(type) {
		case string:
			v = v.(map[string]any)[s]
		case int:
			v = v.([]any)[s]
		}
	}
	return v
}

// desk calls the platform as one of its apps.
type desk struct {
	t     testing.TB
	p     *Platform
	app   int
	token string
}

type body = map[string]any

func sit(t testing.TB, p *Platform, app int) *desk {
	d := &desk{t: t, p: p, app: app}
	d.login()
	return d
}

func (d *desk) login() {
	c := d.p.Credentials(d.app)
	got := d.raw(http.MethodGet, "/cgi-bin/gettoken?corpid="+c.Corp+"&corpsecret="+c.Secret, nil, "")
	if got.code() != 0 {
		d.t.Fatalf("gettoken: %v", got)
	}
	d.token = got["access_token"].(string)
}

func (d *desk) raw(method, target string, data []byte, contentType string) answer {
	d.t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader(data))
	r.RemoteAddr = "127.0.0.1:1000"
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	w := httptest.NewRecorder()
	d.p.ServeHTTP(w, r)
	if w.Code != http.StatusOK {
		d.t.Fatalf("%s %s: HTTP %d", method, target, w.Code)
	}
	var a answer
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
		d.t.Fatalf("%s %s: %v in %s", method, target, err, w.Body)
	}
	return a
}

// post calls a path below /cgi-bin/externalcontact/ unless it begins with a
// slash.
func (d *desk) post(path string, q any) answer {
	d.t.Helper()
	data, err := json.Marshal(q)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.raw(http.MethodPost, full(path)+"?access_token="+url.QueryEscape(d.token), data, "")
}

func (d *desk) get(path string, pairs ...string) answer {
	d.t.Helper()
	q := url.Values{"access_token": {d.token}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return d.raw(http.MethodGet, full(path)+"?"+q.Encode(), nil, "")
}

func full(path string) string {
	if strings.HasPrefix(path, "/") {
		return "/cgi-bin" + path
	}
	return contactPath + path
}

// ok fails the test unless the call succeeded.
func (d *desk) ok(a answer) answer {
	d.t.Helper()
	if a.code() != 0 {
		d.t.Fatalf("errcode %d: %v", a.code(), a["errmsg"])
	}
	return a
}

// refused fails the test unless the call got the errcode.
func (d *desk) refused(want int, a answer) {
	d.t.Helper()
	if got := a.code(); got != want {
		d.t.Errorf("errcode %d (%v), want %d", got, a["errmsg"], want)
	}
}

func (d *desk) upload(path string) answer {
	d.t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("media", "tea.png")
	must(d.t, err)
	_, err = io.WriteString(part, "a picture of tea")
	must(d.t, err)
	must(d.t, form.Close())
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	return d.raw(http.MethodPost, "/cgi-bin"+path+separator+"access_token="+d.token, b.Bytes(), form.FormDataContentType())
}

// inbox is a callback server that decrypts by its own code and remembers.
type inbox struct {
	t      testing.TB
	key    string
	token  string
	mu     sync.Mutex
	plain  []string
	cipher []string
	events []body
	status func(n int) int // what to answer to the n-th request
}

// listen connects the i-th app to an inbox.
func listen(t testing.TB, p *Platform, i int) *inbox {
	c := p.Credentials(i)
	in := &inbox{t: t, key: c.AESKey, token: c.Token}
	server := httptest.NewServer(in)
	t.Cleanup(server.Close)
	p.SetCallback(i, server.URL)
	return in
}

func (in *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var envelope struct{ ToUserName, AgentID, Encrypt string }
	data, err := io.ReadAll(r.Body)
	if err == nil {
		err = xml.Unmarshal(data, &envelope)
	}
	q := r.URL.Query()
	if err != nil || signature(in.token, q.Get("timestamp"), q.Get("nonce"), envelope.Encrypt) != q.Get("msg_signature") {
		in.t.Errorf("envelope %s: %v", data, err)
	}
	plain := decrypt(in.t, in.key, envelope.Encrypt)
	in.mu.Lock()
	in.plain, in.cipher = append(in.plain, plain), append(in.cipher, envelope.Encrypt)
	n := len(in.plain)
	status := http.StatusOK
	if in.status != nil {
		status = in.status(n)
	}
	if status == http.StatusOK {
		in.events = append(in.events, elements(in.t, plain))
	}
	in.mu.Unlock()
	w.WriteHeader(status)
}

// all waits for delivery and returns the events as maps of element to text.
func (in *inbox) all(p *Platform) []body {
	drain(in.t.(*testing.T), p)
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.events
}

// last returns the newest event.
func (in *inbox) last(p *Platform) body {
	all := in.all(p)
	if len(all) == 0 {
		in.t.Fatal("no event arrived")
	}
	return all[len(all)-1]
}

func elements(t testing.TB, plain string) body {
	var doc struct {
		Fields []struct {
			XMLName xml.Name
			Text    string   `xml:",chardata"`
			Items   []string `xml:"Item"`
		} `xml:",any"`
	}
	if err := xml.Unmarshal([]byte(plain), &doc); err != nil {
		t.Errorf("event %s: %v", plain, err)
	}
	e := body{}
	for _, f := range doc.Fields {
		e[f.XMLName.Local] = f.Text
		if f.Items != nil {
			e[f.XMLName.Local] = f.Items
		}
	}
	return e
}

func decrypt(t testing.TB, keyText, encrypted string) string {
	key, err := decodeKey(keyText)
	must(t, err)
	data, err := base64.StdEncoding.DecodeString(encrypted)
	must(t, err)
	if len(data)%padBlock != 0 {
		t.Fatalf("ciphertext of %d bytes is not a multiple of 32", len(data))
	}
	block, err := aes.NewCipher(key)
	must(t, err)
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(data, data)
	pad := int(data[len(data)-1])
	data = data[16 : len(data)-pad]
	n := binary.BigEndian.Uint32(data)
	return string(data[4 : 4+n])
}
