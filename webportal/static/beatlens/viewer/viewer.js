// The viewer of a recording: puts its parts together and does what is asked for by mouse, finger, button or key.

import { Beats } from "./beats.js";
import { signalTile } from "./binary.js";
import { Clock } from "./clock.js";
import { Episodes, RUNS } from "./episodes.js";
import { Gone, Store } from "./fetching.js";
import { Gestures } from "./gestures.js";
import { actionOf } from "./keys.js";
import { Measuring } from "./measuring.js";
import { Overview } from "./overview.js";
import { colours } from "./paper.js";
import { CARD_MM, CSS_PIXELS_PER_MM, GAINS, rememberPixelsPerMm, Scale } from "./scale.js";
import { Strip } from "./strip.js";

const TOLD_EVERY = 200;  // milliseconds between two times that the view is told in words: each costs a layout of the page

const element = (name) => document.getElementById(`viewer-${name}`);
const fill = (text, values) => text.replace(/{(\w+)}/g, (whole, name) => values[name] ?? whole);

class Viewer {
  constructor(about) {
    this.about = about;
    this.words = about.words;
    this.scale = new Scale(about);
    this.clock = new Clock(about.start, this.words);
    this.direction = 1;
    const changed = () => this.redraw();
    this.tiles = new Store({ address: (key) => about.signal + key, parse: signalTile, changed });
    this.beats = about.beats ? new Beats(about, changed) : null;
    this.episodes = new Episodes(`${about.episodes}?of=${about.version}`);
    this.frame = element("strip");
    this.strip = new Strip(this.frame.querySelector("canvas"), this);
    if (this.beats) {
      this.overview = new Overview(element("overview"), {
        ...this, goTo: (time) => { this.scale.centre(time); this.moved(0); }, said: element("overview-said"),
      });
    }
    this.measuring = new Measuring(this, {
      button: document.querySelector("[data-do=measure]"), say: (text) => this.say(text), changed });
  }

  // --- Drawing ---

  redraw() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.strip.draw();
      this.overview?.draw();
      this.#tellProblems();
    });
  }

  layOut() {
    const middle = this.scale.middle;
    const isFirst = !this.scale.width;
    this.strip.layOut(Math.floor(this.frame.clientWidth));
    this.overview?.layOut(Math.floor(element("overview").parentElement.clientWidth));
    if (isFirst) this.scale.moveTo(this.#wished());
    else if (this.isWhole) this.scale.setSpeed(this.scale.whole);
    else this.scale.centre(middle);
    this.moved(0);
  }

  // Where the address says to begin, with a little before it.
  #wished() {
    const at = Number(new URLSearchParams(location.search).get("at"));
    return at > 0 && at <= this.scale.seconds ? at - this.scale.span / 3 : 0;
  }

  // After anything that changes what is in sight; `direction` is where to, 0 for anywhere.
  moved(direction) {
    if (direction) this.direction = direction;
    this.isWhole = Math.abs(this.scale.speed / this.scale.whole - 1) < 1e-9;
    this.strip.want(this.direction);
    this.#tellViewSoon();
    this.redraw();
  }

  #tellViewSoon() {
    clearTimeout(this.viewTimer);
    const wait = (this.toldAt ?? -Infinity) + TOLD_EVERY - performance.now();
    if (wait <= 0) this.#tellView();
    else this.viewTimer = setTimeout(() => this.#tellView(), wait);
  }

  #tellView() {
    this.toldAt = performance.now();
    const { scale, clock, words } = this;
    const begin = Math.max(0, scale.begin);
    const end = Math.min(scale.seconds, scale.begin + scale.span);
    const round = (value) => (value >= 1 ? Number(value.toFixed(1)) : Number(value.toPrecision(2)));
    const sentence = fill(words.view, {
      begin: clock.short(begin, 1), end: clock.short(end, 1), speed: round(scale.speed), gain: scale.gain });
    if (this.viewSentence !== sentence) element("view").textContent = this.viewSentence = sentence;
    const speed = element("speed");
    const wanted = this.isWhole ? "whole" : String(scale.speed);
    if (speed.value !== wanted) {
      this.#listSpeeds();
      speed.value = wanted;
    }
    if (element("gain").value !== String(scale.gain)) element("gain").value = String(scale.gain);
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => {
      const address = new URL(location.href);
      address.searchParams.set("at", Math.max(0, scale.begin + scale.span / 3).toFixed(2));
      history.replaceState(history.state, "", address);
    }, 600);
  }

  #listSpeeds() {
    const { scale, words } = this;
    const options = scale.speeds().map((speed, place) => new Option(
      place ? fill(words.speed, { speed }) : words.whole, place ? String(speed) : "whole"));
    element("speed").replaceChildren(...options);
  }

  #tellProblems() {
    if (this.tiles.isGone || this.beats?.store.isGone) {
      element("gone").textContent = this.words.gone;
      element("gone").hidden = false;
    }
    clearTimeout(this.sightTimer);
    this.sightTimer = setTimeout(() => {
      const lost = this.strip.outOfSight();
      if (lost.length) this.say(lost.map((lead) => fill(this.words.beyond, { lead })).join("; "));
    }, 500);
  }

  say(text) {
    element("said").textContent = text;
  }

  // --- Moving ---

  pan(seconds) {
    this.scale.moveTo(this.scale.begin + seconds);
    this.moved(Math.sign(seconds));
  }

  // Show a moment: in the middle, or as it is where it lies well inside.
  show(time) {
    const share = (time - this.scale.begin) / this.scale.span;
    if (share < 0.15 || share > 0.85) this.scale.centre(time);
    this.moved(0);
  }

  choose(beat) {
    const { about, clock, words, scale } = this;
    this.strip.chosen = beat;
    const time = beat.sample / scale.rate;
    const percent = Math.round(100 * beat.probability);
    let certainty = fill(beat.isCertain ? words.certain : words.uncertain, { percent });
    if (beat.isJudged) certainty = fill(beat.kind === beat.own ? words.confirmed : words.edited, { own: about.classes[beat.own]?.name ?? "?" });
    if (beat.fibrillates) certainty = words.fibrillates;
    const parts = [fill(words.beat, { time: clock.exact(time), name: about.classes[beat.kind]?.name ?? "?", certainty })];
    const before = [...this.beats.between(beat.sample - 5 * scale.rate, beat.sample)].at(-1);
    if (before?.number === beat.number - 1) {
      const ms = Math.round((1000 * (beat.sample - before.sample)) / scale.rate);
      parts.push(fill(words.interval, { ms, rate: Math.round(60000 / ms) }));
    }
    if (beat.family >= 0) parts.push(fill(words.family, { number: beat.family + 1 }));
    this.say(parts.join("; "));
    this.show(time);
    this.frame.dispatchEvent(new CustomEvent("beat-chosen", { bubbles: true, detail: { time } }));
  }

  // The beat nearest to a moment; the moment alone where there is none.
  chooseAt(time) {
    const beat = this.beats?.nearest(time * this.scale.rate, this.scale.rate);
    if (beat) this.choose(beat);
    else this.showStretch(this.clock.exact(time), time, time);
  }

  // From where one looks for the next: the chosen beat while it is in sight, else the middle of what is.
  get here() {
    const sample = this.strip.chosen?.sample;
    const { begin, end } = this.strip.sight;
    return sample >= begin && sample <= end ? sample : Math.round(this.scale.middle * this.scale.rate);
  }

  async nextBeat(step, kind) {
    if (!this.beats) return;
    const isUncertain = (beat) => !beat.isCertain && !beat.fibrillates;
    const fits = { any: () => true, uncertain: isUncertain }[kind] || ((beat) => beat.kind === kind && !beat.fibrillates);
    const waiting = setTimeout(() => this.say(this.words.searching), 300);
    try {
      const beat = await this.beats.next(this.here, step, kind, fits);
      if (beat) this.choose(beat);
      else this.say(this.words.no_more);
    } catch (error) {
      if (!(error instanceof Gone)) this.say(this.words.failed);
    } finally {
      clearTimeout(waiting);
    }
  }

  nextEvent(step, kinds = null) {
    const at = this.shownEvent && this.#isInSight(this.shownEvent.begin) ? this.shownEvent.begin : this.scale.middle;
    const found = this.episodes.next(at, step, kinds);
    if (!found) {
      this.say(this.episodes.has(kinds) ? this.words.no_more : this.words.none);
      return;
    }
    this.shownEvent = found;
    this.showStretch(found.name, found.begin, found.end);
  }

  #isInSight(time) {
    return time >= this.scale.begin && time <= this.scale.begin + this.scale.span;
  }

  // A short stretch in the middle, a long one from its begin on.
  showStretch(title, begin, end) {
    const { scale } = this;
    if (end - begin < 0.8 * scale.span) scale.centre((begin + end) / 2);
    else scale.moveTo(begin - 0.1 * scale.span);
    this.strip.chosen = null;
    this.say(`${this.clock.exact(begin)}: ${title}`);
    this.moved(0);
  }

  // --- What can be asked for, by name ---

  do(action) {
    const { scale } = this;
    const kind = (short) => this.about.classes?.findIndex((one) => one.short === short);
    const listed = () => {
      const chosen = element("kind")?.value;
      return /^\d+$/.test(chosen) ? Number(chosen) : chosen;
    };
    const events = () => (element("event")?.value ? [element("event").value] : null);
    const actions = {
      back: () => this.pan(-scale.span / 5), forward: () => this.pan(scale.span / 5),
      "screen-back": () => this.pan(-scale.span * 0.9), "screen-forward": () => this.pan(scale.span * 0.9),
      begin: () => { scale.moveTo(0); this.moved(0); }, end: () => { scale.moveTo(scale.seconds - scale.span); this.moved(0); },
      faster: () => { scale.zoom(1); this.moved(0); }, slower: () => { scale.zoom(-1); this.moved(0); },
      whole: () => { scale.setSpeed(scale.whole); this.moved(0); },
      standard: () => { scale.setSpeed(25); this.setGain(10); },
      larger: () => { scale.stepGain(1); this.setGain(scale.gain); }, smaller: () => { scale.stepGain(-1); this.setGain(scale.gain); },
      baseline: () => { this.strip.centreLines(); this.redraw(); },
      goto: () => element("goto").elements.time.focus(),
      measure: () => this.measuring.turn(), escape: () => this.measuring.turn(false),
      help: () => element("help").showModal(), screen: () => this.askScreen(),
      "next-beat": () => this.nextBeat(1, listed()), "previous-beat": () => this.nextBeat(-1, listed()),
      "next-event": () => this.nextEvent(1, events()), "previous-event": () => this.nextEvent(-1, events()),
      "next-run": () => this.nextEvent(1, RUNS), "previous-run": () => this.nextEvent(-1, RUNS),
      "next-any": () => this.nextBeat(1, "any"), "previous-any": () => this.nextBeat(-1, "any"),
      "next-uncertain": () => this.nextBeat(1, "uncertain"), "previous-uncertain": () => this.nextBeat(-1, "uncertain"),
      "next-PVC": () => this.nextBeat(1, kind("PVC")), "previous-PVC": () => this.nextBeat(-1, kind("PVC")),
      "next-PAC": () => this.nextBeat(1, kind("PAC")), "previous-PAC": () => this.nextBeat(-1, kind("PAC")),
    };
    if (action.startsWith("moment:")) this.goToMoment(this.about.moments?.find((one) => one.key === action.slice(7)));
    else actions[action]?.();
  }

  goToMoment(moment) {
    if (moment) this.showStretch(moment.title, moment.begin, moment.end);
    else this.say(this.words.none);
  }

  setGain(gain) {
    this.scale.gain = gain;
    this.layOut();
  }

  // The box as wide as a card tells how many pixels a millimetre has.
  askScreen() {
    const [dialog, card, slider] = [element("screen"), element("card"), element("card-width")];
    const shown = () => { card.style.width = `${slider.value}px`; card.style.height = `${(slider.value * 53.98) / CARD_MM}px`; };
    slider.value = Math.round(this.scale.perMm * CARD_MM);
    slider.oninput = shown;
    shown();
    dialog.onclose = () => {
      if (!["keep", "reset"].includes(dialog.returnValue)) return;
      this.scale.perMm = dialog.returnValue === "keep" ? slider.value / CARD_MM : CSS_PIXELS_PER_MM;
      rememberPixelsPerMm(this.scale.perMm);
      this.layOut();
    };
    dialog.showModal();
  }

  // --- Listening ---

  listen() {
    const { scale, strip } = this;
    new Gestures(this.frame, {
      panned: (pixels) => this.pan((pixels * scale.ratio) / scale.pixelsPerSecond),
      zoomed: (steps, x) => { scale.zoom(steps, scale.time(x * scale.ratio)); this.moved(0); },
      clicked: (x) => this.#clicked(x),
      measured: (what, x, y) => this.measuring.dragged(what, x, y),
      isMeasuring: () => this.measuring.isOn,
    });
    this.frame.addEventListener("keydown", (event) => this.#pressed(event));
    document.getElementById("viewer").addEventListener("click", (event) => {
      const button = event.target.closest("[data-do]");
      if (button) this.do(button.dataset.do);
    });
    element("goto").addEventListener("submit", (event) => {
      event.preventDefault();
      const time = this.clock.time(event.target.elements.time.value);
      if (!(time <= scale.seconds)) {
        this.say(this.words.not_a_time);
        return;
      }
      this.showStretch(this.clock.exact(time), time, time);
      this.frame.focus();
    });
    element("speed").addEventListener("change", (event) => {
      scale.setSpeed(event.target.value === "whole" ? scale.whole : Number(event.target.value));
      this.moved(0);
    });
    element("gain").addEventListener("change", (event) => this.setGain(Number(event.target.value)));
    element("moment")?.addEventListener("change", (event) => {
      if (event.target.value) this.goToMoment(this.about.moments[Number(event.target.value)]);
      event.target.value = "";
    });
    new ResizeObserver(() => {
      if (Math.floor(this.frame.clientWidth) !== scale.width || window.devicePixelRatio !== scale.ratio) this.layOut();
    }).observe(this.frame);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      strip.colour = colours();
      this.layOut();
    });
  }

  #clicked(x) {
    const { scale } = this;
    this.frame.focus({ preventScroll: true });
    if (!this.beats) return;
    const reach = (14 * scale.ratio * scale.rate) / scale.pixelsPerSecond;
    const beat = this.beats.nearest(scale.time(x * scale.ratio) * scale.rate, reach);
    if (beat) this.choose(beat);
  }

  #pressed(event) {
    if (event.target !== this.frame) return;
    if (this.strip.calipers && event.key.startsWith("Arrow") && !event.altKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.measuring.moveBy(event.key, event.shiftKey);
      return;
    }
    const action = actionOf(event);
    if (!action) return;
    event.preventDefault();
    this.do(action);
  }

  async begin() {
    document.getElementById("viewer").hidden = false;
    element("gain").replaceChildren(...GAINS.map((gain) => new Option(fill(this.words.gain, { gain }), String(gain))));
    this.layOut();
    this.#listSpeeds();
    this.#tellView();
    this.listen();
    if (!this.beats) return;
    try {
      await Promise.all([this.overview.load(), this.episodes.load()]);
    } catch {
      this.say(this.words.failed);
      return;
    }
    const list = element("event");
    list.append(...this.episodes.kinds().map(({ kind, name, count }) => new Option(`${name} (${count})`, kind)));
    this.redraw();
  }
}

// Named, so that somebody who looks into it, or a test, finds it.
window.beatlensViewer = new Viewer(JSON.parse(element("about").textContent));
window.beatlensViewer.begin();
