/* Widget: the in-app chat for any web page, in one script tag and without dependencies.
 *
 *   <script src="https://your.host/widget.js" data-app="web-demo" data-title="Help" defer></script>
 *
 * Further settings: data-token (a signed user), data-color, data-position ("left"), data-theme ("light", "dark"),
 * data-locale, data-labels (JSON, any of LABELS). A page talks to it by botkit("open" | "close" | "setUser" | "on", ...).
 */
(() => {
  "use strict";

  const LABELS = {
    title: "Chat", open: "Open chat", close: "Close chat", input: "Message", placeholder: "Write a message…",
    send: "Send", log: "Messages", replies: "Suggested replies", you: "You", bot: "Assistant", says: "{name}: ",
    sending: "Sending", sent: "Sent", failed: "Not sent", retry: "Try again", typing: "{name} is typing",
    unread: "{count} unread", online: "Online", connecting: "Connecting…", offline: "Offline",
    lost: "Connection lost. Your messages are kept and go out as soon as it is back.",
    refused: "The chat is not available right now.", greeting: "Hello! How can we help?",
    location: "Show on the map", media: "Open the file",
  };
  const SMALL = "(max-width:480px),(max-height:480px)";
  const COLOR = "#0f6e66", MAX_TEXT = 4000, MAX_HISTORY = 200, MAX_TRIES = 5, MAX_REST_MS = 30000, NEAR_END = 80;
  const OWN_TROUBLES = ["busy", "store_failed"]; // errors that are no fault of the message
  const IDLE = 25e3, PATIENCE = 10e3, STEADY = 5e3, SLOWEST_RETRY = 30e3, TYPING_EVERY = 3e3, TYPING_SHOWN = 8e3;
  const ICONS = {
    chat: "M21 11.3c0 4.2-4 7.6-9 7.6-.9 0-1.8-.1-2.6-.3L5 21l.7-4C4 15.5 3 13.5 3 11.3 3 7.1 7 3.7 12 3.7s9 3.4 9 7.6z",
    down: "M6 9.5l6 6 6-6", send: "M12 19V5M6 11l6-6 6 6", sent: "M5 12.5l4.5 4.5L19 7.5",
    sending: "M12 7.5V12l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z", failed: "M12 8v5M12 16.5v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0z",
  };

  const DARK = "--surface:#171c23;--text:#e9eef3;--muted:#a3afbb;--line:#36414d;--field:#8593a1;--bot:#262f3a;--accent:var(--accent-dark);--on:var(--on-dark);--link:var(--link-dark);" +
    "--warn:#ffb4a8;--shadow:#0009;color-scheme:dark";
  // The page's own rules for any element (`* { ... }`) count more than a plain rule for the host: hence !important.
  const CSS = `
:host{all:initial;--surface:#fff;--text:#17212b;--muted:#56626e;--line:#dbe1e7;--field:#7d8a97;--bot:#eef1f4;--accent:var(--accent-light);--on:var(--on-light);--link:var(--link-light);
--warn:#a32011;--shadow:#17212b38;color-scheme:light;position:fixed!important;z-index:2147483000!important;inset-block:auto 20px!important;inset-inline:auto 20px!important;width:auto!important;max-width:none!important;
margin:0!important;padding:0!important;border:0!important;background:none!important;transform:none!important;filter:none!important;opacity:1!important;
font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif!important;color:var(--text)!important;letter-spacing:normal!important;
word-spacing:normal!important;text-align:start!important;text-indent:0!important;text-shadow:none!important;text-transform:none!important;white-space:normal!important}
:host([hidden]){display:none}
:host([data-position=left]){inset-inline:20px auto!important}
@media (prefers-color-scheme:dark){:host(:not([data-theme=light])){${DARK}}}
:host([data-theme=dark]){${DARK}}
*{box-sizing:border-box}
button,textarea{font:inherit;color:inherit;margin:0}
button{cursor:pointer;min-height:44px;border:1px solid transparent;touch-action:manipulation}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
svg{width:1.5em;height:1.5em;flex:none;fill:none;stroke:currentColor;stroke-width:2;stroke-linecap:round;stroke-linejoin:round}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.launcher,.send{display:grid;place-items:center;border-radius:50%;background:var(--accent);color:var(--on)}
.launcher{position:relative;width:60px;height:60px;box-shadow:0 6px 20px var(--shadow);transition:transform .15s}
.launcher svg{width:28px;height:28px}
.launcher:hover{transform:scale(1.05)}
.badge{position:absolute;inset-block-start:-4px;inset-inline-end:-4px;min-width:24px;padding:0 6px;border-radius:12px;background:#b3261e;
border:2px solid #fff;color:#fff;font-size:13px;font-weight:650}
.badge:empty{display:none}
dialog{position:fixed;inset-block:auto 96px;inset-inline:auto 20px;margin:0;padding:0;border:1px solid var(--line);border-radius:18px;width:384px;max-width:calc(100vw - 40px);
height:640px;max-height:calc(100dvh - 116px);background:var(--surface);color:var(--text);overflow:hidden;flex-direction:column;
box-shadow:0 16px 48px var(--shadow)}
dialog[open]{display:flex;animation:rise .2s ease-out}
:host([data-position=left]) dialog{inset-inline:20px auto}
@keyframes rise{from{opacity:0;transform:translateY(12px)}}
.head{display:flex;align-items:center;gap:8px;padding-block:10px;padding-inline:18px 8px;background:var(--accent);color:var(--on)}
.head div{flex:1;min-width:0}
h2{margin:0;font-size:17px;font-weight:650;line-height:1.3;overflow-wrap:anywhere}
.head p{margin:0;font-size:13px;display:flex;align-items:center;gap:6px}
.head p::before{content:"";width:8px;height:8px;border-radius:50%;border:2px solid}
.head p.online::before{background:currentColor}
.head button{display:grid;place-items:center;width:44px;border-radius:12px;background:none}
.head :focus-visible{outline-color:var(--on);outline-offset:-4px}
.notice{margin:0;padding:8px 18px;font-size:13px;background:var(--bot);border-block-end:1px solid var(--line)}
.notice:empty{padding:0;border:0}
.log{position:relative;flex:1;overflow:auto;overscroll-behavior:contain;padding:18px 16px 8px;display:flex;flex-direction:column}
.log:focus-visible{outline-offset:-3px}
.log>:first-child{margin-block-start:0}
.message{display:flex;flex-direction:column;align-items:flex-start;margin-block-start:12px;max-width:84%}
.bot+.bot,.me+.me{margin-block-start:4px}
.me{align-self:flex-end;align-items:flex-end}
.bubble{padding:9px 14px;border:1px solid transparent;border-radius:18px;background:var(--bot);white-space:pre-wrap;overflow-wrap:anywhere}
.bot .bubble{border-end-start-radius:6px}
.me .bubble{background:var(--accent);color:var(--on);border-end-end-radius:6px}
.failed .bubble{background:none;color:inherit;border:1px dashed var(--warn)}
.bubble a{color:inherit;text-underline-offset:2px;overflow-wrap:anywhere}
.bubble :focus-visible{outline-color:currentColor}
.bubble img,.bubble video{display:block;max-width:100%;max-height:260px;border-radius:10px;margin:2px 0 6px}
.bubble audio{max-width:100%}
.meta{display:flex;align-items:center;gap:4px;margin:3px 4px 0;font-size:12.5px;color:var(--muted)}
.meta svg{width:14px;height:14px}
time,h2{unicode-bidi:plaintext}
.bot:has(+.bot) .meta,.me.sent:has(+.me) .meta{display:none}
.me.sent:has(~.me) .word{position:absolute;clip-path:inset(50%)}
.failed .meta{flex-wrap:wrap;justify-content:flex-end}
.failed .meta{color:var(--warn);font-weight:600}
.meta button{border-radius:10px;padding:0 10px;background:none;color:var(--text);text-decoration:underline;font-weight:600}
.choices{display:flex;flex-wrap:wrap;gap:8px;margin-block-start:10px}
.choices button,summary{padding:8px 16px;border-radius:22px;border:1.5px solid var(--link);background:var(--surface);color:var(--link);font-weight:600;text-align:start;
overflow-wrap:anywhere;unicode-bidi:plaintext}
.choices button:hover,summary:hover{background:var(--bot)}
.choices small{display:block;font-weight:400;color:var(--muted);font-size:13px}
summary{min-height:44px;margin-block-start:8px;cursor:pointer}
details .choices{flex-direction:column}
.typing{display:flex;gap:5px;width:60px;padding:15px;margin-block-start:12px;border-radius:18px;background:var(--bot)}
.typing i{width:7px;height:7px;border-radius:50%;background:var(--muted);animation:blink 1.2s infinite}
.typing i:nth-child(2){animation-delay:.2s}.typing i:nth-child(3){animation-delay:.4s}
@keyframes blink{50%{opacity:.25}}
[hidden]{display:none!important}
form{display:flex;align-items:flex-end;gap:8px;padding:10px 12px 12px;border-block-start:1px solid var(--line)}
textarea{flex:1;min-width:0;min-height:44px;max-height:132px;padding:10px 16px;border:1px solid var(--field);border-radius:22px;background:var(--surface);resize:none;
field-sizing:content;unicode-bidi:plaintext}
textarea::placeholder{color:var(--muted);opacity:1}
textarea:focus-visible{outline-offset:0;outline-width:2px}
.send{width:44px;padding:0}
@media ${SMALL}{dialog{inset:0!important;width:100%;max-width:none;height:var(--height,100dvh);max-height:none;border:0;border-radius:0}
textarea{font-size:16px}form{padding-block-end:max(12px,env(safe-area-inset-bottom))}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media (forced-colors:active){.bubble,.typing,.launcher,.send{border-color:CanvasText}svg{stroke:currentColor}.typing i{background:CanvasText}}
@media print{:host{display:none}}`;

  /* An element. Text goes in as text nodes only, so nothing that a message says can become markup. */
  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (typeof value === "function") node.addEventListener(name, value);
      else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
    }
    node.append(...children);
    return node;
  };

  const icon = (name) => {
    const [svg, path] = ["svg", "path"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  };

  const link = (url, ...children) => el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow" }, ...children);

  const isWeb = (url) => /^https?:\/\//i.test(url);

  /* Text with its web addresses as links; a full stop or bracket after an address is not part of it. */
  const linked = (text) => String(text).split(/(https?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]}])/i).map((part, i) => (i % 2 ? link(part, part) : part));

  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

  /* The key belongs to an input method, as where Enter takes a word; Safari says so by 229 alone. */
  const composes = (event) => event.isComposing || event.keyCode === 229;

  /* The customer that a token names; whether it is true, only the server can say. */
  const customerOf = (token) => {
    try {
      const claims = atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
      return JSON.parse(new TextDecoder().decode(Uint8Array.from(claims, (char) => char.charCodeAt(0)))).customerid;
    } catch {
      return null;
    }
  };

  /* Relative luminance and contrast as WCAG defines them. */
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((part) => ((part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  /* `rgb` moved towards `goal` until it can be read on `ground`. */
  const readable = (rgb, ground, goal) => {
    for (let i = 0; i < 20 && contrast(rgb, ground) < 4.6; i++) rgb = rgb.map((part, at) => part + (goal - part) * 0.15);
    return `rgb(${rgb.map(Math.round)})`;
  };

  /* Storage that a page may forbid: then the conversation lives as long as the page. */
  const stored = (kind, key, value) => {
    try {
      const area = window[kind];
      if (value === undefined) return JSON.parse(area.getItem(key));
      area.setItem(key, JSON.stringify(value));
      return true;
    } catch {
      return null;
    }
  };

  /* The line to the server: says hello, notices silence, and comes back by itself. */
  class Line {
    constructor(url, on) {
      Object.assign(this, { url, on, tries: 0, ready: false, wanted: false });
      this.wake = () => document.visibilityState === "visible" && this.hurry();
    }

    start() {
      if (this.wanted) return;
      this.wanted = true;
      addEventListener("online", this.wake);
      document.addEventListener("visibilitychange", this.wake);
      this.open();
    }

    stop() {
      this.wanted = false;
      removeEventListener("online", this.wake);
      document.removeEventListener("visibilitychange", this.wake);
      this.drop();
    }

    restart() {
      if (!this.wanted) return;
      this.drop();
      this.hurry();
    }

    /* The network or the page is back: do not wait for a timer. */
    hurry() {
      this.tries = 0;
      if (this.ready) this.ask();
      else if (this.wanted && this.socket?.readyState !== WebSocket.CONNECTING) this.open();
    }

    open() {
      this.drop();
      this.on.status("connecting");
      const socket = (this.socket = new WebSocket(this.url));
      socket.onopen = () => this.put(this.on.hello());
      socket.onmessage = ({ data }) => {
        clearTimeout(this.silence);
        this.deadline = clearTimeout(this.deadline);
        this.silence = setTimeout(() => this.ask(), IDLE);
        let frame;
        try {
          frame = JSON.parse(data);
        } catch {
          return;
        }
        if (frame.type === "welcome") [this.ready, this.since] = [true, Date.now()];
        this.on.frame(frame);
      };
      socket.onclose = ({ code }) => socket === this.socket && this.lost(code);
      this.expect();
    }

    ask() {
      this.put({ type: "ping" });
      this.expect();
    }

    /* Something has to come back soon, else the line is dead. */
    expect() {
      this.deadline ??= setTimeout(() => (this.drop(), this.lost()), PATIENCE);
    }

    put(frame) {
      if (this.socket?.readyState !== WebSocket.OPEN) return false;
      this.socket.send(JSON.stringify(frame));
      return true;
    }

    drop() {
      for (const timer of [this.silence, this.deadline, this.timer]) clearTimeout(timer);
      const socket = this.socket;
      this.socket = this.deadline = null;
      this.ready = false;
      if (socket) socket.onmessage = socket.onopen = null, socket.close();
    }

    lost(code) {
      if (Date.now() - this.since > STEADY) this.tries = 0;
      this.since = NaN;
      this.drop();
      if (!this.wanted) return;
      if (code === 1008 || (code >= 4400 && code < 4500)) return this.on.status("refused");
      this.on.status("offline");
      const wait = Math.min(SLOWEST_RETRY, 500 * 2 ** this.tries++) * (0.5 + Math.random() / 2);
      this.timer = setTimeout(() => this.open(), wait);
    }
  }

  class BotkitChat extends HTMLElement {
    connectedCallback() {
      if (!this.dialog) this.build();
      if (this.known.visitor || this.dataset.token || this.memory.messages.length) this.line.start();
    }

    disconnectedCallback() {
      this.line.stop();
    }

    /* ---- what is remembered: the visitor for good, the conversation for the session ---- */

    recall() {
      const { app } = this.dataset;
      this.keys = [`botkit:visitor:${app}`, `botkit:chat:${app}`];
      this.known = stored("localStorage", this.keys[0]) || {};
      this.memory = { user: null, last: 0, floor: 0, messages: [], ...stored("sessionStorage", this.keys[1]) };
    }

    save() {
      const { memory } = this;
      const extra = memory.messages.length - MAX_HISTORY;
      const old = extra > 0 ? memory.messages.slice(0, extra).filter((message) => message.state !== "sending") : [];
      if (old.length) {
        memory.floor = Math.max(memory.floor, ...old.map((message) => message.seq || 0));
        memory.messages = memory.messages.filter((message) => !old.includes(message));
        old.forEach((message) => this.nodes.get(message)?.remove());
      }
      stored("sessionStorage", this.keys[1], memory) ||
        stored("sessionStorage", this.keys[1], { ...memory, messages: memory.messages.slice(-20) });
    }

    forget() {
      const waiting = this.memory.signed ? [] : this.memory.messages.filter((message) => message.state === "sending");
      this.memory = { user: null, last: 0, floor: 0, messages: waiting };
      this.save();
      this.redraw();
    }

    /* ---- the protocol ---- */

    hello() {
      // Another tab may have become a visitor since this page was opened: both are one customer.
      this.known = stored("localStorage", this.keys[0]) || this.known;
      return { type: "hello", token: this.dataset.token || null, visitor: this.known.visitor || null, last: this.memory.last };
    }

    frame(frame) {
      const { memory } = this;
      const own = memory.messages.find((message) => message.me && message.id === frame.id);
      if (frame.type === "welcome") this.welcome(frame);
      else if (frame.type === "message") this.arrived(frame);
      else if (frame.type === "ack") this.acknowledged(frame, own);
      else if (frame.type === "pong") this.resend();
      else if (frame.type === "typing") this.showTyping(true);
      else if (frame.type === "echo") this.echoed(frame, own);
      else if (frame.type === "error") {
        // Without an id it is about the message that has waited longest: the server answers in order.
        // Before the welcome it is about the hello, and what waits goes on waiting.
        const waits = (message) => this.line.ready && message.state === "sending" && message.tries;
        const about = own || memory.messages.find(waits);
        if (about && OWN_TROUBLES.includes(frame.code)) this.rest(Object.assign(about, { why: frame.message }));
        else if (about && frame.field !== "type") this.mark(Object.assign(about, { why: frame.message }), "failed");
        else this.say(frame.message);
        this.emit("error", { code: frame.code, message: frame.message });
      }
    }

    welcome(frame) {
      const { memory } = this;
      if (memory.user && memory.user !== frame.user) {
        this.forget();
        if (memory.last) return this.line.restart();
      }
      if (frame.last < memory.last) {
        // The server has begun anew: its numbers say nothing about what we have.
        Object.assign(memory, { last: frame.last, floor: 0 });
        memory.messages.forEach((message) => delete message.seq);
      }
      const { user, title, greeting, colour, colour_dark } = frame;
      Object.assign(this.memory, { user, signed: !!this.dataset.token, looks: { title, greeting, colour, colour_dark } });
      this.paint();
      if (frame.visitor) stored("localStorage", this.keys[0], (this.known = { visitor: frame.visitor }));
      this.host = frame;
      this.status("online");
      this.intro();
      this.resend();
      this.save();
      this.emit("ready", { user: frame.user });
    }

    arrived(frame) {
      const { memory } = this;
      if (frame.seq <= memory.floor || memory.messages.some((message) => message.seq === frame.seq)) return;
      memory.last = Math.max(memory.last, frame.seq);
      this.showTyping(false);
      const { seq, id, content, text, replies, at } = frame;
      this.add({ seq, id, content, text, replies, at, read: 0 });
      this.line.put({ type: "receipt", seq, state: "delivered" });
      this.read();
      if (memory.messages.at(-1).read === 0) this.alert.textContent = this.fill("says", this.botName()) + (text || "");
      this.emit("message", { text, seq });
    }

    /* The server has her message, and from here on it has a number among the others. */
    acknowledged({ seq }, own) {
      const { memory } = this;
      memory.last = Math.max(memory.last, seq || 0);
      if (own) this.mark(Object.assign(own, seq && { seq }), "sent");
    }

    /* What she said on another device, or before this page was opened. Whatever came before it, she has read. */
    echoed(frame, own) {
      const { memory } = this;
      const { seq, id, text, at } = frame;
      if (own || seq <= memory.floor) return this.acknowledged(frame, own);
      memory.last = Math.max(memory.last, seq);
      memory.messages.forEach((message) => message.read === 0 && !(message.seq > seq) && (message.read = 2));
      this.add({ seq, id, me: 1, text, at, state: "sent" });
      this.count();
    }

    /* Queue a message; it stays queued, also over page loads, until the server has it. */
    submit(text, payload) {
      const message = { id: newId(), me: 1, text, payload, at: Date.now(), state: "sending", tries: 0 };
      this.atEnd = true;
      this.add(message);
      this.line.start();
      this.transmit(message);
    }

    transmit(message) {
      if (!this.line.ready || this.resting) return;
      if (message.tries++ >= MAX_TRIES) return this.mark(message, "failed");
      this.line.put({ type: "message", id: message.id, text: message.text, payload: message.payload });
      this.line.expect();
    }

    /* The server cannot take anything just now: all that waits goes again in a while, in its order. */
    rest(message) {
      clearTimeout(this.resting);
      const wake = () => {
        this.resting = 0;
        this.resend();
      };
      this.resting = setTimeout(wake, Math.min(MAX_REST_MS, 1000 * 2 ** message.tries));
    }

    /* What the server has not confirmed: after a reconnect, and when a quiet line shows that it is alive. */
    resend() {
      for (const message of this.memory.messages) {
        if (message.state === "sending") this.transmit(message);
        if (message.read === 1) this.tellRead(message);
      }
    }

    read() {
      if (!this.dialog.open || document.visibilityState !== "visible") return this.count();
      const fresh = this.memory.messages.filter((message) => message.read === 0);
      for (const message of fresh) {
        message.read = 1;
        this.tellRead(message);
      }
      if (fresh.length) this.save();
      this.count();
    }

    tellRead(message) {
      if (message.seq && this.line.ready && this.line.put({ type: "receipt", seq: message.seq, state: "read" })) message.read = 2;
    }

    /* ---- what is seen ---- */

    build() {
      this.recall();
      const { dataset } = this;
      let own = {};
      try {
        own = JSON.parse(dataset.labels || "{}");
      } catch {
        console.warn("botkit: data-labels is not valid JSON");
      }
      own = Object.fromEntries(Object.entries(own || {}).filter(([name, label]) => {
        const right = name in LABELS && typeof label === "string";
        if (!right) console.warn(`botkit: data-labels: "${name}" is no label, or its value no text`);
        return right;
      }));
      this.labels = { ...LABELS, ...(dataset.title && { title: dataset.title }), ...own };
      this.nodes = new Map();
      this.host = this.memory.looks || {};
      const locale = dataset.locale || document.documentElement.lang || "en";
      this.lang = locale;
      if (dataset.locale && /^(ar|fa|he|ur)\b/.test(locale)) this.dir = "rtl";
      const clocks = (locale) => [{}, { dateStyle: "medium" }].map((day) => new Intl.DateTimeFormat(locale, { timeStyle: "short", ...day }));
      try {
        this.clocks = clocks(locale);
      } catch {
        this.clocks = clocks("en");
      }
      const url = new URL("inapp/" + encodeURIComponent(dataset.app), dataset.server);
      url.protocol = url.protocol.replace("http", "ws");
      this.line = new Line(url.href, {
        hello: () => this.hello(), frame: (frame) => this.frame(frame), status: (status) => this.status(status),
      });
      this.draw();
      this.paint();
      this.redraw();
      document.addEventListener("visibilitychange", () => this.read());
      this.small = matchMedia(SMALL);
      this.small.addEventListener("change", () => this.dialog.open && (this.dialog.close(), this.unfold()));
    }

    draw() {
      const { labels } = this;
      const root = this.attachShadow({ mode: "open" });
      const toggle = () => (this.dialog.open ? this.close() : this.open());
      this.badge = el("span", { class: "badge", "aria-hidden": "true" });
      this.launcher = el("button", { class: "launcher", type: "button", "aria-haspopup": "dialog", click: toggle }, this.badge);
      this.heading = el("h2", { id: "title" }, labels.title);
      this.state = el("p", {});
      this.notice = el("p", { class: "notice", role: "status" });
      this.typing = el("div", { class: "typing", hidden: true, "aria-hidden": "true" }, el("i"), el("i"), el("i"));
      this.replies = el("div", { class: "choices", role: "group", "aria-label": labels.replies, hidden: true });
      this.greeting = el("div", { class: "bubble", dir: "auto" });
      this.list = el("div", {
        class: "log", role: "log", tabindex: "0", "aria-live": "polite", "aria-relevant": "additions", "aria-label": labels.log,
        scroll: () => this.scrolled(),
      });
      this.atEnd = true;
      new ResizeObserver(() => this.toEnd()).observe(this.list);
      this.input = el("textarea", {
        rows: "1", maxlength: MAX_TEXT, "aria-label": labels.input, placeholder: labels.placeholder, autofocus: true,
        enterkeyhint: "send", keydown: (event) => this.key(event), input: () => this.tellTyping(),
      });
      this.alert = el("span", { class: "hidden", role: "status" });
      this.dialog = el("dialog", {
        "aria-labelledby": "title",
        cancel: (event) => (event.preventDefault(), this.close()),
        keydown: (event) => event.key === "Escape" && !composes(event) && (event.preventDefault(), event.stopPropagation(), this.close()),
      },
        el("div", { class: "head" }, el("div", {}, this.heading, this.state),
          el("button", { type: "button", "aria-label": labels.close, click: () => this.close() }, icon("down"))),
        this.notice, this.list,
        el("form", { submit: (event) => (event.preventDefault(), this.enter()) }, this.input,
          el("button", { class: "send", "aria-label": labels.send }, icon("send"))));
      root.append(this.dialog, this.launcher, this.alert);
      try {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(CSS);
        root.adoptedStyleSheets = [sheet];
      } catch {
        root.append(el("style", {}, CSS)); // browsers before 2023; a strict policy may block it there
      }
      window.visualViewport?.addEventListener("resize", () => {
        const { height, scale } = window.visualViewport; // a keyboard makes it lower, and so does zooming in with two fingers
        this.style.setProperty("--height", `${Math.round(height * scale)}px`);
      });
      this.status("connecting");
    }

    /* The page's own colour, else the app's, and from it text colours that stay readable on it, on white and on black. */
    paint() {
      const { colour, colour_dark } = this.memory.looks || {};
      const light = this.dataset.color || colour;
      this.shade("light", light, [238, 241, 244], 0);
      this.shade("dark", this.dataset.color || colour_dark || light, [38, 47, 58], 255);
    }

    shade(scheme, color, ground, goal) {
      // Asked of a part that the page's own rules do not reach: one for colours or transitions would change the answer.
      const { style } = this.alert;
      const numbers = () => getComputedStyle(this.alert).color.match(/-?[\d.]+/g).slice(0, 3).map(Number);
      style.color = color && window.CSS.supports("color", color) ? color : COLOR;
      let rgb = numbers();
      if (!/^rgb/.test(getComputedStyle(this.alert).color)) {
        // oklch() and its kin stay what they are; mixed with itself in sRGB such a colour comes out in shares of 1.
        style.color = `color-mix(in srgb, ${color}, ${color})`;
        rgb = numbers().map((part) => Math.round(255 * Math.min(1, Math.max(0, part))));
      }
      style.color = "";
      const white = contrast(rgb, [255, 255, 255]) >= 4.5;
      const shades = { accent: `rgb(${rgb})`, on: white ? "#fff" : "#101418", link: readable(rgb, ground, goal) };
      for (const [name, value] of Object.entries(shades)) this.style.setProperty(`--${name}-${scheme}`, value);
    }

    redraw() {
      this.nodes.clear();
      this.list.replaceChildren(this.introduction(), this.replies, this.typing);
      this.memory.messages.forEach((message) => this.show(message));
      this.intro();
      this.count();
    }

    introduction() {
      return (this.hail = el("div", { class: "message bot" }, this.greeting));
    }

    intro() {
      const { title, greeting, replies } = this.host;
      if (!this.dataset.title && title) this.heading.textContent = title;
      this.greeting.replaceChildren(...linked(greeting || this.labels.greeting));
      this.offer(this.memory.messages.length ? this.memory.messages.at(-1).replies : replies);
    }

    add(message) {
      this.memory.messages.push(message);
      this.show(message);
      this.offer(message.replies);
      this.save();
      this.toEnd();
    }

    show(message) {
      const bubble = el("div", { class: "bubble", dir: "auto" }, el("span", { class: "hidden", dir: "auto" }, this.fill("says", message.me ? this.labels.you : this.botName())),
        ...this.body(message));
      const node = el("div", { class: "message" }, bubble);
      const { type, style, choices, button } = message.content || {};
      if (type === "list") node.append(el("details", { toggle: () => node.scrollIntoView({ block: "nearest" }) }, el("summary", {}, button), this.choices(choices)));
      else if (type === "buttons" && style === "buttons") node.append(this.choices(choices));
      node.append(el("div", { class: "meta" }));
      this.nodes.set(message, node);
      this.replies.before(node);
      this.label(message);
    }

    body({ content = {}, text }) {
      const { type, url, media, caption, name, latitude, longitude } = content;
      if (type === "media" && isWeb(url)) {
        const label = name || this.labels.media;
        const plain = link(url, label);
        const rest = caption ? ["\n", ...linked(caption)] : [];
        const gone = (event) => event.target.replaceWith(caption ? label + "\n" : label);
        if (media === "image") return [link(url, el("img", { src: url, alt: label, load: () => this.toEnd(), error: gone })), ...rest.slice(1)];
        if (media === "video" || media === "audio") return [el(media, { src: url, controls: true, preload: "metadata", "aria-label": caption || label, error: (event) => event.target.replaceWith(plain) }), ...rest];
        return [plain, ...rest];
      }
      if (type === "location") {
        const point = `mlat=${Number(latitude)}&mlon=${Number(longitude)}`;
        const words = [name, content.address].filter(Boolean).join("\n");
        return [words && words + "\n", link("https://www.openstreetmap.org/?" + point, this.labels.location)];
      }
      return linked(content.text ?? text ?? "");
    }

    /* State and time under a message: a sign and a word, never colour alone. */
    label(message) {
      const node = this.nodes.get(message);
      const meta = node.lastChild;
      node.className = `message ${message.me ? "me " + message.state : "bot"}`;
      const parts = [el("time", { datetime: new Date(message.at).toISOString() }, this.time(message.at))];
      if (message.me) parts.push(icon(message.state), el("span", { class: "word" }, this.labels[message.state]));
      if (message.state === "failed") {
        const again = () => {
          this.mark(Object.assign(message, { tries: 0, why: "" }), "sending");
          this.transmit(message);
          this.input.focus();
        };
        parts.push(message.why ? `· ${message.why}` : "", el("button", { type: "button", click: again }, this.labels.retry));
      }
      meta.replaceChildren(...parts);
    }

    /* The time, with the day where it is not today. */
    time(at) {
      const today = new Date(at).toDateString() === new Date().toDateString();
      return this.clocks[today ? 0 : 1].format(at);
    }

    mark(message, state) {
      message.state = state;
      this.label(message);
      this.save();
    }

    /* Quick replies belong to the last message only, and go away once one is used. */
    offer(replies) {
      const used = this.memory.messages.at(-1)?.content;
      const stay = used?.type === "list" || used?.style === "buttons";
      const offered = stay || !replies ? [] : replies;
      this.replies.hidden = !offered.length;
      this.replies.replaceChildren(...this.choices(offered).childNodes);
    }

    choices(choices) {
      const pick = (choice) => () => (this.submit(choice.title, choice.payload || choice.title), this.input.focus());
      return el("div", { class: "choices" }, ...choices.map((choice) =>
        el("button", { type: "button", click: pick(choice) }, choice.title, ...(choice.description ? [el("small", {}, choice.description)] : []))));
    }

    status(status) {
      this.state.className = status;
      this.state.textContent = this.labels[status === "refused" ? "offline" : status];
      // Every try says "connecting": the notice does not wait for the tries to end.
      if (status === "online" || status === "refused") this.late = clearTimeout(this.late);
      if (status === "online") this.say("");
      else if (status === "refused") this.say(this.labels.refused);
      else if (status === "offline") this.late ??= setTimeout(() => this.say(this.labels.lost), 1200);
    }

    say(text) {
      this.notice.textContent = text || "";
    }

    showTyping(on) {
      clearTimeout(this.quiet);
      this.typing.hidden = !on;
      this.alert.textContent = on && this.dialog.open ? this.fill("typing", this.botName()) : "";
      if (on) this.quiet = setTimeout(() => this.showTyping(false), TYPING_SHOWN);
      this.toEnd();
    }

    count() {
      const count = this.memory.messages.filter((message) => message.read === 0).length;
      const changed = this.unread !== count;
      this.unread = count;
      this.badge.textContent = count ? (count > 99 ? "99+" : count) : "";
      const { open } = this.dialog;
      const words = open ? this.labels.close : this.labels.open + (count ? `, ${this.labels.unread.replace("{count}", count)}` : "");
      this.launcher.setAttribute("aria-label", words);
      this.launcher.setAttribute("aria-expanded", open);
      this.launcher.replaceChildren(icon(open ? "down" : "chat"), this.badge);
      if (changed) this.emit("unread", { count });
    }

    /* Only the reader goes up: what grows below, or a smaller window, has not moved her. */
    scrolled() {
      const { scrollTop, scrollHeight, clientHeight } = this.list;
      if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.atEnd = true;
      else if (scrollTop < this.top) this.atEnd = false;
      this.top = scrollTop;
    }

    /* Follow the conversation; who has scrolled up to read is left there. */
    toEnd() {
      if (this.atEnd) this.list.scrollTop = this.list.scrollHeight;
    }

    botName() {
      return this.dataset.title || this.host.title || this.labels.bot;
    }

    fill(label, name) {
      return this.labels[label].replace("{name}", name);
    }

    /* ---- what the customer and the page do ---- */

    key(event) {
      if (event.key !== "Enter" || event.shiftKey || composes(event)) return;
      event.preventDefault();
      this.enter();
    }

    enter() {
      const text = this.input.value.trim();
      this.input.value = "";
      if (text) this.submit(text);
      this.input.focus();
    }

    tellTyping() {
      if (!this.line.ready || Date.now() - (this.told || 0) < TYPING_EVERY) return;
      this.told = Date.now();
      this.line.put({ type: "typing" });
    }

    open() {
      if (this.dialog.open) return;
      this.unfold();
      this.line.start();
      this.line.hurry();
      this.atEnd = true;
      this.toEnd();
      this.read();
      this.emit("open");
    }

    /* A small screen is taken as a whole: then nothing behind may take the focus, or stand before the chat. */
    unfold() {
      this.dialog.append(this.alert); // outside a dialog that takes the whole screen nothing is heard
      if (this.small.matches) this.dialog.showModal();
      else this.dialog.show();
      this.input.focus();
    }

    close() {
      if (!this.dialog.open) return;
      this.dialog.close();
      this.shadowRoot.append(this.alert);
      this.count();
      this.launcher.focus();
      this.emit("close");
    }

    /* Whoever has signed out, or is somebody else now, sees nothing of the signed-in customer who was here before. */
    part() {
      if (this.memory.signed && customerOf(this.dataset.token) !== this.memory.user) this.forget();
    }

    setUser(token) {
      this.dataset.token = token || "";
      // A new token of the same customer goes on with her conversation, and with what she could not send.
      if (this.memory.signed) this.part();
      else this.forget();
      this.line.start();
      this.line.restart();
    }

    on(name, listener) {
      const heard = (event) => listener(event.detail);
      this.addEventListener(name, heard);
      return () => this.removeEventListener(name, heard);
    }

    emit(name, detail) {
      this.dispatchEvent(new CustomEvent(name, { detail }));
    }
  }

  const script = document.currentScript || document.querySelector("script[data-app]");
  if (!script?.dataset.app) return console.error("botkit: the script tag needs data-app, the id of the in-app asset");
  if (customElements.get("botkit-chat")) return;
  customElements.define("botkit-chat", BotkitChat);

  const begin = () => {
    const chat = document.createElement("botkit-chat");
    Object.assign(chat.dataset, { server: script.src }, script.dataset);
    document.body.append(chat);
    const calls = window.botkit?.q || [];
    window.botkit = (command, ...values) => {
      if (!["open", "close", "setUser", "on"].includes(command)) throw new TypeError(`botkit: no command "${command}"`);
      return chat[command](...values);
    };
    for (const call of calls) window.botkit(...call);
    chat.part(); // after the calls, which may have said who it is
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
})();
