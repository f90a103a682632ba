// The order desk by keyboard. Everything here also works as plain forms and links; this only saves the waiting.
const root = document.getElementById("desk");
const search = document.getElementById("desk-q");
const found = document.getElementById("desk-found");
const work = document.getElementById("desk-work");
const saved = document.getElementById("desk-saved");
const help = document.getElementById("desk-help");
// Where a "/" or "?" is text: not in a number, and not as the first sign of a search.
const typing = (target) =>
  target.matches("input:not([type=radio], [type=checkbox], [type=number]), textarea, select") &&
  (target !== search || search.value !== "");

let asked = 0;

// One fragment into its place; the last question asked wins, and a lost server can be asked again.
async function load(place, url, options, then) {
  const mine = ++asked;
  place.setAttribute("aria-busy", "true");
  let reply, text;
  try {
    reply = await fetch(url, { headers: { "X-Desk": "1" }, credentials: "same-origin", ...options });
    text = await reply.text();
    if (reply.redirected || (!reply.ok && reply.status !== 409 && reply.status !== 422)) throw new Error(reply.status);
  } catch {
    if (mine === asked) lost(place, () => load(place, url, options, then));
    return;
  } finally {
    if (mine === asked) place.removeAttribute("aria-busy");
  }
  if (mine === asked) then(text, reply);
}

function lost(place, again) {
  place.querySelector(".desk-lost")?.remove();
  const box = document.createElement("p");
  box.className = "desk-lost lg-red";
  box.setAttribute("role", "alert");
  box.textContent = root.dataset.lost;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "lg-button quiet";
  button.textContent = root.dataset.retry;
  button.addEventListener("click", () => { box.remove(); again(); });
  box.append(button);
  place.prepend(box);
  button.focus();
}

// -- finding ---------------------------------------------------------------------------------------------
let pause;
let enterWaits = false;
search.addEventListener("input", () => {
  clearTimeout(pause);
  enterWaits = false;
  pause = setTimeout(ask, 120);
});

function ask() {
  clearTimeout(pause);
  pause = undefined;
  const text = search.value.trim();
  load(found, `${root.dataset.find}?q=${encodeURIComponent(text)}`, {}, (html) => {
    found.innerHTML = html;
    const any = found.querySelector("[role=option]");
    search.setAttribute("aria-expanded", any ? "true" : "false");
    mark(any);
    if (enterWaits && any) open(any.querySelector("a").dataset.code);
    enterWaits = false;
  });
}

function mark(option) {
  found.querySelectorAll("[role=option]").forEach((each) => each.setAttribute("aria-selected", each === option ? "true" : "false"));
  if (option) {
    search.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else search.removeAttribute("aria-activedescendant");
}

search.addEventListener("keydown", (event) => {
  const chosen = found.querySelector("[aria-selected=true]");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = event.key === "ArrowDown" ? chosen?.nextElementSibling : chosen?.previousElementSibling;
    if (next) mark(next);
    event.preventDefault();
  } else if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    if (pause !== undefined || found.hasAttribute("aria-busy") || !chosen) {
      enterWaits = true; // the list is still coming: Enter means its first customer
      if (search.value.trim()) ask();
    } else open(chosen.querySelector("a").dataset.code);
  }
});

function open(code) {
  saved.replaceChildren();
  load(work, `${root.dataset.card}?customer=${encodeURIComponent(code)}`, {}, (html) => {
    found.replaceChildren();
    search.setAttribute("aria-expanded", "false");
    show(html);
    history.replaceState(null, "", `?customer=${encodeURIComponent(code)}`);
  });
}

function show(html) {
  work.innerHTML = html;
  total();
  next();
}

// Where the clerk goes on: repeat while nothing is entered, else confirm, else the first quantity.
function next() {
  const entered = [...work.querySelectorAll(".desk-line input")].some((input) => Number(input.value) > 0);
  const wanted = entered ? "[data-confirm]" : "[data-repeat]";
  (work.querySelector(wanted) ?? work.querySelector(".desk-line input") ?? search).focus();
}

function restart() {
  work.replaceChildren();
  found.replaceChildren();
  search.value = "";
  search.focus();
  history.replaceState(null, "", location.pathname);
}

// -- the form --------------------------------------------------------------------------------------------
// Amounts are counted in ten-thousandths of a dollar, whole: no fraction is ever lost.
const units = (price) => {
  const [whole, fraction = ""] = price.split(".");
  return BigInt(whole) * 10000n + BigInt((fraction + "0000").slice(0, 4));
};

function total() {
  const place = work.querySelector("#desk-total");
  if (!place) return;
  let sum = 0n, metered = false;
  for (const input of work.querySelectorAll(".desk-line input")) {
    const number = /^\d{1,4}$/.test(input.value) ? BigInt(input.value) : 0n;
    input.closest(".desk-line").classList.toggle("is-set", number > 0n);
    if ("metered" in input.dataset) metered ||= number > 0n;
    else if (input.dataset.price) sum += number * units(input.dataset.price);
  }
  const amount = `NT$ ${((sum + 5000n) / 10000n).toLocaleString("en-US")}`;
  place.textContent = metered ? (sum ? `${amount} + ` : "") + place.dataset.metered : amount;
}

function repeat() {
  for (const input of work.querySelectorAll(".desk-line input")) input.value = input.dataset.last;
  total();
  work.querySelector("[data-repeat]").classList.add("quiet"); // the next thing to do is to confirm
  work.querySelector("[data-confirm]").focus();
}

function step(input, by) {
  const number = Math.min(100, Math.max(0, (parseInt(input.value, 10) || 0) + by));
  input.value = String(number);
  total();
}

async function anotherDay() {
  const form = work.querySelector("#desk-order");
  const picked = form.querySelector("[name=day]:checked")?.value;
  const date = picked === "other" ? form.elements.other_day.value : picked;
  if (!date) return;
  const url = `${root.dataset.prices}?customer=${form.dataset.customer}&date=${date}`;
  load(form, url, {}, (text) => {
    const facts = JSON.parse(text);
    for (const input of form.querySelectorAll(".desk-line input")) input.dataset.price = facts.prices[input.dataset.product] ?? "";
    for (const count of form.querySelectorAll("[data-slot]")) count.textContent = facts.slots[count.dataset.slot] ?? 0;
    const closed = form.querySelector("[data-closed]");
    closed.hidden = !facts.closed;
    closed.querySelector("span").textContent = facts.closed;
    total();
  });
}

function confirm() {
  const form = work.querySelector("#desk-order");
  if (!form || form.hasAttribute("aria-busy")) return;
  const options = { method: "POST", body: new FormData(form) };
  load(form, form.action, options, (html, reply) => {
    if (reply.ok) {
      restart();
      saved.innerHTML = html;
    } else show(html);
  });
}

root.addEventListener("click", (event) => {
  const target = event.target.closest("[data-code], [data-repeat], [data-step], [data-help]");
  if (!target) return;
  if (target.dataset.code) open(target.dataset.code);
  else if ("repeat" in target.dataset) repeat();
  else if (target.dataset.step) step(target.parentElement.querySelector("input"), Number(target.dataset.step));
  else help.showModal();
  event.preventDefault();
});

work.addEventListener("input", (event) => {
  if (event.target.name === "other_day") work.querySelector("[name=day][value=other]").checked = true;
  if (event.target.name === "day" || event.target.name === "other_day") anotherDay();
  else total();
});

work.addEventListener("focusin", (event) => {
  if (event.target.matches(".desk-line input")) event.target.select(); // typing replaces the 0
});

work.addEventListener("submit", (event) => {
  if (event.target.id !== "desk-order") return;
  event.preventDefault();
  confirm();
});

document.addEventListener("keydown", (event) => {
  const inside = typing(event.target);
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    confirm();
  } else if (event.key === "Escape" && !help.open) {
    if (event.target === search && !search.value) work.replaceChildren();
    else restart();
  } else if (event.key === "/" && !inside) {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "?" && !inside) {
    event.preventDefault();
    help.showModal();
  } else if (event.target.matches?.(".desk-line input")) {
    if (event.key === "+" || event.key === "-") {
      event.preventDefault();
      step(event.target, event.key === "+" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault(); // a scanner or a habit: on to the next quantity, not to the order
      const all = [...work.querySelectorAll(".desk-line input")].filter((input) => input.offsetParent);
      (all[all.indexOf(event.target) + 1] ?? work.querySelector("[data-confirm]")).focus();
    }
  }
});

total();
next();
