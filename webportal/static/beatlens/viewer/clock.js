// Times of the recording as people say them: by the recorder's clock where it has one, else from the begin.

const two = (number) => String(number).padStart(2, "0");

export class Clock {
  // `start`: ISO 8601 without a zone, or empty.
  constructor(start, words) {
    this.start = start ? Date.parse(`${start.slice(0, 19)}Z`) / 1000 : null;
    this.words = words;
  }

  parts(time) {
    const at = Math.max(0, time) + (this.start ?? 0);
    const days = Math.floor(at / 86400) - Math.floor((this.start ?? 0) / 86400);
    const within = at - Math.floor(at / 86400) * 86400;
    const hours = Math.floor(within / 3600) + (this.start === null ? days * 24 : 0);
    return { days: this.start === null ? 0 : days, hours, minutes: Math.floor(within / 60) % 60, seconds: within % 60 };
  }

  // For an axis whose ticks are `step` seconds apart.
  short(time, step) {
    const { days, hours, minutes, seconds } = this.parts(time + 1e-6);
    const day = days ? `+${days} ` : "";
    if (step >= 60) return `${day}${two(hours)}:${two(minutes)}`;
    const rest = step < 1 ? (Math.floor(seconds * 10) / 10).toFixed(1).padStart(4, "0") : two(Math.floor(seconds));
    return `${day}${two(hours)}:${two(minutes)}:${rest}`;
  }

  // To the millisecond.
  exact(time) {
    const { days, hours, minutes, seconds } = this.parts(Math.round(time * 1000) / 1000 + 1e-7);
    const day = days ? `${this.words.day.replace("{number}", days + 1)} ` : "";
    return `${day}${two(hours)}:${two(minutes)}:${(Math.floor(seconds * 1000) / 1000).toFixed(3).padStart(6, "0")}`;
  }

  // "14:05", "14:05:30" or a number of seconds to a time of the recording; NaN if it is none of these.
  time(text) {
    const parts = text.trim().replace(",", ".").split(":").map(Number);
    if (!text.trim() || parts.length > 3 || parts.some((part) => !(part >= 0))) return NaN;
    if (parts.length === 1) return parts[0];
    const at = parts[0] * 3600 + parts[1] * 60 + (parts[2] || 0);
    if (this.start === null) return at;
    const from = this.start % 86400;
    return at >= from - 60 ? Math.max(0, at - from) : at + 86400 - from;
  }
}
