package wecom

import (
	"testing"
	"time"
)

// The platform's own example.
func TestAPageIsSignedAsThePlatformSignsIt(t *testing.T) {
	got := sign("sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg", "Wm3WZYTPz0wzccnW",
		time.Unix(1414587457, 0), "http://mp.weixin.qq.com?params=value#chat")
	want := PageSignature{Timestamp: 1414587457, Nonce: "Wm3WZYTPz0wzccnW", Signature: "0f9de62fce790f9a083d5c99e95740ceb90c27ed"}
	if got != want {
		t.Errorf("signed %+v, want %+v", got, want)
	}
}
