// Calipers: a box between two moments of a lead, in milliseconds, beats a minute and millivolts.

import { font } from "./paper.js";

export class Calipers {
  constructor(lead) {
    this.lead = lead;
    this.from = { time: 0, millivolts: 0 };
    this.to = { time: 0, millivolts: 0 };
  }

  get milliseconds() {
    return Math.abs(this.to.time - this.from.time) * 1000;
  }

  get millivolts() {
    return this.to.millivolts - this.from.millivolts;
  }

  sentence(words, leads) {
    const { milliseconds } = this;
    const rate = milliseconds >= 1 ? Math.round(60000 / milliseconds) : "–";
    return words.calipers.replace("{ms}", Math.round(milliseconds)).replace("{rate}", rate)
      .replace("{lead}", leads[this.lead]).replace("{mv}", this.millivolts.toFixed(2));
  }

  // The side of which a corner lies within reach of a point in device pixels.
  sideAt(strip, x, within) {
    const distance = (side) => Math.abs(strip.scale.x(side.time) - x);
    const [side] = [this.from, this.to].sort((one, other) => distance(one) - distance(other));
    return distance(side) <= within ? side : null;
  }

  draw(context, strip) {
    const { scale, colour } = strip;
    const y = strip.y(this.lead);
    const [left, right] = [scale.x(this.from.time), scale.x(this.to.time)];
    const [one, other] = [y(this.from.millivolts), y(this.to.millivolts)];
    const { bottom } = strip;
    context.save();
    context.fillStyle = context.strokeStyle = colour.accent;
    context.globalAlpha = 0.13;
    context.fillRect(Math.min(left, right), strip.top, Math.abs(right - left), bottom - strip.top);
    context.globalAlpha = 1;
    context.lineWidth = 1.5 * scale.ratio;
    context.beginPath();
    for (const x of [left, right]) {
      context.moveTo(x, strip.top);
      context.lineTo(x, bottom);
    }
    for (const height of [one, other]) {
      context.moveTo(Math.min(left, right), height);
      context.lineTo(Math.max(left, right), height);
    }
    context.stroke();
    // The same interval again on both sides, to see whether it goes on.
    const step = Math.abs(right - left);
    if (step > 12 * scale.ratio) {
      context.setLineDash([3 * scale.ratio, 4 * scale.ratio]);
      context.lineWidth = scale.ratio;
      context.beginPath();
      for (let x = Math.max(left, right) + step; x < strip.canvas.width; x += step) this.#tick(context, x, strip.top, bottom);
      for (let x = Math.min(left, right) - step; x > 0; x -= step) this.#tick(context, x, strip.top, bottom);
      context.stroke();
      context.setLineDash([]);
    }
    const text = this.sentence(strip.words, strip.about.leads);
    context.font = font(scale, 13, 650);
    const room = context.measureText(text).width + 14 * scale.ratio;
    const middle = Math.min(strip.canvas.width - room / 2, Math.max(room / 2, (left + right) / 2));
    const at = bottom - 14 * scale.ratio;
    context.fillStyle = colour.surface;
    context.fillRect(middle - room / 2, at - 11 * scale.ratio, room, 22 * scale.ratio);
    context.strokeRect(middle - room / 2, at - 11 * scale.ratio, room, 22 * scale.ratio);
    context.fillStyle = colour.ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, middle, at);
    context.restore();
  }

  #tick(context, x, top, bottom) {
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
}
