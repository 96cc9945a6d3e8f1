/* Landing page: asks the server how it is and what can be written to. */
import { channelName, el, readAssets } from "./page.js";

const health = document.getElementById("health");
const list = document.getElementById("assets");
const note = document.getElementById("assets-note");

function card({ id, channel, number, name, widget }) {
  const [href, words] = widget ? ["demo/", "Try the widget"] : ["sandbox?asset=", "Write to it"];
  return el("li", { class: "card asset" },
    el("span", { class: "channel" }, channelName(channel)),
    el("h3", {}, name || id),
    el("span", { class: "muted small" }, [number, id].filter(Boolean).join(" · ")),
    el("div", { class: "actions" }, el("a", { class: "button", href: href + encodeURIComponent(id) }, words)));
}

async function showHealth() {
  const up = await fetch("readyz").then((response) => response.ok, () => false);
  health.dataset.state = up ? "up" : "down";
  document.getElementById("health-text").textContent = up ? "Ready for messages" : "Not ready for messages";
}

async function showAssets() {
  try {
    const assets = await readAssets();
    list.replaceChildren(...assets.map(card));
    note.hidden = assets.length > 0;
    note.textContent = "Nothing yet: add an asset to botkit.toml and start the server again.";
  } catch (error) {
    note.textContent = `The list could not be loaded: ${error.message}`;
  }
}

showHealth();
showAssets();
