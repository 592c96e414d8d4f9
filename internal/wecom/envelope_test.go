package wecom

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"siyu/internal/clock"
)

func TestEnvelopesInEveryWritingAreRead(t *testing.T) {
	for name, body := range map[string]string{
		"platform":     "<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID><![CDATA[2]]></AgentID><Encrypt><![CDATA[abc+/=]]></Encrypt></xml>",
		"line breaks":  "<xml>\n <ToUserName><![CDATA[ww1]]></ToUserName>\r\n<Encrypt><![CDATA[abc+/=]]></Encrypt>\n</xml>\n",
		"plain text":   "<xml><Encrypt>abc+/=</Encrypt><ToUserName>ww1</ToUserName></xml>",
		"padded":       "<xml><Encrypt> abc+/= </Encrypt><ToUserName> ww1 </ToUserName></xml>",
		"empty agent":  "<xml><AgentID></AgentID><ToUserName>ww1</ToUserName><Encrypt>abc+/=</Encrypt></xml>",
		"declaration":  `<?xml version="1.0"?><xml><ToUserName>ww1</ToUserName><Encrypt>abc+/=</Encrypt></xml>`,
		"attributes":   `<xml a="b"><ToUserName>ww1</ToUserName><Encrypt x="y">abc+/=</Encrypt></xml>`,
		"comment":      "<xml><!-- hello --><ToUserName>ww1</ToUserName><Encrypt>abc+/=</Encrypt></xml>",
		"entity":       "<xml><ToUserName>w&#119;1</ToUserName><Encrypt>abc+/=</Encrypt></xml>",
		"nested":       "<xml><More><Deep>1</Deep></More><ToUserName>ww1</ToUserName><Encrypt>abc+/=</Encrypt></xml>",
		"self-closing": "<xml><AgentID/><ToUserName>ww1</ToUserName><Encrypt>abc+/=</Encrypt></xml>",
	} {
		e, err := parseEnvelope([]byte(body))
		if err != nil || string(e.toUser) != "ww1" || string(e.encrypt) != "abc+/=" {
			t.Errorf("%s: %q %q %v", name, e.toUser, e.encrypt, err)
		}
	}
}

func TestTheScannerTakesThePlatformsOwnForm(t *testing.T) {
	if _, ok := scanEnvelope([]byte(envelopeOf(testCorp, "abc"))); !ok {
		t.Error("the usual envelope goes the slow way")
	}
}

func FuzzVerifyDecryptParse(f *testing.F) {
	c := crypt(f, "token", keyOne)
	h, err := NewCallbackHandler(&kept{}, clock.NewVirtual(noon), c)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("msg_signature=a&timestamp=1&nonce=2", []byte(envelopeOf(testCorp, "abc")), []byte("<xml><Event>x</Event></xml>"))
	for _, a := range knownAnswers() {
		f.Add("msg_signature="+a.signature+"&timestamp="+a.timestamp+"&nonce="+a.nonce, []byte(envelopeOf(testCorp, a.sealed)), []byte(a.plain))
	}
	f.Fuzz(func(t *testing.T, query string, body, plain []byte) {
		deliverAnything(t, h, query, body)
		scannerAgreesWithXML(t, body)
		if opened, err := c.Open(string(body)); err == nil {
			t.Logf("opened %d bytes", len(opened))
		}
		_, _ = ParseEvent(plain) // must not panic; most inputs are no events
		sealed := c.Seal([16]byte{7}, plain)
		if opened, err := c.Open(sealed); err != nil || !bytes.Equal(opened, plain) {
			t.Fatalf("sealed %q, opened %q, %v", plain, opened, err)
		}
	})
}

func deliverAnything(t *testing.T, h *CallbackHandler, query string, body []byte) {
	r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	r.URL.RawQuery = query
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code == http.StatusOK {
		t.Fatalf("accepted %q with %q", body, query)
	}
}

// scannerAgreesWithXML holds the fast path to the slow one.
func scannerAgreesWithXML(t *testing.T, body []byte) {
	fast, ok := scanEnvelope(body)
	if !ok {
		return
	}
	var slow struct{ ToUserName, Encrypt string }
	if xml.Unmarshal(body, &slow) != nil {
		return // the scanner also takes texts XML finds fault with, such as control characters
	}
	if strings.TrimSpace(slow.Encrypt) != strings.TrimSpace(strings.ReplaceAll(string(fast.encrypt), "\r\n", "\n")) {
		t.Fatalf("%q: scanned %q, XML %q", body, fast.encrypt, slow.Encrypt)
	}
}

// BenchmarkCallback is one delivery of usual size through the handler,
// without network and store.
func BenchmarkCallback(b *testing.B) {
	c := crypt(b, "token", keyOne)
	h, err := NewCallbackHandler(dropping{}, clock.NewVirtual(noon), c)
	if err != nil {
		b.Fatal(err)
	}
	sealed := c.Seal([16]byte{}, eventXML(strings.Repeat("x", 300)))
	body := []byte(envelopeOf(testCorp, sealed))
	r := httptest.NewRequest(http.MethodPost, sealedURL("", c, sealed, noon), http.NoBody)
	reader := bytes.NewReader(body)
	r.Body, r.ContentLength = nopCloser{reader}, int64(len(body))
	b.ReportAllocs()
	for b.Loop() {
		reader.Reset(body)
		h.ServeHTTP(discard{}, r)
	}
	if h.Counts().Stored == 0 {
		b.Fatal("nothing was accepted")
	}
}

// BenchmarkCallbackOverHTTP adds the network: connections of a load generator
// on the same machine, each waiting for its answer.
func BenchmarkCallbackOverHTTP(b *testing.B) {
	c := crypt(b, "token", keyOne)
	h, err := NewCallbackHandler(dropping{}, clock.NewVirtual(noon), c)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(h)
	defer server.Close()
	sealed := c.Seal([16]byte{}, eventXML(strings.Repeat("x", 300)))
	target, body := sealedURL(server.URL, c, sealed, noon), envelopeOf(testCorp, sealed)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	b.SetParallelism(4)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			reply, err := client.Post(target, "text/xml", strings.NewReader(body))
			if err != nil || reply.StatusCode != http.StatusOK {
				b.Error(reply, err)
				return
			}
			reply.Body.Close()
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "callbacks/s")
}
