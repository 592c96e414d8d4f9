// The page beside a chat in WeCom: asks who is in view and puts texts into the
// chat. Outside WeCom the page works without it.
"use strict";
(() => {
  const words = document.body.dataset;
  const view = document.getElementById("view");
  const inside = /wxwork/i.test(navigator.userAgent) && window.ww;
  const say = (text) => {
    const toast = document.getElementById("toast");
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => { toast.hidden = true; }, 6000);
  };
  const tell = (text) => {
    const state = document.getElementById("state");
    if (state) state.textContent = text; else say(text);
  };

  // Both signatures come in one answer; WeCom's script asks for each.
  let signed;
  const signature = (url) => {
    signed ||= fetch("/side/signature?page=" + encodeURIComponent(url)).then((answer) => {
      if (!answer.ok) throw new Error("no signature");
      return answer.json();
    });
    return signed;
  };
  const register = async () => {
    const own = await signature(location.href.split("#")[0]);
    ww.register({
      corpId: own.corp,
      agentId: own.agent,
      jsApiList: ["getCurExternalContact", "sendChatMessage"],
      getConfigSignature: async (url) => (await signature(url)).config,
      getAgentConfigSignature: async (url) => (await signature(url)).app,
    });
  };
  const ask = async () => {
    try {
      await register();
      const known = await ww.getCurExternalContact();
      await htmx.ajax("GET", "/side/customer?external=" + encodeURIComponent(known.userId), "#view");
      delete view.dataset.waits;
    } catch {
      tell(words.noCustomer);
    }
  };
  if (inside) {
    if ("waits" in view.dataset) ask(); else register().catch(() => tell(words.noWecom));
  }

  // WeCom's names of the files of a text, asked for before anything is sent: a long
  // upload must not part a text from its pictures.
  const named = (codes) => Promise.all((codes || "").split(" ").filter(Boolean).map(async (code) => {
    const answer = await fetch("/side/media/" + code);
    if (!answer.ok) throw new Error("no media");
    return answer.json();
  }));
  const sendFiles = async (files) => {
    for (const file of await files) {
      await ww.sendChatMessage({ msgtype: file.kind, enterChat: true, [file.kind]: { mediaid: file.id } });
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-send]");
    if (!button) return;
    if (!inside) {
      say(words.noWecom);
      return;
    }
    button.disabled = true;
    const files = named(button.dataset.files);
    await files.catch(() => {});
    try {
      await ww.sendChatMessage({ msgtype: "text", enterChat: true, text: { content: document.getElementById(button.dataset.send).textContent } });
    } catch {
      button.disabled = false;
      say(words.notSent);
      return;
    }
    try {
      await sendFiles(files);
    } catch { // the text is out and stays; the member sends the rest and says so
      say(words.byHand);
      return;
    }
    say(words.sent);
    document.getElementById(button.dataset.then)?.click();
  });
})();
