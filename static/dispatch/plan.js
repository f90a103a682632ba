// Moving stops: the bar shows when something is ticked, and says how many.
const form = document.querySelector("form[data-moves]");
if (form) {
  const bar = form.querySelector("[data-bar]");
  const said = bar.querySelector("[data-count]");
  const words = said.textContent;
  const show = () => {
    const ticked = form.querySelectorAll("input[name=stop]:checked").length;
    bar.hidden = ticked === 0;
    said.textContent = ticked ? `${words} (${ticked} ${said.dataset.text})` : words;
  };
  bar.classList.add("dp-floating");
  form.addEventListener("change", show);
  show();
}
