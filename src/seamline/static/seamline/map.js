"use strict";
// Draws the map's document, and asks for the next one. Counters only grow, so that what is told of the last minute is
// the difference of two documents: right whichever process answers, as all of them show what all have counted.
const ASK_MS = 2000, WAIT_MS = 10000, WINDOW_SECONDS = 60;
const byId = (id) => document.getElementById(id);
const state = { map: null, chosen: null, drawn: "" };
const samples = new Map(); // by edge, operation and instance: documents' figures, oldest first
const heard = new Map(); // when each instance was heard last: what it does not count yet is none

function element(tag, attributes = {}, ...children) {
  const isDrawn = ["svg", "g", "path", "rect", "circle", "text", "defs", "marker", "title"].includes(tag);
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

// Figures

function remember(map) {
  for (const edge of map.calls) for (const one of edge.counted) {
    const key = [edge.source, one.contract, one.operation, one.instance].join(" ");
    const kept = samples.get(key) || [];
    const count = total(one.outcomes), last = kept.at(-1);
    if (last && last.at >= one.at) continue;
    if (!last && heard.has(one.instance)) kept.push({ at: heard.get(one.instance), outcomes: {}, buckets: {} });
    if (last && count < total(last.outcomes)) kept.length = 0; // it has begun anew
    kept.push({ at: one.at, outcomes: one.outcomes, buckets: one.buckets });
    while (kept.length > 2 && one.at - kept[1].at >= WINDOW_SECONDS) kept.shift();
    samples.set(key, kept);
  }
  for (const { instance, at } of map.counted) heard.set(instance, at);
}

const total = (outcomes) => Object.values(outcomes).reduce((sum, each) => sum + each, 0);
const less = (now, before) => Object.fromEntries(Object.entries(now).map(([key, value]) => [key, value - (before[key] || 0)]));

// What came of calls in the last minute, or, where there is but one document, since they are counted.
function figures(edge, wanted = () => true) {
  const found = { rate: null, calls: 0, errors: 0, refused: 0, p50: null, p99: null, since: "start" };
  const recent = {}, ever = {};
  let recentCalls = 0;
  const add = (to, buckets) => { for (const [le, number] of Object.entries(buckets)) to[le] = (to[le] || 0) + number; };
  for (const one of edge.counted.filter(wanted)) {
    add(ever, one.buckets);
    found.calls += total(one.outcomes);
    const kept = samples.get([edge.source, one.contract, one.operation, one.instance].join(" ")) || [];
    if (kept.length < 2) continue;
    const [first, last] = [kept[0], kept.at(-1)];
    const outcomes = less(last.outcomes, first.outcomes);
    found.rate = (found.rate || 0) + total(outcomes) / (last.at - first.at);
    found.errors += (outcomes.unavailable || 0) + (outcomes.unexpected || 0);
    found.refused += outcomes.refused || 0;
    recentCalls += total(outcomes);
    add(recent, less(last.buckets, first.buckets));
  }
  if (recentCalls) found.since = "minute";
  found.p50 = quantile(0.5, recentCalls ? recent : ever);
  found.p99 = quantile(0.99, recentCalls ? recent : ever);
  return found;
}

// As Prometheus's histogram_quantile: evenly spread within a bucket.
function quantile(q, cumulative) {
  const bounds = Object.keys(cumulative).map((le) => [le === "+Inf" ? Infinity : Number(le), cumulative[le]]).sort((a, b) => a[0] - b[0]);
  const all = bounds.length ? bounds.at(-1)[1] : 0;
  if (!all) return null;
  let below = 0, before = 0;
  for (const [bound, number] of bounds) {
    if (number >= q * all) return bound === Infinity ? below : below + ((bound - below) * (q * all - before)) / (number - before || 1);
    [below, before] = [bound, number];
  }
  return below;
}

const rate = (value) => (value === null ? "…" : value === 0 ? "0/s" : value < 0.1 ? `${(value * 60).toFixed(1)}/min` : `${value < 10 ? value.toFixed(1) : Math.round(value)}/s`);
const time = (seconds) => (seconds === null ? "-" : seconds < 0.001 ? `${Math.round(seconds * 1e6)} µs` : seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 1 : 0)} ms` : `${seconds.toFixed(1)} s`);
const age = (seconds) => (seconds === null ? "-" : seconds < 90 ? `${Math.round(seconds)} s` : seconds < 5400 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`);
const whole = (number) => (number === null ? "-" : Number(number).toLocaleString("en"));

// What is shown

function isShown(edge, kind, known) {
  if (!byId(kind).checked) return false;
  if (byId("busy").checked && !(kind === "calls" ? known.rate : edge.undelivered)) return false;
  if (byId("bad").checked && !isBad(edge, kind, known)) return false;
  return matches([edge.source, edge.target, ...edge.names]);
}
const isBad = (edge, kind, known) => (kind === "calls" ? known.errors > 0 : edge.dead > 0 || !edge.is_heard);
const isModuleBad = (module) => module.status === "down" || module.status === "unlocated";
function matches(words) {
  const wanted = byId("find").value.trim().toLowerCase();
  return !wanted || words.some((word) => word.toLowerCase().includes(wanted));
}
const namesOf = (module) => [module.name, ...module.contracts.map((each) => each.name)];

function redraw() {
  const map = state.map;
  if (!map) return;
  const edges = [...map.calls.map((edge) => ({ edge, kind: "calls", known: figures(edge) })), ...map.events.map((edge) => ({ edge, kind: "events", known: null }))]
    .map((one) => ({ ...one, isShown: isShown(one.edge, one.kind, one.known), isBad: isBad(one.edge, one.kind, one.known) }));
  const ends = new Set(edges.filter((one) => one.isShown).flatMap((one) => [one.edge.source, one.edge.target]));
  const narrow = byId("busy").checked || byId("bad").checked;
  const modules = map.modules.map((module) => ({ ...module, isShown: ends.has(module.name) || (matches(namesOf(module)) && (!narrow || (byId("bad").checked && isModuleBad(module)))) }));
  const focused = document.activeElement?.dataset?.key;
  drawPicture(map, modules, edges);
  drawTables(map, modules, edges);
  drawPanel(map, edges);
  if (focused) document.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

const words = ({ edge, kind, known }) => (kind === "events" ? (edge.undelivered === null ? "not told" : `${whole(edge.undelivered)} waiting`) + (edge.dead ? ` · ${whole(edge.dead)} dead` : "")
  : !known.calls ? "no call yet" : `${rate(known.rate)} · p50 ${time(known.p50)} · p99 ${time(known.p99)}${known.errors ? ` · ${whole(known.errors)} failed` : ""}`);
const shortWords = (one) => (one.kind === "events" ? words(one)
  : `${rate(one.known.rate)} · ${time(one.known.p50)} / ${time(one.known.p99)}${one.known.errors ? ` · ${whole(one.known.errors)} failed` : ""}`);

function drawPicture(map, modules, edges) {
  const [width, height] = map.size;
  const isNear = (edge) => !state.chosen || edge.source === state.chosen || edge.target === state.chosen;
  const isQuiet = ({ edge, kind, known, isBad: bad }) => !bad && (kind === "calls" ? !known.rate : !edge.undelivered);
  const dim = (isSeen) => (isSeen ? "" : " dim");
  const arrow = (id) => element("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, markerUnits: "userSpaceOnUse", orient: "auto" },
    element("path", { d: "M0,0 L8,4 L0,8 z", class: `tip ${id}` }));
  const lines = edges.filter(({ edge }) => edge.path).map((one) => {
    const { edge, kind, known } = one;
    const bad = one.isBad ? " bad" : "";
    return element("path", { d: edge.path, class: `line ${kind}${bad}${dim(one.isShown && isNear(edge))}`, "data-line": `${kind} ${edge.source} ${edge.target}`,
      "marker-end": `url(#${bad ? "bad" : kind})`, "stroke-width": kind === "calls" ? (1.5 + Math.log2(1 + (known.rate || 0))).toFixed(1) : null },
    element("title", {}, `${edge.source} → ${edge.target}: ${edge.names.join(", ")} ${words(one)}`));
  });
  const labels = edges.filter((one) => one.edge.label && one.isShown && isNear(one.edge) && !isQuiet(one)).map((one) =>
    element("text", { class: `label ${one.kind}${one.isBad ? " bad" : ""}`, x: one.edge.label[0], y: one.edge.label[1] + 4, "aria-hidden": "true" }, shortWords(one)));
  const near = new Set(edges.filter(({ edge }) => state.chosen && isNear(edge)).flatMap(({ edge }) => [edge.source, edge.target]).concat(state.chosen || []));
  const nodes = modules.map((module) => drawNode(map, module, dim(module.isShown && (!state.chosen || near.has(module.name)))));
  const scroll = [byId("picture").scrollLeft, byId("picture").scrollTop];
  byId("picture").replaceChildren(element("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Modules, and what goes between them" },
    element("defs", {}, arrow("calls"), arrow("events"), arrow("bad")), element("g", {}, ...lines), element("g", {}, ...nodes), element("g", {}, ...labels)));
  [byId("picture").scrollLeft, byId("picture").scrollTop] = scroll;
}

function drawNode(map, module, dim) {
  const [width, height] = map.box;
  const sagas = map.sagas.filter((each) => each.module === module.name).reduce((sum, each) => sum + each.number, 0);
  const place = module.place === "here" ? "here" : module.service || module.place || "nowhere";
  const said = [module.status === "up" ? "" : module.status, sagas ? `${whole(sagas)} sagas under way` : "", module.runtime].filter(Boolean).join(" · ");
  const choose = () => { state.chosen = state.chosen === module.name ? null : module.name; redraw(); if (state.chosen) byId("panel").focus({ preventScroll: true }); };
  return element("g", {
    class: `node is-${module.status}${module.place === "here" ? "" : " away"}${state.chosen === module.name ? " chosen" : ""}${dim}`, transform: `translate(${module.x} ${module.y})`,
    tabindex: 0, role: "button", "data-key": `node ${module.name}`, "aria-pressed": String(state.chosen === module.name), "aria-label": `${module.name}, ${module.status}, ${place}`,
    onclick: choose, onkeydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } },
  }, element("title", {}, module.why || module.summary), element("rect", { width, height, rx: 8 }), element("circle", { class: "dot", cx: 16, cy: 19, r: 5 }),
  element("text", { class: "name", x: 28, y: 24 }, module.name.length > 16 ? `${module.name.slice(0, 15)}…` : module.name), element("text", { class: "soft", x: 12, y: 42 }, place.slice(0, 24)),
  element("text", { class: "soft", x: 12, y: 58 }, said.slice(0, 26)));
}

function table(id, columns, rows, none) {
  const cell = (value, at) => (value instanceof Array ? element("td", {}, ...value) : at === 0 ? element("th", { scope: "row" }, value) : element("td", { class: /^[\d,.]+( (s|min|h|ms|µs))?$|^[\d.]+\/(s|min)$|^[-…]$/.test(value) ? "number" : null }, value));
  byId(id).replaceChildren(element("thead", {}, element("tr", {}, ...columns.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...(rows.length ? rows.map((row) => element("tr", {}, ...row.map(cell))) : [element("tr", {}, element("td", { colspan: columns.length }, none))])));
}

function drawTables(map, modules, edges) {
  const choose = (name) => element("button", { type: "button", "data-key": `row ${name}`, onclick: () => { state.chosen = name; redraw(); byId("panel").focus(); } }, name);
  table("of-modules", ["Module", "State", "Lives", "Service", "Runtime", "What it is for"], modules.filter((each) => each.isShown).map((each) => [
    [choose(each.name)], [element("span", { class: `is-${each.status}` }, each.status), each.why ? ` ${each.why}` : ""], each.place || "nowhere", each.service || "-", each.runtime || "-", each.summary || "-"]), "none");
  const of = (kind) => edges.filter((one) => one.kind === kind && one.isShown);
  table("of-calls", ["From", "To", "Contracts", "Rate", "p50", "p99", "Failed", "Refused", "Ever"], of("calls").map(({ edge, known }) => [
    edge.source, edge.target, edge.names.join(", ") || "not declared", rate(known.rate), time(known.p50), time(known.p99), whole(known.errors), whole(known.refused), whole(known.calls)]), "none");
  table("of-events", ["From", "To", "Events", "Waiting", "Dead", "Oldest"], of("events").map(({ edge }) => [
    edge.source, edge.target, (edge.names.join(", ") || "-") + (edge.is_heard ? "" : " (the publisher has not heard of it)"), whole(edge.undelivered), whole(edge.dead), age(edge.oldest_seconds)]), "none");
  table("of-sagas", ["Module", "Saga", "State", "How many", "Oldest"], map.sagas.map((each) => [each.module, each.name, each.state, whole(each.number), age(each.oldest_seconds)]), "nothing is under way");
  table("of-deployables", ["Service", "Lives", "Runtime", "State"], map.deployables.map((each) => [
    each.service || "-", each.place, each.runtime || "-", [element("span", { class: each.problem ? "is-down" : "is-up" }, each.problem || "answers")]]), "none");
}

function drawPanel(map, edges) {
  const panel = byId("panel"), module = map.modules.find((each) => each.name === state.chosen);
  panel.hidden = !module;
  if (!module) return;
  const calls = edges.filter((one) => one.kind === "calls" && one.edge.target === module.name);
  const operation = (contract, each) => {
    const known = figures({ counted: [] });
    const parts = calls.map(({ edge }) => figures(edge, (one) => one.contract === contract.address && one.operation === each.name));
    for (const part of parts) { known.calls += part.calls; if (part.rate !== null) known.rate = (known.rate || 0) + part.rate; known.errors += part.errors; }
    return element("li", {}, element("code", {}, each.signature), ` ${each.kind}`, element("br"), element("small", {}, `${each.summary} ${each.timeout} s at most. ${rate(known.rate)}, ${whole(known.calls)} ever${known.errors ? `, ${whole(known.errors)} failed` : ""}`));
  };
  const link = ([name, address]) => element("li", {}, element("a", { href: address }, name === "deployable" ? address : name));
  const list = (title, found, none) => [element("h3", {}, title), found.length ? element("ul", {}, ...found) : element("p", { class: "soft" }, none)];
  const line = (one) => element("li", {}, `${one.edge.source} → ${one.edge.target} (${one.edge.names.join(", ") || "not declared"}): ${words(one)}`);
  const touching = (kind) => edges.filter((one) => one.kind === kind && [one.edge.source, one.edge.target].includes(module.name)).map(line);
  const scroll = panel.scrollTop;
  panel.replaceChildren(
    element("button", { type: "button", "data-key": "close", onclick: close }, "Close"),
    element("h2", {}, module.name), element("p", {}, module.summary),
    element("p", {}, element("span", { class: `is-${module.status}` }, module.status), ` ${module.place === "here" ? "here" : module.place || ""} ${module.service} ${module.runtime} ${module.why}`),
    ...list("Go to", Object.entries(module.links).filter(([, address]) => /^(https?:\/)?\//.test(address)).map(link), "nowhere"),
    ...module.contracts.flatMap((contract) => list(`${contract.name} (${contract.address})`, contract.operations.map((each) => operation(contract, each)), "no operation")),
    ...list("Calls", touching("calls"), "none"), ...list("Events", touching("events"), "none"),
    ...list("Sagas", map.sagas.filter((each) => each.module === module.name).map((each) => element("li", {}, `${each.name}: ${whole(each.number)} ${each.state}, the oldest for ${age(each.oldest_seconds)}`)), "nothing is under way"),
    ...(module.jobs.length ? list("Jobs", module.jobs.map((name) => element("li", {}, name))) : []));
  panel.scrollTop = scroll;
}

function close() {
  const was = state.chosen;
  state.chosen = null;
  redraw();
  document.querySelector(`[data-key="${CSS.escape(`node ${was}`)}"]`)?.focus({ preventScroll: true });
}

// The next document

function say(text, isBad) {
  if (byId("state").textContent !== text) byId("state").textContent = text;
  byId("state").classList.toggle("bad", isBad);
}

async function ask() {
  try {
    const response = await fetch(document.body.dataset.document, { signal: AbortSignal.timeout(WAIT_MS), headers: { Accept: "application/json" } });
    if (response.status === 401 || response.status === 403) {
      byId("state").replaceChildren(element("a", { href: document.body.dataset.login }, "You are logged out: log in again"));
      return;
    }
    if (!response.ok) throw new Error(`answered with ${response.status}`);
    state.map = await response.json();
    remember(state.map);
    redraw();
    const bad = state.map.modules.filter(isModuleBad).map((each) => each.name);
    say(bad.length ? `needs somebody: ${bad.join(", ")}` : `all ${state.map.modules.length} modules answer`, bad.length > 0);
  } catch (error) {
    say(`${location.host} does not answer; this is what was known last`, true);
  }
  setTimeout(ask, document.hidden ? ASK_MS * 5 : ASK_MS);
}

byId("filters").addEventListener("input", redraw);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("filters").addEventListener("reset", () => setTimeout(redraw));
addEventListener("keydown", (event) => { if (event.key === "Escape" && state.chosen) close(); });
ask();
