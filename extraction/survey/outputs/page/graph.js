"use strict";
// The apps as a graph. Springs pull together what is tied, and everything pushes everything else away.
const ROUNDS = 320;
let view = null; // x, y, width, height of what is seen

function layout() {
  const size = DATA.apps.length;
  const radius = 75 * Math.sqrt(size);
  const nodes = DATA.apps.map((app, at) => {
    const angle = (2 * Math.PI * at) / size;
    return { x: radius * Math.cos(angle) * 1.5, y: radius * Math.sin(angle), dx: 0, dy: 0, r: 6 + Math.min(20, Math.sqrt(app.lines) / 7), app };
  });
  const ties = new Map();
  for (const one of DATA.couplings) {
    if (one[TARGET] < 0) continue;
    const key = [Math.min(one[SOURCE], one[TARGET]), Math.max(one[SOURCE], one[TARGET])].join(" ");
    ties.set(key, (ties.get(key) || 0) + 1);
  }
  const springs = [...ties].map(([key, count]) => [...key.split(" ").map((at) => nodes[at]), Math.log1p(count)]);
  for (let round = 0; round < ROUNDS; round++) push(nodes, springs, 1 - round / ROUNDS);
  return nodes;
}

function push(nodes, springs, heat) {
  for (const node of nodes) { node.dx = -node.x * 0.024; node.dy = -node.y * 0.045; }
  for (let i = 0; i < nodes.length; i++) for (let j = i + 1; j < nodes.length; j++) {
    const [a, b] = [nodes[i], nodes[j]];
    const [x, y] = [a.x - b.x || 0.1 * (i + 1), a.y - b.y || 0.1 * (j + 1)];
    const distance = Math.max(12, Math.hypot(x, y));
    const wide = Math.abs(x) < (a.app.label.length + b.app.label.length) * 3.6 && Math.abs(y) < 30; // names would overlap
    const force = 17000 / distance ** 2 + (distance < a.r + b.r + 40 ? (a.r + b.r + 40 - distance) * 0.6 : 0);
    if (wide) { const away = (y < 0 ? -1 : 1) * (30 - Math.abs(y)) * 0.35; a.dy += away; b.dy -= away; }
    a.dx += (x / distance) * force; a.dy += (y / distance) * force;
    b.dx -= (x / distance) * force; b.dy -= (y / distance) * force;
  }
  for (const [a, b, weight] of springs) {
    const same = a.app.cluster >= 0 && a.app.cluster === b.app.cluster;
    const [x, y] = [b.x - a.x, b.y - a.y];
    const pull = (same ? 0.0075 : 0.0022) * weight;
    a.dx += x * pull; a.dy += y * pull; b.dx -= x * pull; b.dy -= y * pull;
  }
  const limit = 2 + 38 * heat;
  for (const node of nodes) {
    const length = Math.hypot(node.dx, node.dy) || 1;
    node.x += (node.dx / length) * Math.min(length, limit);
    node.y += (node.dy / length) * Math.min(length, limit);
  }
}

const nodes = layout();

function fit() {
  const xs = nodes.map((node) => node.x), ys = nodes.map((node) => node.y);
  const [left, top] = [Math.min(...xs) - 80, Math.min(...ys) - 60];
  view = [left, top, Math.max(...xs) + 80 - left, Math.max(...ys) + 80 - top];
}

// A curve, so that both directions are seen; it ends at the rim of the circle.
function curve(a, b) {
  const [x, y] = [b.x - a.x, b.y - a.y];
  const distance = Math.hypot(x, y) || 1;
  const end = [b.x - (x / distance) * (b.r + 4), b.y - (y / distance) * (b.r + 4)];
  const bend = [(a.x + b.x) / 2 - y * 0.12, (a.y + b.y) / 2 + x * 0.12];
  return `M${a.x.toFixed(1)},${a.y.toFixed(1)} Q${bend.map((n) => n.toFixed(1))} ${end.map((n) => n.toFixed(1))}`;
}

function drawGraph() {
  if (!view) fit();
  const found = [...pairs().values()];
  const picked = state.app ?? state.source;
  const near = new Set();
  const links = found.map((pair) => {
    const out = state.source !== null ? pair.source === state.source && pair.target === state.target : pair.source === state.app;
    const into = state.source === null && pair.target === state.app;
    if (out || into) { near.add(pair.source); near.add(pair.target); }
    return element("path", { class: `link ${out ? "out" : into ? "in" : ""}`, d: curve(nodes[pair.source], nodes[pair.target]),
      "stroke-width": (0.6 + Math.log2(1 + pair.total) * 0.55).toFixed(2), "marker-end": out || into ? `url(#${out ? "out" : "in"})` : null });
  });
  const focused = document.activeElement?.dataset?.node;
  const marker = (id, colour) => element("marker", { id, viewBox: "0 0 8 8", refX: 6, refY: 4, markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto" },
    element("path", { d: "M0,0 L8,4 L0,8 z", style: { fill: colour } }));
  const svg = element("svg", { viewBox: view.join(" "), class: picked === null ? "" : "dim", role: "group", "aria-label": "Apps and what ties them" },
    element("defs", {}, marker("out", "var(--accent)"), marker("in", "var(--warn)")), element("g", {}, ...links),
    ...nodes.map((node, at) => drawNode(node, at, near, picked)),
    // Names lie over every circle.
    ...nodes.map((node, at) => element("text", { class: nodeClass(at, near), x: node.x.toFixed(1), y: (node.y + node.r + 13).toFixed(1), "aria-hidden": "true" }, node.app.label)));
  const line = (colour) => element("i", { style: { background: colour } });
  byId("graph").replaceChildren(svg, element("p", { class: "hint" }, "Drag and scroll to look around; Tab and Enter choose.",
    line("var(--accent)"), "depends on", line("var(--warn)"), "is depended on by"));
  if (focused !== undefined) svg.querySelector(`[data-node="${focused}"]`)?.focus();
}

function drawNode(node, at, near, picked) {
  const { app } = node;
  const facts = [["lines", number(app.lines)], ["models", app.models], ["price of leaving", number(Math.round(app.price))]];
  return element("g", {
    class: nodeClass(at, near), transform: `translate(${node.x.toFixed(1)} ${node.y.toFixed(1)})`, tabindex: 0, role: "button",
    "data-node": at, "aria-label": `${app.label}, ${app.lines} lines`, "aria-pressed": String(picked === at), style: { "--dot": dotColour(app) },
    onclick: () => { if (!moved) chooseApp(at); }, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); chooseApp(at); } },
    onmousemove: (event) => showTip(event, app.label, facts), onmouseleave: hideTip,
  }, element("circle", { r: node.r.toFixed(1) }));
}

function nodeClass(at, near) {
  const isChosen = [state.app, state.source, state.target].includes(at);
  return ["node", DATA.apps[at].library && "library", near.has(at) && "near", isChosen && "chosen"].filter(Boolean).join(" ");
}

let moved = false;
const held = new Map();
const stage = byId("graph");
const showView = () => stage.querySelector("svg")?.setAttribute("viewBox", view.join(" "));
const scale = () => Math.max(view[2] / stage.clientWidth, view[3] / stage.clientHeight);
function zoom(factor, x, y) {
  const box = stage.getBoundingClientRect();
  const at = [view[0] + view[2] / 2 + (x - box.left - box.width / 2) * scale(), view[1] + view[3] / 2 + (y - box.top - box.height / 2) * scale()];
  const to = Math.min(8000, Math.max(120, view[2] * factor)) / view[2];
  view = [at[0] - (at[0] - view[0]) * to, at[1] - (at[1] - view[1]) * to, view[2] * to, view[3] * to];
  showView();
}
stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(event.deltaY * 0.0015), event.clientX, event.clientY); }, { passive: false });
stage.addEventListener("pointerdown", (event) => { moved = false; held.set(event.pointerId, event); });
addEventListener("pointermove", (event) => {
  const before = held.get(event.pointerId);
  if (!before) return;
  const other = [...held.values()].find((one) => one.pointerId !== event.pointerId);
  if (other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    zoom(apart(before) / apart(event), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
    moved = true;
  } else if (moved || Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) > 4) {
    moved = true;
    view = [view[0] - (event.clientX - before.clientX) * scale(), view[1] - (event.clientY - before.clientY) * scale(), view[2], view[3]];
    showView();
  } else return;
  held.set(event.pointerId, event);
});
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, (event) => held.delete(event.pointerId));
