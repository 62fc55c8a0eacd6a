"use strict";
// Puts the page together, and hears what is pressed.
byId("facts").textContent = `${DATA.apps.length} apps, ${number(DATA.lines)} lines, ${number(DATA.couplings.length)} couplings between them`;

const tabs = [...document.querySelectorAll('[role="tab"]')];
function show(tab) {
  for (const each of tabs) {
    const selected = each === tab;
    each.setAttribute("aria-selected", String(selected));
    each.tabIndex = selected ? 0 : -1;
    byId(each.getAttribute("aria-controls")).hidden = !selected;
  }
  hideTip();
}
for (const [at, tab] of tabs.entries()) {
  tab.addEventListener("click", () => show(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    next.focus();
    show(next);
  });
}
byId("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
byId("clear").addEventListener("click", () => { byId("search").value = ""; chooseAll(); });
byId("search").addEventListener("input", (event) => { state.words = event.target.value; listed = PAGE; drawList(); });
byId("more").addEventListener("click", () => { listed += PAGE; drawList(); });
addEventListener("keydown", (event) => { if (event.key === "Escape") { byId("search").value = ""; hideTip(); chooseAll(); } });

listeners.push(() => { listed = PAGE; }, drawKinds, drawMatrix, drawGraph, drawList);
drawOrder();
changed();
show(tabs.find((tab) => `#view-${tab.getAttribute("aria-controls")}` === location.hash) || tabs[0]);
