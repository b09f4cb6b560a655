// Everything that lasts: from when to when, of which kind.

import { Gone } from "./fetching.js";

const TONES = {
  ATRIAL_FIBRILLATION: "beat-s", VENTRICULAR_FIBRILLATION: "bad", VENTRICULAR_RUN: "beat-v", SUPRAVENTRICULAR_RUN: "beat-s",
  BIGEMINY: "beat-v", TRIGEMINY: "beat-v", TACHYCARDIA: "accent", BRADYCARDIA: "accent", PAUSE: "warn",
};
export const RUNS = ["VENTRICULAR_RUN", "SUPRAVENTRICULAR_RUN"];

export class Episodes {
  constructor(address) {
    this.address = address;
    this.all = [];
    this.names = {};
    this.longest = 0;
  }

  async load() {
    const answer = await fetch(this.address, { credentials: "same-origin" });
    if (!answer.ok || !(answer.headers.get("Content-Type") || "").includes("json")) throw new Gone(String(answer.status));
    const said = await answer.json();
    this.names = said.names;
    this.all = said.episodes.map(([kind, begin, end, beats, rate]) => (
      { kind, begin, end, beats, rate, name: said.names[kind], tone: TONES[kind] || "accent" }));
    this.longest = this.all.reduce((most, one) => Math.max(most, one.end - one.begin), 0);
  }

  // The first place that begins at `time` or later.
  #place(time) {
    let [low, high] = [0, this.all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.all[middle].begin < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  *between(begin, end) {
    for (let place = this.#place(begin - this.longest); place < this.all.length && this.all[place].begin < end; place += 1) {
      if (this.all[place].end >= begin) yield this.all[place];
    }
  }

  // The kinds that there are, with how many of each.
  kinds() {
    const counts = {};
    for (const one of this.all) counts[one.kind] = (counts[one.kind] || 0) + 1;
    return Object.entries(this.names).filter(([kind]) => counts[kind]).map(([kind, name]) => ({ kind, name, count: counts[kind] }));
  }

  // The next one that begins after (1) or before (-1) a time.
  next(time, step, kinds = null) {
    const slack = 0.02;
    let place = step > 0 ? this.#place(time + slack) : this.#place(time - slack) - 1;
    for (; place >= 0 && place < this.all.length; place += step) {
      if (!kinds || kinds.includes(this.all[place].kind)) return this.all[place];
    }
    return undefined;
  }

  // Whether there is any of these kinds.
  has(kinds = null) {
    return this.all.some((one) => !kinds || kinds.includes(one.kind));
  }
}
