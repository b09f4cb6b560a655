// A frame on the picture: drawn by dragging, or moved and made larger by keys.

import { drawn, placeOf } from "./marks.js";

const STEP = 1 / 200;  // of the picture's longer side, by an arrow key
const CLICK = 6;  // pixels of the screen: who moves less has clicked
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// Left, top, right and lower edge of a picture, with a margin that is so large a share of each side.
export const shrunk = ({ width, height }, share) => [share * width, share * height, (1 - share) * width, (1 - share) * height];

export class Frame {
  // `begun` is told the edges when the frame appears, `written` whenever they are others; `clicked` makes edges of a
  // place, null for none.
  constructor(marks, { id, label, edges, size, begun, written, clicked = () => null }) {
    Object.assign(this, { marks, id, label, edges, size, begun, written, clicked });
  }

  begin() {
    this.marks.classList.add("paper__marks--drawing");
    this.marks.onpointerdown = (event) => this.#drag(event);
    this.rect = drawn("rect", { id: this.id, tabindex: 0, role: "button", "aria-label": this.label }, "paper__region");
    this.rect.addEventListener("keydown", (event) => this.#press(event));
    this.marks.append(this.rect);
    this.#draw();
    this.begun(this.edges);
    this.rect.focus({ preventScroll: true });
  }

  end() {
    this.marks.classList.remove("paper__marks--drawing");
    this.marks.onpointerdown = null;
    this.rect.remove();
  }

  #draw() {
    const [x, y, right, bottom] = this.edges;
    for (const [name, value] of Object.entries({ x, y, width: right - x, height: bottom - y })) this.rect.setAttribute(name, value);
  }

  #put(edges) {
    const { width, height } = this.size;
    const [left, top, right, bottom] = edges;
    if (left < 0 || top < 0 || right > width || bottom > height || right <= left || bottom <= top) return;
    this.edges = edges;
    this.#draw();
  }

  #drag(event) {
    event.preventDefault();
    const [from, { clientX, clientY }] = [placeOf(this.marks, event), event];
    let isDrawn = false;
    this.marks.setPointerCapture(event.pointerId);
    this.marks.onpointermove = (moved) => {
      isDrawn ||= Math.hypot(moved.clientX - clientX, moved.clientY - clientY) > CLICK;
      const to = placeOf(this.marks, moved);
      const within = (value, most) => Math.min(most, Math.max(0, value));
      const [x, y] = [within(to.x, this.size.width), within(to.y, this.size.height)];
      if (isDrawn) this.#put([Math.min(from.x, x), Math.min(from.y, y), Math.max(from.x, x), Math.max(from.y, y)]);
    };
    this.marks.onlostpointercapture = () => {
      this.marks.onpointermove = this.marks.onlostpointercapture = null;
      const edges = isDrawn ? this.edges : this.clicked(from);
      if (!edges) return;
      this.#put(edges);
      this.written(this.edges);
    };
  }

  #press(event) {
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    const step = STEP * Math.max(this.size.width, this.size.height);
    const [x, y] = way.map((part) => part * step);
    const [left, top, right, bottom] = this.edges;
    this.#put(event.shiftKey ? [left, top, right + x, bottom + y] : [left + x, top + y, right + x, bottom + y]);
    this.written(this.edges);
  }
}
