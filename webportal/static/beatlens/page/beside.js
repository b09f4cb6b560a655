// The picture that a recording was read from, beside its strip: a beat that is chosen there is marked here, and a click
// here chooses the beat there.

import { drawn, letEnlarge, nearestOn, placeOf } from "./marks.js";

const BEFORE = 0.3;  // seconds of a beat's mark before its R peak, and after it
const AFTER = 0.45;
const REACH = 0.03;  // share of the picture's longer side within which a click means a trace

const marks = document.getElementById("paper-marks");
const said = document.getElementById("on-paper-said");
const { leads, step, width, height } = JSON.parse(document.getElementById("places").textContent);

const markOf = (lead, time) => {
  const [first, last] = [time - BEFORE, time + AFTER].map((at) => Math.round((at - lead.begin) / step));
  const places = lead.trace.slice(Math.max(0, first), Math.max(0, last) + 1).filter(Boolean);
  return drawn("polyline", { points: places.map((place) => place.join(",")).join(" ") }, "paper__beat");
};

const show = (time) => {
  for (const old of marks.querySelectorAll(".paper__beat")) old.remove();
  const there = leads.filter((lead) => time >= lead.begin && time <= lead.end);
  marks.append(...there.map((lead) => markOf(lead, time)));
  const names = there.map((lead) => lead.label).join(", ");
  said.textContent = names ? said.dataset.textLead.replace("{leads}", names) : said.dataset.textNone;
};

// The moment whose place on a trace is nearest to one in the picture; none where no trace is near.
const momentAt = (at) => {
  const found = nearestOn(leads, at, REACH * Math.max(width, height));
  return found && found.lead.begin + found.number * step;
};

document.addEventListener("beat-chosen", (event) => show(event.detail.time));
marks.addEventListener("click", (event) => {
  const moment = momentAt(placeOf(marks, event));
  if (moment !== null) window.beatlensViewer.chooseAt(moment);
});
letEnlarge();
