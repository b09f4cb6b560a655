// Drop, paste and preview on the upload page. Without this script the plain form does the same work.
"use strict";

(() => {
  const form = document.getElementById("upload-form");
  const input = form.querySelector("input[type=file]");
  const drop = document.getElementById("drop");
  const previews = document.getElementById("previews");
  const problem = document.getElementById("picture-problem");
  const maxBytes = Number(form.dataset.maxBytes);
  const maxPictures = Number(form.dataset.maxPictures);
  const types = ["image/png", "image/jpeg"];

  const complaint = (file) => {
    if (file.size === 0) return form.dataset.textEmpty;
    if (file.size > maxBytes) return form.dataset.textTooLarge;
    if (!types.includes(file.type)) return form.dataset.textWrongType;
    return "";
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
      } else {
        const image = document.createElement("img");
        image.alt = "";
        // Named like a picture but none: the server will say what is wrong with it.
        image.addEventListener("error", () => image.remove());
        image.src = URL.createObjectURL(file);
        item.append(image);
      }
      item.append(document.createTextNode(file.name));
      previews.append(item);
      // One wrong file alone can't be sent; among several the server answers for each.
      if (fault && files.length === 1) wrong = fault + ".";
    }
    previews.hidden = files.length === 0;
    problem.textContent = wrong;
    problem.hidden = !wrong;
    return !wrong;
  };

  const take = (list) => {
    const files = [...list].filter((file) => file instanceof File);
    if (files.length === 0) return;
    const transfer = new DataTransfer();
    files.forEach((file) => transfer.items.add(file));
    input.files = transfer.files;
    show();
  };

  input.addEventListener("change", show);
  form.addEventListener("submit", (event) => {
    if (!show()) {
      event.preventDefault();
      input.focus();
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
})();
