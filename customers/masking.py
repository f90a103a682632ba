"""Personal data as shown to those who may look but not know: enough to tell two customers apart."""

from __future__ import annotations

import re

_DISTRICT = re.compile(r"^(.*?[縣市])?(.*?[區鄉鎮市])")
HIDDEN = "•••"


def tail(text: str, shown: int = 4) -> str:
    """The last characters of a number, hyphens aside, the rest hidden."""
    text = text.replace("-", "")
    return f"{HIDDEN}{text[-shown:]}" if len(text) > shown else (HIDDEN if text else "")


def district(address: str) -> str:
    """An address down to its district."""
    match = _DISTRICT.match(address)
    return f"{match[0]}{HIDDEN}" if match else (HIDDEN if address else "")


def name(text: str) -> str:
    """A person's family name; how long the rest is, is hidden too."""
    return f"{text[0]}○○" if text else ""


def hidden(text: str) -> str:
    """Nothing of it, but that it is there."""
    return HIDDEN if text else ""
