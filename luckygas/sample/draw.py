"""Reproducible chance: named random streams, and drawing that meets a count exactly.

Every part of the company draws from a stream of its own name, so that a change in one part leaves the
others as they were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

# The client workbook that the mixes were counted in had this many rows.
COUNTED_ROWS = 1267


def stream(seed: int, name: str) -> np.random.Generator:
    """The random stream of a name under a seed, the same on every machine and in every process."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:16], "big"))


def share(count: float, rows: int, of: int = COUNTED_ROWS) -> int:
    """How many of ``rows`` correspond to ``count`` of ``of``, rounded half up."""
    return int(count * rows / of + 0.5)


def apportion(counts: Sequence[int], rows: int) -> list[int]:
    """Split ``rows`` in the proportion of ``counts``: whole numbers that add up (largest remainders)."""
    whole = sum(counts)
    exact = [count * rows / whole for count in counts]
    parts = [int(value) for value in exact]
    by_remainder = sorted(range(len(counts)), key=lambda i: (parts[i] - exact[i], i))
    for i in by_remainder[: rows - sum(parts)]:
        parts[i] += 1
    return parts


def deal(rng: np.random.Generator, mix: Sequence[tuple[T, int]], rows: int) -> list[T]:
    """A value for every row, in random order, in the proportions of the mix."""
    values = [
        value
        for (value, _), part in zip(mix, apportion([count for _, count in mix], rows), strict=True)
        for _ in range(part)
    ]
    return [values[i] for i in rng.permutation(rows)]


def choose(
    rng: np.random.Generator,
    count: int,
    among: BoolArray,
    *preferred: BoolArray,
) -> BoolArray:
    """Mark exactly ``count`` rows among those allowed (all of them when there are fewer).

    Rows for which more of ``preferred`` hold are taken first; chance decides between equals.
    """
    score = rng.random(among.size)
    for wish in preferred:
        score = score + wish
    score[~among] = -1.0
    chosen = np.zeros(among.size, dtype=np.bool_)
    chosen[np.argsort(-score, kind="stable")[: min(count, int(among.sum()))]] = True
    return chosen


def spread(rng: np.random.Generator, rows: int, total: int) -> IntArray:
    """``rows`` numbers of at least one that add up to ``total`` (to ``rows`` when that is more)."""
    parts = np.ones(rows, dtype=np.int64)
    extra = total - rows
    if rows and extra > 0:
        weights = rng.gamma(1.2, size=rows)
        parts += rng.multinomial(extra, weights / weights.sum())
    return parts


def pick(rng: np.random.Generator, mix: Sequence[tuple[str, float]], rows: int) -> list[str]:
    """A value for every row, independently, with the weights of the mix."""
    weights = np.array([weight for _, weight in mix], dtype=np.float64)
    return [mix[i][0] for i in rng.choice(len(mix), size=rows, p=weights / weights.sum())]
