// Millimetre paper, the calibration mark, and what is drawn where there is no line: nothing is left blank in silence.

const SECOND_STEPS = [0.2, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

// Colours by their use, as the page's style sheet has them now.
export function colours() {
  const style = getComputedStyle(document.documentElement);
  const names = ["paper", "ecg-fine", "ecg-coarse", "ink", "ink-soft", "line", "accent", "warn", "bad", "surface", "page",
    "beat-v", "beat-s", "beat-p", "beat-b"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// Lines each millimetre, stronger ones each five, on the recording's own millimetres: the paper moves with the line.
export function drawPaper(context, scale, { left, right, top, height, colour }) {
  const mm = scale.perMm * scale.ratio;
  context.fillStyle = colour.paper;
  context.fillRect(left, top, right - left, height);
  const thin = Math.max(1, Math.round(scale.ratio * 0.75));
  for (const [every, name] of [[1, "ecg-fine"], [5, "ecg-coarse"]]) {
    if (mm * every < 3) continue;
    context.fillStyle = colour[name];
    const step = mm * every;
    const last = scale.origin + right;
    for (let line = Math.floor((scale.origin + left) / step); line * step < last; line += 1) {
      if (every === 5 || line % 5) context.fillRect(Math.round(line * step - scale.origin), top, thin, height);
    }
    for (let line = 0; line * step <= height; line += 1) {
      if (every === 5 || line % 5) context.fillRect(left, Math.round(top + line * step), right - left, thin);
    }
  }
}

// One millivolt high, a fifth of a second wide (at slow speeds five millimetres).
export function drawCalibration(context, scale, { right, middle, colour }) {
  const mm = scale.perMm * scale.ratio;
  const width = scale.speed >= 12.5 && scale.speed <= 50 ? 0.2 * scale.pixelsPerSecond : 5 * mm;
  const height = scale.pixelsPerMillivolt;
  const [low, high] = [middle + height / 2, middle - height / 2];
  const foot = Math.min(1.5 * mm, Math.max(0, (right - width) / 2));
  context.strokeStyle = colour.ink;
  context.lineWidth = 1.3 * scale.ratio;
  context.beginPath();
  context.moveTo(right - width - 2 * foot, low);
  for (const [x, y] of [[right - width - foot, low], [right - width - foot, high], [right - foot, high],
    [right - foot, low], [right, low]]) context.lineTo(x, y);
  context.stroke();
}

// Stripes from `left` to `right`.
export function drawStripes(context, scale, { left, right, top, height, colour, isWaiting }) {
  if (right <= left) return;
  context.save();
  context.beginPath();
  context.rect(left, top, right - left, height);
  context.clip();
  context.fillStyle = isWaiting ? colour.surface : colour.page;
  context.globalAlpha = 0.75;
  context.fillRect(left, top, right - left, height);
  context.globalAlpha = isWaiting ? 0.25 : 0.55;
  context.strokeStyle = colour["ink-soft"];
  context.lineWidth = scale.ratio;
  const step = (isWaiting ? 22 : 9) * scale.ratio;
  context.beginPath();
  // Stripes keep their place on the paper.
  const from = Math.floor((left + scale.origin - height) / step) * step - scale.origin;
  for (let x = from; x < right; x += step) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.restore();
}

// A word in the middle of what is in sight from `left` to `right`, where there is room for it.
export function drawWord(context, scale, { left, right, top, height, colour, word }) {
  context.font = font(scale, 12, 600);
  const room = context.measureText(word).width;
  const [from, to] = [Math.max(0, left), Math.min(context.canvas.width, right)];
  if (to - from <= room + 12 * scale.ratio || height <= 16 * scale.ratio) return;
  const [x, y] = [(from + to) / 2, top + height / 2];
  context.fillStyle = colour.surface;
  context.fillRect(x - room / 2 - 6 * scale.ratio, y - 10 * scale.ratio, room + 12 * scale.ratio, 20 * scale.ratio);
  context.fillStyle = colour.ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(word, x, y);
}

export const font = (scale, size, weight = 400) => (
  `${weight} ${size * scale.ratio}px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif`);

// Times along the lower edge, as many as there is room for.
export function drawTimes(context, scale, { width, top, height, colour, clock }) {
  context.fillStyle = colour.surface;
  context.fillRect(0, top, width, height);
  context.font = font(scale, 11);
  context.fillStyle = colour["ink-soft"];
  context.textBaseline = "middle";
  context.textAlign = "left";
  const room = context.measureText(clock.short(0, 1)).width + 24 * scale.ratio;
  const step = SECOND_STEPS.find((seconds) => seconds * scale.pixelsPerSecond >= room) || 86400;
  const end = Math.min(scale.seconds, scale.time(width));
  const offset = clock.start === null ? 0 : (step - (clock.start % step)) % step;  // round times of the clock
  for (let tick = Math.ceil((Math.max(0, scale.time(0)) - offset) / step); tick * step + offset <= end; tick += 1) {
    const time = tick * step + offset;
    const x = scale.x(time);
    context.fillRect(Math.round(x), top, scale.ratio, height / 3);
    context.fillText(clock.short(time, step), x + 4 * scale.ratio, top + height / 2);
  }
}
