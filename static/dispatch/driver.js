// Every driver page: say whether the phone is connected, send each form once, under a number of the phone's own.
const chip = document.querySelector("[data-sync]");

function showConnection() {
  const online = navigator.onLine;
  chip.classList.toggle("offline", !online);
  chip.querySelector("[data-sync-text]").textContent = online ? chip.dataset.online : chip.dataset.offline;
}
window.addEventListener("online", showConnection);
window.addEventListener("offline", showConnection);
showConnection();

for (const form of document.querySelectorAll("form[data-post]")) {
  const number = form.elements.namedItem("uuid");
  if (number && crypto.randomUUID && !document.querySelector("[role=alert]")) number.value = crypto.randomUUID();
  form.addEventListener("submit", (event) => {
    // A later handler may still refuse the form; what was entered stays on the page without a connection.
    if (event.defaultPrevented) return;
    if (!navigator.onLine) {
      event.preventDefault();
      showConnection();
      chip.scrollIntoView({ block: "nearest" });
      return;
    }
    let at = form.elements.namedItem("at");
    if (!at) {
      at = document.createElement("input");
      at.type = "hidden";
      at.name = "at";
      form.append(at);
    }
    at.value = new Date().toISOString();
    for (const button of form.querySelectorAll("button:not([type=button])")) button.disabled = true;
  });
}
// Coming back with the browser's back button shows the page as it was left: let the buttons work again.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form[data-post] button:disabled")) button.disabled = false;
});
