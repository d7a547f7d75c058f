"use strict";
// A form that filters a page. The address holds the filter, so that a view can be linked to.
const form = document.getElementById("filter");
const one = (name) => form.elements.namedItem(name);

// `keys` are further keys, by what they do; where the focus is on one of `typed`, keys are text.
function filterBy({show, write, read, keys, typed}) {
  form.addEventListener("input", () => { show(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { show(); write(); }));
  addEventListener("hashchange", read);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") return form.reset();
    if (event.target.matches(typed)) return;
    if (event.key === "/") { event.preventDefault(); one("text").focus(); }
    if (Object.hasOwn(keys, event.key)) keys[event.key]();
  });
  form.hidden = false;
  read();
}

function words() {
  return one("text").value.toLowerCase().split(/\s+/).filter(Boolean);
}

