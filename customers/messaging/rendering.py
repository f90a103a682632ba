"""A template becomes a text. Pure.

    【幸福氣】訂單 {order_id} 預計 {delivery_time} 送達。[進度：{tracking_url}]

A name in braces is a placeholder; a piece in square brackets is left out when a placeholder inside it is empty.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

BEGINNING = "【幸福氣】"
_NAME = re.compile(r"\{([a-z_]+)\}")
_PIECE = re.compile(r"\[([^\[\]]*)\]")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a template: beginning, unknown, required, braces, brackets; ``what`` names it."""

    kind: str
    what: str = ""


def names(body: str) -> set[str]:
    """The placeholders of a template."""
    return set(_NAME.findall(body))


def problems(body: str, *, allowed: Collection[str], optional: Collection[str] = ()) -> list[Problem]:
    """What keeps a template from being used; empty when it is fine.

    ``allowed`` are the occasion's placeholders; those in ``optional`` may be empty and belong into brackets.
    """
    found = []
    if not body.startswith(BEGINNING):
        found.append(Problem("beginning"))
    found += [Problem("unknown", name) for name in sorted(names(body) - set(allowed))]
    if re.search(r"[{}]", _NAME.sub("", body)):
        found.append(Problem("braces"))
    outside = _PIECE.sub("", body)
    if re.search(r"[\[\]]", outside):
        found.append(Problem("brackets"))
    found += [Problem("required", name) for name in sorted(names(outside) & set(optional))]
    return found


def render(body: str, values: Mapping[str, str]) -> str:
    """The text. Raises KeyError for a placeholder outside of brackets without a value."""

    def piece(match: re.Match[str]) -> str:
        inside = match[1]
        return inside if all(values.get(name) for name in names(inside)) else ""

    # Values are put in last, in one pass: what stands in a value is never read as a template.
    return _NAME.sub(lambda match: values[match[1]], _PIECE.sub(piece, body)).strip()
