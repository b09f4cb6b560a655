// Keys for the list of families: they work while the focus is inside a family, and do what its buttons do.

const list = document.getElementById("family-list");

function step(family, direction) {
  const other = direction > 0 ? family.nextElementSibling : family.previousElementSibling;
  other?.querySelector("h3 a").focus();
}

list?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const family = event.target.closest(".family");
  const key = event.key.toLowerCase();
  if (!family) return;
  if (key === "j" || key === "k") {
    step(family, key === "j" ? 1 : -1);
  } else {
    const button = [...family.querySelectorAll("button[name=named]")].find((one) => one.textContent.toLowerCase() === key);
    if (!button) return;
    button.click();
  }
  event.preventDefault();
});
