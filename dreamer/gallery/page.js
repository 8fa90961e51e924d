"use strict";
const items = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const grid = $("grid"), viewer = $("viewer"), stage = $("stage"), slider = $("slider");
let shown = [], current = -1, drawn = 0;
const BATCH = 120;

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};
const order = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" }).compare;
const values = (key) => [...new Set(items.map((item) => item[key]))].filter(Boolean).sort(order);

for (const key of ["preset", "input"]) {
  for (const value of values(key)) {
    const option = make("option", "", value);
    option.value = value;
    $(key).append(option);
  }
}

const sorts = {
  input: (a, b) => order(a.input, b.input) || order(a.preset, b.preset) || order(a.name, b.name),
  preset: (a, b) => order(a.preset, b.preset) || order(a.input, b.input) || order(a.name, b.name),
  newest: (a, b) => b.time - a.time,
  largest: (a, b) => b.width * b.height - a.width * a.height,
};

function matching() {
  const words = $("text").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [preset, input, kind] = ["preset", "input", "kind"].map((id) => $(id).value);
  return items.filter((item) =>
    (!preset || item.preset === preset) && (!input || item.input === input) &&
    (!kind || (kind === "failed" ? Boolean(item.failed) : item.kind === kind && !item.failed)) &&
    words.every((word) => `${item.name} ${item.input} ${item.preset} ${item.network} ${item.recipe}`.toLowerCase().includes(word)))
    .sort(sorts[$("sort").value]);
}

function card(item, place) {
  const button = make("button", "card");
  button.type = "button";
  button.dataset.place = place;
  const frame = make("span", "frame");
  if (item.thumb) {
    const image = make("img");
    image.loading = "lazy";
    image.decoding = "async";
    image.alt = `${item.input} dreamt by ${item.preset}`;
    image.src = item.thumb;
    frame.append(image);
    if (item.kind === "film") frame.append(make("span", "mark", "▶ film"));
  } else {
    frame.append(make("span", "why", item.failed));
  }
  button.append(frame, make("span", "name", item.input || item.name), make("span", "under", item.failed ? `${item.preset} · failed` : item.preset));
  button.addEventListener("click", () => open(place));
  return button;
}

function more() {
  const fragment = document.createDocumentFragment();
  const end = Math.min(drawn + BATCH, shown.length);
  for (; drawn < end; drawn++) fragment.append(card(shown[drawn], drawn));
  grid.append(fragment);
}

function table() {
  const presets = [...new Set(shown.map((item) => item.preset))].sort(order);
  const rows = new Map();
  shown.forEach((item, place) => {
    if (!rows.has(item.input)) rows.set(item.input, new Map());
    const row = rows.get(item.input);
    row.set(item.preset, [...(row.get(item.preset) || []), place]);
  });
  const element = make("table"), head = make("thead"), body = make("tbody"), first = make("tr");
  first.append(make("td"), ...presets.map((preset) => Object.assign(make("th", "", preset), { scope: "col" })));
  head.append(first);
  for (const [input, row] of rows) {
    const line = make("tr");
    line.append(Object.assign(make("th", "", input), { scope: "row" }));
    for (const preset of presets) {
      const cell = make("td");
      for (const place of row.get(preset) || []) cell.append(card(shown[place], place));
      line.append(cell);
    }
    body.append(line);
  }
  element.append(head, body);
  grid.append(element);
}

function draw() {
  shown = matching();
  grid.replaceChildren();
  drawn = 0;
  const asTable = $("table").getAttribute("aria-pressed") === "true";
  grid.className = asTable ? "table" : "";
  if (asTable) table(); else more();
  $("none").hidden = shown.length > 0;
  $("count").textContent = shown.length === items.length ? `${items.length} pictures` : `${shown.length} of ${items.length} pictures`;
}

function media(item) {
  if (item.failed) return make("p", "why", item.failed);
  const element = make(item.video ? "video" : "img");
  element.src = item.file;
  if (item.video) {
    Object.assign(element, { controls: true, loop: true, muted: true, playsInline: true, preload: "metadata", poster: item.thumb });
    element.setAttribute("aria-label", `film of ${item.input} by ${item.preset}`);
  } else {
    element.alt = `${item.input} dreamt by ${item.preset}`;
  }
  return element;
}

function open(place) {
  current = place;
  const item = shown[place];
  $("viewer-name").textContent = `${item.input} — ${item.preset}`;
  $("viewer-facts").textContent = item.failed ? "failed" : `${item.width} × ${item.height} · ${item.network} · seed ${item.seed}`;
  $("recipe").textContent = item.recipe;
  $("details").hidden = !item.recipe;
  $("copied").textContent = "";
  stage.replaceChildren();
  const paired = Boolean(item.before) && !item.video && !item.failed;
  stage.className = paired ? "pair" : "";
  $("slide").hidden = !paired;
  if (paired) {
    const before = make("img");
    before.src = item.before;
    before.alt = `${item.input} before`;
    stage.append(before);
  }
  const after = media(item);
  after.id = "after";
  stage.append(after);
  if (paired) {
    stage.append(make("div", "line"));
    for (const image of stage.querySelectorAll("img")) image.addEventListener("load", slide);
    slider.value = 50;
  }
  if (!viewer.open) viewer.showModal();
  if (paired) { slider.focus(); slide(); } else $("close").focus();
}

// Where the picture lies in the stage, which it fills as far as its shape allows.
function box() {
  const image = $("after"), width = stage.clientWidth, height = stage.clientHeight;
  const shape = image && image.naturalWidth ? image.naturalWidth / image.naturalHeight : width / height;
  const inner = Math.min(width, height * shape);
  return { left: (width - inner) / 2, width: inner, top: (height - inner / shape) / 2, height: inner / shape };
}

function slide() {
  const after = $("after"), line = stage.querySelector(".line");
  if (!after || !line) return;
  const { left, width, top, height } = box();
  const x = left + width * (100 - Number(slider.value)) / 100;
  after.style.clipPath = `inset(0 0 0 ${x}px)`;
  Object.assign(line.style, { left: `${x - 1}px`, top: `${top}px`, height: `${height}px` });
  slider.setAttribute("aria-valuetext", `${slider.value} percent of the dream`);
}

function drag(event) {
  if (!stage.classList.contains("pair") || (event.type === "pointermove" && !event.buttons)) return;
  const { left, width } = box();
  const share = (event.clientX - stage.getBoundingClientRect().left - left) / width;
  slider.value = Math.round(100 - 100 * Math.min(1, Math.max(0, share)));
  slide();
  event.preventDefault();
}

const step = (by) => { if (shown.length) open((current + by + shown.length) % shown.length); };
slider.addEventListener("input", slide);
stage.addEventListener("pointerdown", (event) => { if (stage.classList.contains("pair")) stage.setPointerCapture(event.pointerId); drag(event); });
stage.addEventListener("pointermove", drag);
addEventListener("resize", slide);
$("previous").addEventListener("click", () => step(-1));
$("next").addEventListener("click", () => step(1));
$("close").addEventListener("click", () => viewer.close());
viewer.addEventListener("close", () => {
  stage.replaceChildren();
  grid.querySelector(`[data-place="${current}"]`)?.focus();
});
viewer.addEventListener("keydown", (event) => {
  if (event.target === slider || event.target.tagName === "VIDEO") {
    if (event.key === "PageDown") { step(1); event.preventDefault(); }
    if (event.key === "PageUp") { step(-1); event.preventDefault(); }
    return;
  }
  if (event.key === "ArrowRight") step(1);
  if (event.key === "ArrowLeft") step(-1);
});
$("copy").addEventListener("click", async () => {
  const text = $("recipe").textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Pages from files may not always write to the clipboard; a selection can always be copied.
    const range = document.createRange();
    range.selectNodeContents($("recipe"));
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    document.execCommand("copy");
  }
  $("copied").textContent = "copied";
});
$("controls").addEventListener("submit", (event) => event.preventDefault());
$("text").addEventListener("input", draw);
for (const id of ["preset", "input", "kind", "sort"]) $(id).addEventListener("change", draw);
$("table").addEventListener("click", () => {
  const pressed = $("table").getAttribute("aria-pressed") === "true";
  $("table").setAttribute("aria-pressed", String(!pressed));
  draw();
});
const stored = () => { try { return localStorage.getItem("dreamer-theme"); } catch { return null; } };
if (stored()) document.documentElement.dataset.theme = stored();
$("theme").addEventListener("click", () => {
  const now = document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try { localStorage.setItem("dreamer-theme", next); } catch { /* the choice holds for this visit */ }
});
addEventListener("scroll", () => {
  if (!grid.className && drawn < shown.length && innerHeight + scrollY > document.body.scrollHeight - 1200) more();
}, { passive: true });
draw();
while (drawn < shown.length && document.body.scrollHeight < innerHeight + 800 && !grid.className) more();
