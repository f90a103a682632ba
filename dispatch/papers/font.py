"""The font of the papers, and what it lacks.

`static/fonts` holds Noto Sans TC reduced to Big5 and the rare characters of names (SIL Open Font License),
made by `python -m deployment.fonts make`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from fontTools.ttLib import TTFont

FAMILY = "noto"
FILE = Path(settings.BASE_DIR) / "static" / "fonts" / "NotoSansTC-Regular-subset.ttf"
# A cell is one line: what parts lines or columns elsewhere is a blank here.
_BREAKS = re.compile("[\t\n\v\f\r\x85\u2028\u2029]+")


@lru_cache(maxsize=1)
def _known() -> frozenset[int]:
    with TTFont(FILE, lazy=True) as font:
        return frozenset(font.getBestCmap())


def printable(text: str) -> tuple[str, list[str]]:
    """The text with every character the font lacks written as its code point, and those characters.

    `𠮷` becomes `〔U+20BB7〕`: it is named where it stands, never dropped. Line ends and tabs become a blank.
    """
    known = _known()
    text = _BREAKS.sub(" ", text)
    lacking = [char for char in dict.fromkeys(text) if ord(char) not in known]
    for char in lacking:
        text = text.replace(char, f"〔U+{ord(char):04X}〕")
    return text, lacking
