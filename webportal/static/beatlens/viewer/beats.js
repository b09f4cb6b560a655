// The beats, an hour at a time; the next one of a kind is looked for where the counts say that there are any.

import { beatTile, CERTAIN, FIBRILLATES, JUDGED } from "./binary.js";
import { Store } from "./fetching.js";

// The first place from which `samples` are not less than `sample`.
export function placeOf(samples, sample) {
  let [low, high] = [0, samples.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (samples[middle] < sample) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class Beats {
  constructor(about, changed) {
    this.about = about;
    this.hours = about.counts.length;
    this.store = new Store({
      address: (hour) => `${about.beats}${hour}?of=${about.version}`,
      parse: (buffer, hour) => beatTile(buffer, hour * about.hourSamples),
      changed,
    });
  }

  hourOf(sample) {
    return Math.min(this.hours - 1, Math.max(0, Math.floor(sample / this.about.hourSamples)));
  }

  // Ask for what lies between two samples, and for the hours beside it.
  want(begin, end) {
    const [first, last] = [this.hourOf(begin), this.hourOf(end)];
    const hours = [];
    for (let hour = first; hour <= last; hour += 1) hours.push(hour);
    this.store.want([...hours, first - 1, last + 1].filter((hour) => hour >= 0 && hour < this.hours));
  }

  // Known beats between two samples, in order of time.
  *between(begin, end) {
    for (let hour = this.hourOf(begin); hour <= this.hourOf(end); hour += 1) {
      const tile = this.store.get(hour);
      if (!tile) continue;
      for (let place = placeOf(tile.samples, begin); place < tile.count && tile.samples[place] < end; place += 1) {
        yield this.beat(tile, place);
      }
    }
  }

  beat(tile, place) {
    return {
      number: tile.first + place,
      sample: tile.samples[place],
      kind: tile.classes[place],
      own: tile.own[place],
      family: tile.families[place],
      probability: tile.probabilities[place] / 255,
      isCertain: Boolean(tile.flags[place] & CERTAIN),
      isJudged: Boolean(tile.flags[place] & JUDGED),
      fibrillates: Boolean(tile.flags[place] & FIBRILLATES),
    };
  }

  // Whether an hour may hold what is looked for.
  #mayHave(hour, kind) {
    return typeof kind !== "number" || this.about.counts[hour][kind] > 0 || this.store.has(hour);
  }

  // The next beat after (`step` 1) or before (-1) a sample for which `fits` says yes; undefined when there is none.
  // `kind` is the class looked for, if it is one.
  async next(sample, step, kind, fits) {
    for (let hour = this.hourOf(sample); hour >= 0 && hour < this.hours; hour += step) {
      if (!this.#mayHave(hour, kind)) continue;
      const tile = await this.store.load(hour);
      let place = step > 0 ? placeOf(tile.samples, sample + 1) : placeOf(tile.samples, sample) - 1;
      for (; place >= 0 && place < tile.count; place += step) {
        const beat = this.beat(tile, place);
        if (fits(beat)) return beat;
      }
    }
    return undefined;
  }

  // The known beat nearest a sample, within so many samples.
  nearest(sample, within) {
    let best;
    for (const beat of this.between(sample - within, sample + within)) {
      if (!best || Math.abs(beat.sample - sample) < Math.abs(best.sample - sample)) best = beat;
    }
    return best;
  }
}
