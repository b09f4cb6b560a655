// What was drawn stays drawn while it is in sight: a roll of paper as long as the window is wide, its end joined to its
// begin. Moving the window draws the columns that come into sight, in the place of those that left it.

import { joined } from "./trace.js";

export class Roll {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.forget();
  }

  layOut(width, height) {
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    this.forget();
  }

  // Nothing of it counts as drawn.
  forget() {
    this.begin = this.end = 0;
  }

  // Move the window's left edge to a pixel from the recording's begin, and draw what is missing there and what is
  // `stale`, stretches of such pixels: paint(context, left, right) is asked for the pixels of the window between two.
  moveTo(origin, stale, paint) {
    const end = origin + this.canvas.width;
    const [kept, keptEnd] = [Math.max(origin, this.begin), Math.min(end, this.end)];
    const missing = kept < keptEnd ? [[origin, kept], [keptEnd, end]] : [[origin, end]];
    [this.begin, this.end] = [origin, end];
    const wanted = [...missing, ...stale.map(([from, to]) => [Math.max(origin, from), Math.min(end, to)])];
    const inOrder = wanted.filter(([from, to]) => from < to).sort(([one], [other]) => one - other);
    for (const [from, to] of joined(inOrder)) this.#paint(from, to, paint);
  }

  // The pixel of the canvas where a pixel of the recording lies.
  #place(pixel) {
    const { width } = this.canvas;
    return ((pixel % width) + width) % width;
  }

  #paint(from, to, paint) {
    const { context, canvas } = this;
    const seam = from + canvas.width - this.#place(from);
    for (const [begin, end] of [[from, Math.min(to, seam)], [Math.max(from, seam), to]]) {
      if (begin >= end) continue;
      const place = this.#place(begin);
      context.save();
      context.beginPath();
      context.rect(place, 0, end - begin, canvas.height);
      context.clip();
      context.translate(place - (begin - this.begin), 0);
      paint(context, begin - this.begin, end - this.begin);
      context.restore();
    }
  }

  // What is in the window, from a height on.
  show(context, top) {
    const { canvas } = this;
    const left = this.#place(this.begin);
    const [first, height] = [canvas.width - left, canvas.height - top];
    context.drawImage(canvas, left, top, first, height, 0, top, first, height);
    if (left) context.drawImage(canvas, 0, top, left, height, first, top, left, height);
  }
}
