// The bank queue's keys: up and down choose a deposit, left and right a proposal, Enter accepts it, s splits.
const page = document.querySelector("[data-bank-queue]");
const deposits = [...page.querySelectorAll("[data-deposit]")];
const proposals = [...page.querySelectorAll("[data-candidate]")];
let accepting = false;

function moveTo(list, step) {
  const at = list.findIndex((one) => one.getAttribute("aria-current") === "true");
  return list[Math.min(list.length - 1, Math.max(0, at + step))];
}

function chooseProposal(step) {
  const next = moveTo(proposals, step);
  for (const one of proposals) one.toggleAttribute("aria-current", false);
  next.setAttribute("aria-current", "true");
  next.scrollIntoView({ block: "nearest" });
}

function accept() {
  const chosen = proposals.find((one) => one.getAttribute("aria-current") === "true");
  if (!chosen || accepting) return;
  accepting = true;
  chosen.requestSubmit();
}

function split() {
  const form = page.querySelector("[data-split]");
  if (!form) return;
  form.open = true;
  form.querySelector("input[name=code]").focus();
}

page.querySelector("[data-deposit][aria-current]")?.scrollIntoView({ block: "nearest" });
document.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.ctrlKey || event.metaKey || event.altKey || at.matches("input, textarea, select, button, summary, a")) return;
  const keys = {
    ArrowDown: () => deposits.length && moveTo(deposits, 1).click(),
    ArrowUp: () => deposits.length && moveTo(deposits, -1).click(),
    ArrowRight: () => proposals.length && chooseProposal(1),
    ArrowLeft: () => proposals.length && chooseProposal(-1),
    Enter: accept,
    s: split,
  };
  if (!(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});
