// The live part of the dashboard, asked for again when something was told of it (luckygas/live.js), else every ten
// seconds; every three while nothing can be told. Only while it is seen.
const place = document.getElementById("pilot-live");
const note = document.createElement("p");
note.className = "lg-card lg-amber pilot-lost";
note.setAttribute("role", "status");
note.textContent = `▲ ${place.dataset.lost}`;

const SOON = 300, TOLD = 10000, UNTOLD = 3000;
let next = 0;
let told = false;

function wait() {
  clearTimeout(next);
  const quiet = document.documentElement.dataset.live === "on" ? TOLD : UNTOLD;
  next = setTimeout(look, told ? SOON : quiet);
}

async function look() {
  told = false; // what is told from here on may be newer than the answer
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(place.dataset.live, { headers: { "X-Background": "1" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      // Whoever is about to press a link with the keyboard keeps his place until he leaves it.
      if (!place.contains(document.activeElement)) place.innerHTML = text;
      note.remove();
    } catch {
      place.before(note);
    }
  }
  wait();
}

// Several changes in a row are one look.
for (const kind of ["sync", "flags"]) {
  document.body.addEventListener(`live:${kind}`, () => {
    told = true;
    wait();
  });
}
wait();
