// The theme's scrolling boxes call themselves "scrollable content", in English on every page. Without the name they
// are passed over by a screen reader, and what is in them is read as it stands.
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".simplebar-content-wrapper")) {
    box.removeAttribute("aria-label");
    box.removeAttribute("role");
  }
});

// The bell in the head of every page: how many notices nobody here has read, and the way to them.
// Drawn again when one was told of meanwhile (live.js); that is no sign of a person.
const ring = async () => {
  const head = document.querySelector("#header-inner");
  if (!head) return;
  const headers = { Accept: "application/json", "X-Background": "1" };
  const answer = await fetch("/admin/core/notice/unread/", { headers }).catch(() => null);
  if (!answer?.ok) return;
  const { count, label, url, icon: picture } = await answer.json();
  const bell = document.createElement("a");
  bell.className = "lg-bell";
  bell.href = url;
  bell.title = label;
  bell.setAttribute("aria-label", label);
  const icon = document.createElement("span");
  icon.className = "material-symbols-outlined";
  icon.translate = false;
  icon.textContent = picture;
  bell.append(icon);
  if (count) {
    const number = document.createElement("b");
    number.textContent = count > 99 ? "99+" : count;
    bell.append(number);
  }
  head.querySelector(".lg-bell")?.remove();
  head.append(bell);
};
addEventListener("load", ring);
addEventListener("live:notice", ring);
