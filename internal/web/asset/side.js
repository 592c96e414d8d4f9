// The page beside a chat in WeCom: asks who is in view and puts texts into the
// chat of who it is about, and into no other. Outside WeCom the page works without it.
"use strict";
(() => {
  const words = document.body.dataset;
  const view = document.getElementById("view");
  const elsewhere = document.getElementById("elsewhere");
  const inside = /wxwork/i.test(navigator.userAgent) && window.ww;
  const shown = () => view.querySelector("[data-customer]")?.dataset.customer;
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
  const ready = inside ? register() : Promise.resolve();
  const ask = async () => {
    try {
      await ready;
      const known = await ww.getCurExternalContact();
      await htmx.ajax("GET", "/side/customer?external=" + encodeURIComponent(known.userId), "#view");
      if (!shown()) throw new Error("not the member's customer");
      delete view.dataset.waits;
    } catch {
      tell(words.noCustomer);
    }
  };

  // Who is in the chat now, in the console's ids: the page may stand open while the
  // chat changes, or show a customer whom the member chose from a list.
  const customers = new Map();
  const inChat = async () => {
    await ready;
    const external = (await ww.getCurExternalContact()).userId;
    if (!customers.has(external)) {
      const answer = await fetch("/side/who?external=" + encodeURIComponent(external));
      if (!answer.ok) throw new Error("nobody known");
      customers.set(external, (await answer.json()).customer);
    }
    return customers.get(external);
  };
  // Whether the chat is with this customer; where it is not, or nobody knows, the page
  // says so and texts can only be copied.
  const faces = async (customer) => {
    const chat = await inChat().catch(() => "");
    const same = chat !== "" && chat === customer;
    elsewhere.hidden = same;
    elsewhere.firstElementChild.textContent = chat ? words.otherChat : words.noChat;
    view.classList.toggle("elsewhere", !same);
    return same;
  };
  const look = () => { if (shown()) faces(shown()); };
  if (inside) {
    ready.catch(() => tell(words.noWecom));
    if ("waits" in view.dataset) ask(); else look();
    window.addEventListener("focus", look);
    document.addEventListener("visibilitychange", look);
  }

  // WeCom's names of the files of a text, asked for before anything is sent: a long
  // upload must not part a text from its pictures.
  const named = (codes) => Promise.all((codes || "").split(" ").filter(Boolean).map(async (code) => {
    const answer = await fetch("/side/media/" + code);
    if (!answer.ok) throw new Error("no media");
    return answer.json();
  }));
  // WeCom sends into whatever chat is open, so that each message asks whose it is first.
  const put = async (customer, message) => {
    if (!await faces(customer)) throw new Error("somebody else's chat");
    await ww.sendChatMessage({ enterChat: true, ...message });
  };
  const sendFiles = async (customer, files) => {
    for (const file of await files) {
      await put(customer, { msgtype: file.kind, [file.kind]: { mediaid: file.id } });
    }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-send]");
    if (!button) return;
    if (!inside) {
      say(words.noWecom);
      return;
    }
    const customer = shown();
    const content = document.getElementById(button.dataset.send).textContent;
    button.disabled = true;
    const files = named(button.dataset.files);
    await files.catch(() => {});
    try {
      await put(customer, { msgtype: "text", text: { content } });
    } catch {
      button.disabled = false;
      say(elsewhere.hidden ? words.notSent : elsewhere.firstElementChild.textContent);
      return;
    }
    try {
      await sendFiles(customer, files);
    } catch { // the text is out and stays; the member sends the rest and says so
      say(words.byHand);
      return;
    }
    say(words.sent);
    if (shown() === customer) document.getElementById(button.dataset.then)?.click();
  });
})();
