"use strict";
const $ = (id) => document.getElementById(id);
const D = JSON.parse($("data").textContent);
const AT = Object.fromEntries(D.names.map((name, i) => [name, i]));
const NODES = D.nodes;
const ROW_REM = 1.75;

// ---- numbers -------------------------------------------------------------------------------
function amount(x, unit = "") {
  if (!x) return ("0 " + unit).trim();
  for (const [factor, prefix] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]])
    if (Math.abs(x) >= factor * 0.9995) return plain(x / factor) + " " + prefix + unit;
  return (plain(x) + " " + unit).trim();
}
const plain = (x) => String(Number(x.toPrecision(3)));
const bytes = (x) => amount(x, "B");
function seconds(x) {
  for (const [factor, unit] of [[1, "s"], [1e-3, "ms"], [1e-6, "us"]])
    if (x >= factor * 0.9995) return plain(x / factor) + " " + unit;
  return x ? plain(x * 1e9) + " ns" : "0 s";
}
const percent = (part, whole) => (whole ? (100 * part / whole).toFixed(1) + " %" : "-");
const value = (node, name) => NODES[node].v[AT[name]];
const total = (name) => D.total[AT[name]];
const nbytes = (v) => v[AT.read] + v[AT.written];

const TIME = D.measured ? "measured_s" : "predicted_s";
const WIDTHS = {
  time: { label: D.measured ? "measured time" : "predicted time", of: (v) => v[AT[TIME]], show: seconds },
  bytes: { label: "bytes moved", of: nbytes, show: bytes },
  flops: { label: "operations", of: (v) => v[AT.flops], show: (x) => amount(x, "FLOP") },
  weights: { label: "weights", of: (v) => v[AT.weights], show: bytes },
  temporaries: { label: "temporaries", of: (v) => v[AT.temporaries], show: bytes },
};
const LIMITS = { memory: "limited by memory", compute: "limited by computing", functions: "limited by functions" };
const state = { width: D.machine || D.measured ? "time" : "bytes", zoom: -1, selected: -1,
  search: "", depth: "stage", sort: null, down: true };

// ---- the tree -------------------------------------------------------------------------------
const KIDS = new Map([[-1, []]]);
NODES.forEach((node, i) => { KIDS.set(i, []); });
NODES.forEach((node, i) => KIDS.get(node.p).push(i));
function within(node, top) {
  for (; node >= 0; node = NODES[node].p) if (node === top) return true;
  return top < 0;
}
const isStage = (i) => NODES[i].s === 1;
const hasStages = NODES.some((node) => node.s);
const counts = (i) => !NODES[i].path.startsWith("(") && (hasStages ? isStage(i) : !KIDS.get(i).length);
const innerStages = (i) => KIDS.get(i).flatMap((kid) => (counts(kid) ? [kid] : innerStages(kid)));
const OWN = NODES.map((node, i) => node.v.map((x, c) => innerStages(i).reduce((left, kid) => left - NODES[kid].v[c], x)));
const WORKING = NODES.map((_, i) => i).filter((i) => counts(i) && OWN[i][AT.kernels] > 0);
const matches = (i) => !state.search || NODES[i].path.toLowerCase().includes(state.search) ||
  (NODES[i].b || "").toLowerCase().includes(state.search);

function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, x] of Object.entries(properties))
    if (name in element) element[name] = x; else element.setAttribute(name, x);
  element.append(...children);
  return element;
}
const NS = "http://www.w3.org/2000/svg";
function draw(tag, attributes = {}, text = "") {
  const element = document.createElementNS(NS, tag);
  for (const [name, x] of Object.entries(attributes)) element.setAttribute(name, x);
  if (text) element.textContent = text;
  return element;
}

// ---- header and the dearest stages ----------------------------------------------------------
function header() {
  const facts = [];
  if (D.step !== null) facts.push(["one call", seconds(D.step)]);
  if (D.machine) facts.push(["predicted", seconds(total("predicted_s"))]);
  facts.push(["operations", amount(total("flops"), "FLOP")], ["moved", bytes(nbytes(D.total))],
    ["weights", bytes(total("weights"))]);
  if (total("states")) facts.push(["states", bytes(total("states"))]);
  if (D.memory.alive.length) facts.push(["peak temporaries", bytes(D.memory.alive[D.memory.peak])]);
  facts.push(["kernels", String(total("kernels"))]);
  $("totals").append(...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text))));
  $("facts").append(...D.facts.map((text) => make("li", {}, ...text.split("`").map((part, i) => (i % 2 ? make("code", {}, part) : part)))));
}
function dearest() {
  const width = WIDTHS[state.width], whole = width.of(D.total);
  document.querySelector("#dearest-title .what").textContent = width.label.replace("measured ", "").replace("predicted ", "");
  const found = WORKING.slice().sort((a, b) => width.of(OWN[b]) - width.of(OWN[a])).slice(0, 5);
  $("dearest").replaceChildren(...found.map((i) => {
    const x = width.of(OWN[i]), top = width.of(OWN[found[0]]) || 1;
    const bar = make("span", { className: "bar" });
    bar.style.display = "block"; bar.style.width = 100 * x / top + "%";
    return make("li", {}, make("button", { type: "button", onclick: () => select(i, true) },
      make("span", { className: "name", title: NODES[i].path }, NODES[i].path),
      make("span", { className: "track" }, bar),
      make("span", { className: "number" }, `${width.show(x)}  ${percent(x, whole)}`)));
  }));
}

// ---- the picture ----------------------------------------------------------------------------
function layout(px) {
  const width = WIDTHS[state.width], cells = [];
  const place = (i, x0, x1, row) => {
    cells.push({ i, x0, x1, row });
    const own = i < 0 ? width.of(D.total) : width.of(NODES[i].v);
    let x = x0;
    for (const kid of KIDS.get(i)) {
      const part = own ? (x1 - x0) * width.of(NODES[kid].v) / own : 0;
      if (part * px >= 1) place(kid, x, x + part, row + 1);
      x += part;
    }
  };
  place(state.zoom, 0, 1, 0);
  return cells;
}
function describe(i) {
  if (i < 0) return `${D.name}: all stages`;
  const width = WIDTHS[state.width], x = width.of(NODES[i].v);
  const limit = LIMITS[NODES[i].l] ? `, ${LIMITS[NODES[i].l]}` : "";
  return `${NODES[i].path}: ${percent(x, width.of(D.total))} of ${width.label}, ${width.show(x)}${limit}`;
}
function picture() {
  const box = $("icicle"), px = box.clientWidth || 800;
  const cells = layout(px), rows = 1 + Math.max(...cells.map((cell) => cell.row));
  box.style.height = rows * ROW_REM + "rem";
  box.replaceChildren(...cells.map(({ i, x0, x1, row }) => {
    const wide = (x1 - x0) * px;
    const cell = make("button", { type: "button", className: "cell", title: describe(i), role: "treeitem",
      tabIndex: row === 0 ? 0 : -1, onclick: () => click(i) }, wide > 28 ? (i < 0 ? D.name : NODES[i].n) : "");
    cell.setAttribute("aria-label", describe(i));
    cell.setAttribute("aria-level", row + 1);
    cell.setAttribute("aria-selected", i === state.selected);
    cell.dataset.node = i;
    if (i >= 0 && NODES[i].l) cell.classList.add(NODES[i].l);
    if (wide < 14) cell.classList.add("tiny");
    if (i >= 0 && state.search && !matches(i)) cell.classList.add("off");
    cell.style.left = 100 * x0 + "%";
    cell.style.width = 100 * (x1 - x0) + "%";
    cell.style.top = row * ROW_REM + "rem";
    return cell;
  }));
  const trail = [];
  for (let i = state.zoom; i >= 0; i = NODES[i].p) trail.unshift(i);
  $("crumbs").replaceChildren(...[-1, ...trail].map((i) => make("button",
    { type: "button", onclick: () => zoom(i), disabled: i === state.zoom }, i < 0 ? D.name : NODES[i].n)));
}
function click(i) {
  if (i === state.zoom && i >= 0) { zoom(NODES[i].p); return; }
  if (i >= 0) select(i, false);
  if (KIDS.get(i).length) zoom(i);
}
function zoom(i) { state.zoom = i; picture(); focusCell(i); }
function focusCell(i) {
  const cell = $("icicle").querySelector(`[data-node="${i}"]`);
  if (cell) cell.focus({ preventScroll: true });
}
function keys(event) {
  const at = document.activeElement;
  if (!at || !at.dataset || at.dataset.node === undefined) return;
  const i = Number(at.dataset.node), shown = (j) => $("icicle").querySelector(`[data-node="${j}"]`);
  const siblings = i === state.zoom ? [i] : KIDS.get(NODES[i].p).filter(shown), here = siblings.indexOf(i);
  const next = { ArrowRight: siblings[here + 1], ArrowLeft: siblings[here - 1],
    ArrowDown: KIDS.get(i).find(shown), ArrowUp: i === state.zoom ? undefined : NODES[i].p }[event.key];
  if (next !== undefined) { event.preventDefault(); focusCell(next); }
  else if (event.key === "Escape" && state.zoom >= 0) { event.preventDefault(); zoom(NODES[state.zoom].p); }
}

// ---- roofline -------------------------------------------------------------------------------
function roofline() {
  const box = $("roof");
  if (!D.machine) { box.replaceChildren(make("p", { className: "hint" }, "No machine was measured.")); return; }
  const points = WORKING.map((i) => ({ i, v: OWN[i] })).filter(({ v }) => v[AT.flops] > 0 && nbytes(v) > 0 && v[AT[TIME]] > 0)
    .map(({ i, v }) => ({ i, x: v[AT.flops] / nbytes(v), y: v[AT.flops] / v[AT[TIME]], t: v[AT[TIME]] }));
  const peaks = Object.entries(D.machine.flops), peak = Math.max(...peaks.map(([, rate]) => rate));
  const ridge = peak / D.machine.bandwidth;
  const xs = [ridge * 8, ridge / 30, ...points.map((p) => p.x)], ys = [peak * 1.6, ...points.map((p) => p.y)];
  const lo = (list) => Math.floor(Math.log10(Math.min(...list))), hi = (list) => Math.ceil(Math.log10(Math.max(...list)));
  const [x0, x1, y0, y1] = [lo(xs), hi(xs), lo([...ys, peak / 1e3]), hi(ys)];
  const [W, H, L, R, T, B] = [640, 400, 84, 16, 12, 46];
  const X = (x) => L + (W - L - R) * (Math.log10(x) - x0) / (x1 - x0);
  const Y = (y) => H - B - (H - T - B) * (Math.log10(y) - y0) / (y1 - y0);
  const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": "Operations a second over operations a byte, one point a stage" });
  for (let e = x0; e <= x1; e++) svg.append(draw("line", { class: "grid", x1: X(10 ** e), x2: X(10 ** e), y1: T, y2: H - B }),
    draw("text", { x: X(10 ** e), y: H - B + 16, "text-anchor": "middle", class: "faint" }, plain(10 ** e)));
  for (let e = y0; e <= y1; e++) svg.append(draw("line", { class: "grid", x1: L, x2: W - R, y1: Y(10 ** e), y2: Y(10 ** e) }),
    draw("text", { x: L - 6, y: Y(10 ** e) + 4, "text-anchor": "end", class: "faint" }, amount(10 ** e, "FLOP/s")));
  svg.append(draw("text", { x: (L + W - R) / 2, y: H - 8, "text-anchor": "middle" }, "operations a byte"));
  peaks.sort((a, b) => b[1] - a[1]).forEach(([name, rate]) => {
    const corner = rate / D.machine.bandwidth, from = 10 ** x0;
    const main = name === "f32";
    svg.append(draw("path", { class: main ? "roof" : "other",
      d: `M${X(from)},${Y(from * D.machine.bandwidth)}L${X(corner)},${Y(rate)}L${W - R},${Y(rate)}` }));
  });
  const most = Math.max(...points.map((p) => p.t), 1e-30);
  points.sort((a, b) => b.t - a.t).forEach((p) => {
    const circle = draw("circle", { cx: X(p.x), cy: Y(p.y), r: 3 + 9 * Math.sqrt(p.t / most), tabindex: 0, role: "button",
      "data-node": p.i, "aria-label": describe(p.i), class: p.i === state.selected ? "on" : "" });
    circle.append(draw("title", {}, `${NODES[p.i].path}: ${amount(p.y, "FLOP/s")} at ${plain(p.x)} FLOP/B`));
    circle.addEventListener("click", () => select(p.i, true));
    circle.addEventListener("keydown", (event) => { if (event.key === "Enter") select(p.i, true); });
    svg.append(circle);
  });
  const f32 = D.machine.flops.f32 || peak;
  const above = points.some((p) => p.y > 1.2 * Math.min(f32, p.x * D.machine.bandwidth));
  const says = ["One point a stage, its size the time.", D.measured ? "Under the line is what this machine could still do."
    : "Times are predicted, so points are on the line or under it.",
    above ? "Points above it: values that stay in the caches, or a machine that was busy when it was measured (--probe)." : ""];
  const roofs = [`${bytes(D.machine.bandwidth)}/s`, ...peaks.map(([name, rate]) => `${name} ${amount(rate, "FLOP/s")}`)];
  box.replaceChildren(svg, make("p", { className: "hint" }, says.filter(Boolean).join(" ")),
    make("p", { className: "hint" }, `Lines: ${roofs.join(", ")}; f32 is the solid one.`));
}

// ---- memory ---------------------------------------------------------------------------------
function memory() {
  const { alive, node, name, peak, buffers } = D.memory, box = $("memory");
  if (!alive.length || !Math.max(...alive)) { box.replaceChildren(make("p", { className: "hint" }, "No temporaries.")); return; }
  const [W, H, L, T, B] = [640, 300, 84, 22, 28], most = alive[peak];
  const X = (i) => L + (W - L - 8) * i / Math.max(1, alive.length), Y = (x) => H - B - (H - T - B) * x / most;
  const svg = draw("svg", { viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `Temporary bytes alive; at most ${bytes(most)}` });
  for (const part of [0, 0.5, 1]) svg.append(draw("line", { class: "grid", x1: L, x2: W - 8, y1: Y(part * most), y2: Y(part * most) }),
    draw("text", { x: L - 6, y: Y(part * most) + 4, "text-anchor": "end", class: "faint" }, bytes(part * most)));
  svg.append(draw("path", { class: "area", d: `M${X(0)},${Y(0)}` + alive.map((x, i) => `L${X(i)},${Y(x)}L${X(i + 1)},${Y(x)}`).join("") + `L${X(alive.length)},${Y(0)}Z` }));
  svg.append(draw("line", { class: "peak", x1: X(peak + 0.5), x2: X(peak + 0.5), y1: T, y2: H - B }));
  const left = X(peak) > W / 2;
  svg.append(draw("text", { x: X(peak) + (left ? -6 : 6), y: T - 6, "text-anchor": left ? "end" : "start" }, `${bytes(most)} at ${name[peak]}`));
  svg.append(draw("text", { x: (L + W) / 2, y: H - 6, "text-anchor": "middle" }, `${alive.length} instructions in the order they run`));
  const hint = make("p", { className: "hint", role: "status" }, "Move over the picture to see what runs; click to select its stage.");
  const at = (event) => {
    const box = svg.getBoundingClientRect(), x = (event.clientX - box.left) * W / box.width;
    return Math.min(alive.length - 1, Math.max(0, Math.floor((x - L) * alive.length / (W - L - 8))));
  };
  svg.addEventListener("pointermove", (event) => { const i = at(event); hint.textContent = `${name[i]}${node[i] < 0 ? "" : ` in ${NODES[node[i]].path}`}: ${bytes(alive[i])} alive`; });
  svg.addEventListener("click", (event) => { const i = at(event); if (node[i] >= 0) select(node[i], true); });
  const list = make("ul", {}, ...buffers.map(([title, i, size]) => make("li", {}, `${bytes(size)} ${title}${i < 0 ? "" : ` of ${NODES[i].path}`}`)));
  box.replaceChildren(svg, hint, make("details", {}, make("summary", {}, "The largest temporaries alive at the peak"), list));
}

// ---- tables ---------------------------------------------------------------------------------
const share = (name) => (v) => percent(v[AT[name]], total(name));
const COLUMNS = [
  ["stage", (v, i) => NODES[i].path, null],
  ["block", (v, i) => NODES[i].b || "", null],
  ["mode", (v, i) => NODES[i].m || "", null],
  ["kernels", (v) => v[AT.kernels], String], ["fusions", (v) => v[AT.fusions], String],
  ["FLOP", (v) => v[AT.flops], amount], ["read", (v) => v[AT.read], bytes], ["written", (v) => v[AT.written], bytes],
  ["FLOP/B", (v) => (nbytes(v) ? v[AT.flops] / nbytes(v) : 0), plain],
  ["weights", (v) => v[AT.weights], bytes], ["states", (v) => v[AT.states], bytes], ["temporaries", (v) => v[AT.temporaries], bytes],
];
if (D.machine) COLUMNS.push(["predicted", (v) => v[AT.predicted_s], seconds], ["share", (v) => v[AT.predicted_s], (x) => percent(x, total("predicted_s"))]);
if (D.measured) COLUMNS.push(["measured", (v) => v[AT.measured_s], (x) => percent(x, total("measured_s"))]);
function table() {
  const shown = NODES.map((_, i) => i).filter((i) => matches(i) && (state.depth === "all" ||
    (state.depth === "top" ? NODES[i].p < 0 : !hasStages || isStage(i) || NODES[i].p < 0)));
  if (state.sort !== null) {
    const of = COLUMNS[state.sort][1], turn = state.down ? -1 : 1;
    shown.sort((a, b) => { const x = of(NODES[a].v, a), y = of(NODES[b].v, b); return turn * (x < y ? -1 : x > y ? 1 : 0); });
  }
  $("table").tHead.replaceChildren(make("tr", {}, ...COLUMNS.map(([title, , show], c) => {
    const cell = make("th", { scope: "col", className: show ? "" : "text" }, make("button", { type: "button", onclick: () => sort(c) }, title));
    if (state.sort === c) cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
    return cell;
  })));
  const sorted = state.sort !== null;
  $("table").tBodies[0].replaceChildren(...shown.map((i) => {
    const row = make("tr", { className: "row", onclick: () => select(i, true) }, ...COLUMNS.map(([, of, show], c) => {
      const x = of(NODES[i].v, i);
      if (c) return make("td", { className: show ? "" : "text" }, show ? show(x) : x);
      const cell = make("td", {}, make("button", { type: "button" }, sorted ? NODES[i].path : NODES[i].n));
      if (!sorted) cell.style.paddingLeft = 0.5 + depth(i) + "rem";
      return cell;
    }));
    row.dataset.node = i;
    row.setAttribute("aria-selected", i === state.selected);
    return row;
  }));
  $("hits").textContent = state.search ? `${shown.length} found` : "";
}
const depth = (i) => { let n = 0; for (i = NODES[i].p; i >= 0; i = NODES[i].p) n++; return n; };
function sort(c) {
  const numeric = COLUMNS[c][2] !== null;
  if (state.sort !== c) { state.sort = c; state.down = numeric; }
  else if (state.down === numeric) state.down = !numeric;
  else state.sort = null;
  table();
}
function simple(target, titles, rows) {
  target.tHead.replaceChildren(make("tr", {}, ...titles.map(([title, text]) => make("th", { scope: "col", className: text ? "text" : "" }, title))));
  target.tBodies[0].replaceChildren(...rows.map((cells) => make("tr", {}, ...cells.map((x, c) => make("td", { className: titles[c][1] ? "text" : "" }, x)))));
}
const WEIGHT_TITLES = [["name", 1], ["kind", 1], ["type", 1], ["bytes", 0], ["stage", 1], ["made of", 1]];
const weightRow = ([name, kind, type, size, i, from]) => [name, { param: "weight" }[kind] || kind, type, bytes(size), i < 0 ? "" : NODES[i].path, from];

// ---- the selected stage ---------------------------------------------------------------------
let texts = null;
function unpack() {
  if (texts) return texts;
  texts = (async () => {
    const packed = Uint8Array.from(atob($("texts").textContent.trim()), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  })();
  return texts;
}
const LEVELS = { flow: "Flow: stages as regions", composite: "Composite: what a stage is made of", stablehlo: "StableHLO: what XLA gets", hlo: "Optimised HLO: what runs" };
async function levels(i, box) {
  let all;
  try { all = await unpack(); } catch (error) { box.replaceChildren(make("p", { className: "hint" }, `This browser cannot unpack the texts (${error}).`)); return; }
  if (state.selected !== i) return;
  const shown = Object.entries(LEVELS).filter(([level]) => all.levels[level]).map(([level, title]) => {
    const lines = [], seen = new Set();
    for (const [node, text] of all.levels[level]) if (within(node, i) && !(level === "hlo" && seen.has(text))) { seen.add(text); lines.push(all.texts[text]); }
    const indent = Math.min(...lines.join("\n").split("\n").filter((line) => line.trim()).map((line) => line.search(/\S/)));
    const body = lines.join("\n").split("\n").map((line) => line.slice(Number.isFinite(indent) ? indent : 0)).join("\n");
    return make("div", {}, make("h3", {}, title), make("pre", { tabIndex: 0, className: level }, body || "nothing: it became part of others"));
  });
  box.replaceChildren(...shown);
}
function select(i, show) {
  state.selected = i;
  const { v, path, b, m, l } = NODES[i];
  $("selected-title").textContent = path;
  document.querySelector("#selected .hint").textContent = [b && `block ${b}`, m && `mode ${m}`, LIMITS[l]].filter(Boolean).join(", ");
  const facts = [["operations", amount(v[AT.flops], "FLOP")], ["read", bytes(v[AT.read])], ["written", bytes(v[AT.written])],
    ["kernels", String(v[AT.kernels])], ["weights", bytes(v[AT.weights])], ["temporaries", bytes(v[AT.temporaries])]];
  if (D.machine) facts.unshift(["predicted", `${seconds(v[AT.predicted_s])} (${percent(v[AT.predicted_s], total("predicted_s"))})`]);
  if (D.measured) facts.unshift(["measured", percent(v[AT.measured_s], total("measured_s"))]);
  const kernels = new Map();
  for (const [name, opcode, node, flops, moved, runs, time] of D.kernels) if (within(node, i)) {
    const row = kernels.get(name) || [name, opcode, 0, 0, runs, 0];
    row[2] += flops; row[3] += moved; row[5] += time; kernels.set(name, row);
  }
  const dear = [...kernels.values()].sort((a, b) => b[5] - a[5] || b[3] - a[3]);
  const list = make("table", {}, make("thead"), make("tbody"));
  simple(list, [["kernel", 1], ["operation", 1], ["FLOP", 0], ["bytes", 0], ["runs", 0], ["predicted", 0]],
    dear.slice(0, 200).map(([name, opcode, flops, moved, runs, time]) => [name, opcode, amount(flops), bytes(moved), String(runs), D.machine ? seconds(time) : "-"]));
  const own = D.weights.filter((row) => row[4] >= 0 && within(row[4], i)), weights = make("table", {}, make("thead"), make("tbody"));
  simple(weights, WEIGHT_TITLES, own.map(weightRow));
  const box = make("div", { className: "levels" }, make("p", { className: "hint" }, "Unpacking the texts ..."));
  $("detail").replaceChildren(make("dl", {}, ...facts.map(([name, text]) => make("div", {}, make("dt", {}, name), make("dd", {}, text)))), box,
    make("details", {}, make("summary", {}, `${dear.length} kernels${dear.length > 200 ? ", the dearest 200" : ""}`), make("div", { className: "scroll tall" }, list)),
    ...(own.length ? [make("details", {}, make("summary", {}, `${own.length} weights, states and inputs`), make("div", { className: "scroll tall" }, weights))] : []));
  levels(i, box);
  for (const row of document.querySelectorAll("#table tr[data-node], #icicle [data-node]")) row.setAttribute("aria-selected", Number(row.dataset.node) === i);
  for (const circle of document.querySelectorAll("#roof circle")) circle.classList.toggle("on", Number(circle.dataset.node) === i);
  if (show) $("selected").scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", "#" + encodeURIComponent(path));
}

// ---- start ----------------------------------------------------------------------------------
for (const [name, { label, of }] of Object.entries(WIDTHS)) if (of(D.total)) $("width").append(make("option", { value: name, selected: name === state.width }, label));
$("width").addEventListener("change", () => { state.width = $("width").value; dearest(); picture(); });
$("search").addEventListener("input", () => { state.search = $("search").value.trim().toLowerCase(); picture(); table(); });
$("depth").addEventListener("change", () => { state.depth = $("depth").value; table(); });
$("icicle").addEventListener("keydown", keys);
$("theme").addEventListener("click", () => {
  const root = document.documentElement, now = root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
});
addEventListener("resize", picture);
$("legend").append("Colour: ", ...Object.entries(LIMITS).flatMap(([name, text]) => [make("span", { className: name }), text]));
if (!D.machine) $("legend").hidden = true;
header(); dearest(); picture(); roofline(); memory(); table();
simple($("weights"), WEIGHT_TITLES, D.weights.map(weightRow));
const linked = NODES.findIndex((node) => "#" + encodeURIComponent(node.path) === location.hash);
if (linked >= 0) select(linked, true);
document.documentElement.dataset.ready = Math.round(performance.now());
