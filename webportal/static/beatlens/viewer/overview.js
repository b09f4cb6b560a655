// The whole recording at a glance: heart rate, ectopic beats, what can be read; a click goes there.

import { overviewOf } from "./binary.js";
import { colours, font } from "./paper.js";

const HEIGHT = 132;  // CSS pixels
const RATE = 66;
const ECTOPIC = 34;
const QUALITY = 10;
const AXIS = 18;
const LEFT = 36;

export class Overview {
  constructor(canvas, { about, scale, clock, words, goTo, said }) {
    Object.assign(this, { canvas, about, scale, clock, words, goTo, said });
    this.usual = said.textContent;
    this.context = canvas.getContext("2d", { alpha: false });
    this.data = null;
    this.colour = colours();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#went(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) this.#went(event);
      this.#tell(event);
    });
    canvas.addEventListener("pointerleave", () => { this.said.textContent = this.usual; });
  }

  async load() {
    const answer = await fetch(`${this.about.overview}?of=${this.about.version}`, { credentials: "same-origin" });
    if (answer.ok) this.data = overviewOf(await answer.arrayBuffer());
    this.picture = null;
  }

  #time(event) {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left - LEFT) / (box.width - LEFT)) * this.scale.seconds;
  }

  #went(event) {
    this.goTo(Math.min(this.scale.seconds, Math.max(0, this.#time(event))));
  }

  #tell(event) {
    const time = this.#time(event);
    const place = Math.floor(time / (this.data?.seconds || 1));
    if (!this.data || place < 0 || place >= this.data.count) return;
    const rate = this.data.mean[place];
    const filled = {
      time: this.clock.short(place * this.data.seconds, this.data.seconds),
      rate: Number.isNaN(rate) ? this.words.rate_unknown : Math.round(rate),
      beats: this.data.beats[place], ventricular: this.data.ventricular[place],
      supraventricular: this.data.supraventricular[place], readable: Math.round(this.data.readable[place] / 2.55),
    };
    this.said.textContent = this.words.overview_here.replace(/{(\w+)}/g, (_, name) => filled[name]);
  }

  layOut(width) {
    this.ratio = Math.max(1, window.devicePixelRatio || 1);
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(HEIGHT * this.ratio);
    this.canvas.style.height = `${HEIGHT}px`;
    this.colour = colours();
    this.picture = null;
  }

  // Everything but the frame around what the strip shows, drawn once.
  #paint() {
    const { context, ratio, colour, data } = this;
    const { width, height } = this.canvas;
    context.fillStyle = colour.surface;
    context.fillRect(0, 0, width, height);
    const sized = { ratio };
    const left = LEFT * ratio;
    context.textBaseline = "middle";
    context.font = font(sized, 10.5);
    if (data) {
      this.#paintRate(left, width - left, sized);
      this.#paintEctopic(left, width - left, sized);
      this.#paintQuality(left, width - left);
    } else {
      context.fillStyle = colour["ink-soft"];
      context.fillText(this.words.loading, left + 8 * ratio, height / 2);
    }
    this.#paintTimes(left, width - left, sized);
    this.picture = document.createElement("canvas");
    [this.picture.width, this.picture.height] = [width, height];
    this.picture.getContext("2d", { alpha: false }).drawImage(this.canvas, 0, 0);
  }

  #paintRate(left, width, sized) {
    const { context, ratio, colour, data } = this;
    const known = [...data.greatest].filter((rate) => !Number.isNaN(rate));
    const most = Math.max(120, Math.ceil(Math.max(...known, 0) / 20) * 20);
    const least = Math.min(40, Math.floor(Math.min(...[...data.least].filter((rate) => !Number.isNaN(rate)), 40) / 20) * 20);
    const y = (rate) => (RATE - 4 - ((rate - least) / (most - least)) * (RATE - 10)) * ratio;
    const step = most - least > 160 ? 60 : 40;
    for (let rate = Math.ceil(least / step) * step; rate <= most; rate += step) {
      context.fillStyle = colour.line;
      context.fillRect(left, Math.round(y(rate)), width, ratio);
      context.fillStyle = colour["ink-soft"];
      context.textAlign = "right";
      context.fillText(String(rate), left - 4 * ratio, y(rate));
    }
    const each = width / (this.scale.seconds / data.seconds);
    context.fillStyle = colour.accent;
    context.globalAlpha = 0.32;
    for (let place = 0; place < data.count; place += 1) {
      if (Number.isNaN(data.least[place])) continue;
      const top = y(data.greatest[place]);
      context.fillRect(left + place * each, top, Math.max(each, ratio), Math.max(ratio, y(data.least[place]) - top));
    }
    context.globalAlpha = 1;
    context.strokeStyle = colour.accent;
    context.lineWidth = 1.3 * ratio;
    context.lineJoin = "round";
    context.beginPath();
    let isDrawing = false;
    for (let place = 0; place < data.count; place += 1) {
      const isKnown = !Number.isNaN(data.mean[place]);
      if (isKnown) context[isDrawing ? "lineTo" : "moveTo"](left + (place + 0.5) * each, y(data.mean[place]));
      isDrawing = isKnown;
    }
    context.stroke();
    context.fillStyle = colour["ink-soft"];
    context.textAlign = "left";
    context.font = font(sized, 10, 600);
    this.#paintName(this.words.rate_axis, left, 7 * ratio);
  }

  // What a curve shows, on a ground of its own.
  #paintName(name, left, middle) {
    const { context, ratio, colour } = this;
    context.fillStyle = colour.surface;
    context.globalAlpha = 0.8;
    context.fillRect(left + 12 * ratio, middle - 6 * ratio, context.measureText(name).width + 4 * ratio, 12 * ratio);
    context.globalAlpha = 1;
    context.fillStyle = colour["ink-soft"];
    context.fillText(name, left + 14 * ratio, middle);
  }

  // Of a hundred beats: ventricular ones up, supraventricular ones on top of them in another tone and hatch.
  #paintEctopic(left, width, sized) {
    const { context, ratio, colour, data } = this;
    const bottom = (RATE + ECTOPIC) * ratio;
    const high = (ECTOPIC - 6) * ratio;
    const shares = Array.from(data.beats, (beats, place) => (
      beats ? (data.ventricular[place] + data.supraventricular[place]) / beats : 0));
    const most = Math.min(1, Math.max(0.05, ...shares));
    const each = width / (this.scale.seconds / data.seconds);
    for (let place = 0; place < data.count; place += 1) {
      if (!data.beats[place]) continue;
      const part = (count) => (count ? Math.max(ratio, (count / data.beats[place] / most) * high) : 0);
      const [ventricular, supraventricular] = [part(data.ventricular[place]), part(data.supraventricular[place])];
      const [x, wide] = [left + place * each, Math.max(each, ratio)];
      context.fillStyle = colour["beat-v"];
      context.fillRect(x, bottom - ventricular, wide, ventricular);
      context.fillStyle = colour["beat-s"];
      context.fillRect(x, bottom - ventricular - supraventricular, Math.max(ratio, wide / 2), supraventricular);
    }
    context.fillStyle = colour.line;
    context.fillRect(left, bottom, width, ratio);
    context.fillStyle = colour["ink-soft"];
    context.textAlign = "right";
    context.font = font(sized, 10.5);
    context.fillText(`${Math.round(most * 100)} %`, left - 3 * ratio, bottom - high + 3 * ratio);
    context.textAlign = "left";
    context.font = font(sized, 10, 600);
    this.#paintName(this.words.ectopic_axis, left, bottom - high + 2 * ratio);
  }

  // Full where a lead can be read, half where only something was recorded, none in gaps.
  #paintQuality(left, width) {
    const { context, ratio, colour, data } = this;
    const top = (RATE + ECTOPIC + 4) * ratio;
    const each = width / (this.scale.seconds / data.seconds);
    for (let place = 0; place < data.count; place += 1) {
      const [x, wide] = [left + place * each, Math.max(each, ratio)];
      context.fillStyle = colour.line;
      context.fillRect(x, top + (QUALITY - 2) * ratio, wide, ratio);
      if (!data.recorded[place]) continue;
      context.fillStyle = data.readable[place] > 200 ? colour["ink-soft"] : colour.warn;
      const share = Math.max(0.25, data.readable[place] / 255);
      context.fillRect(x, top + (1 - share) * (QUALITY - 2) * ratio, wide, share * (QUALITY - 2) * ratio);
    }
  }

  #paintTimes(left, width, sized) {
    const { context, ratio, colour, clock, scale } = this;
    const top = (HEIGHT - AXIS) * ratio;
    context.font = font(sized, 10.5);
    context.fillStyle = colour["ink-soft"];
    context.textAlign = "center";
    const steps = [10, 30, 60, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400];
    const room = context.measureText(clock.short(0, 60)).width + 26 * ratio;
    const step = steps.find((seconds) => (seconds / scale.seconds) * width > room) || 86400;
    const from = clock.start === null ? 0 : (step - (clock.start % step)) % step;
    for (let time = from; time <= scale.seconds; time += step) {
      const x = left + (time / scale.seconds) * width;
      context.fillRect(Math.round(x), top, ratio, 4 * ratio);
      if (x > left + room / 3 && x < left + width - room / 3) context.fillText(clock.short(time, Math.max(step, 10)), x, top + 11 * ratio);
    }
  }

  draw() {
    if (!this.ratio || !this.canvas.width) return;
    const { context, ratio, colour, scale } = this;
    const left = LEFT * ratio;
    const width = this.canvas.width - left;
    const from = left + (Math.max(0, scale.begin) / scale.seconds) * width;
    const to = left + (Math.min(scale.seconds, scale.begin + scale.span) / scale.seconds) * width;
    const shown = `${Math.round(from)} ${Math.round(to)}`;
    if (this.picture && shown === this.shown) return;  // the frame has not moved by a pixel
    this.shown = shown;
    if (this.picture) context.drawImage(this.picture, 0, 0);
    else this.#paint();
    context.strokeStyle = colour.ink;
    context.lineWidth = 2 * ratio;
    const wide = Math.max(4 * ratio, to - from);
    context.strokeRect((from + to - wide) / 2, ratio, wide, (HEIGHT - AXIS - 2) * ratio);
  }
}
