/* Demo page: loads the widget for the app in the address, as the shown tag would. */
const app = decodeURIComponent(location.pathname.split("/").pop());
const source = new URL("../widget.js", location.href).href;
const copied = document.getElementById("copied");
const snippet = `<script src="${source}"\n        data-app="${app}" defer></script>`;

document.getElementById("app").textContent = app;
document.getElementById("snippet").textContent = snippet;

const script = document.createElement("script");
script.src = source;
script.dataset.app = app;
document.head.append(script);

document.getElementById("open").addEventListener("click", () => window.botkit?.("open"));
document.getElementById("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(snippet);
    copied.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(document.getElementById("snippet"));
    copied.textContent = "Selected: press Ctrl+C to copy.";
  }
});
