// Forms work without this. With it: a form is sent once, and a page with unsent text asks before it is left.
const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  const question = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    return;
  }
  if (form.method === "post") {
    sent.add(form);
    form.dataset.touched = "";
    const button = event.submitter;
    // After the event: a disabled button would not be a part of what is sent.
    setTimeout(() => button?.setAttribute("aria-disabled", "true"));
  }
});

// A page that comes back from the browser's history may be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.keep !== undefined) form.dataset.touched = "yes";
});

window.addEventListener("beforeunload", (event) => {
  if (document.querySelector('form[data-touched="yes"]')) event.preventDefault();
});

// A select or a checkbox that sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.dataset.autosubmit !== undefined) event.target.form.requestSubmit();
});

// Menus close when the person goes elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
