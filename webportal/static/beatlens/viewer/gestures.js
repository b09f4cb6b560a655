// A strip that is moved like a map: drag, flick, wheel, two fingers; a click chooses; calipers are drawn.

const CLICK = 5;  // CSS pixels within which a press is a click and no drag
const SLOWING = 0.004;  // share of its speed that a flick loses in a millisecond
const isCalm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export class Gestures {
  // `does`: panned(pixels), zoomed(steps, x), clicked(x, y), measured(begin or move or end, x, y), isMeasuring()
  constructor(element, does) {
    Object.assign(this, { element, does });
    this.pointers = new Map();
    this.flick = 0;
    this.wheel = 0;
    element.addEventListener("pointerdown", (event) => this.#down(event));
    element.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, (event) => this.#up(event, name));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  stop() {
    this.flick = 0;
  }

  #place(event) {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #down(event) {
    if (event.pointerType === "mouse" && event.button !== 0) return;
    this.stop();
    this.element.setPointerCapture(event.pointerId);
    const at = this.#place(event);
    this.pointers.set(event.pointerId, { ...at, from: at, time: event.timeStamp, speed: 0 });
    this.isDrag = false;
    this.isMeasuring = this.pointers.size === 1 && this.does.isMeasuring();
    this.spread = this.#spread();
    if (this.isMeasuring) this.does.measured("begin", at.x, at.y);
  }

  #spread() {
    if (this.pointers.size !== 2) return 0;
    const [one, other] = [...this.pointers.values()];
    return Math.hypot(one.x - other.x, one.y - other.y);
  }

  #move(event) {
    const known = this.pointers.get(event.pointerId);
    if (!known) return;
    const at = this.#place(event);
    const passed = Math.max(1, event.timeStamp - known.time);
    const across = at.x - known.x;
    Object.assign(known, at, { time: event.timeStamp, speed: 0.6 * (across / passed) + 0.4 * known.speed });
    this.isDrag ||= Math.hypot(at.x - known.from.x, at.y - known.from.y) > CLICK;
    if (this.pointers.size === 2) {
      this.#pinch(across / 2);
    } else if (this.isMeasuring) {
      this.does.measured("move", at.x, at.y);
    } else if (this.isDrag) {
      this.does.panned(-across);
    }
  }

  // Speeds are steps: the next one when the fingers are far enough apart.
  #pinch(across) {
    const spread = this.#spread();
    const [one, other] = [...this.pointers.values()];
    if (this.spread && spread / this.spread > 1.4) {
      this.does.zoomed(1, (one.x + other.x) / 2);
      this.spread = spread;
    } else if (this.spread && spread / this.spread < 1 / 1.4) {
      this.does.zoomed(-1, (one.x + other.x) / 2);
      this.spread = spread;
    }
    this.does.panned(-across);
  }

  #up(event, name) {
    const known = this.pointers.get(event.pointerId);
    if (!known) return;
    this.pointers.delete(event.pointerId);
    if (this.pointers.size) return;
    if (this.isMeasuring) {
      this.does.measured("end", known.x, known.y);
    } else if (!this.isDrag && name === "pointerup") {
      this.does.clicked(known.x, known.y);
    } else if (event.timeStamp - known.time < 60 && Math.abs(known.speed) > 0.3 && !isCalm()) {
      this.#glide(known.speed);
    }
  }

  #glide(speed) {
    this.flick = speed;
    let before = performance.now();
    const step = (now) => {
      if (!this.flick) return;
      const passed = Math.min(50, now - before);
      before = now;
      this.does.panned(-this.flick * passed);
      this.flick *= Math.exp(-SLOWING * passed);
      if (Math.abs(this.flick) < 0.02) this.flick = 0;
      else requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // Ctrl zooms; Shift and sideways pan always, up and down once the strip has the focus: else the page scrolls.
  #wheel(event) {
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      this.wheel += event.deltaY * unit;
      if (Math.abs(this.wheel) < 60) return;
      this.does.zoomed(this.wheel > 0 ? -1 : 1, this.#place(event).x);
      this.wheel = 0;
      return;
    }
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const hasFocus = this.element.contains(document.activeElement);
    if (!isSideways && !event.shiftKey && !hasFocus) return;
    event.preventDefault();
    this.stop();
    this.does.panned((isSideways ? event.deltaX : event.deltaY) * unit);
  }
}
