"""The arithmetic of the measurements."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 5
WIDEST = 0.25
"""A ratio whose rounds lie further apart than this share of their median says nothing."""


def median(values: Sequence[float]) -> float:
    """The middle value, or the mean of the two in the middle; ValueError when there are none."""
    return statistics.median(values)


def spread(values: Sequence[float]) -> float:
    """The whole range as a share of the median: (largest − smallest) / median."""
    return (max(values) - min(values)) / median(values)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share (0 < share ≤ 1) of the values do not exceed."""
    if not 0 < share <= 1:
        raise ValueError(f"a share of {share} is not above 0 and at most 1")
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)), 1) - 1]


def arrivals(rate: float, seconds: float) -> list[float]:
    """Open arrivals: when each request is due, in seconds from the start, whatever became of those before."""
    return [number / rate for number in range(round(rate * seconds))]


def ours_first(round_number: int) -> bool:
    """Which of two is measured first alternates, so that neither always meets the warmer machine."""
    return round_number % 2 == 0


@dataclass(frozen=True)
class Ratio:
    """What we need against what the bare thing needs, round by round, in the same unit."""

    name: str
    target: float
    ours: Sequence[float]
    floor: Sequence[float]

    @property
    def ratios(self) -> list[float]:
        return [mine / bare for mine, bare in zip(self.ours, self.floor, strict=True)]

    @property
    def median(self) -> float:
        return median(self.ratios)

    @property
    def spread(self) -> float:
        return spread(self.ratios)

    @property
    def is_valid(self) -> bool:
        return len(self.ratios) >= ROUNDS and self.spread <= WIDEST

    @property
    def is_met(self) -> bool:
        return self.median <= self.target

    @property
    def verdict(self) -> str:
        """One plain sentence."""
        ratios = self.ratios
        figures = (
            f"{self.name}: {self.median:.2f} × (target ≤ {self.target:g} ×), {len(ratios)} rounds from"
            f" {min(ratios):.2f} to {max(ratios):.2f}, spread {self.spread:.0%}"
        )
        if len(ratios) < ROUNDS:
            return f"{figures} – INVALID: fewer than {ROUNDS} rounds"
        if not self.is_valid:
            return (
                f"{figures} – INVALID: the spread is above {WIDEST:.0%}; measure again on a quieter machine"
            )
        return f"{figures} – {'met' if self.is_met else 'MISSED'}"


def target(name: str, value: float, most: float, unit: str) -> str:
    """The sentence about an absolute figure."""
    return f"{name}: {value:,.1f} {unit} (target < {most:g} {unit}) – {'met' if value < most else 'MISSED'}"
