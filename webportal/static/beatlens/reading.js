// Keys for the reading mode, and the next picture fetched before it is asked for. Without this script the buttons and links
// do the same, page by page.
"use strict";

(() => {
  const remembered = "beatlens-reading-keys";
  const part = () => document.getElementById("reading");
  const said = document.getElementById("reading-said");
  // Pictures by their address, as addresses of what this page holds in memory.
  const fetched = new Map();
  let underway = false;

  const keysAreOn = () => {
    try {
      return localStorage.getItem(remembered) !== "off";
    } catch {
      return true;  // a browser that remembers nothing
    }
  };

  // One ahead: what was shown is let go.
  const fetchNext = async () => {
    const address = part().dataset.nextPicture;
    for (const [known, url] of fetched) {
      if (known === address || document.querySelector(`img[src="${url}"]`)) continue;
      URL.revokeObjectURL(url);
      fetched.delete(known);
    }
    if (!address || fetched.has(address)) return;
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (answer.ok) fetched.set(address, URL.createObjectURL(await answer.blob()));
    } catch {
      // it is asked for once more when its turn comes
    }
  };

  const prepare = () => {
    const keys = part().querySelector("[data-keys]");
    if (keys) {
      const box = keys.querySelector("input");
      keys.hidden = false;
      box.checked = keysAreOn();
      box.addEventListener("change", () => {
        try {
          localStorage.setItem(remembered, box.checked ? "on" : "off");
        } catch {
          // then until the next picture
        }
      });
    }
    fetchNext();
  };

  const shortcut = (key) => [...part().querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
  const takesKeys = (element) => element.closest("input, textarea, select, summary, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!keysAreOn() || takesKeys(event.target)) return;
    // A button or link that has the focus keeps the key that presses it.
    if (event.key === " " && event.target.closest("button, a")) return;
    const places = { ArrowLeft: "reading-previous", ArrowRight: "reading-next" };
    const target = event.key in places ? document.getElementById(places[event.key]) : shortcut(event.key.toLowerCase());
    if (!target) return;
    event.preventDefault();
    if (!event.repeat && !underway) target.click();
  });

  document.addEventListener("htmx:beforeRequest", () => { underway = true; });
  document.addEventListener("htmx:afterRequest", () => { underway = false; });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // What is wrong with a reading is shown in its place.
    if (event.detail.xhr.status === 422) event.detail.shouldSwap = true;
    for (const [address, url] of fetched) event.detail.serverResponse = event.detail.serverResponse.replace(`src="${address}"`, `src="${url}"`);
  });

  document.addEventListener("htmx:afterSwap", () => {
    const shown = part();
    // At once, not when the swap has settled: a key pressed before would leave this page for another one.
    htmx.process(shown);
    // The address goes along, so that a reload shows the same picture and Back leads out of the reading.
    history.replaceState(null, "", shown.dataset.address);
    shown.focus({ preventScroll: true });
    said.textContent = shown.dataset.said;
    prepare();
  });

  prepare();
})();
