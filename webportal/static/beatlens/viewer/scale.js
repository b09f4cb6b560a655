// Where a time and a voltage lie on the screen, in true millimetres.

export const CSS_PIXELS_PER_MM = 96 / 25.4;
export const CARD_MM = 85.6;  // ISO/IEC 7810 ID-1: bank and identity cards

// Millimetres a second, slow to fast; before them all, the whole recording.
export const SPEEDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 12.5, 25, 50, 100];
export const GAINS = [2.5, 5, 10, 20, 40];  // millimetres a millivolt

const remembered = "beatlens-pixels-per-mm";

export function pixelsPerMm() {
  try {
    const stored = Number(localStorage.getItem(remembered));
    return stored >= 1 && stored <= 20 ? stored : CSS_PIXELS_PER_MM;
  } catch {
    return CSS_PIXELS_PER_MM;  // a browser that remembers nothing
  }
}

export function rememberPixelsPerMm(value) {
  try {
    localStorage.setItem(remembered, String(value));
  } catch {
    // then until the page is left
  }
}

// Times of the recording to pixels of the canvas (device pixels, whole ones at its left edge).
export class Scale {
  constructor({ rate, samples }) {
    Object.assign(this, { rate, samples, seconds: samples / rate });
    this.begin = 0;
    this.speed = 25;
    this.gain = 10;
    this.perMm = pixelsPerMm();
    this.ratio = 1;
    this.width = 0;  // of the trace, CSS pixels
  }

  get pixelsPerSecond() {
    return this.speed * this.perMm * this.ratio;
  }

  get pixelsPerMillivolt() {
    return this.gain * this.perMm * this.ratio;
  }

  // Seconds that are in view.
  get span() {
    return (this.width * this.ratio) / this.pixelsPerSecond;
  }

  // The speed at which all of it is in view.
  get whole() {
    return (this.width / this.perMm) / this.seconds;
  }

  // The view's left edge in whole pixels from the recording's begin.
  get origin() {
    return Math.round(this.begin * this.pixelsPerSecond);
  }

  x(time) {
    return time * this.pixelsPerSecond - this.origin;
  }

  xOfSample(sample) {
    return (sample / this.rate) * this.pixelsPerSecond - this.origin;
  }

  time(x) {
    return (x + this.origin) / this.pixelsPerSecond;
  }

  // Half a view may lie before the begin and after the end, so that what is there comes to the middle.
  moveTo(begin) {
    const { span } = this;
    const least = span >= this.seconds ? (this.seconds - span) / 2 : -span / 2;
    const most = span >= this.seconds ? (this.seconds - span) / 2 : this.seconds - span / 2;
    this.begin = Math.min(most, Math.max(least, begin));
  }

  centre(time) {
    this.moveTo(time - this.span / 2);
  }

  get middle() {
    return this.begin + this.span / 2;
  }

  // The next speed, with `time` staying where it is.
  zoom(steps, time = this.middle) {
    const speeds = this.speeds();
    const place = speeds.reduce((best, speed, index) => (
      Math.abs(Math.log(speed / this.speed)) < Math.abs(Math.log(speeds[best] / this.speed)) ? index : best
    ), 0);
    this.setSpeed(speeds[Math.min(speeds.length - 1, Math.max(0, place + steps))], time);
  }

  setSpeed(speed, time = this.middle) {
    const share = (time - this.begin) / this.span;
    this.speed = speed;
    this.moveTo(time - share * this.span);
  }

  // The whole recording, and all speeds at which there is something to pan.
  speeds() {
    return [this.whole, ...SPEEDS.filter((speed) => speed > this.whole * 1.05)];
  }

  stepGain(steps) {
    const place = GAINS.indexOf(this.gain);
    this.gain = GAINS[Math.min(GAINS.length - 1, Math.max(0, place + steps))];
  }
}
