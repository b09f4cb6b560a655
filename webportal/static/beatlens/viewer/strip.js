// The strip: paper, calibration, every lead's line, beats, what lasts, calipers. One canvas, drawn as a whole.

import { drawBeats, drawEpisodes } from "./marks.js";
import { colours, drawCalibration, drawNothing, drawPaper, drawTimes, font } from "./paper.js";
import { Columns, factorFor, Line, missingStretches, TILE, tilesBetween, ZOOMS } from "./trace.js";

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

export class Strip {
  constructor(canvas, { about, scale, tiles, beats, episodes, clock, words }) {
    Object.assign(this, { canvas, about, scale, tiles, beats, episodes, clock, words });
    this.context = canvas.getContext("2d", { alpha: false });
    this.colour = colours();
    this.shifts = about.reaches.map(([baseline]) => baseline);
    this.chosen = null;
    this.calipers = null;
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
    this.top = this.bands.episodes * EPISODE_ROWS + this.bands.beats;
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
    const span = Math.max(end - begin, factor * TILE);
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

  draw() {
    const { context, scale, colour } = this;
    const { width } = this.canvas;
    const height = this.bottom;
    drawPaper(context, scale, { width, top: this.top, height: height - this.top, colour });
    const { begin, end } = this.sight;
    const parts = tilesBetween(this.factor, begin, end, scale.samples).map((key) => {
      const [factor, number] = key.split("/").map(Number);
      return {
        key,
        tile: this.#known(key),
        begin: Math.max(begin, number * factor * TILE),
        end: Math.min(end, (number + 1) * factor * TILE),
      };
    });
    context.save();
    context.beginPath();
    context.rect(0, this.top, width, height - this.top);
    context.clip();
    this.#drawAbsence(parts);
    this.about.leads.forEach((_, lead) => this.#drawLead(parts, lead));
    context.restore();
    this.#drawNames();
    drawTimes(context, scale, { width, top: height, height: this.bands.times, colour, clock: this.clock });
    if (this.beats) this.#drawSaid(height);
    if (this.calipers) this.calipers.draw(context, this);
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

  // What is not there: before, after, gaps, what is still to come and what didn't come.
  #drawAbsence(parts) {
    const { context, scale, colour, words } = this;
    const all = { top: this.top, height: this.bottom - this.top, colour };
    drawNothing(context, scale, { ...all, left: 0, right: scale.x(0), word: words.before });
    drawNothing(context, scale, { ...all, left: scale.x(scale.seconds), right: this.canvas.width, word: words.after });
    for (const part of parts) {
      if (!part.tile) {
        const word = this.tiles.hasFailed(part.key) ? words.failed : words.loading;
        const [left, right] = [scale.xOfSample(part.begin), scale.xOfSample(part.end)];
        drawNothing(context, scale, { ...all, left, right, word, isWaiting: true });
      }
    }
    for (let lead = 0; lead < this.about.leads.length; lead += 1) {
      for (const [from, to] of joined(parts.filter((part) => part.tile).flatMap((part) => (
        missingStretches(part.tile, lead, part.begin, part.end))))) {
        drawNothing(context, scale, {
          colour, top: this.lanes[lead].top, height: this.lanes[lead].bottom - this.lanes[lead].top, word: words.not_recorded,
          left: scale.xOfSample(from), right: scale.xOfSample(Math.min(to, scale.samples)),
        });
      }
    }
  }

  #drawLead(parts, lead) {
    const { context, scale, colour } = this;
    const y = this.y(lead);
    const perSample = scale.pixelsPerSecond / scale.rate;
    const isLine = perSample > 1 / 8;
    const columns = new Columns(scale.origin, this.canvas.width);
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
    columns.draw(context, y, LINE * scale.ratio);
    this.#drawCuts(parts, lead);
  }

  // Arrows where a line leaves the strip: a peak that can't be seen is told.
  #drawCuts(parts, lead) {
    const { context, scale, colour } = this;
    const y = this.y(lead);
    const perSample = scale.pixelsPerSecond / scale.rate;
    const size = 5 * scale.ratio;
    const columns = new Columns(scale.origin, this.canvas.width);
    for (const { tile, begin, end } of parts) if (tile) columns.add(tile, lead, perSample, begin, end);
    context.fillStyle = colour.bad;
    context.beginPath();
    let last = -Infinity;
    for (let column = 0; column < columns.count; column += 1) {
      const isAbove = y(columns.high[column]) < this.top;
      if ((!isAbove && !(y(columns.low[column]) > this.bottom)) || column - last < 2 * size) continue;
      last = column;
      const [tip, foot] = isAbove ? [this.top + scale.ratio, this.top + size] : [this.bottom - scale.ratio, this.bottom - size];
      context.moveTo(column, tip);
      context.lineTo(column - size * 0.7, foot);
      context.lineTo(column + size * 0.7, foot);
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
    const { begin, end } = this.sight;
    let [low, high] = [Infinity, -Infinity];
    const columns = new Columns(this.scale.origin, this.canvas.width);
    for (const key of tilesBetween(this.factor, begin, end, this.scale.samples)) {
      const tile = this.#known(key);
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

function joined(stretches) {
  const result = [];
  for (const [begin, end] of stretches) {
    if (result.length && result.at(-1)[1] >= begin) result.at(-1)[1] = end;
    else result.push([begin, end]);
  }
  return result;
}
