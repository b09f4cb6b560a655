// Every form that sends shows that it is busy and can't be sent twice; and one line says when the session has ended.
// Without this script a form that arrives twice is still done once, by its id.
"use strict";

window.beatlens = window.beatlens || {};

(() => {
  // After this long, milliseconds, something went wrong with leaving the page, and the form may be sent again.
  const patience = 10000;
  // A form whose answer is a file leaves the page where it is; so long it can't be sent again.
  const download = 4000;

  const calm = (form) => {
    delete form.dataset.busy;
    form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  };

  const busy = (form, submitter) => {
    form.dataset.busy = "true";
    if (submitter) submitter.setAttribute("aria-busy", "true");
  };

  beatlens.busy = busy;
  beatlens.calm = calm;

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.busy) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
  }, true);

  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;  // a script sends it, and says itself that it is busy
    const form = event.target;
    busy(form, event.submitter || form.querySelector("[type=submit]"));
    setTimeout(() => calm(form), "download" in form.dataset ? download : patience);
  });

  // Back to a page that the browser kept as it was.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("form[data-busy]").forEach(calm);
  });

  // The session: whoever finds it ended says so here, once, and asks again when the person comes back from logging in.
  const template = document.getElementById("session-ended");
  let line = null;
  let ended = false;
  const waiting = new Set();

  beatlens.sessionEnded = (words) => {
    ended = true;
    if (!line && template) {
      line = template.content.firstElementChild.cloneNode(true);
      line.querySelector("a").href = `${line.querySelector("a").getAttribute("href")}?next=${encodeURIComponent(location.pathname + location.search)}`;
      line.querySelector("button").addEventListener("click", comeBack);
      document.getElementById("main").prepend(line);
      line.scrollIntoView({ block: "nearest" });
    }
    if (line && words) line.querySelector("[data-words]").textContent = words;
  };

  beatlens.sessionBack = () => {
    ended = false;
    if (line) line.remove();
    line = null;
  };

  // Calls back whenever the session may be there again.
  beatlens.whenBack = (look) => waiting.add(look);
  beatlens.notWaiting = (look) => waiting.delete(look);

  const comeBack = () => {
    if (!ended) return;
    ended = false;
    [...waiting].forEach((look) => look());
  };

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") comeBack();
  });
  window.addEventListener("focus", comeBack);

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (ended) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr ? event.detail.xhr.status : 0;
    if (status === 401) beatlens.sessionEnded();
    else if (event.detail.successful && waiting.size === 0) beatlens.sessionBack();
  });
})();
