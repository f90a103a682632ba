"""Finding the heading row of a sheet, and which column is which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from customers.sheets.cells import digits_of


@dataclass(frozen=True)
class Headings:
    """``columns`` maps each wanted heading to its position from 0; the other two say what differs."""

    columns: Mapping[str, int]
    missing: tuple[str, ...]
    twice: tuple[str, ...]
    unknown: tuple[str, ...]


def heading(text: str) -> str:
    """A heading as compared: half-width, without any white space (headings are often broken in two lines)."""
    return "".join(digits_of(text).split())


def find(cells: Sequence[str], wanted: Sequence[str], *, blank: Mapping[str, str] | None = None) -> Headings:
    """Match a row of headings against the wanted ones.

    ``blank`` names columns whose heading is blank by the heading that follows them: {name: follower}.
    """
    blank = blank or {}
    shown = [heading(cell) for cell in cells]
    names = {heading(name): name for name in wanted}
    columns: dict[str, int] = {}
    twice: list[str] = []
    unknown: list[str] = []
    for position, text in enumerate(shown):
        name = names.get(text)
        if name is None:
            if text:
                unknown.append(text)
        elif name in columns:
            twice.append(name)
        else:
            columns[name] = position
    for name, follower in blank.items():
        place = columns.get(follower, 0) - 1
        if name not in columns and place >= 0 and not shown[place]:
            columns[name] = place
    missing = tuple(name for name in wanted if name not in columns)
    return Headings(columns, missing, tuple(twice), tuple(unknown))


def looks_like(cells: Sequence[str], wanted: Sequence[str], *, share: float = 0.5) -> bool:
    """Whether a row is the heading row: at least that share of the wanted headings is in it."""
    shown = {heading(cell) for cell in cells}
    return sum(heading(name) in shown for name in wanted) >= share * len(wanted)
