// The theme's scrolling boxes call themselves "scrollable content", in English on every page. Without the name they
// are passed over by a screen reader, and what is in them is read as it stands.
addEventListener("load", () => {
  for (const box of document.querySelectorAll(".simplebar-content-wrapper")) {
    box.removeAttribute("aria-label");
    box.removeAttribute("role");
  }
});
