// Measuring: calipers are turned on and off, dragged, and moved by keys.

import { Calipers } from "./calipers.js";

export class Measuring {
  // say(text) tells a person; changed() draws anew.
  constructor({ about, beats, frame, scale, strip, words }, { button, say, changed }) {
    Object.assign(this, { about, beats, frame, scale, strip, words, button, say, changed });
    this.isOn = false;
  }

  turn(isOn = !this.isOn) {
    this.isOn = isOn;
    this.button.setAttribute("aria-pressed", String(isOn));
    this.frame.classList.toggle("viewer__strip--measuring", isOn);
    if (isOn && !this.strip.calipers) this.#place();
    if (!isOn) this.strip.calipers = null;
    this.changed();
  }

  // On the chosen beat and the next one; else around the middle of what is in sight.
  #place() {
    const { scale, strip } = this;
    const calipers = new Calipers(0);
    const chosen = strip.chosen;
    const next = chosen && [...this.beats.between(chosen.sample + 1, chosen.sample + 4 * scale.rate)][0];
    const from = chosen ? chosen.sample / scale.rate : scale.middle - scale.span / 16;
    calipers.from = { time: from, millivolts: strip.shifts[0] };
    const to = next ? next.sample / scale.rate : calipers.from.time + scale.span / 8;
    calipers.to = { time: to, millivolts: strip.shifts[0] + 1 };
    strip.calipers = calipers;
    this.#tell();
  }

  #tell() {
    this.say(this.strip.calipers.sentence(this.words, this.about.leads));
    this.changed();
  }

  dragged(what, x, y) {
    const { strip, scale } = this;
    const [at, height] = [x * scale.ratio, y * scale.ratio];
    const millivolts = (lead) => strip.shifts[lead] - (height - strip.middle(lead)) / scale.pixelsPerMillivolt;
    if (what === "begin") {
      const side = strip.calipers?.sideAt(strip, at, 12 * scale.ratio);
      if (side) {
        this.side = side;
      } else {
        strip.calipers = new Calipers(strip.leadAt(height));
        const corner = { time: scale.time(at), millivolts: millivolts(strip.calipers.lead) };
        strip.calipers.from = corner;
        this.side = strip.calipers.to = { ...corner };
      }
    } else {
      Object.assign(this.side, { time: scale.time(at), millivolts: millivolts(strip.calipers.lead) });
    }
    this.#tell();
  }

  // One pixel, in time or in millivolts.
  moveBy(key, isLeftSide) {
    const { calipers } = this.strip;
    const side = isLeftSide ? calipers.from : calipers.to;
    const { scale } = this;
    const across = { ArrowLeft: -1, ArrowRight: 1 }[key] || 0;
    const up = { ArrowUp: 1, ArrowDown: -1 }[key] || 0;
    side.time += (across * scale.ratio) / scale.pixelsPerSecond;
    side.millivolts += (up * scale.ratio) / scale.pixelsPerMillivolt;
    this.#tell();
  }
}
