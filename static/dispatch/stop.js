// A delivery in steps: quantities, cash with change, signature. Without this file the same form works in one piece.
const form = document.querySelector("form[data-steps]");
if (form) {
  const steps = [...form.querySelectorAll("[data-step]")];
  const whole = (text) => Number.parseInt(String(text).replaceAll(",", ""), 10) || 0;

  const show = (at) => {
    steps.forEach((step, i) => { step.hidden = i !== at; });
    steps[at].scrollIntoView({ block: "start" });
    if (steps[at].querySelector("canvas")) preparePad();
  };
  steps.forEach((step, i) => {
    const next = step.querySelector("[data-next]");
    if (!next) return;
    next.hidden = false;
    next.addEventListener("click", () => {
      const wrong = [...step.querySelectorAll("input")].find((input) => !input.reportValidity());
      if (!wrong) show(i + 1);
    });
  });

  for (const stepper of form.querySelectorAll(".stepper")) {
    const input = stepper.querySelector("input");
    const by = (change) => { input.value = Math.min(100, Math.max(0, whole(input.value) + change)); count(); };
    stepper.querySelector("[data-less]").addEventListener("click", () => by(-1));
    stepper.querySelector("[data-more]").addEventListener("click", () => by(1));
    input.addEventListener("input", count);
  }

  const cash = form.querySelector("[data-cash]");
  const notes = form.querySelector("[data-notes]");
  let touched = false;
  let received = null;

  function due() {
    let total = 0;
    for (const input of form.querySelectorAll("[data-price]")) total += Number(input.dataset.price) * whole(input.value);
    return Math.round(total + 1e-9);
  }
  function count() {
    if (!cash) return;
    const amount = due();
    form.querySelector("[data-due]").textContent = amount.toLocaleString("en-US");
    if (!touched) cash.value = amount;
    form.querySelector("[data-change]").textContent = (received === null ? 0 : Math.max(0, received - whole(cash.value))).toLocaleString("en-US");
  }
  if (cash) {
    notes.hidden = false;
    cash.addEventListener("input", () => { touched = true; count(); });
    for (const button of notes.querySelectorAll("[data-note]")) {
      button.addEventListener("click", () => {
        for (const other of notes.querySelectorAll("[data-note]")) other.setAttribute("aria-pressed", String(other === button));
        received = button.dataset.note === "exact" ? due() : Number(button.dataset.note);
        cash.value = Math.min(received, due());
        touched = received < due();
        count();
      });
    }
    if (!document.querySelector("[role=alert]")) count();
  }

  const pad = form.querySelector("[data-pad]");
  const clear = form.querySelector("[data-clear]");
  const unsigned = form.querySelector("[data-unsigned]");
  const pen = pad.getContext("2d");
  let signed = false;
  let drawing = false;
  pad.hidden = clear.hidden = unsigned.hidden = false;

  function preparePad() {
    pen.lineWidth = 4;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#000";
    if (!signed) wipe();
  }
  function wipe() {
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, pad.width, pad.height);
    signed = false;
  }
  const spot = (event) => {
    const box = pad.getBoundingClientRect();
    return [((event.clientX - box.left) * pad.width) / box.width, ((event.clientY - box.top) * pad.height) / box.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    drawing = true;
    pad.setPointerCapture(event.pointerId);
    pen.beginPath();
    pen.moveTo(...spot(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...spot(event));
    pen.stroke();
    signed = true;
    form.querySelector("[data-missing]").hidden = true;
  });
  for (const end of ["pointerup", "pointercancel"]) pad.addEventListener(end, () => { drawing = false; });
  clear.addEventListener("click", wipe);

  form.addEventListener("submit", (event) => {
    const missing = form.querySelector("[data-missing]");
    missing.hidden = signed || unsigned.querySelector("input").checked;
    if (!missing.hidden) {
      event.preventDefault();
      return;
    }
    form.elements.namedItem("signature").value = signed ? pad.toDataURL("image/png") : "";
  }, { capture: true });

  form.classList.add("stepping");
  show(0);
}
