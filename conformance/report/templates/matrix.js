
// After filter.js. Addresses: #area=simple&differing=on&column=0,3
const rows = Array.from(document.querySelectorAll(".requirement"));
const groups = Array.from(document.querySelectorAll("tbody[data-area]"));
const columns = Array.from(form.querySelectorAll("[name=column]"));

function verdictsOf(row, chosen) {
  return chosen.map((column) => row.cells[column + 1].className).filter(Boolean);
}

function fits(row, chosen) {
  const verdicts = verdictsOf(row, chosen);
  const text = row.cells[0].textContent.toLowerCase();
  return verdicts.length > 0
    && (!one("area").value || row.parentElement.dataset.area === one("area").value)
    && (!one("verdict").value || verdicts.includes(one("verdict").value))
    && (!one("differing").checked || new Set(verdicts).size > 1)
    && words().every((word) => text.includes(word));
}

function show() {
  const chosen = columns.filter((box) => box.checked).map((box) => Number(box.value));
  for (const row of document.querySelectorAll("tr:not(.area)")) {
    if (row.closest("table").matches(".registries")) continue;
    columns.forEach((box, column) => { row.cells[column + 1].hidden = !box.checked; });
  }
  let count = 0;
  for (const row of rows) {
    row.hidden = !fits(row, chosen);
    count += !row.hidden;
  }
  for (const group of groups) group.hidden = !group.querySelector(".requirement:not([hidden])");
  document.getElementById("shown").textContent = `${count} of ${rows.length} requirements`;
}

function write() {
  const address = new URLSearchParams();
  const chosen = columns.filter((box) => box.checked).map((box) => box.value);
  if (chosen.length < columns.length) address.set("column", chosen.join(","));
  for (const name of ["area", "verdict", "text"]) if (one(name).value) address.set(name, one(name).value);
  if (one("differing").checked) address.set("differing", "on");
  history.replaceState(null, "", `#${address}`);
}

function read() {
  const hash = location.hash.slice(1);
  const filters = hash.includes("=");
  const address = new URLSearchParams(filters ? hash : "");
  const chosen = address.has("column") ? address.get("column").split(",") : null;
  for (const box of columns) box.checked = !chosen || chosen.includes(box.value);
  for (const name of ["area", "verdict", "text"]) one(name).value = address.get(name) || "";
  one("differing").checked = address.has("differing");
  show();
  const named = filters ? document.getElementById("requirements") : document.getElementById(hash);
  if (named) named.scrollIntoView();
}

filterBy({show, write, read, keys: {d: () => one("differing").click()}, typed: "input[type=search], select, button"});
