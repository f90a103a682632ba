"""What can be wrong with a page by itself: found in the browser, named so that a person can mend it."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.shown import english

# A document wider than its window; a button whose words do not fit; with ``touch`` a target below 44 px (docs say
# drivers wear gloves). Things a keyboard user alone meets (skip links, off-screen labels) have no size and are left out.
_LOOK = """
(touch) => {
  const wrong = [];
  const seen = (e) => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    return box.width > 1 && box.height > 1 && style.visibility !== "hidden" && style.opacity !== "0"
      && e.checkVisibility() && !e.closest("dialog:not([open])");
  };
  const name = (e) => `<${e.tagName.toLowerCase()} class="${String(e.className).slice(0, 60)}"> ${
    (e.innerText || e.value || e.getAttribute("aria-label") || "").trim().slice(0, 40)}`;
  const width = document.documentElement.scrollWidth;
  if (width > innerWidth) {
    const far = [...document.body.querySelectorAll("*")].filter((e) => {
      for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
        if (getComputedStyle(p).overflowX !== "visible") return false;
      return seen(e) && e.getBoundingClientRect().right > innerWidth + 1;
    });
    wrong.push(`${width} px wide in ${innerWidth}: ${far.slice(-1).map(name)}`);
  }
  const buttons = "button, summary, a.lg-button, .lg-driver a, input[type=submit]";
  for (const e of document.querySelectorAll(buttons)) {
    if (!seen(e)) continue;
    const clips = getComputedStyle(e).overflow !== "visible" || e.tagName === "BUTTON" || e.tagName === "INPUT";
    if (e.scrollWidth > e.clientWidth + 2 && clips && e.clientWidth) wrong.push(`cut off: ${name(e)}`);
  }
  if (touch) for (const e of document.querySelectorAll("a, button, summary, select, input:not([type=hidden]), canvas")) {
    const target = e.closest("label") || e;
    if (!seen(e)) continue;
    const box = target.getBoundingClientRect();
    if (Math.round(box.height) < 44 || Math.round(box.width) < 44)
      wrong.push(`${Math.round(box.width)}×${Math.round(box.height)} px is too small for a glove: ${name(e)}`);
  }
  return wrong;
}
"""


def faults(page: Page, *, touch: bool = False, data: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with the page as it stands; ``data`` are words that are data, not language."""
    found: list[str] = page.evaluate(_LOOK, touch)
    return found + [f"not Chinese: {text}" for text in english(page.content(), data=data)]
