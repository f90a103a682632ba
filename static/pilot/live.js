// The live part of the dashboard, asked for again every three seconds while it is seen.
const place = document.getElementById("pilot-live");
const note = document.createElement("p");
note.className = "lg-card lg-amber pilot-lost";
note.setAttribute("role", "status");
note.textContent = `▲ ${place.dataset.lost}`;

async function look() {
  if (document.visibilityState === "visible") {
    try {
      const answer = await fetch(place.dataset.live, { credentials: "same-origin", redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const text = await answer.text();
      // Whoever is about to press a link with the keyboard keeps his place until he leaves it.
      if (!place.contains(document.activeElement)) place.innerHTML = text;
      note.remove();
    } catch {
      place.before(note);
    }
  }
  setTimeout(look, 3000);
}
setTimeout(look, 3000);
