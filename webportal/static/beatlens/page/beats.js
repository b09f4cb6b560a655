// Where one beat stands on the picture, as far as the traces tell: around their steepest place.

import { nearestOn } from "./marks.js";

const NEAR = 0.3;  // seconds from a click within which the steepest place is looked for
const BEFORE = 0.35;  // seconds of a beat before its steepest place, and after it
const AFTER = 0.5;
const REACH = 0.1;  // share of the picture's longer side within which a click means a trace
const MARGIN = 0.25;  // of the beat's height, above and below

const steepest = (trace, first, last) => {
  let [best, place] = [-1, null];
  for (let number = Math.max(1, first); number < Math.min(last, trace.length); number += 1) {
    const [one, other] = [trace[number - 1], trace[number]];
    const length = one && other ? Math.hypot(one[0] - other[0], one[1] - other[1]) : -1;
    if (length > best) [best, place] = [length, number];
  }
  return place;
};

const around = ({ step, width, height }, lead, number) => {
  const from = Math.max(0, Math.round(number - BEFORE / step));
  const places = lead.trace.slice(from, Math.round(number + AFTER / step)).filter(Boolean);
  if (places.length < 2) return null;
  const [xs, ys] = [places.map(([x]) => x), places.map(([, y]) => y)];
  const margin = MARGIN * (Math.max(...ys) - Math.min(...ys)) + 4;
  return [Math.min(...xs), Math.max(0, Math.min(...ys) - margin), Math.min(width, Math.max(...xs) + 1), Math.min(height, Math.max(...ys) + margin)];
};

// Left, top, right and lower edge of the beat nearest to a place; null where there is none.
export const beatNear = (places, at) => {
  const found = nearestOn(places.leads, at, REACH * Math.max(places.width, places.height));
  if (!found) return null;
  const near = Math.round(NEAR / places.step);
  const number = steepest(found.lead.trace, found.number - near, found.number + near);
  return number === null ? null : around(places, found.lead, number);
};

// The same of the steepest beat of the first lead that stands in its middle half.
export const firstBeat = (places) => {
  const [lead] = places.leads;
  if (!lead) return null;
  const number = steepest(lead.trace, ...[0.25, 0.75].map((share) => Math.round(share * lead.trace.length)));
  return number === null ? null : around(places, lead, number);
};
