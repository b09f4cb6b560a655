// What a key of the strip does, by the name of the action; with Shift, the one after the slash.

export const KEYS = {
  ArrowLeft: "back/screen-back", ArrowRight: "forward/screen-forward", PageUp: "screen-back", PageDown: "screen-forward",
  Home: "begin", End: "end", "+": "faster", "=": "faster", "-": "slower", "_": "slower", ".": "larger", ",": "smaller",
  f: "whole", s: "standard", b: "baseline", g: "goto", m: "measure", Escape: "escape", "?": "help",
  n: "next-any", p: "previous-any", v: "next-PVC/previous-PVC", a: "next-PAC/previous-PAC", u: "next-uncertain/previous-uncertain",
  k: "next-beat/previous-beat", e: "next-event/previous-event", r: "next-run/previous-run",
  h: "moment:greatest-rate", l: "moment:least-rate", o: "moment:longest-pause",
};

// The action of a key press, or undefined where it is none of ours.
export function actionOf(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const [plain, shifted] = (KEYS[key] || "").split("/");
  return (event.shiftKey && shifted) || plain || undefined;
}
