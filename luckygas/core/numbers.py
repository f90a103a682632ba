"""Numbers that came in as text from a form or an address."""

from __future__ import annotations

LONGEST = 18
"""Digits that always fit a bigint."""


def whole(text: object) -> int | None:
    """ASCII digits as a number, None for anything else: a sign, a superscript, more digits than a key can have."""
    word = str(text)
    return int(word) if word.isascii() and word.isdigit() and len(word) <= LONGEST else None
