// What is asked for as it is needed: the last asked first, a few at a time, again when it fails, and the oldest let go.

const AT_ONCE = 4;
const PAUSES = [500, 1000, 2000, 4000, 8000, 15000];

export class Gone extends Error {}

async function bytesOf(address, signal) {
  const answer = await fetch(address, { credentials: "same-origin", signal });
  const isBytes = (answer.headers.get("Content-Type") || "").startsWith("application/octet-stream");
  // A page instead of bytes is that for logging in.
  if ([401, 403, 404, 410].includes(answer.status) || (answer.ok && !isBytes)) throw new Gone(String(answer.status));
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.arrayBuffer();
}

export class Store {
  // parse(buffer, key) makes of bytes what is stored; changed() is called whenever something came or failed.
  constructor({ address, parse, changed, mostBytes = 64e6 }) {
    Object.assign(this, { address, parse, changed, mostBytes });
    this.known = new Map();
    this.bytes = 0;
    this.wanted = new Map();
    this.underway = new Map();
    this.failures = new Map();
    this.isGone = false;
  }

  // What is known under a key; it counts as used just now.
  get(key) {
    const entry = this.known.get(key);
    if (entry === undefined) return undefined;
    this.known.delete(key);
    this.known.set(key, entry);
    return entry.content;
  }

  has(key) {
    return this.known.has(key);
  }

  // Whether the last attempt at it failed.
  hasFailed(key) {
    return this.failures.has(key);
  }

  // Ask for these, the first most urgently; what was wanted before and isn't now is no longer waited for.
  want(keys) {
    this.wanted = new Map(keys.filter((key) => !this.known.has(key)).map((key) => [key, true]));
    for (const [key, one] of this.underway) if (!this.wanted.has(key) && one.isDroppable) one.control.abort();
    this.#next();
  }

  // The content, once it is there.
  async load(key) {
    if (this.known.has(key)) return this.get(key);
    for (let attempt = 0; ; attempt += 1) {
      try {
        return this.#keep(key, await bytesOf(this.address(key)));
      } catch (error) {
        this.#failed(key, error);
        if (this.isGone || attempt >= 2) throw error;
        await new Promise((resolve) => { setTimeout(resolve, PAUSES[attempt]); });
      }
    }
  }

  #keep(key, buffer) {
    const content = this.parse(buffer, key);
    this.failures.delete(key);
    if (!this.known.has(key)) this.bytes += buffer.byteLength;
    this.known.set(key, { content, bytes: buffer.byteLength });
    for (const [oldest, entry] of this.known) {
      if (this.bytes <= this.mostBytes || oldest === key) break;
      this.known.delete(oldest);
      this.bytes -= entry.bytes;
    }
    this.changed();
    return content;
  }

  #failed(key, error) {
    if (error instanceof Gone) this.isGone = true;
    this.failures.set(key, (this.failures.get(key) || 0) + 1);
    this.changed();
  }

  #next() {
    for (const key of this.wanted.keys()) {
      if (this.underway.size >= AT_ONCE || this.isGone) return;
      if (!this.underway.has(key) && !this.known.has(key)) this.#begin(key);
    }
  }

  async #begin(key) {
    const control = new AbortController();
    const one = { control, isDroppable: true };
    this.underway.set(key, one);
    try {
      this.#keep(key, await bytesOf(this.address(key), control.signal));
    } catch (error) {
      if (!control.signal.aborted) {
        this.#failed(key, error);
        one.isDroppable = false;
        const pause = PAUSES[Math.min(this.failures.get(key), PAUSES.length) - 1];
        if (!this.isGone) await new Promise((resolve) => { setTimeout(resolve, pause); });
      }
    }
    this.underway.delete(key);
    this.#next();
  }
}
