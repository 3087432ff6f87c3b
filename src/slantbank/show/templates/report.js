"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = document.querySelector(".filters");
const controls = all("[data-filter]", form);
const texts = all("[data-text]");
const sentences = all(".sentence");
const accountButtons = all("[data-account]");
const toolbar = document.querySelector(".toolbar");
const back = document.querySelector(".back");
const tip = document.getElementById("tip");
let requested = [];
let visible = [];
let origin = null;

const columns = () => (innerWidth < 760 ? 1 : innerWidth < 1100 ? 2 : 3);
const value = (control) => (control.type === "checkbox" ? (control.checked ? (control.value === "on" ? "1" : control.value) : "") : control.value);
const matches = (sentence, control) => value(control).split(" ").some((label) => (sentence.dataset[control.dataset.filter] || "").split(" ").includes(label));
const showAccounts = (accounts) => {
  requested = accounts;
  visible = accounts.slice(-columns());
  for (const text of texts) text.hidden = !visible.includes(Number(text.dataset.text));
  for (const button of accountButtons) button.setAttribute("aria-pressed", String(visible.includes(Number(button.dataset.account))));
  applyFilters();
};
const applyFilters = () => {
  const active = controls.filter(value);
  const bodyOnly = active.some((control) => control.dataset.filter === "part");
  let count = 0, total = 0;
  for (const sentence of sentences) {
    const match = active.every((control) => matches(sentence, control));
    sentence.classList.toggle("filtered-out", !match);
    if (sentence.closest("[data-text]").hidden || (bodyOnly && sentence.dataset.part !== "body")) continue;
    total += 1;
    count += match;
  }
  const words = active.filter((control) => control.dataset.filter !== "part").map((control) => (control.type === "checkbox" ? control.parentNode.textContent.trim() : `${control.parentNode.firstChild.textContent.trim().toLowerCase()}: ${control.selectedOptions[0].textContent}`));
  form.querySelector("output").textContent = active.length ? `${count} of ${total} sentences${words.length ? `: ${words.join("; ")}` : ""}` : "";
  form.querySelector("[type=reset]").hidden = !active.length;
  document.documentElement.style.setProperty("--toolbar", `${toolbar.offsetHeight}px`);
};
const clearFilters = () => {
  for (const control of controls) control.type === "checkbox" ? (control.checked = false) : (control.value = "");
};
const rememberOrigin = (element) => {
  origin = element;
  back.hidden = false;
};
const showMatches = (query, element) => {
  const parameters = new URLSearchParams(query);
  clearFilters();
  for (const control of controls) {
    const label = parameters.get(control.dataset.filter);
    if (label !== null) control.type === "checkbox" ? (control.checked = true) : (control.value = label);
  }
  rememberOrigin(element);
  showAccounts([Number(parameters.get("account"))]);
  const first = document.querySelector("[data-text]:not([hidden]) .sentence:not(.filtered-out)");
  (first || toolbar).scrollIntoView();
  if (first) first.querySelector("summary").focus({ preventScroll: true });
};
const showSentence = (id) => {
  const sentence = id && document.getElementById(id);
  if (!sentence || !sentence.classList.contains("sentence")) return;
  const account = Number(sentence.closest("[data-text]").dataset.text);
  clearFilters();
  showAccounts(visible.includes(account) ? visible : [...visible, account]);
  sentence.open = true;
  sentence.scrollIntoView();
};
form.addEventListener("change", applyFilters);
form.querySelector("[type=reset]").addEventListener("click", (event) => { event.preventDefault(); form.reset(); applyFilters(); });
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of accountButtons) {
  button.addEventListener("click", () => {
    const account = Number(button.dataset.account);
    const others = (columns() === 1 ? requested : visible).filter((other) => other !== account);
    if (columns() === 1 || !visible.includes(account)) showAccounts([...others, account]);
    else if (others.length) showAccounts(others);
  });
}
back.addEventListener("click", () => {
  back.hidden = true;
  origin.scrollIntoView({ block: "center" });
  origin.focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-query]");
  if (button) showMatches(button.dataset.query, button);
  const link = event.target.closest('a[href^="#s"]');
  if (!link || !/^#s\d/.test(link.hash)) return;
  event.preventDefault();
  if (!link.closest(".sentence")) rememberOrigin(link);
  location.hash = link.hash;
  showSentence(link.hash.slice(1));
});
addEventListener("hashchange", () => showSentence(location.hash.slice(1)));
const showTip = (event) => {
  const target = event.target.closest && event.target.closest(".bar-area, [data-tip]");
  tip.hidden = !target;
  if (!target) return;
  tip.textContent = target.dataset.tip || target.getAttribute("aria-label");
  const box = target.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${box.top - tip.offsetHeight - 6 < 0 ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
};
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, showTip);
// focus scrolls a bar into view: its tip goes with it, any other is out of place
addEventListener("scroll", () => { if (!tip.hidden) showTip({ target: document.activeElement }); }, { passive: true });
addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
let width = innerWidth;
addEventListener("resize", () => {
  if (width !== innerWidth) showAccounts(requested);
  width = innerWidth;
});
showAccounts(texts.map((_, account) => account).slice(0, 3).reverse());
showSentence(location.hash.slice(1));
