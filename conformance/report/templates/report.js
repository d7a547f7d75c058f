
// After filter.js. Addresses: #verdict=failed&area=simple&text=hash; without one, problems are shown first.
const findings = Array.from(document.querySelectorAll(".finding"));
const sections = Array.from(document.querySelectorAll("main > section"));
const texts = new Map();
const boxes = Array.from(form.querySelectorAll("[name=verdict]"));

function textOf(finding) {
  if (!texts.has(finding)) texts.set(finding, finding.textContent.toLowerCase());
  return texts.get(finding);
}

function wanted() {
  return {
    verdicts: boxes.filter((box) => box.checked).map((box) => box.value),
    area: one("area").value,
    level: one("level").value,
    client: one("client").value,
    words: words(),
  };
}

function fits(finding, {verdicts, area, level, client, words}) {
  const {dataset} = finding;
  return (!verdicts.length || verdicts.includes(dataset.verdict))
    && (!area || dataset.area === area)
    && (!level || dataset.level === level)
    && (!client || dataset.clients.split(" ").includes(client))
    && words.every((word) => textOf(finding).includes(word));
}

function check(verdicts) {
  for (const box of boxes) box.checked = verdicts.includes(box.value);
}

function show() {
  const filter = wanted();
  let count = 0;
  for (const finding of findings) {
    finding.hidden = !fits(finding, filter);
    count += !finding.hidden;
  }
  for (const section of sections) section.hidden = !section.querySelector(".finding:not([hidden])");
  document.getElementById("shown").textContent = `${count} of ${findings.length} requirements`;
}

function write() {
  const address = new URLSearchParams();
  const {verdicts} = wanted();
  address.set("verdict", verdicts.join(",") || "all");
  for (const name of ["area", "level", "client", "text"]) if (one(name).value) address.set(name, one(name).value);
  history.replaceState(null, "", `#${address}`);
}

function read() {
  const hash = location.hash.slice(1);
  const filters = hash.includes("=");
  const address = new URLSearchParams(filters ? hash : "");
  const problems = boxes.filter((box) => "problem" in box.dataset).map((box) => box.value);
  check(filters ? (address.get("verdict") || "").split(",") : problems);
  for (const name of ["area", "level", "client", "text"]) one(name).value = address.get(name) || "";
  show();
  const named = !filters && document.getElementById(hash);
  if (named && named.hidden) { check([]); show(); }
  if (named && named.matches(".finding")) named.open = true;
  if (named) named.scrollIntoView();
}

function step(by) {
  const visible = findings.filter((finding) => !finding.hidden).map((finding) => finding.firstElementChild);
  const here = visible.indexOf(document.activeElement);
  const worst = visible.findIndex((each) => each.parentElement.open);  // the first problem, where any is shown
  const next = visible[here < 0 ? (by > 0 ? Math.max(worst, 0) : visible.length - 1) : here + by];
  if (next) next.focus();
}

// What is wrong is open while it is printed; whole answers only where the reader has opened them.
let closed = [];
addEventListener("beforeprint", () => {
  closed = findings.filter(({open, dataset}) => !open && !["passed", "not-applicable"].includes(dataset.verdict));
  for (const each of closed) each.open = true;
});
addEventListener("afterprint", () => { for (const each of closed) each.open = false; });

// script.py makes the same files.
const parts = JSON.parse(document.getElementById("script-parts").textContent);

function scriptOf(id) {
  const [before, after] = parts.script;
  const found = parts.cases[id];
  const published = found.published.map((name) => parts.published[name]);
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const text = JSON.stringify({...found, published}, null, 1).replace(/[^ -~\n]/g, escaped);
  return `${before}r"""${text}"""${after}`;
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], {type: "text/x-python"}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href));
}

for (const button of document.querySelectorAll("[data-script]")) {
  button.hidden = false;
  button.addEventListener("click", () => save(`${button.dataset.script}.py`, scriptOf(button.dataset.script)));
}

filterBy({show, write, read, keys: {j: () => step(1), k: () => step(-1)}, typed: "input, select, button"});
