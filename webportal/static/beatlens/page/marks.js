// What is drawn on a picture that was read, and where a click on it lies.

const SVG = "http://www.w3.org/2000/svg";

export const drawn = (name, attributes, ...classes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.classList.add(...classes);
  return made;
};

// The place of a pointer in pixels of the picture.
export const placeOf = (marks, event) => new DOMPoint(event.clientX, event.clientY).matrixTransform(marks.getScreenCTM().inverse());

// A picture with much on it is looked at closely, on a phone above all.
export const letEnlarge = () => {
  const [button, paper] = ["paper-larger", "paper"].map((id) => document.getElementById(id));
  button.hidden = false;
  button.addEventListener("click", () => {
    const isLarge = paper.classList.toggle("paper--large");
    button.setAttribute("aria-pressed", String(isLarge));
  });
};

// The place on a trace that is nearest to one in the picture, as { lead, number }; null where none is within `reach`.
export const nearestOn = (leads, at, reach) => {
  let [nearest, found] = [reach, null];
  for (const lead of leads) {
    lead.trace.forEach((place, number) => {
      const distance = place ? Math.hypot(place[0] - at.x, place[1] - at.y) : Infinity;
      if (distance < nearest) [nearest, found] = [distance, { lead, number }];
    });
  }
  return found;
};
