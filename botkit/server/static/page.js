/* Page: what the server's own pages share. Text becomes text nodes only, never markup. */

const CHANNELS = {
  sms: "SMS", mms: "MMS", rcs: "RCS", inapp: "In-app", whatsapp: "WhatsApp", messenger: "Messenger", instagram: "Instagram",
  telegram: "Telegram", email: "Email", push: "Push", voice: "Voice", viber: "Viber", line: "LINE", wechat: "WeChat",
};
const PATIENCE = 8_000;

export function channelName(channel) {
  return CHANNELS[channel] || channel;
}

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

/* One of the signs that the page defines as <symbol id="sign-...">. */
export function sign(name) {
  const [svg, use] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#sign-${name}`);
  svg.append(use);
  return svg;
}

/* Text with its web addresses as links. */
export function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]*[^\s<>"'.,:;!?)\]}])/i)
    .map((part, i) => (i % 2 ? el("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part));
}

/* JSON from the server; an error says what the server said, or that it does not answer. */
export async function ask(address, options = {}) {
  let response;
  try {
    response = await fetch(address, { signal: AbortSignal.timeout(PATIENCE), ...options });
  } catch {
    throw Object.assign(new Error("The server does not answer."), { away: true });
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const { message, field } = body?.error || {};
  const words = message ? (field ? `${field}: ${message}` : message) : `The server answered ${response.status}.`;
  throw Object.assign(new Error(words), { status: response.status, away: response.status >= 502 });
}

/* The assets; those with `widget` are written to by the chat widget, the others in the sandbox. */
export async function readAssets() {
  return (await ask("sandbox/assets")).assets;
}
