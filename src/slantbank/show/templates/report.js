"use strict";
const form = document.querySelector(".filters");
const controls = [...form.querySelectorAll("[data-filter]")];
const sentences = [...document.querySelectorAll(".s")];
const told = form.querySelector("output");
const matches = (sentence, control) => {
  const wanted = control.type === "checkbox" ? (control.checked ? "1" : "") : control.value;
  return !wanted || (sentence.dataset[control.dataset.filter] || "").split(" ").includes(wanted);
};
const show = () => {
  const active = controls.filter((control) => (control.type === "checkbox" ? control.checked : control.value));
  let count = 0;
  for (const sentence of sentences) {
    const hit = active.every((control) => matches(sentence, control));
    sentence.classList.toggle("dim", !hit);
    sentence.classList.toggle("hit", hit && active.length > 0);
    count += hit;
  }
  told.textContent = active.length ? `${count} of ${sentences.length} sentences` : "";
};
const align = () => {
  for (const body of document.querySelectorAll(".body")) {
    const hit = body.querySelector(".s.hit");
    if (hit) body.scrollTop = hit.offsetTop - body.clientHeight / 3;
  }
};
form.addEventListener("change", () => { show(); align(); });
form.addEventListener("reset", () => setTimeout(show));
form.addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("button.fact")) {
  button.addEventListener("click", () => {
    form.reset();
    form.querySelector('[data-filter="facts"]').value = button.dataset.fact;
    show();
    document.getElementById("texts").scrollIntoView();
    align();
  });
}
