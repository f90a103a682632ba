"""Reads untrusted JSON values; every refusal is a ValueError that names the field and what would be right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

_MISSING = object()


class Reader:
    """The members of one JSON object, asked for by name.

    `where` is the path shown in messages, such as `stops[3]`.
    """

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, Mapping):
            raise ValueError(f"{where or 'problem'}: expected an object, got {_kind(raw)}")
        self._raw = raw
        self._where = where

    def path(self, name: str) -> str:
        """The member's full name, for messages."""
        return f"{self._where}.{name}" if self._where else name

    def _get(self, name: str, default: object = _MISSING) -> object:
        value = self._raw.get(name, default)
        if value is _MISSING:
            raise ValueError(f"{self.path(name)}: missing")
        return value

    def has(self, name: str) -> bool:
        """Whether the member is there at all, null included."""
        return name in self._raw

    def child(self, name: str) -> Reader:
        """The member as an object."""
        return Reader(self._get(name), self.path(name))

    def items(self, name: str) -> list[object]:
        """The member as a list."""
        return as_list(self._get(name), self.path(name))

    def children(self, name: str) -> list[Reader]:
        """The member as a list of objects."""
        return [Reader(item, f"{self.path(name)}[{i}]") for i, item in enumerate(self.items(name))]

    def whole(self, name: str, *, default: int | None = None, low: int = 0, high: int | None = None) -> int:
        """The member as a whole number within [low, high]; 20.0 counts as 20."""
        if default is not None and name not in self._raw:
            return default
        return as_whole(self._get(name), self.path(name), low=low, high=high)

    def number(self, name: str, *, low: float, high: float, default: float | None = None) -> float:
        """The member as a finite number within [low, high]."""
        if default is not None and name not in self._raw:
            return default
        value = self._get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
            raise ValueError(f"{self.path(name)}: expected a number from {low:g} to {high:g}, got {value!r}")
        return float(value)

    def text(self, name: str, *, default: str) -> str:
        """The member as text."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise ValueError(f"{self.path(name)}: expected text, got {value!r}")
        return value

    def truth(self, name: str, *, default: bool) -> bool:
        """The member as true or false."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise ValueError(f"{self.path(name)}: expected true or false, got {value!r}")
        return value

    def identity(self, name: str) -> int | str:
        """The member as an identifier: a whole number or a non-empty text."""
        return as_identity(self._get(name), self.path(name))

    def span(self, name: str, *, low: int, high: int) -> tuple[int, int]:
        """The member as [start, end] in seconds after midnight, start not after end."""
        return as_span(self._get(name), self.path(name), low=low, high=high)

    def permit(self, name: str) -> bool:
        """Whether a permit is held: true, or its number; false, null or blank is none. Absent is held."""
        value = self._get(name, True)
        if value is None or isinstance(value, bool):
            return bool(value)
        if isinstance(value, str):
            return bool(value.strip())
        raise ValueError(
            f"{self.path(name)}: expected true, false, null or the permit's number, got {value!r}"
        )


def as_list(value: object, where: str) -> list[object]:
    """The value as a list."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes)):
        raise ValueError(f"{where}: expected a list, got {_kind(value)}")
    return list(value)


def as_whole(value: object, where: str, *, low: int = 0, high: int | None = None) -> int:
    """The value as a whole number within [low, high]."""
    bound = f"of at least {low}" if high is None else f"from {low} to {high}"
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if (
        isinstance(value, bool)
        or not isinstance(value, int)
        or value < low
        or (high is not None and value > high)
    ):
        raise ValueError(f"{where}: expected a whole number {bound}, got {value!r}")
    return value


def as_identity(value: object, where: str) -> int | str:
    """The value as an identifier."""
    if isinstance(value, bool) or not isinstance(value, (int, str)) or value == "":
        raise ValueError(f"{where}: expected a whole number or a text, got {value!r}")
    return value


def as_span(value: object, where: str, *, low: int, high: int) -> tuple[int, int]:
    """The value as [start, end]."""
    pair = as_list(value, where)
    if len(pair) != 2:
        raise ValueError(f"{where}: expected [start, end] in seconds, got {len(pair)} values")
    start = as_whole(pair[0], f"{where}[0]", low=low, high=high)
    end = as_whole(pair[1], f"{where}[1]", low=low, high=high)
    if start > end:
        raise ValueError(f"{where}: start {start} is after end {end}")
    return start, end


def _kind(value: object) -> str:
    return "nothing" if value is None else type(value).__name__
