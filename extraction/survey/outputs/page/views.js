"use strict";
// The kinds, the matrix, the order of leaving, and the list beside them.
const PAGE = 150;
let listed = PAGE;

function drawKinds() {
  const counts = new Map();
  for (const one of DATA.couplings) counts.set(one[KIND], (counts.get(one[KIND]) || 0) + 1);
  const all = state.kinds.size === DATA.kinds.length;
  const toggle = (kind, event) => {
    if (event.altKey || event.shiftKey) state.kinds = new Set([kind]);
    else if (!state.kinds.delete(kind)) state.kinds.add(kind);
    changed();
  };
  const focused = document.activeElement?.dataset?.kind;
  byId("kinds").replaceChildren(
    element("button", { class: "kind all", "data-kind": "all", onclick: () => { state.kinds = all ? new Set() : new Set(DATA.kinds.keys()); changed(); } }, all ? "none" : "all"),
    ...DATA.kinds.map(([, title], kind) => element("button",
      { class: "kind", "data-kind": kind, "aria-pressed": String(state.kinds.has(kind)), title: "With Shift: this kind alone", onclick: (event) => toggle(kind, event) },
      title, element("b", {}, number(counts.get(kind) || 0)))));
  if (focused !== undefined) byId("kinds").querySelector(`[data-kind="${focused}"]`)?.focus();
}

function drawMatrix() {
  const found = pairs();
  const most = Math.max(1, ...[...found.values()].map((pair) => pair.total));
  const size = DATA.apps.length;
  const cell = size > 90 ? 11 : size > 50 ? 15 : size > 28 ? 20 : size > 14 ? 26 : 34;
  const dot = (app) => element("span", { class: "dot", style: { "--dot": dotColour(app) } });
  const head = (app, at, side) => element("th", { scope: side, class: state.app === at ? "lit" : "" },
    element("button", { tabindex: -1, title: `${app.label}: ${number(app.lines)} lines, ${app.models} models`, onclick: () => chooseApp(at) }, dot(app), app.label));
  const rows = DATA.apps.map((app, row) => element("tr", {}, head(app, row, "row"), ...DATA.apps.map((other, column) => matrixCell(found, most, row, column, cell))));
  const corner = element("th", { class: "corner" }, "row depends", element("br"), "on column");
  const table = element("table", { class: "matrix", role: "grid", "aria-label": "Which app depends on which", style: { "--cell": `${cell}px` } },
    element("thead", {}, element("tr", {}, corner, ...DATA.apps.map((app, at) => head(app, at, "col")))), element("tbody", {}, ...rows));
  const scrolled = [byId("matrix").scrollLeft, byId("matrix").scrollTop];
  const focused = document.activeElement?.dataset?.cell;
  const circle = DATA.cycles.length ? ` Framed: both import each other in a circle (the largest has ${DATA.cycles[0].length} apps).` : "";
  byId("matrix").replaceChildren(table, element("p", { class: "legend" },
    `The darker, the more couplings.${circle} A dot's colour says which apps belong together. Arrow keys walk, Enter chooses.`));
  byId("matrix").scrollTo(...scrolled);
  const first = table.querySelector(focused ? `[data-cell="${focused}"]` : "td.tied") || table.querySelector("td");
  if (first) { first.tabIndex = 0; if (focused) first.focus({ preventScroll: true }); }
}

function matrixCell(found, most, row, column, cell) {
  const pair = found.get(`${row} ${column}`);
  const title = `${label(row)} → ${label(column)}`;
  const shared = { "data-cell": `${row} ${column}`, role: "gridcell", tabindex: -1 };
  if (!pair) return element("td", { ...shared, class: row === column ? "self" : "", "aria-label": row === column ? label(row) : `${title}: none` });
  const share = Math.log1p(pair.total) / Math.log1p(most);
  const same = cycleOf[row] >= 0 && cycleOf[row] === cycleOf[column];
  const classes = ["tied", same && "same", state.source === row && state.target === column && "chosen"].filter(Boolean).join(" ");
  return element("td", {
    ...shared, class: classes, "aria-label": `${title}: ${pair.total}`,
    style: { "--share": `${Math.round(14 + 86 * share)}%`, "--on": share > 0.5 ? "var(--surface)" : "var(--ink)" },
    onclick: () => choosePair(row, column), onmousemove: (event) => showTip(event, title, kindRows(pair)), onmouseleave: hideTip,
  }, cell >= 20 && pair.total < 1000 ? pair.total : "");
}

byId("matrix").addEventListener("keydown", (event) => {
  const at = event.target.dataset.cell?.split(" ").map(Number);
  if (!at) return;
  const last = DATA.apps.length - 1;
  const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
  if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choosePair(...at); return; }
  const to = step ? [at[0] + step[0], at[1] + step[1]] : { Home: [at[0], 0], End: [at[0], last] }[event.key];
  const next = to && byId("matrix").querySelector(`[data-cell="${to[0]} ${to[1]}"]`);
  if (!next) return;
  event.preventDefault();
  event.target.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
});

function drawOrder() {
  const dearest = Math.max(1, ...DATA.apps.map((app) => app.price));
  const step = (at, rank) => {
    const app = DATA.apps[at];
    const bar = app.costs.slice(0, 6).map(([title, , price], place) => element("span", { title: `${title}: ${number(price)}`, style: { width: `${100 * price / dearest}%`, "--at": place } }));
    const costs = app.costs.slice(0, 5).map(([title, places]) => `${title} ${number(places)}`).join(", ");
    const judged = app.reason || app.remark;
    return element("button", { class: "step", onclick: () => chooseApp(at) },
      element("span", { class: "rank" }, rank), element("span", { class: "name" }, app.label), element("span", { class: "price" }, number(Math.round(app.price))),
      element("span", { class: "bar" }, ...bar),
      element("span", { class: "why" }, costs || "nothing ties it", judged ? element("em", {}, ` · ${judged}`) : ""));
  };
  byId("order").replaceChildren(
    element("h3", {}, "Who could leave first"),
    element("p", {}, DATA.order.length
      ? "The cheapest first; what is paid for with one is not paid for again with the next. A price counts each thing that is depended on once, by how hard its kind is to undo, and a tenth of that for each further place."
      : "Nobody, as things are."),
    ...DATA.order.map(([app], at) => step(app, String(at + 1))),
    element("h3", {}, "Not worth it"), ...DATA.staying.map((app) => step(app, "–")),
    ...(DATA.notes.length ? [element("h3", {}, "Notes"), ...DATA.notes.map((note) => element("p", {}, note))] : []),
    ...(DATA.unreadable.length ? [element("h3", {}, "Not read"), ...DATA.unreadable.slice(0, 50).map((one) => element("p", {}, one))] : []));
}

function drawList() {
  const found = chosen();
  const pair = state.source !== null;
  byId("chosen").textContent = pair ? `${label(state.source)} → ${label(state.target)}` : state.app !== null ? label(state.app) : "All couplings";
  byId("clear").hidden = !pair && state.app === null && !state.words;
  byId("count").textContent = `${number(found.length)} ${found.length === 1 ? "place" : "places"}`;
  const groups = new Map();
  for (const one of found.slice(0, listed)) groups.set(one[KIND], [...(groups.get(one[KIND]) || []), one]);
  const totals = new Map();
  for (const one of found) totals.set(one[KIND], (totals.get(one[KIND]) || 0) + 1);
  byId("list").replaceChildren(...aboutApp(), ...[...groups].sort((a, b) => a[0] - b[0]).flatMap(([kind, ones]) => [
    element("li", {}, element("h3", {}, DATA.kinds[kind][1], element("span", {}, ` ${number(totals.get(kind))}`)), element("p", { class: "remedy" }, DATA.kinds[kind][2])),
    ...ones.map((one) => element("li", { class: "one" },
      element("code", {}, `${DATA.paths[one[PATH]]}:${one[LINE]}`), one[TEXT],
      pair ? "" : element("div", { class: "ends" }, `${label(one[SOURCE])} → ${label(one[TARGET])}`)))]));
  byId("more").hidden = found.length <= listed;
}

function aboutApp() {
  if (state.app === null) return [];
  const app = DATA.apps[state.app];
  const size = `${app.package}: ${number(app.lines)} lines, ${app.models} models. Price of leaving: ${number(Math.round(app.price))}.`;
  return [element("li", { class: "about" }, size, app.reason || app.remark ? ` It ${app.reason ? "would rather stay" : "could leave"}: ${app.reason || app.remark}.` : "")];
}
