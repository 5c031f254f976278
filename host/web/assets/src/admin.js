// Upload by drag and drop with progress, and the order of a chain by dragging. Both have a plain form beside them.
const busy = (form, text) => {
  const line = form.querySelector(".upload-progress");
  line.hidden = false;
  line.querySelector("span").textContent = text;
  return line.querySelector("progress");
};

function refused(form, html) {
  const fault = new DOMParser().parseFromString(html, "text/html").querySelector("#upload-fault, main");
  document.getElementById("upload-fault")?.remove();
  const shown = document.createElement("div");
  shown.id = "upload-fault";
  shown.className = "flash flash-warning";
  shown.setAttribute("role", "alert");
  shown.textContent = fault ? fault.textContent.replace(/\s+/g, " ").trim() : "";
  form.before(shown);
  form.querySelector(".upload-progress").hidden = true;
}

function send(form) {
  const request = new XMLHttpRequest();
  const bar = busy(form, "");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const percent = Math.round((event.loaded / event.total) * 100);
    bar.value = percent;
    busy(form, `${percent} %`);
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value");
    busy(form, form.dataset.done);
  });
  request.addEventListener("load", () => {
    form.dataset.sending = "";
    bar.value = 0;
    const to = request.getResponseHeader("x-location");
    if (to) location.assign(to);
    else refused(form, request.responseText);
  });
  request.addEventListener("error", () => {
    form.dataset.sending = "";
    form.submit();
  });
  request.open("POST", form.action);
  request.setRequestHeader("x-upload", "yes");
  request.send(new FormData(form));
}

for (const form of document.querySelectorAll("form[data-upload]")) {
  const input = form.querySelector("input[type=file]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (form.dataset.sending === "yes") return;
    form.dataset.sending = "yes";
    send(form);
  });
  const over = (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.toggle("is-over", event.type === "dragover");
  };
  form.addEventListener("dragover", over);
  form.addEventListener("dragleave", over);
  form.addEventListener("drop", (event) => {
    over(event);
    if (!event.dataTransfer?.files.length) return;
    input.files = event.dataTransfer.files;
    if (form.checkValidity()) form.requestSubmit();
  });
}

function save(chain) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = chain.dataset.order;
  const ids = [...chain.children].map((item) => item.dataset.binding).join(",");
  for (const [name, value] of Object.entries({ csrf: chain.dataset.csrf, version: chain.dataset.version, chain: ids })) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  form.submit();
}

for (const chain of document.querySelectorAll("ol[data-order]")) {
  let dragged = null;
  let before = "";
  const order = () => [...chain.children].map((item) => item.dataset.binding).join(",");
  chain.addEventListener("dragstart", (event) => {
    dragged = event.target.closest("li[data-binding]");
    before = order();
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.binding);
    dragged.classList.add("is-dragged");
  });
  chain.addEventListener("dragover", (event) => {
    const over = event.target.closest("li[data-binding]");
    if (!dragged || !over || over.parentElement !== chain) return;
    event.preventDefault();
    const box = over.getBoundingClientRect();
    const after = event.clientY > box.top + box.height / 2;
    if (over !== dragged) chain.insertBefore(dragged, after ? over.nextSibling : over);
  });
  chain.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    if (order() !== before) save(chain);
  });
  chain.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = null;
  });
}
