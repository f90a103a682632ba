"""What a person sees of a page: its words, without markup, scripts and icon names."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

from deployment.messages.literals import foreign_words

SILENT = {"script", "style", "code", "kbd", "samp", "template", "svg", "pre"}
SPOKEN = {"title", "placeholder", "alt", "aria-label", "aria-description", "data-confirm", "data-empty"}
EMPTY = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


CODE = re.compile(
    r"\b[a-z]+:[a-z]+\b|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[A-Z]{2,3}(?:-[A-Z0-9]+)+\b"
    r"|\bSHA256:[A-Za-z0-9+/]+|\b[A-Z]+[0-9]+\.TXT\b"
)
"""The same in every language: scopes of the API (``orders:read``), UUIDs, codes of goods (``GAS-C20-R``),
fingerprints of keys, names of the bank's files."""


class Shown(HTMLParser):
    """Collects (line of the page, text) of everything shown or spoken.

    Icons are written as words that a font turns into pictures (class ``material-symbols…``): not shown.
    ``translate="no"`` marks data and names, which are the same in every language.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[tuple[int, str]] = []
        self._open: list[tuple[str, bool]] = []

    @property
    def _silent(self) -> bool:
        return bool(self._open) and self._open[-1][1]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        silent = (
            self._silent
            or tag in SILENT
            or "material-symbols" in (values.get("class") or "")
            or values.get("translate") == "no"
        )
        if not silent:
            for name, value in attrs:
                button = name == "value" and tag == "input" and values.get("type") in ("submit", "button")
                if value and (name in SPOKEN or button):
                    self.texts.append((self.getpos()[0], value.strip()))
        if tag not in EMPTY:
            self._open.append((tag, silent))

    def handle_endtag(self, tag: str) -> None:
        for position in range(len(self._open) - 1, -1, -1):
            if self._open[position][0] == tag:
                del self._open[position:]
                return

    def handle_data(self, data: str) -> None:
        if not self._silent and data.strip():
            self.texts.append((self.getpos()[0], " ".join(data.split())))


def shown(page: str) -> list[tuple[int, str]]:
    """(line, text) of everything a person sees or hears of an HTML page."""
    parser = Shown()
    parser.feed(page)
    parser.close()
    return parser.texts


def english(page: str, *, data: frozenset[str] = frozenset()) -> Iterator[str]:
    """Texts of a zh-Hant page with an English word in them; words in ``data`` are data, not language."""
    for line, text in shown(page):
        words = [word for word in foreign_words(CODE.sub("", text), chinese=False) if word not in data]
        if words:
            yield f"line {line}: {' '.join(words)!r} in {text[:120]!r}"
