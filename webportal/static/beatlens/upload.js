// Drop, paste, preview and sending file by file on the upload page. Without this script the plain form does the same work.
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
  const outcomes = document.getElementById("outcomes");
  // Files on their way at the same time.
  const atOnce = 2;
  // How often a file is sent again that came too soon, and the longest wait before it, seconds.
  const triesAgain = 5;
  const longestWait = 120;

  const isArchive = (file) => file.type.includes("zip") || file.name.toLowerCase().endsWith(".zip");

  const complaint = (file) => {
    if (file.size === 0) return form.dataset.textEmpty;
    if (isArchive(file)) return file.size > maxArchiveBytes ? form.dataset.textArchiveTooLarge : "";
    if (file.size > maxBytes) return form.dataset.textTooLarge;
    if (!types.includes(file.type)) return form.dataset.textWrongType;
    return "";
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
    for (const file of files.slice(0, maxPictures)) {
      const item = document.createElement("li");
      const fault = complaint(file);
      if (fault) {
        const text = document.createElement("div");
        text.className = "wrong";
        text.textContent = fault;
        item.append(text);
      } else if (!isArchive(file)) {
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
      if (fault && files.length === 1) wrong = fault + ".";
    }
    previews.hidden = files.length === 0;
    problem.textContent = wrong;
    problem.hidden = !wrong;
    return !wrong;
  };

  const choose = (files) => {
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    show();
  };

  // What is dropped, pasted or photographed comes beside what was chosen before.
  const take = (list) => {
    const files = [...list].filter((file) => file instanceof File);
    if (files.length) choose([...input.files, ...files]);
  };

  // One file: the page of its result is the answer. Several: each is sent by itself, and its outcome takes its place.
  const send = (file, item, progress, tries = triesAgain) =>
    new Promise((settle) => {
      const data = new FormData(form);
      data.set(input.name, file, file.name);
      data.set("part", "1");
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) progress.value = event.loaded / event.total;
      });
      request.upload.addEventListener("load", () => progress.removeAttribute("value"));
      const say = (text) => {
        const words = document.createElement("div");
        words.className = "wrong";
        words.textContent = text;
        progress.replaceWith(words);
      };
      request.addEventListener("loadend", () => {
        const answered = request.status === 200 && request.responseURL.endsWith(form.dataset.path);
        const wait = Number(request.getResponseHeader("Retry-After"));
        if (request.status === 429 && wait > 0 && wait <= longestWait && tries > 0) {
          // The share of this minute is used up; there is nothing that the person would have to do.
          setTimeout(() => settle(send(file, item, progress, tries - 1)), wait * 1000);
          return;
        }
        if (answered) item.outerHTML = request.responseText;
        else if (request.status === 507) say(form.dataset.textFull);
        else say(request.status === 429 ? form.dataset.textRefused : form.dataset.textNotSent);
        settle();
      });
      request.timeout = 120000;
      request.open("POST", form.dataset.path);
      request.send(data);
    });

  const sendAll = async (files) => {
    const waiting = files.map((file) => {
      const item = document.createElement("li");
      const progress = document.createElement("progress");
      progress.setAttribute("aria-label", file.name);
      progress.value = 0;
      item.append(progress, document.createTextNode(file.name));
      outcomes.append(item);
      return [file, item, progress];
    });
    form.hidden = true;
    document.getElementById("progress").hidden = false;
    document.getElementById("progress-title").focus();
    const next = async () => {
      for (let one = waiting.shift(); one; one = waiting.shift()) await send(...one);
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    outcomes.dataset.finished = "true";
  };

  input.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    const fits = show();
    const files = [...input.files];
    if (!fits) {
      event.preventDefault();
      input.focus();
    } else if (files.length > 1) {
      event.preventDefault();
      sendAll(files);
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
  camera.accept = types.join();
  camera.setAttribute("capture", "environment");
  photograph.hidden = !window.matchMedia("(pointer: coarse)").matches;
  photograph.addEventListener("click", () => camera.click());
  camera.addEventListener("change", () => {
    take(camera.files);
    camera.value = "";
  });
})();
