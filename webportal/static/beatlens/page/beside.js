// The picture that a recording was read from, beside its strip: a beat that is chosen there is marked here, and a click
// here chooses the beat there.

const SVG = "http://www.w3.org/2000/svg";
const BEFORE = 0.3;  // seconds of a beat's mark before its R peak, and after it
const AFTER = 0.45;

const marks = document.getElementById("paper-marks");
const said = document.getElementById("on-paper-said");
const { leads } = JSON.parse(document.getElementById("places").textContent);

const across = (lead, time) => lead.left + lead.width * Math.min(1, Math.max(0, (time - lead.begin) / (lead.end - lead.begin)));

const markOf = (lead, time) => {
  const [left, right] = [across(lead, time - BEFORE), across(lead, time + AFTER)];
  const mark = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ x: left, y: lead.top, width: right - left, height: lead.height })) {
    mark.setAttribute(name, value);
  }
  mark.classList.add("paper__beat");
  return mark;
};

const show = (time) => {
  for (const old of marks.querySelectorAll(".paper__beat")) old.remove();
  const there = leads.filter((lead) => time >= lead.begin && time <= lead.end);
  marks.append(...there.map((lead) => markOf(lead, time)));
  const names = there.map((lead) => lead.label).join(", ");
  said.textContent = names ? said.dataset.textLead.replace("{leads}", names) : said.dataset.textNone;
};

document.addEventListener("beat-chosen", (event) => show(event.detail.time));

marks.addEventListener("click", (event) => {
  const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(marks.getScreenCTM().inverse());
  const inside = (lead) => at.x >= lead.left && at.x <= lead.left + lead.width && at.y >= lead.top && at.y <= lead.top + lead.height;
  const lead = leads.find(inside);
  if (!lead) return;
  window.beatlensViewer.chooseAt(lead.begin + ((at.x - lead.left) / lead.width) * (lead.end - lead.begin));
});
