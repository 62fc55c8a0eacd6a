"use strict";
// What the survey found, what of it is shown, and who is told when that changes.
const DATA = JSON.parse(document.getElementById("data").textContent);
const [KIND, SOURCE, TARGET, PATH, LINE, TEXT] = [0, 1, 2, 3, 4, 5];

const state = {
  kinds: new Set(DATA.kinds.keys()),
  source: null, // an app's number, or null
  target: null,
  app: null, // either end
  words: "",
};
const listeners = [];
const changed = () => listeners.forEach((listener) => listener());

const shownKinds = () => DATA.couplings.filter((one) => state.kinds.has(one[KIND]));
const chosen = () => {
  const words = state.words.toLowerCase();
  return shownKinds().filter((one) =>
    (state.source === null || one[SOURCE] === state.source) &&
    (state.target === null || one[TARGET] === state.target) &&
    (state.app === null || one[SOURCE] === state.app || one[TARGET] === state.app) &&
    (!words || `${DATA.paths[one[PATH]]} ${one[TEXT]}`.toLowerCase().includes(words)));
};
const choosePair = (source, target) => { Object.assign(state, { source, target, app: null }); changed(); };
const chooseApp = (app) => { Object.assign(state, { source: null, target: null, app: state.app === app ? null : app }); changed(); };
const chooseAll = () => { Object.assign(state, { source: null, target: null, app: null, words: "" }); changed(); };

// Counts of couplings from app to app, by kind: pairs.get("3 7").
function pairs() {
  const found = new Map();
  for (const one of shownKinds()) {
    if (one[TARGET] < 0) continue;
    const key = `${one[SOURCE]} ${one[TARGET]}`;
    if (!found.has(key)) found.set(key, { source: one[SOURCE], target: one[TARGET], total: 0, kinds: new Map() });
    const pair = found.get(key);
    pair.total += 1;
    pair.kinds.set(one[KIND], (pair.kinds.get(one[KIND]) || 0) + 1);
  }
  return found;
}

const label = (app) => (app < 0 ? "every app" : DATA.apps[app].label);
const number = (value) => value.toLocaleString("en");
const byId = (id) => document.getElementById(id);
const cycleOf = DATA.apps.map((app) => DATA.cycles.findIndex((cycle) => cycle.includes(app.label)));
const dotColour = (app) => `var(--c${app.cluster < 0 ? -1 : app.cluster % 8})`;

// Every text goes through textContent: names are the surveyed project's, and may be anything.
function element(name, attributes = {}, ...children) {
  const svg = ["svg", "g", "path", "circle", "text", "defs", "marker"].includes(name);
  const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "style") for (const [property, to] of Object.entries(value)) made.style.setProperty(property, to);
    else if (value !== false && value !== null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.map((child) => (typeof child === "number" ? String(child) : child)));
  return made;
}

const tip = byId("tip");
function showTip(event, title, rows) {
  tip.replaceChildren(element("b", {}, title), ...rows.map(([what, value]) => element("div", {}, element("span", {}, what), element("span", {}, value))));
  tip.hidden = false;
  const [x, y] = event.clientX === undefined || event.clientX === 0 && event.type === "focus"
    ? [event.target.getBoundingClientRect().right, event.target.getBoundingClientRect().bottom] : [event.clientX, event.clientY];
  tip.style.left = `${Math.max(8, Math.min(x + 14, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${y + 18 + tip.offsetHeight > innerHeight ? Math.max(8, y - tip.offsetHeight - 10) : y + 18}px`;
}
const hideTip = () => { tip.hidden = true; };
const kindRows = (pair) => [...pair.kinds].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([kind, count]) => [DATA.kinds[kind][1], number(count)]);
