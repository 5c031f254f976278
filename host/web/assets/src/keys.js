// Keys of lists: j and k move, Enter opens, x marks, / searches, ? shows all of them.
const typing = (element) => element.closest("input, textarea, select, [contenteditable]");

const rows = () => [...document.querySelectorAll("[data-row]")];

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  const now = all.findIndex((row) => row.classList.contains("is-current"));
  const next = Math.min(Math.max(now + step, 0), all.length - 1);
  all.forEach((row) => row.classList.remove("is-current"));
  all[next].classList.add("is-current");
  all[next].querySelector("a[data-open]")?.focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

const current = () => document.querySelector("[data-row].is-current");

const does = {
  j: () => move(1),
  k: () => move(-1),
  x: () => current()?.querySelector("input[type=checkbox]")?.click(),
  "/": () => document.querySelector("[data-search]")?.focus(),
  "?": () => {
    const dialog = document.querySelector("dialog#keys");
    if (dialog && !dialog.open) dialog.showModal();
  },
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  // A keyboard in Russian gives the letter that is on the same key.
  const letter = { KeyJ: "j", KeyK: "k", KeyX: "x" }[event.code];
  const action = does[letter ?? event.key];
  if (!action || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  action();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-show-keys]")) does["?"]();
});

// How many rows are marked, beside what is done with them.
function countMarked() {
  const place = document.querySelector("[data-marked]");
  if (!place) return;
  const marked = document.querySelectorAll("[data-row] input[type=checkbox]:checked").length;
  place.textContent = marked ? `${place.dataset.marked}: ${marked}` : "";
}
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-row]")) countMarked();
});
window.addEventListener("pageshow", countMarked);
