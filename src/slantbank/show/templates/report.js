"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const form = document.querySelector(".filters");
const controls = all("[data-filter]", form);
const texts = all("[data-text]");
const sentences = all(".s");
const picks = all("[data-pick]");
const bar = document.querySelector(".bar-top");
const back = document.querySelector(".back");
const tip = document.getElementById("tip");
let wish = [];
let picked = [];
let from = null;

const room = () => (innerWidth < 760 ? 1 : innerWidth < 1100 ? 2 : 3);
const value = (control) => (control.type === "checkbox" ? (control.checked ? (control.value === "on" ? "1" : control.value) : "") : control.value);
const fits = (sentence, control) => value(control).split(" ").some((one) => (sentence.dataset[control.dataset.filter] || "").split(" ").includes(one));
const pick = (chosen) => {
  wish = chosen;
  picked = chosen.slice(-room());
  for (const text of texts) text.hidden = !picked.includes(Number(text.dataset.text));
  for (const button of picks) button.setAttribute("aria-pressed", String(picked.includes(Number(button.dataset.pick))));
  show();
};
const show = () => {
  const active = controls.filter(value);
  const body = active.some((control) => control.dataset.filter === "part");
  let count = 0, of = 0;
  for (const sentence of sentences) {
    const fit = active.every((control) => fits(sentence, control));
    sentence.classList.toggle("off", !fit);
    if (sentence.closest("[data-text]").hidden || (body && sentence.dataset.part !== "body")) continue;
    of += 1;
    count += fit;
  }
  const words = active.filter((control) => control.dataset.filter !== "part").map((control) => (control.type === "checkbox" ? control.parentNode.textContent.trim() : `${control.parentNode.firstChild.textContent.trim().toLowerCase()}: ${control.selectedOptions[0].textContent}`));
  form.querySelector("output").textContent = active.length ? `${count} of ${of} sentences${words.length ? `: ${words.join("; ")}` : ""}` : "";
  form.querySelector("[type=reset]").hidden = !active.length;
  document.documentElement.style.setProperty("--bar", `${bar.offsetHeight}px`);
};
const clear = () => {
  for (const control of controls) control.type === "checkbox" ? (control.checked = false) : (control.value = "");
};
const leave = (element) => {
  from = element;
  back.hidden = false;
};
const open = (door, element) => {
  const wanted = new URLSearchParams(door);
  clear();
  for (const control of controls) {
    const want = wanted.get(control.dataset.filter);
    if (want !== null) control.type === "checkbox" ? (control.checked = true) : (control.value = want);
  }
  leave(element);
  pick([Number(wanted.get("account"))]);
  const first = document.querySelector("[data-text]:not([hidden]) .s:not(.off)");
  (first || bar).scrollIntoView();
  if (first) first.querySelector("summary").focus({ preventScroll: true });
};
const reveal = (id) => {
  const sentence = id && document.getElementById(id);
  if (!sentence || !sentence.classList.contains("s")) return;
  const text = Number(sentence.closest("[data-text]").dataset.text);
  clear();
  pick(picked.includes(text) ? picked : [...picked, text]);
  sentence.open = true;
  sentence.scrollIntoView();
};
form.addEventListener("change", show);
form.addEventListener("reset", () => setTimeout(show));
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of picks) {
  button.addEventListener("click", () => {
    const at = Number(button.dataset.pick);
    if (room() === 1) pick([...wish.filter((one) => one !== at), at]);
    else if (!picked.includes(at)) pick([...picked, at]);
    else if (picked.length > 1) pick(picked.filter((one) => one !== at));
  });
}
back.addEventListener("click", () => {
  back.hidden = true;
  from.scrollIntoView({ block: "center" });
  from.focus({ preventScroll: true });
});
document.addEventListener("click", (event) => {
  const door = event.target.closest("[data-door]");
  if (door) open(door.dataset.door, door);
  const link = event.target.closest('a[href^="#s"]');
  if (!link || !/^#s\d/.test(link.hash)) return;
  event.preventDefault();
  if (!link.closest(".s")) leave(link);
  location.hash = link.hash;
  reveal(link.hash.slice(1));
});
addEventListener("hashchange", () => reveal(location.hash.slice(1)));
const say = (event) => {
  const target = event.target.closest && event.target.closest(".half, [data-tip]");
  tip.hidden = !target;
  if (!target) return;
  tip.textContent = target.dataset.tip || target.getAttribute("aria-label");
  const box = target.getBoundingClientRect();
  tip.style.left = `${Math.max(8, Math.min(box.left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${box.top - tip.offsetHeight - 6 < 0 ? box.bottom + 6 : box.top - tip.offsetHeight - 6}px`;
};
for (const kind of ["mouseover", "focusin"]) document.addEventListener(kind, say);
addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
let width = innerWidth;
addEventListener("resize", () => {
  if (width !== innerWidth) pick(wish);
  width = innerWidth;
});
pick(texts.map((_, at) => at).slice(0, 3).reverse());
reveal(location.hash.slice(1));
