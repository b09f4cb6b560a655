// The check page: corners are moved and a part is drawn on the picture, and whatever is changed is read again and shown,
// after a pause and one reading at a time. Without this script the form's own button does the same.

import { beatNear, firstBeat } from "./beats.js";
import { Frame, shrunk } from "./frame.js";
import { drawn, letEnlarge, placeOf } from "./marks.js";

const PAUSE = 900;  // milliseconds without a change before it is read again
const ASKS = 700;  // milliseconds between two questions how far it is
const CORNERS = ["upper_left", "upper_right", "lower_right", "lower_left"];
const STEP = 1 / 400;  // of the picture's longer side, by an arrow key; with Shift ten times as far

const form = document.getElementById("page-form");
const said = document.getElementById("page-said");
const rest = (milliseconds) => new Promise((settle) => setTimeout(settle, milliseconds));
const field = (name) => form.elements[name];
// So many numbers that are written in a field; null where it has others.
const numbersIn = ({ value }, count) => {
  const written = value.split(",").map(Number);
  return value && written.length === count && written.every(Number.isFinite) ? written : null;
};

let changes = 0;  // that were made since the page was opened
let timer = 0;
let isReading = false;

// --- Reading again ---

const changed = () => {
  changes += 1;
  clearTimeout(timer);
  timer = setTimeout(readAgain, PAUSE);
};

const ask = async (address, options = {}) => {
  const answer = await fetch(address, { ...options, credentials: "same-origin", headers: { "X-Requested-With": "XMLHttpRequest" } });
  if (answer.status >= 500 || answer.status === 401) throw new Error(String(answer.status));
  return answer;
};

const untilRead = async () => {
  for (;;) {
    await rest(ASKS);
    const { is_open: isOpen, is_asked: isAsked } = await (await ask(form.dataset.state)).json();
    if (isAsked) return;
    if (!isOpen) location.reload();
  }
};

const readAgain = async () => {
  if (isReading) return;  // whoever reads looks for later changes at the end
  isReading = true;
  const before = changes;
  said.textContent = said.dataset.textReading;
  form.classList.add("page-form--reading");
  try {
    const body = new FormData(form);
    body.set("do", "again");
    const answer = await ask(form.action || location.href, { method: "POST", body });
    if (answer.ok) await untilRead();
    const page = answer.ok ? await (await ask(location.href)).text() : await answer.text();
    if (changes === before) show(new DOMParser().parseFromString(page, "text/html"));
    said.textContent = answer.ok ? said.dataset.textRead : "";
  } catch {
    said.textContent = said.dataset.textLost;
  }
  isReading = false;
  form.classList.remove("page-form--reading");
  if (changes !== before) changed();
};

// Puts what was found anew into the page; the picture stays, and what had the focus keeps it.
const show = (page) => {
  const [old, made] = [document.getElementById("page-check"), page.getElementById("page-check")];
  if (!made) return location.reload();
  const focused = document.activeElement?.id;
  const open = [...old.querySelectorAll("details[open]")].map((details) => details.id);
  const isLarge = document.getElementById("paper").classList.contains("paper--large");
  // Corners stay in the hand; a frame does where keys are moving it: on a phone it would be in the way of scrolling.
  const held = [...tools.keys()].find((id) => id === "page-corners" ? isPressed(id) : isPressed(id) && focused?.startsWith("frame-"));
  const picked = field("beat").value;
  made.querySelector(".paper__picture").replaceWith(old.querySelector(".paper__picture"));
  old.replaceWith(document.adoptNode(made));
  open.forEach((id) => { document.getElementById(id).open = true; });
  field("beat").value = picked;
  begin();
  if (held) turn(held, true);
  if (isLarge) document.getElementById("paper-larger").click();
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
};

// --- On the picture ---

class Corners {
  constructor(marks, places) {
    Object.assign(this, { marks, places });
    const { width, height } = places;
    const [x, y] = [0.03 * width, 0.03 * height];
    const found = places.corners.length ? places.corners : [[x, y], [width - x, y], [width - x, height - y], [x, height - y]];
    this.at = CORNERS.map((name, number) => numbersIn(field(name), 2) || [...found[number]]);
  }

  begin() {
    const reach = Math.max(this.places.width, this.places.height);
    this.edge = drawn("polygon", {}, "paper__edge", "paper__edge--moved");
    this.handles = CORNERS.map((name, number) => {
      const label = document.querySelector(`label[for=${field(name).id}]`).textContent.trim();
      const handle = drawn("circle", {
        id: `corner-${name}`, r: reach / 60, tabindex: 0, role: "button",
        "aria-label": said.dataset.textCorner.replace("{corner}", label),
      }, "paper__corner");
      handle.addEventListener("pointerdown", (event) => this.#drag(event, number));
      handle.addEventListener("keydown", (event) => this.#press(event, number, reach * STEP));
      return handle;
    });
    this.marks.append(this.edge, ...this.handles);
    this.#draw();
  }

  end() {
    for (const one of [this.edge, ...this.handles]) one.remove();
  }

  #draw() {
    this.edge.setAttribute("points", this.at.map((place) => place.join(",")).join(" "));
    this.handles.forEach((handle, number) => {
      handle.setAttribute("cx", this.at[number][0]);
      handle.setAttribute("cy", this.at[number][1]);
    });
  }

  #put(number, x, y) {
    const within = (value, most) => Math.min(most, Math.max(0, value));
    this.at[number] = [within(x, this.places.width), within(y, this.places.height)];
    this.#draw();
  }

  // All four: those that were found belong to it from now on.
  #write() {
    CORNERS.forEach((name, number) => { field(name).value = this.at[number].map(Math.round).join(", "); });
    field("top").value = "";
    changed();
  }

  #drag(event, number) {
    event.preventDefault();
    const handle = this.handles[number];
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    const move = (moved) => {
      const at = placeOf(this.marks, moved);
      this.#put(number, at.x, at.y);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => {
      handle.removeEventListener("pointermove", move);
      this.#write();
    }, { once: true });
  }

  #press(event, number, step) {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!way) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 * step : step;
    const [x, y] = this.at[number];
    this.#put(number, x + way[0] * far, y + way[1] * far);
    this.#write();
  }
}

// The frame around what alone is read.
const region = (marks, places) => new Frame(marks, {
  id: "frame-region",
  label: said.dataset.textFrameRegion,
  edges: numbersIn(field("region"), 4) || shrunk(places, 0.1),
  size: places,
  begun: () => { said.textContent = said.dataset.textRegion; },
  written: (edges) => {
    field("region").value = edges.map(Math.round).join(", ");
    changed();
  },
});

// The frame around one beat, which is classified and not read.
const beat = (marks, places) => new Frame(marks, {
  id: "frame-beat",
  label: said.dataset.textFrameBeat,
  edges: numbersIn(field("beat"), 4) || firstBeat(places) || shrunk(places, 0.3),
  size: places,
  begun: (edges) => {
    said.textContent = said.dataset.textBeat;
    document.getElementById("page-one-beat").open = true;
    field("beat").value = edges.map(Math.round).join(", ");
  },
  written: (edges) => { field("beat").value = edges.map(Math.round).join(", "); },
  clicked: (at) => beatNear(places, at),
});

// --- Listening ---

const tools = new Map();  // of each button what it begins and ends

const isPressed = (id) => tools.get(id).button.getAttribute("aria-pressed") === "true";

// One tool at a time is in the hand.
const turn = (id, isOn) => {
  const { button, tool } = tools.get(id);
  if (isOn === isPressed(id)) return;
  button.setAttribute("aria-pressed", String(isOn));
  if (!isOn) return tool.end();
  for (const other of tools.keys()) if (other !== id) turn(other, false);
  tool.begin();
  document.getElementById("paper").scrollIntoView({ block: "nearest" });
};

const offer = (id, tool) => {
  const button = document.getElementById(id);
  button.hidden = false;
  tools.set(id, { button, tool });
  button.addEventListener("click", () => turn(id, !isPressed(id)));
};

const begin = () => {
  const marks = document.getElementById("paper-marks");
  const places = JSON.parse(document.getElementById("places").textContent);
  letEnlarge();
  offer("page-corners", new Corners(marks, places));
  offer("page-region", region(marks, places));
  offer("page-beat", beat(marks, places));
};

form.addEventListener("change", (event) => {
  if (!event.target.dataset.lead && event.target.name !== "beat") changed();
});
form.addEventListener("focusin", (event) => {
  const lead = event.target.dataset?.lead;
  for (const one of form.querySelectorAll(".paper__lead")) one.classList.toggle("paper__lead--chosen", one.dataset.lead === lead);
});
begin();
