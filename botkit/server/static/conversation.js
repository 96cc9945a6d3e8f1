/* Conversation: draws the messages of one customer with one asset, and changes only what has changed. */
import { el, linked, sign } from "./page.js";

const SIGNS = new Set(["sending", "queued", "submitted", "received", "delivered", "read", "failed", "expired"]);
const NEAR_END = 80;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });

export class Conversation {
  constructor(log, empty, replies, pick) {
    Object.assign(this, { log, empty, replies, pick });
    log.addEventListener("scroll", () => this.scrolled());
    new ResizeObserver(() => this.toEnd()).observe(log); // what is being written has become longer
    this.clear();
  }

  clear() {
    this.drawn = new Map();
    this.last = null;
    this.atEnd = true;
    this.log.replaceChildren(this.empty, this.replies);
    this.empty.hidden = false;
    this.offer([]);
  }

  /* Show these messages, in this order; the ones that are gone go. */
  show(messages) {
    const ids = new Set(messages.map(({ id }) => id));
    for (const [id, { node }] of this.drawn) {
      if (!ids.has(id)) node.remove(), this.drawn.delete(id);
    }
    this.empty.hidden = messages.length > 0;
    const changed = messages.filter((message) => this.draw(message));
    const last = messages.at(-1);
    if (last?.id !== this.last) this.offer(last?.direction === "out" ? last.replies || [] : []);
    this.last = last?.id;
    if (changed.some(({ direction }) => direction === "in")) this.atEnd = true;
    if (changed.length) this.toEnd();
  }

  /* Only the reader goes up: what grows below, or a smaller window, has not moved her. */
  scrolled() {
    const { scrollTop, scrollHeight, clientHeight } = this.log;
    if (scrollHeight - scrollTop - clientHeight < NEAR_END) this.atEnd = true;
    else if (scrollTop < this.top) this.atEnd = false;
    this.top = scrollTop;
  }

  /* Follow the conversation; who has scrolled up to read is left there. */
  toEnd() {
    if (this.atEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  /* True if the message was not there before, or its state has changed. */
  draw(message) {
    const known = this.drawn.get(message.id);
    if (known?.state === message.state) return false;
    const node = known?.node || el("article", {},
      el("div", { class: "bubble" }, el("span", { class: "hidden" }, message.direction === "in" ? "You: " : "Reply: "), ...linked(message.text || "")),
      el("div", { class: "meta" }));
    node.className = `message ${message.direction} ${message.state}`;
    node.lastChild.replaceChildren(...this.meta(message));
    this.drawn.set(message.id, { node, state: message.state });
    if (!known) this.replies.before(node);
    return true;
  }

  meta({ at, state, reason, again }) {
    const words = state === "failed" && again ? "Not sent" : state.charAt(0).toUpperCase() + state.slice(1);
    const parts = [el("time", { datetime: new Date(at).toISOString() }, clock.format(at)), sign(SIGNS.has(state) ? state : "other"), words];
    if (reason) parts.push(el("span", {}, `· ${reason}`));
    if (again) parts.push(el("button", { type: "button", click: again }, "Try again"));
    return parts;
  }

  offer(replies) {
    this.replies.hidden = !replies.length;
    this.replies.replaceChildren(...replies.map((reply) =>
      el("button", { type: "button", click: () => (this.offer([]), this.pick(reply)) }, reply.title)));
  }
}
