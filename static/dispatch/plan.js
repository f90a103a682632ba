// Moving stops: the bar counts what is ticked and only then can be used.
const form = document.querySelector("form[data-moves]");
if (form) {
  const bar = form.querySelector("[data-bar]");
  const said = bar.querySelector("[data-count]");
  const words = said.textContent;
  const button = bar.querySelector("button");
  const show = () => {
    const ticked = form.querySelectorAll("input[name=stop]:checked").length;
    button.disabled = ticked === 0;
    said.textContent = ticked ? `${words} (${ticked} ${said.dataset.text})` : words;
  };
  form.addEventListener("change", show);
  show();
}
