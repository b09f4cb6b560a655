// Letters over the beats, intervals between them, and what lasts.

import { font } from "./paper.js";

const LETTER_ROOM = 11;  // CSS pixels that a letter needs
const INTERVAL_ROOM = 34;

export const toneColour = (colour, tone) => (tone ? colour[`beat-${tone}`] : colour.ink);

// One beat's letter: ectopic ones in a box, uncertain ones with a question mark and a broken stem.
function drawLetter(context, scale, beat, { x, about, colour, top, band, bottom, isChosen }) {
  const { letter, tone } = about.classes[beat.kind] ?? { letter: "Q", tone: "" };
  const unit = scale.ratio;
  const text = (beat.fibrillates ? "~" : letter) + (beat.isCertain || beat.fibrillates ? "" : "?");
  const ink = beat.fibrillates ? colour["ink-soft"] : toneColour(colour, tone);
  const middle = top + band * 0.45;
  context.font = font(scale, 12, tone && !beat.fibrillates ? 700 : 500);
  const room = context.measureText(text).width;
  if (isChosen) {
    context.fillStyle = colour.accent;
    context.globalAlpha = 0.14;
    context.fillRect(x - room / 2 - 4 * unit, top, room + 8 * unit, bottom - top);
    context.globalAlpha = 1;
  }
  if (tone && !beat.fibrillates) {
    context.strokeStyle = ink;
    context.lineWidth = unit;
    context.strokeRect(x - room / 2 - 3 * unit, middle - 8 * unit, room + 6 * unit, 16 * unit);
  }
  context.fillStyle = ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText(text, x, middle + 0.5 * unit);
  context.strokeStyle = ink;
  context.lineWidth = unit;
  context.setLineDash(beat.isCertain ? [] : [2 * unit, 2 * unit]);
  context.beginPath();
  context.moveTo(x, top + band * 0.78);
  context.lineTo(x, top + band);
  context.stroke();
  context.setLineDash([]);
}

// Beats in sight. Where there is no room for every letter, ectopic ones alone; where there is none for these, ticks.
export function drawBeats(context, scale, beats, area) {
  const { about, colour, top, band, left, width, words } = area;
  const unit = scale.ratio;
  const begin = scale.time(left - 20 * unit) * scale.rate;
  const end = scale.time(width + 20 * unit) * scale.rate;
  context.fillStyle = colour.surface;
  context.fillRect(0, top, width, band);
  const shown = [...beats.between(begin, end)];
  const isEctopic = (beat) => Boolean(about.classes[beat.kind]?.tone) && !beat.fibrillates;
  const spacing = (list) => (width / unit) / Math.max(1, list.length);
  const lettered = spacing(shown) >= LETTER_ROOM ? shown : shown.filter(isEctopic);
  if (spacing(lettered) < LETTER_ROOM / 2) {
    for (const beat of lettered) {
      context.fillStyle = toneColour(colour, about.classes[beat.kind].tone);
      context.fillRect(Math.round(scale.xOfSample(beat.sample)), top + band * 0.3, unit, band * 0.7);
    }
    return;
  }
  let before;
  let last = -Infinity;
  for (const beat of lettered) {
    const x = scale.xOfSample(beat.sample);
    if ((x - last) / unit < LETTER_ROOM * (isEctopic(beat) ? 1.9 : 1.2) && beat.number !== area.chosen) {
      context.fillStyle = toneColour(colour, about.classes[beat.kind]?.tone);
      context.fillRect(Math.round(x), top + band * 0.78, unit, band * 0.22);
      before = beat;
      continue;
    }
    last = x;
    drawLetter(context, scale, beat, { ...area, x, isChosen: beat.number === area.chosen });
    if (lettered === shown && before && beat.number === before.number + 1) drawInterval(before, beat, x);
    before = beat;
  }

  function drawInterval(one, other, x) {
    const from = scale.xOfSample(one.sample);
    if ((x - from) / unit < INTERVAL_ROOM * 1.6 || one.fibrillates || other.fibrillates) return;
    context.font = font(scale, 10.5);
    context.fillStyle = colour["ink-soft"];
    context.textAlign = "center";
    context.fillText(String(Math.round((1000 * (other.sample - one.sample)) / scale.rate)), (from + x) / 2, top + band * 0.45);
  }
  if (shown.length === 0 && beats.store.underway.size) {
    context.font = font(scale, 11);
    context.fillStyle = colour["ink-soft"];
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(words.loading, left + 8 * unit, top + band / 2);
  }
}

// What lasts, as bars with their names, one below the other where they overlap.
export function drawEpisodes(context, scale, episodes, { colour, top, band, rows, width }) {
  const unit = scale.ratio;
  context.fillStyle = colour.surface;
  context.fillRect(0, top, width, band * rows);
  const [begin, end] = [scale.time(0), scale.time(width)];
  const ends = new Array(rows).fill(-Infinity);
  for (const one of episodes.between(begin, end)) {
    const [from, to] = [scale.x(one.begin), Math.max(scale.x(one.begin) + 3 * unit, scale.x(one.end))];
    const row = ends.findIndex((last) => last <= from);
    if (row < 0) continue;
    ends[row] = to + 2 * unit;
    const y = top + row * band;
    context.fillStyle = colour[one.tone];
    context.globalAlpha = 0.22;
    context.fillRect(from, y, to - from, band - unit);
    context.globalAlpha = 1;
    context.fillRect(from, y, 2 * unit, band - unit);
    context.font = font(scale, 10.5, 600);
    const visible = Math.max(from, 0);
    if (Math.min(to, width) - visible > context.measureText(one.name).width + 8 * unit) {
      context.fillStyle = colour.ink;
      context.textAlign = "left";
      context.textBaseline = "middle";
      context.fillText(one.name, visible + 5 * unit, y + band / 2);
    }
  }
}
