// Sends the files of the upload form one by one: goes on after a broken connection, a busy portal and an ended session.
// The form's id and each file's place let the portal take a file once, however often it arrives.
"use strict";

window.beatlens = window.beatlens || {};

(() => {
  // Files on their way at the same time.
  const atOnce = 2;
  // Attempts after which a file is left for the person to try again, when the connection breaks, and when the portal is busy.
  const attempts = { broken: 3, busy: 40 };
  // Milliseconds between attempts, where the portal doesn't say how long.
  const pause = { broken: 2000, busy: 5000 };
  // How long one file may take, milliseconds; a zip file is unpacked and read meanwhile.
  const timeout = 300000;

  const rest = (milliseconds) => new Promise((settle) => setTimeout(settle, milliseconds));

  class Stopped extends Error {}

  // One request; resolves with its status, text and how long to wait before the next attempt.
  const post = (form, fields, onProgress) =>
    new Promise((settle) => {
      const data = new FormData(form);
      Object.entries(fields).forEach(([name, value]) => value instanceof File ? data.set(name, value, value.name) : data.set(name, value));
      const request = new XMLHttpRequest();
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) onProgress(event.loaded / event.total);
      });
      request.addEventListener("loadend", () =>
        settle({ status: request.status, text: request.responseText, wait: 1000 * Number(request.getResponseHeader("Retry-After") || 0) }));
      request.timeout = timeout;
      request.open("POST", form.dataset.path);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.send(data);
    });

  // A token that counts now, from the form as it stands on the page by now; false while nobody is logged in.
  const renew = async (form) => {
    const answer = await fetch(form.dataset.path, { headers: { "X-Requested-With": "XMLHttpRequest" }, credentials: "same-origin" });
    if (answer.status === 401) return false;
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const field = (name) => page.querySelector(`#upload-form input[name=${name}]`).value;
    if (field("sender") !== form.elements.sender.value) throw new Stopped(form.dataset.textOtherAccount);
    form.elements.csrfmiddlewaretoken.value = field("csrfmiddlewaretoken");
    return true;
  };

  let resuming = null;

  // Waits until the person has logged in again. All files on their way wait for the same.
  const loggedIn = (form, left) => {
    resuming = resuming || new Promise((settle, fail) => {
      beatlens.sessionEnded(form.dataset.textSessionEnded.replace("{count}", left()));
      const look = async () => {
        try {
          if (await renew(form)) {
            beatlens.notWaiting(look);
            beatlens.sessionBack();
            settle();
          } else beatlens.sessionEnded();
        } catch (error) {
          if (!(error instanceof Stopped)) return beatlens.sessionEnded();
          beatlens.notWaiting(look);
          beatlens.sessionBack();
          fail(error);
        }
      };
      beatlens.whenBack(look);
    }).finally(() => { resuming = null; });
    return resuming;
  };

  // Sends one file until there is an answer about it, or until it makes no sense to try any longer.
  // Throws Stopped when nothing more can be sent at all.
  beatlens.sendFile = async (form, fields, { onProgress = () => {}, onBusy = () => {}, left = () => 1 } = {}) => {
    const tried = { broken: 0, busy: 0 };
    let renewed = false;
    for (;;) {
      const answer = await post(form, fields, onProgress);
      const problem = (text) => ({ problem: text, again: false });
      switch (answer.status) {
        case 200:
          return { text: answer.text };
        case 401:
          await loggedIn(form, left);
          continue;
        case 403:  // the form is older than the session
          if (renewed) return problem(form.dataset.textNotSent);
          renewed = true;
          if (!(await renew(form))) await loggedIn(form, left);
          continue;
        case 409:
          throw new Stopped(form.dataset.textOtherAccount);
        case 413:
          return problem(form.dataset.textTooMuch);
        case 507:
          return { problem: form.dataset.textFull, again: true };
        case 422:
          return problem(answer.text);
        case 429:
        case 503: {
          if (++tried.busy > attempts.busy) return { problem: form.dataset.textRefused, again: true };
          onBusy(true);
          await rest(answer.wait || pause.busy);
          onBusy(false);
          continue;
        }
        default:
          if (++tried.broken >= attempts.broken) return { problem: form.dataset.textNotSent, again: true };
          await rest(pause.broken * tried.broken);
      }
    }
  };

  // Sends several files; tells `show` about each as it goes. Resolves with those that are left to be tried again.
  beatlens.sendFiles = async (form, jobs, show) => {
    const queue = [...jobs];
    const unsent = [];
    const left = () => queue.length + running;
    let running = 0;
    let stopped = null;
    const next = async () => {
      for (let job = queue.shift(); job && !stopped; job = queue.shift()) {
        running += 1;
        try {
          const fields = { picture: job.file, part: "1", place: job.place, expected: job.expected };
          const answer = await beatlens.sendFile(form, fields, {
            onProgress: (part) => show.progress(job, part),
            onBusy: show.busy,
            left,
          });
          if (answer.problem) {
            show.problem(job, answer.problem);
            if (answer.again) unsent.push(job);
          } else show.answer(job, answer.text);
        } catch (error) {
          stopped = error;
          unsent.push(job);
        }
        running -= 1;
      }
    };
    await Promise.all(Array.from({ length: atOnce }, next));
    if (stopped) {
      unsent.push(...queue);
      show.stopped(stopped instanceof Stopped ? stopped.message : form.dataset.textNotSent);
    }
    return unsent;
  };
})();
