// While a text is written: how it reads and how many parts it takes.
addEventListener("load", () => {
  const body = document.querySelector("#id_body");
  const shown = document.querySelector("[data-preview]");
  if (!body || !shown) return;
  const code = document.querySelector("#id_code");
  const known = new URLSearchParams(location.search).get("code") || shown.dataset.code || "";
  let timer = 0;
  async function show() {
    const fields = new FormData();
    fields.set("code", code ? code.value : known);
    fields.set("body", body.value);
    fields.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    const answer = await fetch(shown.dataset.preview, { method: "POST", body: fields });
    if (!answer.ok) return;
    const { text, size, problem, placeholders } = await answer.json();
    shown.querySelector("p").textContent = problem || text;
    shown.classList.toggle("lg-red", Boolean(problem));
    shown.querySelector("small").textContent = size;
    document.querySelector(".lg-placeholders").textContent = placeholders || "–";
  }
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(show, 300);
  }
  body.addEventListener("input", soon);
  if (code) code.addEventListener("change", soon);
  if (body.value || (code && code.value)) soon();
});
