// The line of a lead. Where a pixel has many samples, its column shows the least and the greatest of them, so that no
// spike is lost at any zoom; where it has few, every sample is a point of the line.

export const TILE = 8192;  // buckets in a tile; see webportal/recordings/viewing/signal_tiles.py
export const ZOOMS = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536];

// Samples in a bucket for so many samples a pixel: at least two buckets a pixel, so that a column is right to a quarter.
export function factorFor(samplesPerPixel) {
  return ZOOMS.filter((factor) => factor === 1 || factor * 2 <= samplesPerPixel).at(-1);
}

// Keys of the tiles between two samples, from the left.
export function tilesBetween(factor, begin, end, samples) {
  const length = factor * TILE;
  const first = Math.max(0, Math.floor(begin / length));
  const last = Math.min(Math.ceil(samples / length) - 1, Math.floor((end - 1) / length));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => `${factor}/${first + index}`);
}

// Columns of pixels, each with the least and greatest millivolts in it; NaN where there is nothing.
export class Columns {
  // `first` is the pixel of the left one, from the recording's begin.
  constructor(first, count) {
    Object.assign(this, { first, count });
    this.low = new Float32Array(count).fill(NaN);
    this.high = new Float32Array(count).fill(NaN);
  }

  // Add the samples `begin` to `end` of a lead of a tile.
  add(tile, lead, perSample, begin, end) {
    const { values, step, offset } = tile.leads[lead];
    const { factor, sides, missing } = tile;
    const bucket = (sample) => Math.min(tile.buckets, Math.max(0, (sample - tile.begin) / factor));
    const middle = factor === 1 ? 0 : factor / 2;
    const last = Math.ceil(bucket(end));
    for (let place = Math.floor(bucket(begin)); place < last; place += 1) {
      const least = values[place * sides];
      const column = Math.floor((tile.begin + place * factor + middle) * perSample) - this.first;
      if (column < 0 || column >= this.count || least === missing) continue;
      const [one, other] = [least * step + offset, values[place * sides + sides - 1] * step + offset];
      const [low, high] = one <= other ? [one, other] : [other, one];
      if (!(low >= this.low[column])) this.low[column] = low;
      if (!(high <= this.high[column])) this.high[column] = high;
    }
  }

  // Upright bars that meet half-way where the line goes on to the next column; `y` makes pixels of millivolts.
  draw(context, y, thickness, left) {
    const [highs, lows] = [Float32Array.from(this.high, y), Float32Array.from(this.low, y)];
    const [tops, bottoms] = [highs.slice(), lows.slice()];
    for (let column = 1; column < this.count; column += 1) {
      const before = column - 1;
      if (lows[before] < highs[column]) {
        const middle = (lows[before] + highs[column]) / 2;
        bottoms[before] = Math.max(bottoms[before], middle);
        tops[column] = Math.min(tops[column], middle);
      } else if (highs[before] > lows[column]) {
        const middle = (highs[before] + lows[column]) / 2;
        tops[before] = Math.min(tops[before], middle);
        bottoms[column] = Math.max(bottoms[column], middle);
      }
    }
    context.beginPath();
    for (let column = 0; column < this.count; column += 1) {
      if (Number.isNaN(tops[column])) continue;
      const height = Math.max(thickness, bottoms[column] - tops[column] + thickness / 2);
      context.rect(left + column, (tops[column] + bottoms[column] - height) / 2, 1, height);
    }
    context.fill();
  }
}

// A line through every sample, from tile to tile.
export class Line {
  constructor(context, scale) {
    Object.assign(this, { context, scale, next: -1 });
  }

  // Go on with the samples `begin` to `end` of a lead of a tile of single samples.
  add(tile, lead, begin, end, y) {
    const { values, step, offset } = tile.leads[lead];
    const perSample = this.scale.pixelsPerSecond / this.scale.rate;
    const left = tile.begin * perSample - this.scale.origin;
    const first = Math.max(0, begin - tile.begin);
    const last = Math.min(tile.buckets, end - tile.begin);
    let isDrawing = this.next === tile.begin + first;
    for (let place = first; place < last; place += 1) {
      if (values[place] === tile.missing) {
        isDrawing = false;
        continue;
      }
      const [x, height] = [left + place * perSample, y(values[place] * step + offset)];
      if (isDrawing) this.context.lineTo(x, height);
      else this.context.moveTo(x, height);
      isDrawing = true;
    }
    this.next = isDrawing ? tile.begin + last : -1;
  }
}

// Stretches of samples in which nothing was recorded of a lead, between `begin` and `end`, of a tile.
export function missingStretches(tile, lead, begin, end) {
  const { values } = tile.leads[lead];
  const found = [];
  const last = Math.min(tile.buckets, Math.ceil((end - tile.begin) / tile.factor));
  let from = null;
  for (let place = Math.max(0, Math.floor((begin - tile.begin) / tile.factor)); place <= last; place += 1) {
    const isMissing = place < last && values[place * tile.sides] === tile.missing;
    if (isMissing && from === null) from = place;
    if (!isMissing && from !== null) {
      found.push([tile.begin + from * tile.factor, tile.begin + place * tile.factor]);
      from = null;
    }
  }
  return found;
}

// Stretches in order of their begins, those that touch made one.
export function joined(stretches) {
  const result = [];
  for (const [begin, end] of stretches) {
    if (result.length && result.at(-1)[1] >= begin) result.at(-1)[1] = Math.max(result.at(-1)[1], end);
    else result.push([begin, end]);
  }
  return result;
}
