/* Sandbox: choose an asset and a customer, write, and watch the states of the messages change. */
import { Conversation } from "./conversation.js";
import { ask, channelName, el, readAssets } from "./page.js";
import { segments } from "./segments.js";

const POLL = 700, POLL_HIDDEN = 15_000, POLL_SLOWEST = 8_000, SETTLE = 3_000, MAX_CUSTOMERS = 6;
const PHONE_CHANNELS = new Set(["sms", "mms", "rcs", "whatsapp", "voice"]);
const NUMBER = /^\+[1-9]\d{6,14}$/;
const MEMORY = "botkit:sandbox";

const $ = (id) => document.getElementById(id);
const input = $("text");
const conversation = new Conversation($("log"), $("empty"), $("replies"), (reply) => send(reply.title, reply.payload));

const wished = new URLSearchParams(location.search);
const state = { assets: [], asset: wished.get("asset"), numbers: [newNumber()], current: 0, unsent: [], failures: 0, ...remembered() };
if (wished.get("asset")) state.asset = wished.get("asset");

let timer;
let asking;

function remembered() {
  try {
    const { numbers, current, asset } = JSON.parse(localStorage.getItem(MEMORY));
    return numbers?.length ? { numbers, current: current < numbers.length ? current : 0, asset } : {};
  } catch {
    return {};
  }
}

function remember() {
  const { numbers, current, asset } = state;
  try {
    localStorage.setItem(MEMORY, JSON.stringify({ numbers, current, asset }));
  } catch {
    // A page that may not store still works; it only forgets its numbers.
  }
}

/* A number from the range that is set aside for drama and never belongs to anyone. */
function newNumber() {
  return `+447700900${String(Math.floor(Math.random() * 1000)).padStart(3, "0")}`;
}

function newId() {
  return `page-${crypto.getRandomValues(new Uint32Array(3)).join("-")}`;
}

const asset = () => state.assets.find(({ id }) => id === state.asset);
const number = () => state.numbers[state.current];
const place = () => `${state.asset} ${number()}`;
const url = (id = state.asset) => `sandbox/${encodeURIComponent(id)}/messages`;

/* ---- choosing ---- */

function drawAssets() {
  $("assets").replaceChildren(...state.assets.map(({ id, channel, number: theirs, name }) =>
    el("label", { class: "asset" },
      el("input", { type: "radio", name: "asset", value: id, checked: id === state.asset, change: () => choose({ asset: id }) }),
      el("b", {}, [channelName(channel), theirs].filter(Boolean).join(" · ")),
      el("span", {}, [name, id].filter(Boolean).join(" · ")))));
  const chosen = $("assets").querySelector("label:has(:checked)");
  if (chosen) reveal($("assets"), chosen);
}

/* Scroll a row that is wider than its place to one of its items. */
function reveal(row, item) {
  row.scrollLeft = item.offsetLeft - row.offsetLeft - (row.clientWidth - item.offsetWidth) / 2;
}

function drawWidgets(widgets) {
  $("widgets").hidden = !widgets.length;
  $("widgets").replaceChildren("In-app: ", ...widgets.flatMap(({ id }, index) => [
    index ? ", " : "", el("a", { href: `demo/${encodeURIComponent(id)}` }, `${id} in the chat widget`),
  ]));
}

function drawTabs() {
  $("tabs").replaceChildren(...state.numbers.map((each, index) =>
    el("button", {
      type: "button", role: "tab", "aria-controls": "phone", "aria-selected": String(index === state.current),
      tabindex: index === state.current ? "0" : "-1", click: () => choose({ current: index }), keydown: walkTabs,
    }, each)));
  $("add").hidden = state.numbers.length >= MAX_CUSTOMERS;
  reveal($("tabs"), $("tabs").children[state.current]);
}

function walkTabs(event) {
  const count = state.numbers.length;
  const goal = { ArrowRight: state.current + 1, ArrowLeft: state.current - 1, Home: 0, End: count - 1 }[event.key];
  if (goal === undefined) return;
  event.preventDefault();
  choose({ current: (goal + count) % count });
  $("tabs").children[state.current].focus();
}

/* Take up another asset or customer: the phone shows their conversation. */
function choose(change) {
  Object.assign(state, change);
  remember();
  drawTabs();
  const { id, channel, number: theirs, name } = asset() || {};
  $("number").value = number();
  $("number-note").textContent = "";
  $("number").removeAttribute("aria-invalid");
  $("peer").textContent = name || theirs || id || "No asset chosen";
  $("peer-note").textContent = id ? [channelName(channel), theirs].filter(Boolean).join(" · ") : "";
  $("face").textContent = (name || id || "").charAt(0).toUpperCase();
  $("empty-note").textContent = id ? `Write to ${theirs || name || id} below.` : "";
  input.placeholder = PHONE_CHANNELS.has(channel) ? "Text message" : "Message";
  conversation.clear();
  count();
  poll();
}

function rename() {
  const value = $("number").value.replace(/[\s()-]/g, "");
  const phone = PHONE_CHANNELS.has(asset()?.channel);
  const wrong = phone ? !NUMBER.test(value) : !value;
  if (wrong) {
    $("number").setAttribute("aria-invalid", "true");
    $("number-note").textContent = "A number starts with + and the country code, such as +447700900123.";
    return;
  }
  const twin = state.numbers.indexOf(value);
  if (twin < 0) state.numbers[state.current] = value;
  choose({ current: twin < 0 ? state.current : twin });
}

/* ---- writing ---- */

function count() {
  const text = input.value;
  const sms = asset()?.channel === "sms";
  const { encoding, units, parts, left } = segments(text);
  $("counter").hidden = !sms;
  $("counter").textContent = text ? `${encoding} · ${units} used, ${left} left · ${parts} ${parts === 1 ? "part" : "parts"}` : "";
}

async function send(text, payload) {
  if (!state.asset || !text) return;
  const message = { id: newId(), direction: "in", text, payload, at: Date.now(), from: number(), asset: state.asset, place: place() };
  state.unsent.push(message);
  input.focus();
  await post(message);
}

async function post(message) {
  Object.assign(message, { state: "sending", reason: "", again: null });
  draw();
  // The id stays the same when it is tried again: what has arrived already is not taken twice.
  const body = { id: message.id, from: message.from, text: message.text, ...(message.payload && { payload: message.payload }) };
  try {
    const { id } = await ask(url(message.asset), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    Object.assign(message, { taken: id, state: "sent" });
    setTimeout(() => drop(message), SETTLE);
    poll();
  } catch (error) {
    Object.assign(message, { state: "failed", reason: error.message, again: () => (input.focus(), post(message)) });
    if (error.away) away(error);
    draw();
  }
}

function drop(message) {
  state.unsent = state.unsent.filter((each) => each !== message);
}

/* ---- watching ---- */

/* What the server has, and after it what it does not have yet. */
function draw(messages = state.messages?.place === place() ? state.messages.list : []) {
  const there = new Set(messages.map(({ id }) => id));
  state.unsent = state.unsent.filter(({ asset: to, id, taken }) => !there.has(taken) && !there.has(`${to}:${id}`));
  state.messages = { place: place(), list: messages };
  conversation.show([...messages, ...state.unsent.filter((message) => message.place === place())]);
}

function away(error) {
  if (!error && document.activeElement === $("retry")) input.focus(); // the button goes, and would take the focus along
  $("away").hidden = !error;
  if (error) $("away-text").textContent = error.away ? `${error.message} Trying again…` : error.message;
}

/* Ask now, and then again and again: fast while somebody looks, slowly while nobody does or nobody answers. */
async function poll() {
  clearTimeout(timer);
  asking?.abort();
  if (!state.asset) return;
  const mine = (asking = new AbortController());
  const where = place();
  try {
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(POLL_SLOWEST)]);
    const { messages } = await ask(`${url()}?address=${encodeURIComponent(number())}`, { signal });
    if (asking !== mine || where !== place()) return;
    state.failures = 0;
    away(null);
    draw(messages);
  } catch (error) {
    if (asking !== mine) return;
    state.failures += 1;
    if (state.failures > 1 || !error.away) away(error);
  }
  const wait = Math.min(POLL_SLOWEST, POLL * 2 ** Math.min(state.failures, 8));
  timer = setTimeout(poll, document.hidden ? POLL_HIDDEN : wait);
}

async function begin() {
  try {
    const all = await readAssets();
    state.assets = all.filter(({ widget }) => !widget);
    drawWidgets(all.filter(({ widget }) => widget));
  } catch (error) {
    $("assets-note").hidden = false;
    $("assets-note").textContent = `The assets could not be loaded. ${error.message} Trying again…`;
    setTimeout(begin, POLL_SLOWEST / 2);
    return;
  }
  $("assets-note").hidden = state.assets.length > 0;
  $("assets-note").textContent = "There is no asset yet: add one to botkit.toml and start the server again.";
  if (!asset()) state.asset = state.assets[0]?.id;
  drawAssets();
  choose({});
  const { hints } = await ask("sandbox/hints").catch(() => ({ hints: [] }));
  $("hints").hidden = !hints.length;
  $("hints-list").replaceChildren(...hints.map((hint) => el("button", { type: "button", click: () => send(hint) }, hint)));
}

function submit() {
  if (!state.asset) return; // what is written stays there until the assets are
  const text = input.value.trim();
  input.value = "";
  count();
  send(text);
}

input.addEventListener("input", count);
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return; // 229: Safari composes
  event.preventDefault();
  submit();
});
$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
$("number").addEventListener("change", rename);
$("number").addEventListener("keydown", (event) => event.key === "Enter" && rename());
$("add").addEventListener("click", () => {
  state.numbers.push(newNumber());
  choose({ current: state.numbers.length - 1 });
  input.focus();
});
$("retry").addEventListener("click", poll);
document.addEventListener("visibilitychange", poll);
begin();
