"""When customers are there: hour flags, the slot they like, and their rest days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from luckygas.sample.draw import BoolArray, choose, deal, share, stream

HOURS = tuple(range(8, 20))
# How many of 1,267 have the flag of each hour, and how many have any.
FLAGGED = (677, 750, 834, 837, 800, 807, 788, 796, 832, 797, 696, 661)
_ANY = 870
_SLOTS = {1: 378, 2: 287, 3: 37, 0: 422}
_REST_DAYS: tuple[tuple[str | int, int], ...] = (
    (7, 118), (1, 41), (2, 34), (3, 31), (4, 14), (5, 5), (6, 11), ("6.7", 29), ("1.2", 4), ("2.3", 3), ("7.Red", 4),
    ("Red", 9), ("見紅休", 5), ("初一十五", 5), ("10.20.30", 2), ("15.30", 1),
)  # fmt: skip
_WITH_REST = sum(count for _, count in _REST_DAYS)


@dataclass(frozen=True)
class Openings:
    """``flags``: (customers, 12) from 8–9 to 19–20; ``slots``: 0 … 3, None blank; ``rests``: as the sheet has them."""

    flags: BoolArray
    slots: list[int | None]
    rests: list[str | int]

    def weekly_rest(self) -> BoolArray:
        """(customers, 8): closed on weekday 1 Monday … 7 Sunday by a weekly rest day; column 0 unused."""
        closed = np.zeros((len(self.rests), 8), dtype=np.bool_)
        for row, rest in enumerate(self.rests):
            digits = [int(part) for part in str(rest).split(".") if part.isdigit()]
            if max(digits, default=8) <= 7:
                closed[row, digits] = True
        return closed


def openings(seed: int, rows: int) -> Openings:
    """Opening hours whose flags add up hour by hour: some open late, some close early, some rest at noon."""
    rng = stream(seed, "openings")
    everyone = np.ones(rows, bool)
    wanted = [share(count, rows) for count in FLAGGED]
    known = choose(rng, max(share(_ANY, rows), *wanted), everyone)
    flags = np.tile(known[:, None], (1, len(HOURS)))
    absent = [int(known.sum()) - count for count in wanted]
    late = _nested(rng, flags, (0, 1, 2, 3), absent, known)
    early = _nested(rng, flags, (11, 10, 9, 8), absent, known & ~late)
    noon = _nested(rng, flags, (4, 5), absent, known & ~late & ~early)
    _nested(rng, flags, (6, 7), absent, known & ~late & ~early & ~noon)
    return Openings(flags, _slots(rng, flags, known), _rests(rng, rows))


def _nested(
    rng: np.random.Generator, flags: BoolArray, hours: tuple[int, ...], absent: list[int], among: BoolArray
) -> BoolArray:
    """Take the hours' flags away from as many as are absent; who lacks a later one mostly lacks those before it."""
    lacking = among
    first = np.zeros(among.size, dtype=np.bool_)
    for i, hour in enumerate(hours):
        lacking = choose(rng, absent[hour], among, lacking & among) if i else choose(rng, absent[hour], among)
        flags[lacking, hour] = False
        first |= lacking
    return first


def _slots(rng: np.random.Generator, flags: BoolArray, known: BoolArray) -> list[int | None]:
    """The slot agrees with the flags where there are any."""
    rows = known.size
    slots: list[int | None] = [None] * rows
    free = np.ones(rows, bool)
    fits = {
        3: ~known | flags[:, 9],
        1: ~known | flags[:, 1],
        2: ~known | (flags[:, 4] & flags[:, 7]),
        0: np.ones(rows, bool),
    }
    likes = {
        3: known & ~flags[:, 2],
        1: known & ~flags[:, 10],
        2: known & ~flags[:, 0],
        0: known & flags.all(axis=1),
    }
    for slot, fit in fits.items():
        marked = choose(rng, share(_SLOTS[slot], rows), free & fit, likes[slot])
        free &= ~marked
        for row in np.flatnonzero(marked).tolist():
            slots[row] = slot
    return slots


def _rests(rng: np.random.Generator, rows: int) -> list[str | int]:
    resting = choose(rng, share(_WITH_REST, rows), np.ones(rows, bool))
    rests: list[str | int] = [""] * rows
    values = deal(rng, _REST_DAYS, int(resting.sum()))
    for row, value in zip(np.flatnonzero(resting).tolist(), values, strict=True):
        rests[row] = value
    return rests
