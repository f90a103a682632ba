"""How many parts a text message takes on the air, and so what it costs. Pure.

Two alphabets (3GPP TS 23.038): the seven-bit default alphabet where every character is in it, else UCS-2, for which one
Chinese character is enough. Counted in units of the alphabet:

    GSM-7   160 alone, 153 in each part of several; ten characters of the extension table take two units
    UCS-2    70 alone,  67 in each part of several; a character outside the basic plane (emoji) takes two

The two septets of an extension character stay together, so a part may end one unit early. UCS-2 is counted in UTF-16
units through and through. Providers bill by tables of their own; this is what the network does.
"""

from __future__ import annotations

from dataclasses import dataclass

GSM7, UCS2 = "GSM-7", "UCS-2"
ALONE = {GSM7: 160, UCS2: 70}
EACH = {GSM7: 153, UCS2: 67}

#: TS 23.038 §6.2.1, by code: the escape 0x1B itself is no character.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: TS 23.038 §6.2.1.1: each stands behind an escape.
_EXTENSION = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Segments:
    """``encoding`` is GSM-7 or UCS-2, ``units`` are septets or UTF-16 units, ``parts`` messages on the air."""

    encoding: str
    units: int
    parts: int


def count(text: str) -> Segments:
    """The parts of a text; an empty one has none."""
    sizes = _septets(text)
    if sizes is None:
        units = len(text.encode("utf-16-le", "surrogatepass")) // 2
        return Segments(UCS2, units, _parts(units, UCS2))
    units = sum(sizes)
    if units <= ALONE[GSM7]:
        return Segments(GSM7, units, 1 if units else 0)
    parts, room = 1, EACH[GSM7]
    for size in sizes:
        if size > room:
            parts, room = parts + 1, EACH[GSM7]
        room -= size
    return Segments(GSM7, units, parts)


def _septets(text: str) -> list[int] | None:
    """What each character takes in the seven-bit alphabet; None when one is not in it."""
    sizes = []
    for character in text:
        if character in _BASIC:
            sizes.append(1)
        elif character in _EXTENSION:
            sizes.append(2)
        else:
            return None
    return sizes


def _parts(units: int, encoding: str) -> int:
    return 1 if units <= ALONE[encoding] else -(-units // EACH[encoding])
