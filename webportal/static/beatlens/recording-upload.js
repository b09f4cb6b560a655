// Sends the files of recordings in pieces. What has arrived of a file is its length at the portal, so that a broken
// connection, a restarted portal and an ended session all go on where they ended. Without this script the plain form
// sends them at once.
"use strict";

window.beatlens = window.beatlens || {};

(() => {
  const form = document.getElementById("recording-form");
  const words = form.dataset;
  const input = form.querySelector("input[type=file]");
  const button = form.querySelector("button[type=submit]");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const problem = document.getElementById("recording-problem");
  const section = document.getElementById("sending");
  const bar = document.getElementById("sending-bar");
  const line = document.getElementById("sending-line");
  const trouble = document.getElementById("sending-problem");
  const pieces = document.getElementById("pieces");
  const pieceBytes = Number(words.piece);
  // Milliseconds before the next attempt, doubled each time up to the longest.
  const firstPause = 1000;
  const longestPause = 30000;
  let files = [];
  let isSending = false;

  class Stopped extends Error {}

  const rest = (milliseconds) => new Promise((settle) => setTimeout(settle, milliseconds));
  // As the pages write it, 1,048,576 bytes each.
  const megabytes = (bytes) => `${(bytes / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB`;

  const say = (place, text) => {
    place.textContent = text;
    place.hidden = !text;
  };

  const choose = (list) => {
    files = [...list];
    say(problem, files.some((file) => file.size > Number(words.max)) ? words.textTooLarge : "");
    if (!chosen) return;
    chosen.replaceChildren(...files.map((file) => {
      const item = document.createElement("li");
      item.textContent = `${file.webkitRelativePath || file.name}, ${megabytes(file.size)}`;
      return item;
    }));
    chosen.hidden = files.length === 0;
  };

  // Waits until the person has logged in again, in whatever tab.
  const loggedIn = () => new Promise((settle) => {
    beatlens.sessionEnded(words.textSessionEnded);
    const look = async () => {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "XMLHttpRequest" } }).catch(() => null);
      if (!answer || answer.status === 401) return beatlens.sessionEnded();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("#recording-form input[name=csrfmiddlewaretoken]");
      if (!token) return beatlens.sessionEnded();
      form.elements.csrfmiddlewaretoken.value = token.value;
      beatlens.notWaiting(look);
      beatlens.sessionBack();
      settle();
    };
    beatlens.whenBack(look);
  });

  // One request until there is an answer that says something about what was sent.
  const ask = async (address, options) => {
    let pause = firstPause;
    for (;;) {
      const headers = { ...options.headers, "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-Requested-With": "XMLHttpRequest" };
      const answer = await fetch(address, { ...options, headers, credentials: "same-origin" }).catch(() => null);
      if (answer && answer.status === 401) {
        await loggedIn();
        continue;
      }
      if (answer && ![429, 500, 502, 503, 504].includes(answer.status)) {
        say(trouble, "");
        return answer;
      }
      say(trouble, answer ? words.textBusy : words.textBroken);
      await rest(Math.max(pause, 1000 * Number((answer && answer.headers.get("Retry-After")) || 0)));
      pause = Math.min(2 * pause, longestPause);
    }
  };

  const problemIn = async (answer) => {
    if (answer.status === 507) return words.textFull;
    const said = await answer.json().catch(() => ({}));
    return said.problem || words.textNotSent;
  };

  const sendFile = async (file, target, onArrived) => {
    let offset = target.received;
    onArrived(offset);
    while (offset < file.size) {
      const answer = await ask(target.address, {
        method: "PUT",
        headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream" },
        body: file.slice(offset, offset + pieceBytes),
      });
      if (answer.status !== 204 && answer.status !== 409) throw new Stopped(await problemIn(answer));
      offset = Number(answer.headers.get("Upload-Offset"));
      onArrived(offset);
    }
  };

  const sendAll = async (jobs) => {
    const all = jobs.reduce((sum, job) => sum + job.file.size, 0);
    const arrived = new Map();
    for (const job of jobs) {
      await sendFile(job.file, job.target, (bytes) => {
        arrived.set(job, bytes);
        const done = [...arrived.values()].reduce((sum, part) => sum + part, 0);
        bar.value = all ? done / all : 1;
        line.textContent = words.textProgress.replace("{done}", megabytes(done)).replace("{all}", megabytes(all));
      });
    }
  };

  // What is to be sent where: as the portal says of new files, or as the page says of those that it waits for.
  const plan = async () => {
    if (pieces) {
      const targets = JSON.parse(pieces.textContent);
      const jobs = targets.map((target) => ({
        target,
        file: files.find((file) => file.size === target.size && target.name.endsWith(file.name.normalize("NFC")))
          || files.find((file) => file.size === target.size),
      }));
      if (jobs.some((job) => !job.file)) throw new Stopped(words.textOther);
      return { jobs, address: words.address };
    }
    const answer = await ask(words.announce, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        form_id: form.elements.form_id.value,
        name: form.elements.name.value,
        keep_names: form.elements.keep_names.checked,
        files: files.map((file) => ({ name: file.webkitRelativePath || file.name, size: file.size })),
      }),
    });
    if (!answer.ok) throw new Stopped(await problemIn(answer));
    const { recordings } = await answer.json();
    const jobs = recordings.flatMap((recording) => recording.files.map((target) => ({ target, file: files[target.place] })));
    return { jobs, address: recordings.length === 1 ? recordings[0].address : words.list };
  };

  const send = async () => {
    isSending = true;
    button.disabled = true;
    section.hidden = false;
    document.getElementById("sending-title").focus();
    try {
      const { jobs, address } = await plan();
      await sendAll(jobs);
      isSending = false;
      location.assign(address);
    } catch (error) {
      section.hidden = true;
      say(problem, error instanceof Stopped ? error.message : words.textNotSent);
      isSending = false;
      button.disabled = false;
      button.focus();
    }
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isSending) return;
    if (!files.length) return say(problem, words.textNone);
    if (problem.hidden) send();
  });
  input.addEventListener("change", () => choose(input.files));
  window.addEventListener("beforeunload", (event) => { if (isSending) event.preventDefault(); });

  if (drop) {
    document.getElementById("drop-hint").hidden = false;
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      drop.classList.add("drop--over");
    });
    drop.addEventListener("dragleave", () => drop.classList.remove("drop--over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("drop--over");
      input.files = event.dataTransfer.files;
      choose(event.dataTransfer.files);
    });
  }
  if (input.files.length) choose(input.files);

  // A screenshot from the clipboard, or a photograph by a phone's camera. The camera's field is no part of the page.
  const take = (list) => {
    const pictures = [...list].filter((file) => file instanceof File);
    if (!drop || !pictures.length) return;
    const transfer = new DataTransfer();
    pictures.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    choose(transfer.files);
  };
  document.addEventListener("paste", (event) => take(event.clipboardData.files));
  const photograph = document.getElementById("photograph");
  if (photograph && window.matchMedia("(pointer: coarse)").matches) {
    const camera = document.createElement("input");
    camera.type = "file";
    camera.accept = "image/*";
    camera.setAttribute("capture", "environment");
    photograph.hidden = document.getElementById("photograph-hints").hidden = false;
    photograph.addEventListener("click", () => camera.click());
    camera.addEventListener("change", () => {
      take(camera.files);
      camera.value = "";
    });
  }
})();
