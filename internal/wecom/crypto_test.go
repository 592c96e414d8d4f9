package wecom

import (
	"encoding/hex"
	"strings"
	"testing"

	"siyu/internal/id"
)

// knownAnswer is a published pair of plaintext and delivery.
type knownAnswer struct {
	name, source, token, key, corp, timestamp, nonce, signature, sealed, randomHex, plain string
}

func knownAnswers() []knownAnswer {
	return []knownAnswer{
		{
			name:      "A",
			source:    "Tencent's own sample (sample.go of the official libraries), URL verification",
			token:     "QDG6eK",
			key:       "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
			corp:      "wx5823bf96d3bd56c7",
			timestamp: "1409659589",
			nonce:     "263014780",
			signature: "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
			sealed:    "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ==",
			randomHex: "63343162363434393163323436386430",
			plain:     "1616140317555161061",
		},
		{
			name:      "B",
			source:    "Tencent's own sample, delivery",
			token:     "QDG6eK",
			key:       "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
			corp:      "wx5823bf96d3bd56c7",
			timestamp: "1409659813",
			nonce:     "1372623149",
			signature: "477715d11cdb4164915debcba66cb864d751f3e6",
			sealed:    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==",
			randomHex: "30393630363838393332633437656631",
			plain: `<xml><ToUserName><![CDATA[wx5823bf96d3bd56c7]]></ToUserName>
<FromUserName><![CDATA[mycreate]]></FromUserName>
<CreateTime>1409659813</CreateTime>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[hello]]></Content>
<MsgId>4561255354251345929</MsgId>
<AgentID>218</AgentID>
</xml>`,
		},
		{
			name:      "C",
			source:    "go-workwx internal/lowlevel/envelope/mod_test.go",
			token:     "kz7Yx62CH8SaLN",
			key:       "cD0d7jx4tYvVtzqrmh3Dm3QFCXe6f8SlHoMtMh3qQEP",
			corp:      "ww6a112864f8022910",
			timestamp: "1583995625",
			nonce:     "1584392382",
			signature: "f265ae551b1932727204c3d707628d01376a6940",
			sealed:    "EUCt7xMcNiyASzZj0Hjc5yDjFQrCum6AfQ3ntHiUzjGQ51xieKmbvtrZ40/EcB2W/W8yH0n4Lqx48gJl/T9HD/R309I0P/r5pIZucK3lyEn48FYMr4YdE0QdL2jIJ3xkcXUr6uzefzCxG6lMvwpAJaOyVCzN7sRRw47njfxy5EIqU6R9ZBhlTzfdnhhOhK/nTwzrZX3SoGlXFA9OBeZ6ru1NWpXFk76x9DUMe0lcxPPiUqK8ctnQcYXSGUHVqC6DfG7E7mab0OmruNN8cBZY5d3dYOBA4OgaH55Q0AJmUpdT8vNiXpXx+6TxT3TIjySXpDrHVyrsb772aYywgg/Nu4kUmGkALwFZlzhjNegR7wDwb9lr4ERXsSSS8JZ8lbBmaQ3F2Tq584xoPj5rIhXAF734ynm4no1g+SdHiNqR328=",
			randomHex: "21e33070c56d1ca4e4fa84ace71334f6",
			plain:     "<xml><ToUserName><![CDATA[ww6a112864f8022910]]></ToUserName><FromUserName><![CDATA[foobar]]></FromUserName><CreateTime>1583995625</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[x123]]></Content><MsgId>2018405441</MsgId><AgentID>1000002</AgentID></xml>",
		},
		{
			name:      "D",
			source:    "go-workwx internal/lowlevel/httpapi/mod_test.go",
			token:     "kjr2TKI8umCBfVF3wAHk8JiPwma5VBme",
			key:       "4Ma3YBrSBbX2aez8MJpXGBne5LSDwgGqHbhM9WPYIws",
			corp:      "ww6a112864f8022910",
			timestamp: "1583940690",
			nonce:     "VHh7ymSeb0jc4lSb",
			signature: "1ba3cb09c0d2c2b3ed6900d37f91a6efae6cb011",
			sealed:    "6KmUQuPVu7UhjyVqRdbo5SfcRqaHvbUlKSHFvBV2ZuR6TIlKsygcfeSd1GDplg1C5KSKr6UPHCaC/nIX3ZNt9w==",
			randomHex: "35514d735963776a5239357432766d43",
			plain:     "94966531020182955848408",
		},
		{
			name:      "E",
			source:    "wechatpy tests/test_crypto.py",
			token:     "123456",
			key:       "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
			corp:      "wx49f0ab532d5d035a",
			timestamp: "1411443780",
			nonce:     "437374425",
			signature: "dd6b9c95b495b3f7e2901bfbc76c664930ffdb96",
			sealed:    "4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==",
			randomHex: "32333034666332666531343666316638",
			plain:     "5927782489442352469",
		},
		{
			name:      "F",
			source:    "wechatpy tests/test_crypto.py",
			token:     "123456",
			key:       "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
			corp:      "wx49f0ab532d5d035a",
			timestamp: "1411525903",
			nonce:     "461056294",
			signature: "74d92dfeb87ba7c714f89d98870ae5eb62dff26d",
			sealed:    "RgqEoJj5A4EMYlLvWO1F86ioRjZfaex/gePD0gOXTxpsq5Yj4GNglrBb8I2BAJVODGajiFnXBu7mCPatfjsu6IHCrsTyeDXzF6Bv283dGymzxh6ydJRvZsryDyZbLTE7rhnus50qGPMfp2wASFlzEgMW9z1ef/RD8XzaFYgm7iTdaXpXaG4+BiYyolBug/gYNx410cvkKR2/nPwBiT+P4hIiOAQqGp/TywZBtDh1yCF2KOd0gpiMZ5jSw3e29mTvmUHzkVQiMS6td7vXUaWOMZnYZlF3So2SjHnwh4jYFxdgpkHHqIrH/54SNdshoQgWYEvccTKe7FS709/5t6NMxuGhcUGAPOQipvWTT4dShyqio7mlsl5noTrb++x6En749zCpQVhDpbV6GDnTbcX2e8K9QaNWHp91eBdCRxthuL0=",
			randomHex: "65633930623135333033353864346433",
			plain: `<xml><ToUserName><![CDATA[wx49f0ab532d5d035a]]></ToUserName>
<FromUserName><![CDATA[messense]]></FromUserName>
<CreateTime>1411525903</CreateTime>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<MsgId>4363689963896700987</MsgId>
<AgentID>1</AgentID>
</xml>`,
		},
		{
			name:      "G",
			source:    "wechatpy tests/test_crypto.py, the side that encrypts",
			token:     "123456",
			key:       "kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR",
			corp:      "wx49f0ab532d5d035a",
			timestamp: "1411525903",
			nonce:     "461056294",
			signature: "407518b7649e86ef23978113f92d27afa9296533",
			sealed:    "9s4gMv99m88kKTh/H8IdkOiMg6bisoy3ypwy9H4hvSPe9nsGaqyw5hhSjdYbcrKk+j3nba4HMOTzHrluLBYqxgNcBqGsL8GqxlhZgURnAtObvesEl5nZ+uBE8bviY0LWke8Zy9V/QYKxNV2FqllNXcfmstttyIkMKCCmVbCFM2JTF5wY0nFhHZSjPUL2Q1qvSUCUld+/WIXrx0oyKQmpB6o8NRrrNrsDf03oxI1p9FxUgMnwKKZeOA/uu+2IEvEBtb7muXsVbwbgX05UPPJvFurDXafG0RQyPR+mf1nDnAtQmmNOuiR5MIkdQ39xn1vWwi1O5oazPoQJz0nTYjxxEE8kv3kFxtAGVRe3ypD3WeK2XeFYFMNMpatF9XiKzHo3",
			randomHex: "31323334353637383930313233343536",
			plain: `<xml>
<MsgType><![CDATA[text]]></MsgType>
<Content><![CDATA[test]]></Content>
<FromUserName><![CDATA[wx49f0ab532d5d035a]]></FromUserName>
<ToUserName><![CDATA[messense]]></ToUserName>
<AgentID>1</AgentID>
<CreateTime>1411525903</CreateTime>
</xml>`,
		},
		{
			name:      "H",
			source:    "WxJava WxCryptUtilTest, encryption only",
			key:       "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
			corp:      "wxb11529c136998cb6",
			sealed:    "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
			randomHex: "61616161626262626363636364646464",
			plain:     "我是中文abcd123",
		},
	}
}
func (a knownAnswer) crypt(t testing.TB) *Crypt {
	t.Helper()
	token := a.token
	if token == "" {
		token = "unused"
	}
	c, err := NewCrypt(id.Corp(a.corp), Secret(token), Secret(a.key))
	if err != nil {
		t.Fatalf("vector %s (%s): %v", a.name, a.source, err)
	}
	return c
}

func (a knownAnswer) random(t testing.TB) [16]byte {
	t.Helper()
	b, err := hex.DecodeString(a.randomHex)
	if err != nil || len(b) != 16 {
		t.Fatalf("vector %s: bad random %q", a.name, a.randomHex)
	}
	return [16]byte(b)
}

func vector(t testing.TB, name string) knownAnswer {
	t.Helper()
	for _, a := range knownAnswers() {
		if a.name == name {
			return a
		}
	}
	t.Fatalf("no vector %s", name)
	return knownAnswer{}
}

func TestPublishedVectorsSignOpenAndSeal(t *testing.T) {
	for _, a := range knownAnswers() {
		t.Run(a.name, func(t *testing.T) {
			c := a.crypt(t)
			if a.signature != "" {
				if got := c.Signature(a.timestamp, a.nonce, a.sealed); got != a.signature {
					t.Errorf("signature %s, published %s", got, a.signature)
				}
				if !c.Verify(a.timestamp, a.nonce, a.sealed, a.signature) {
					t.Error("the published signature is refused")
				}
			}
			plain, err := c.Open(a.sealed)
			if err != nil || string(plain) != a.plain {
				t.Errorf("opened %q, %v; published %q", plain, err, a.plain)
			}
			if got := c.Seal(a.random(t), []byte(a.plain)); got != a.sealed {
				t.Errorf("sealed %s, published %s", got, a.sealed)
			}
		})
	}
}

func TestASignatureWithOneDigitChangedIsRefused(t *testing.T) {
	a := vector(t, "D")
	c := a.crypt(t)
	if !strings.HasSuffix(a.signature, "b011") {
		t.Fatal("not the vector go-workwx falsifies")
	}
	if c.Verify(a.timestamp, a.nonce, a.sealed, strings.TrimSuffix(a.signature, "1")+"0") {
		t.Error("accepted a signature ending in b010")
	}
	for _, bad := range []string{"", a.signature[1:], a.signature + "0", strings.ToUpper(a.signature)} {
		if c.Verify(a.timestamp, a.nonce, a.sealed, bad) {
			t.Errorf("accepted signature %q", bad)
		}
	}
}

func TestAMessageForAnotherCorpIsRefused(t *testing.T) {
	a := vector(t, "A")
	for _, corp := range []id.Corp{"wx5823bf96d3bd56c8", "wx5823bf96d3bd56c", "wx5823bf96d3bd56c77"} {
		c, err := NewCrypt(corp, Secret(a.token), Secret(a.key))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Open(a.sealed); err == nil {
			t.Errorf("corp %s opened a message for %s", corp, a.corp)
		}
	}
}

func TestKeysOfTheWrongShapeAreRefused(t *testing.T) {
	good := Secret(vector(t, "A").key)
	for name, key := range map[string]Secret{
		"42 characters": good[1:], "44 characters": good + "a", "equals sign": good[:42] + "=", "dollar": good[:42] + "$", "empty": "",
	} {
		if _, err := NewCrypt("ww1", "token", key); err == nil {
			t.Errorf("accepted a key with %s", name)
		} else if key != "" && strings.Contains(err.Error(), string(key)) {
			t.Errorf("%s: the error prints the key", name)
		}
	}
}

func TestDamagedCiphertextIsRefused(t *testing.T) {
	a := vector(t, "A")
	c := a.crypt(t)
	for name, sealed := range map[string]string{
		"empty":                "",
		"not base64":           "*" + a.sealed[1:],
		"not a multiple of 32": a.sealed[:len(a.sealed)-24] + "==",
		"16 bytes":             a.sealed[:22] + "==",
		"pad byte zero":        sealRaw(c, make([]byte, 32)),
		"pad byte 33":          sealRaw(c, append(make([]byte, 31), 33)),
		"pad over everything":  sealRaw(c, append(make([]byte, 31), 32)),
		"length beyond end":    sealRaw(c, append(append(make([]byte, 16), 0xff, 0xff, 0xff, 0xff), append(make([]byte, 11), 1)...)),
	} {
		if plain, err := c.Open(sealed); err == nil {
			t.Errorf("%s: opened %q", name, plain)
		}
	}
}
