// The strip: paper, calibration, lines, beats, what lasts, calipers. Paper and lines are drawn once and then moved.

import { drawBeats, drawEpisodes } from "./marks.js";
import { colours, drawCalibration, drawPaper, drawStripes, drawTimes, drawWord, font } from "./paper.js";
import { Roll } from "./roll.js";
import { Columns, factorFor, joined, Line, missingStretches, TILE, tilesBetween, ZOOMS } from "./trace.js";

const BEAT_BAND = 24;  // CSS pixels
const EPISODE_BAND = 15;
const EPISODE_ROWS = 2;
const TIME_BAND = 22;
const LINE = 1.25;
const GUTTER_MM = 9;  // for the calibration mark and the lead's name
// Room above and below a lead's usual height: what it needs, but at least so many millimetres (the lead's name and the
// calibration mark have to fit in) and at most so many millivolts.
const LEAST_ROOM_MM = 11.5;
const MOST_ROOM = { few: 3, many: 1.8 };
const EDGE = 4;  // device pixels beside a column that what is drawn in it depends on
const AHEAD = 2;  // tiles that are there before they come into sight

export class Strip {
  constructor(canvas, { about, scale, tiles, beats, episodes, clock, words }) {
    Object.assign(this, { canvas, about, scale, tiles, beats, episodes, clock, words });
    this.context = canvas.getContext("2d", { alpha: false });
    this.colour = colours();
    this.shifts = about.reaches.map(([baseline]) => baseline);
    this.chosen = null;
    this.calipers = null;
    this.roll = new Roll();
    this.drawn = new Map();  // the tile that each stretch in sight was drawn from
  }

  // Heights in device pixels, from the strip's width in CSS pixels.
  layOut(width) {
    const { scale } = this;
    scale.ratio = Math.max(1, window.devicePixelRatio || 1);
    const mm = scale.perMm * scale.ratio;
    this.bands = {
      episodes: this.beats ? EPISODE_BAND * scale.ratio : 0,
      beats: this.beats ? BEAT_BAND * scale.ratio : 0,
      times: TIME_BAND * scale.ratio,
    };
    this.top = Math.round(this.bands.episodes * EPISODE_ROWS + this.bands.beats);
    this.#layOutLanes(mm);
    const height = this.bottom + this.bands.times;
    scale.width = width;
    const [across, down] = [Math.round(width * scale.ratio), Math.round(height)];
    if (this.canvas.width !== across || this.canvas.height !== down) {
      this.canvas.width = across;
      this.canvas.height = down;
      this.canvas.style.height = `${down / scale.ratio}px`;
    }
    this.gutter = Math.round(GUTTER_MM * mm);
    this.roll.layOut(across, this.bottom);
  }

  // Each lead gets the room that it needs, so that no peak is cut off.
  #layOutLanes(mm) {
    const { gain } = this.scale;
    const most = this.about.leads.length > 3 ? MOST_ROOM.many : MOST_ROOM.few;
    const room = (needed) => Math.max(LEAST_ROOM_MM, Math.ceil(Math.min(most, needed + 0.15) * gain)) * mm;
    let top = this.top;
    this.lanes = this.about.reaches.map(([baseline, low, high]) => {
      const lane = { top, middle: Math.round(top + room(high - baseline)) };
      top = lane.bottom = Math.round(lane.middle + room(baseline - low));
      return lane;
    });
    this.bottom = top;
  }

  middle(lead) {
    return this.lanes[lead].middle;
  }

  y(lead) {
    const [middle, shift, perMillivolt] = [this.middle(lead), this.shifts[lead], this.scale.pixelsPerMillivolt];
    return (millivolts) => middle - (millivolts - shift) * perMillivolt;
  }

  // Which lead is drawn at a height in device pixels.
  leadAt(y) {
    const lead = this.lanes.findIndex((lane) => y < lane.bottom);
    return lead < 0 ? this.lanes.length - 1 : lead;
  }

  // The samples that are in sight.
  get sight() {
    const { scale } = this;
    const begin = Math.max(0, Math.floor(scale.time(0) * scale.rate));
    const end = Math.min(scale.samples, Math.ceil(scale.time(this.canvas.width) * scale.rate) + 1);
    return { begin, end: Math.max(begin, end) };
  }

  get factor() {
    return factorFor(this.scale.rate / this.scale.pixelsPerSecond);
  }

  // Ask for what is in sight, then for what is beside it on the side that one moves to.
  want(direction) {
    const { begin, end } = this.sight;
    const { factor } = this;
    const { samples } = this.scale;
    const seen = tilesBetween(factor, begin, end, samples);
    const span = Math.max(end - begin, AHEAD * factor * TILE);
    const ahead = direction >= 0
      ? [...tilesBetween(factor, end, Math.min(samples, end + span), samples), ...tilesBetween(factor, Math.max(0, begin - span / 2), begin, samples)]
      : [...tilesBetween(factor, Math.max(0, begin - span), begin, samples).reverse(), ...tilesBetween(factor, end, Math.min(samples, end + span / 2), samples)];
    this.tiles.want([...new Set([...seen, ...ahead])]);
    if (this.beats) this.beats.want(begin, end);
  }

  // The finest of what is known of the samples of a tile: itself, or one of a coarser zoom meanwhile.
  #known(key) {
    const [factor, number] = key.split("/").map(Number);
    for (const zoom of ZOOMS.filter((one) => one >= factor)) {
      const tile = this.tiles.get(`${zoom}/${Math.floor((number * factor) / zoom)}`);
      if (tile) return tile;
    }
    return undefined;
  }

  // The samples of the columns between two pixels of the canvas, a tile after the other.
  #parts(left, right) {
    const { scale } = this;
    const begin = Math.max(0, Math.floor(scale.time(left) * scale.rate));
    const end = Math.min(scale.samples, Math.ceil(scale.time(right) * scale.rate) + 1);
    return tilesBetween(this.factor, begin, end, scale.samples).map((key) => {
      const [factor, number] = key.split("/").map(Number);
      return {
        key,
        tile: this.#known(key),
        begin: Math.max(begin, number * factor * TILE),
        end: Math.min(end, (number + 1) * factor * TILE),
      };
    });
  }

  draw() {
    const { context, scale, colour } = this;
    const { width } = this.canvas;
    const height = this.bottom;
    this.#drawTraces();
    this.roll.show(context, this.top);
    this.#drawWords();
    this.#drawNames();
    drawTimes(context, scale, { width, top: height, height: this.bands.times, colour, clock: this.clock });
    if (this.beats) this.#drawSaid(height);
    if (this.calipers) this.calipers.draw(context, this);
  }

  // Paper and lines on the roll, as far as they are not there: after a step to the side, the columns that it brought.
  #drawTraces() {
    const { scale } = this;
    const look = [scale.pixelsPerSecond, scale.pixelsPerMillivolt, ...this.shifts].join();
    if (look !== this.look) this.roll.forget();
    this.look = look;
    const parts = this.#parts(-EDGE, this.canvas.width + EDGE);
    const changed = parts.filter(({ key, tile }) => !this.drawn.has(key) || this.drawn.get(key) !== tile);
    const stale = changed.map(({ begin, end }) => [
      scale.origin + Math.floor(scale.xOfSample(begin)) - EDGE, scale.origin + Math.ceil(scale.xOfSample(end)) + EDGE]);
    this.drawn = new Map(parts.map(({ key, tile }) => [key, tile]));
    this.roll.moveTo(scale.origin, stale, (context, left, right) => this.#paint(context, left, right));
  }

  #paint(context, left, right) {
    const { scale, colour } = this;
    const parts = this.#parts(left - EDGE, right + EDGE);
    const lane = { top: this.top, height: this.bottom - this.top, colour };
    drawPaper(context, scale, { ...lane, left, right });
    drawStripes(context, scale, { ...lane, left, right: Math.min(right, scale.x(0)) });
    drawStripes(context, scale, { ...lane, left: Math.max(left, scale.x(scale.seconds)), right });
    for (const { tile, begin, end } of parts) {
      if (tile) continue;
      const [from, to] = [scale.xOfSample(begin), scale.xOfSample(end)];
      drawStripes(context, scale, { ...lane, left: from, right: to, isWaiting: true });
    }
    const leads = this.about.leads.map((_, lead) => lead);
    for (const lead of leads) {
      for (const stretch of this.#missing(parts, lead)) drawStripes(context, scale, stretch);
      this.#drawCuts(context, lead, left, right);
    }
    for (const lead of leads) this.#drawLead(context, parts, lead, left - EDGE, right + EDGE);
  }

  // Where nothing was recorded of a lead, as areas of the canvas.
  #missing(parts, lead) {
    const { scale, colour } = this;
    const { top, bottom } = this.lanes[lead];
    const stretches = parts.filter((part) => part.tile).flatMap((part) => (
      missingStretches(part.tile, lead, part.begin, part.end)));
    return joined(stretches).map(([from, to]) => ({
      colour, top, height: bottom - top,
      left: scale.xOfSample(from), right: scale.xOfSample(Math.min(to, scale.samples)),
    }));
  }

  // What is not there is said: before, after, gaps, what is still to come and what didn't come.
  #drawWords() {
    const { context, scale, colour, words } = this;
    const { width } = this.canvas;
    const all = { top: this.top, height: this.bottom - this.top, colour };
    if (scale.x(0) > 0) drawWord(context, scale, { ...all, left: 0, right: scale.x(0), word: words.before });
    const end = scale.x(scale.seconds);
    if (end < width) drawWord(context, scale, { ...all, left: end, right: width, word: words.after });
    const parts = this.#parts(0, width);
    for (const { key, begin, end: partEnd } of parts.filter(({ tile }) => !tile)) {
      const word = this.tiles.hasFailed(key) ? words.failed : words.loading;
      drawWord(context, scale, { ...all, left: scale.xOfSample(begin), right: scale.xOfSample(partEnd), word });
    }
    const word = words.not_recorded;
    this.about.leads.forEach((_, lead) => {
      for (const stretch of this.#missing(parts, lead)) drawWord(context, scale, { ...stretch, word });
    });
  }

  #drawSaid(bottom) {
    const { context, scale, colour, about, words } = this;
    const { width } = this.canvas;
    drawEpisodes(context, scale, this.episodes, { colour, top: 0, band: this.bands.episodes, rows: EPISODE_ROWS, width });
    drawBeats(context, scale, this.beats, {
      about, colour, words, width, bottom,
      top: this.bands.episodes * EPISODE_ROWS, band: this.bands.beats, left: 0, chosen: this.chosen?.number,
    });
  }

  #drawLead(context, parts, lead, left, right) {
    const { scale, colour } = this;
    const y = this.y(lead);
    const perSample = scale.pixelsPerSecond / scale.rate;
    const isLine = perSample > 1 / 8;
    const columns = new Columns(scale.origin + left, right - left);
    const line = new Line(context, scale);
    context.strokeStyle = context.fillStyle = colour.ink;
    context.lineWidth = LINE * scale.ratio;
    context.lineJoin = "round";
    context.beginPath();
    for (const { tile, begin, end } of parts) {
      if (!tile) continue;
      if (isLine && tile.factor === 1) line.add(tile, lead, Math.max(0, begin - 2), Math.min(scale.samples, end + 2), y);
      else columns.add(tile, lead, perSample, begin, end);
    }
    context.stroke();
    columns.draw(context, y, LINE * scale.ratio, left);
  }

  // Arrows where a line leaves the strip: a peak that can't be seen is told. Each has a place of its own on the paper.
  #drawCuts(context, lead, left, right) {
    const { scale, colour } = this;
    const y = this.y(lead);
    const size = 5 * scale.ratio;
    const room = 2 * size;
    const first = Math.floor((scale.origin + left) / room) * room - scale.origin;
    const columns = new Columns(Math.floor(scale.origin + first), Math.ceil(right - first + room));
    const perSample = scale.pixelsPerSecond / scale.rate;
    for (const { tile, begin, end } of this.#parts(first, right + room)) {
      if (tile) columns.add(tile, lead, perSample, begin, end);
    }
    context.fillStyle = colour.bad;
    context.beginPath();
    for (let place = first; place < right; place += room) {
      const from = Math.round(place - first);
      const [low, high] = [columns.low, columns.high].map((values) => values.subarray(from, from + Math.round(room)));
      const isAbove = high.some((value) => y(value) < this.top);
      if (!isAbove && !low.some((value) => y(value) > this.bottom)) continue;
      const [tip, foot] = isAbove ? [this.top + scale.ratio, this.top + size] : [this.bottom - scale.ratio, this.bottom - size];
      const middle = place + size;
      context.moveTo(middle, tip);
      context.lineTo(middle - size * 0.7, foot);
      context.lineTo(middle + size * 0.7, foot);
    }
    context.fill();
  }

  // Names of leads and calibration marks, on a ground of their own so that they can be read over any line.
  #drawNames() {
    const { context, scale, colour, about } = this;
    about.leads.forEach((name, lead) => {
      const { top, bottom } = this.lanes[lead];
      context.globalAlpha = 0.82;
      context.fillStyle = colour.paper;
      context.fillRect(0, top + scale.ratio, this.gutter, bottom - top - 2 * scale.ratio);
      context.globalAlpha = 1;
      drawCalibration(context, scale, { right: this.gutter - 2 * scale.ratio, middle: this.middle(lead), colour });
      context.font = font(scale, 13, 700);
      const room = context.measureText(name).width + 6 * scale.ratio;
      context.fillStyle = colour.paper;
      context.fillRect(2 * scale.ratio, top + 3 * scale.ratio, room, 18 * scale.ratio);
      context.fillStyle = colour.ink;
      context.textAlign = "left";
      context.textBaseline = "top";
      context.fillText(name, 5 * scale.ratio, top + 5 * scale.ratio);
      if (lead) {
        context.fillStyle = colour.line;
        context.fillRect(0, top, this.gutter, scale.ratio);
      }
    });
  }

  // Least and greatest millivolts of a lead in sight, NaN where nothing of it is known.
  extremes(lead) {
    let [low, high] = [Infinity, -Infinity];
    const columns = new Columns(this.scale.origin, this.canvas.width);
    for (const { tile, begin, end } of this.#parts(0, this.canvas.width)) {
      if (tile) columns.add(tile, lead, this.scale.pixelsPerSecond / this.scale.rate, begin, end);
    }
    const middles = [];
    for (let column = 0; column < columns.count; column += 1) {
      if (Number.isNaN(columns.low[column])) continue;
      low = Math.min(low, columns.low[column]);
      high = Math.max(high, columns.high[column]);
      middles.push((columns.low[column] + columns.high[column]) / 2);
    }
    middles.sort((one, other) => one - other);
    return middles.length ? { low, high, median: middles[middles.length >> 1] } : { low: NaN, high: NaN, median: NaN };
  }

  // Every lead's usual height in sight to the middle of its lane.
  centreLines() {
    this.about.leads.forEach((_, lead) => {
      const { median } = this.extremes(lead);
      if (!Number.isNaN(median)) this.shifts[lead] = median;
    });
  }

  // Leads whose line lies wholly outside the strip: nothing of them is seen, and that must be said.
  outOfSight() {
    return this.about.leads.filter((_, lead) => {
      const { low, high } = this.extremes(lead);
      if (Number.isNaN(low)) return false;
      const y = this.y(lead);
      return y(low) < this.top || y(high) > this.bottom;
    });
  }
}
