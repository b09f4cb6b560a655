// What the portal sends as bytes, as columns: see webportal/recordings/viewing/.

const text = (view) => String.fromCharCode(view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3));

function opened(buffer, kind) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 16 || text(view) !== kind) throw new Error(`These bytes are no ${kind}.`);
  return view;
}

// A part of the buffer as an array of numbers. It is copied where it doesn't begin at a multiple of its width.
function column(Type, buffer, offset, length) {
  const bytes = length * Type.BYTES_PER_ELEMENT;
  if (offset % Type.BYTES_PER_ELEMENT === 0) return new Type(buffer, offset, length);
  return new Type(buffer.slice(offset, offset + bytes));
}

// A tile of the signal: leads of `buckets` × `sides` digital values; `missing` stands where nothing was recorded.
export function signalTile(buffer) {
  const view = opened(buffer, "BLS1");
  const [leads, factor, buckets] = [4, 8, 12].map((offset) => view.getUint32(offset, true));
  const begin = view.getFloat64(16, true);
  const width = view.getUint32(24, true);
  const sides = view.getUint32(28, true);
  const Type = width === 2 ? Int16Array : Int32Array;
  const values = 32 + 16 * leads;
  return {
    factor, buckets, begin, sides,
    bytes: buffer.byteLength,
    missing: width === 2 ? -32768 : -2147483648,
    leads: Array.from({ length: leads }, (_, lead) => ({
      step: view.getFloat64(32 + 16 * lead, true),
      offset: view.getFloat64(40 + 16 * lead, true),
      values: column(Type, buffer, values + lead * buckets * sides * width, buckets * sides),
    })),
  };
}

// The beats of an hour; `samples` are those of the recording.
export function beatTile(buffer, firstSample) {
  const view = opened(buffer, "BLB1");
  const count = view.getUint32(4, true);
  const samples = Float64Array.from(column(Uint32Array, buffer, 16, count), (sample) => sample + firstSample);
  let offset = 16 + 4 * count;
  const next = (Type) => {
    const result = column(Type, buffer, offset, count);
    offset += count * Type.BYTES_PER_ELEMENT;
    return result;
  };
  return {
    count, samples,
    first: view.getUint32(8, true),
    families: next(Int16Array),
    classes: next(Uint8Array),
    own: next(Uint8Array),
    probabilities: next(Uint8Array),
    flags: next(Uint8Array),
  };
}

export const CERTAIN = 1;
export const FIBRILLATES = 2;
export const JUDGED = 4;

// The recording at a glance.
export function overviewOf(buffer) {
  const view = opened(buffer, "BLO1");
  const count = view.getUint32(4, true);
  let offset = 16;
  const next = (Type) => {
    const result = column(Type, buffer, offset, count);
    offset += count * Type.BYTES_PER_ELEMENT;
    return result;
  };
  return {
    count,
    seconds: view.getFloat64(8, true),
    mean: next(Float32Array), least: next(Float32Array), greatest: next(Float32Array),
    beats: next(Uint16Array), ventricular: next(Uint16Array), supraventricular: next(Uint16Array),
    readable: next(Uint8Array), recorded: next(Uint8Array),
  };
}
