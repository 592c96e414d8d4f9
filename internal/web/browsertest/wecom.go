package browsertest

import (
	"fmt"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// bridge is what WeCom's client puts into every page it opens: WeCom's own
// script calls it. Every call is kept in called; an external id that is empty
// stands for a chat without a customer.
const bridge = `(() => {
	window.called = [];
	window.chat = %[1]q;
	const signed = (p) => p.signature && p.timestamp && p.nonceStr;
	window.WeixinJSBridge = {
		on() {},
		invoke(name, params, answer) {
			window.called.push({ name, params });
			const ok = { err_msg: name + ":ok" };
			if (name === "agentConfig" && !signed(params)) return answer({ err_msg: name + ":fail" });
			if (name === "getCurExternalContact") return answer(window.chat ? { ...ok, userId: window.chat } : { err_msg: name + ":fail_no permission" });
			answer(ok);
			if (name === "sendChatMessage") window.chat = window.next ?? window.chat;
		},
	};
})()`

// InWeCom makes the window one of WeCom's client, beside a chat with the
// customer who has this external_userid, "" for a chat with somebody else.
func (w *Window) InWeCom(external string) {
	w.Helper()
	agent := emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/120 Mobile wxwork/4.1.20 MicroMessenger/7.0.1"}
	if _, err := chromedp.Call(w.Ctx, emulation.SetUserAgentOverride, agent); err != nil {
		w.Fatal(err)
	}
	script := page.AddScriptToEvaluateOnNewDocumentParams{Source: fmt.Sprintf(bridge, external)}
	if _, err := chromedp.Call(w.Ctx, page.AddScriptToEvaluateOnNewDocument, script); err != nil {
		w.Fatal(err)
	}
}

// ChatWith opens another chat beside the page, which stays: "" for one without a
// customer.
func (w *Window) ChatWith(external string) {
	w.Helper()
	w.Asked(fmt.Sprintf(`window.chat = %q`, external))
}

// ThenChatWith opens another chat as soon as the page has sent something.
func (w *Window) ThenChatWith(external string) {
	w.Helper()
	w.Asked(fmt.Sprintf(`window.next = %q`, external))
}

// Told returns, as JSON, what the page asked of WeCom's client by this name,
// newest last.
func (w *Window) Told(name string) string {
	w.Helper()
	return w.Asked(fmt.Sprintf(`JSON.stringify(window.called.filter(c => c.name === %q).map(c => c.params))`, name))
}
