// Drop, paste, preview and sending file by file on the upload page. Without this script the plain form sends them together.
"use strict";

(() => {
  const form = document.getElementById("upload-form");
  const input = form.querySelector("input[type=file]");
  const drop = document.getElementById("drop");
  const previews = document.getElementById("previews");
  const problem = document.getElementById("picture-problem");
  const maxBytes = Number(form.dataset.maxBytes);
  const maxPictures = Number(form.dataset.maxPictures);
  const maxArchiveBytes = Number(form.dataset.maxArchiveBytes);
  const types = ["image/png", "image/jpeg"];
  // As many first bytes tell the portal what a file is.
  const beginningBytes = 4096;
  // Files that the portal is asked about before they are sent; of the others it says when they come.
  const askedAbout = 40;
  const outcomes = document.getElementById("outcomes");

  // Pictures that are shown before they are sent; of the others the name.
  const drawn = 40;

  const isArchive = (file) => file.type.includes("zip") || file.name.toLowerCase().endsWith(".zip");

  const complaint = (file) => {
    if (file.size === 0) return form.dataset.textEmpty;
    if (isArchive(file)) return file.size > maxArchiveBytes ? form.dataset.textArchiveTooLarge : "";
    if (file.size > maxBytes) return form.dataset.textTooLarge;
    return kinds.get(keyOf(file)) || "";
  };

  // What is wrong with the kind of a file: "" for nothing, or nothing yet.
  const kinds = new Map();
  const keyOf = (file) => [file.name, file.size, file.lastModified].join("/");

  // Lets the portal say what a file is that isn't known by its ending, and shows that. Without an answer it is simply sent.
  const ask = async (files) => {
    const unknown = files.filter((file) => !types.includes(file.type) && !isArchive(file) && !kinds.has(keyOf(file)));
    for (const file of unknown.slice(0, askedAbout)) {
      kinds.set(keyOf(file), "");
      try {
        const answer = await fetch(form.dataset.kind, {
          method: "POST",
          body: await file.slice(0, beginningBytes).arrayBuffer(),
          headers: { "Content-Type": "application/octet-stream", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
          redirect: "error",
        });
        if (answer.ok) kinds.set(keyOf(file), (await answer.json()).problem);
      } catch { /* the portal says it when the file comes */ }
      if (kinds.get(keyOf(file))) show();
    }
  };

  // Takes one file out again.
  const removal = (file) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link previews__remove";
    button.textContent = form.dataset.textRemove;
    button.setAttribute("aria-label", `${form.dataset.textRemove}: ${file.name}`);
    button.addEventListener("click", () => {
      const place = [...previews.children].indexOf(button.parentElement);
      choose([...input.files].filter((_, number) => number !== place));
      // The next one, so that a keyboard goes on where it was.
      const next = previews.children[Math.min(place, previews.children.length - 1)];
      (next ? next.querySelector("button") : input).focus();
    });
    return button;
  };

  const show = () => {
    previews.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
    previews.replaceChildren();
    const files = [...input.files];
    let wrong = files.length > maxPictures ? form.dataset.textTooMany : "";
    for (const [number, file] of files.slice(0, maxPictures).entries()) {
      const item = document.createElement("li");
      const fault = complaint(file);
      if (fault) {
        const text = document.createElement("div");
        text.className = "wrong";
        text.textContent = fault;
        item.append(text);
      } else if (!isArchive(file) && number < drawn) {
        const image = document.createElement("img");
        image.alt = "";
        // Named like a picture but none: the server will say what is wrong with it.
        image.addEventListener("error", () => image.remove());
        image.src = URL.createObjectURL(file);
        item.append(image);
      }
      item.append(document.createTextNode(file.name), removal(file));
      previews.append(item);
      // One wrong file alone can't be sent; among several the server answers for each.
      if (fault && files.length === 1) wrong = /[.!?]$/.test(fault) ? fault : fault + ".";
    }
    previews.hidden = files.length === 0;
    problem.textContent = wrong;
    problem.hidden = !wrong;
    return !wrong;
  };

  const chosen = () => {
    show();
    ask([...input.files]);
  };

  const choose = (files) => {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    chosen();
  };

  // What is dropped, pasted or photographed comes beside what was chosen before.
  const take = (list) => {
    const files = [...list].filter((file) => file instanceof File);
    if (files.length) choose([...input.files, ...files]);
  };

  const say = (text) => {
    problem.textContent = text;
    problem.hidden = !text;
  };

  // One picture: the page of its result is the answer.
  const sendOne = async (file) => {
    beatlens.busy(form, form.querySelector("[type=submit]"));
    say("");
    try {
      const answer = await beatlens.sendFile(form, { picture: file }, { onBusy: (is) => say(is ? form.dataset.textBusy : "") });
      if (!answer.problem) {
        location.assign(JSON.parse(answer.text).address);
        return;  // busy until the page is left
      }
      say(answer.problem);
    } catch (error) {
      say(error.message);
    }
    beatlens.calm(form);
    input.focus();
  };

  // Several: each is sent by itself. When all are there the page of the batch shows what became of them.
  const section = document.getElementById("progress");
  const bar = document.getElementById("progress-bar");
  const line = document.getElementById("progress-line");
  const again = document.getElementById("progress-again");
  // Outcomes without a problem that stay on the page while the others are sent.
  const shown = 8;

  const sendAll = async (jobs) => {
    const parts = new Map();
    let done = jobs.filter((job) => job.done).length;
    const draw = () => {
      const started = [...parts.values()].reduce((sum, part) => sum + part, 0);
      bar.value = jobs.length ? (done + started) / jobs.length : 0;
      line.textContent = form.dataset.textProgress.replace("{done}", done).replace("{all}", jobs.length);
    };
    const put = (item, isProblem) => {
      if (isProblem) outcomes.prepend(item);
      else {
        const first = [...outcomes.children].find((child) => !("problem" in child.dataset));
        outcomes.insertBefore(item, first || null);
        const fine = [...outcomes.children].filter((child) => !("problem" in child.dataset));
        fine.slice(shown).forEach((child) => child.remove());
      }
    };
    const settle = (job) => {
      parts.delete(job);
      done += 1;
      job.done = true;
      draw();
    };
    const show = {
      progress: (job, part) => { parts.set(job, part); draw(); },
      busy: (is) => { document.getElementById("progress-busy").hidden = !is; },
      problem: (job, text) => {
        const item = document.createElement("li");
        const words = document.createElement("div");
        item.dataset.problem = job.place;
        words.className = "wrong";
        words.textContent = text;
        item.append(words, document.createTextNode(job.file.name));
        put(item, true);
        settle(job);
      },
      answer: (job, html) => {
        const part = document.createElement("template");
        part.innerHTML = html;
        const items = [...part.content.querySelectorAll("li")];
        items.forEach((item) => {
          if (items.length === 1) item.querySelector("[data-file-name]").textContent = job.file.name;
          const isProblem = ["refused", "rejected", "failed"].includes(item.dataset.outcome);
          if (isProblem) item.dataset.problem = job.place;
          put(item, isProblem);
        });
        settle(job);
      },
      stopped: (text) => {
        const words = document.getElementById("progress-stopped");
        words.textContent = text;
        words.hidden = false;
      },
    };
    form.hidden = true;
    section.hidden = false;
    again.hidden = true;
    document.getElementById("progress-title").focus();
    draw();
    const warn = (event) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    const unsent = await beatlens.sendFiles(form, jobs.filter((job) => !job.done), show);
    window.removeEventListener("beforeunload", warn);
    if (unsent.length === 0) {
      location.assign(form.dataset.batch);
      return;
    }
    // Files that nothing is wrong with but the way: kept for another attempt.
    unsent.forEach((job) => {
      job.done = false;
      again.onclick = () => {
        outcomes.querySelectorAll("[data-problem]").forEach((item) => {
          if (unsent.some((one) => String(one.place) === item.dataset.problem)) item.remove();
        });
        sendAll(jobs);
      };
    });
    again.hidden = false;
    document.getElementById("progress-batch").hidden = false;
    again.focus();
  };

  input.addEventListener("change", chosen);
  form.addEventListener("submit", (event) => {
    const fits = show();
    const files = [...input.files];
    event.preventDefault();
    if (form.dataset.busy) return;
    if (!fits || files.length === 0) {
      if (files.length === 0) say(form.dataset.textNone);
      input.focus();
    } else if (files.length > 1 || isArchive(files[0])) {
      sendAll(files.map((file, place) => ({ file, place, expected: files.length })));
    } else {
      sendOne(files[0]);
    }
  });
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("drop--over");
    });
  }
  drop.addEventListener("dragleave", (event) => {
    if (!drop.contains(event.relatedTarget)) drop.classList.remove("drop--over");
  });
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("drop--over");
    take(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) take(event.clipboardData.files);
  });
  document.getElementById("drop-hint").hidden = false;

  // A phone's camera. Its field is no part of the page: the photo goes where the chosen files are.
  const photograph = document.getElementById("photograph");
  const camera = document.createElement("input");
  camera.type = "file";
  camera.accept = "image/*";
  camera.setAttribute("capture", "environment");
  photograph.hidden = !window.matchMedia("(pointer: coarse)").matches;
  photograph.addEventListener("click", () => camera.click());
  camera.addEventListener("change", () => {
    take(camera.files);
    camera.value = "";
  });
})();
