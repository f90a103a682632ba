"""Where a lower floor shows or does something about a higher one without importing it.

The higher floor registers in its ``AppConfig.ready``; the lower floor iterates. Registering the same name
twice is a defect and refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """Named entries in order of (``order``, name)."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, tuple[int, T]] = {}

    def register(self, name: str, entry: T, *, order: int = 100) -> T:
        if name in self._entries:
            raise ValueError(f"{self._what} {name!r} is registered already")
        self._entries[name] = (order, entry)
        return entry

    def items(self) -> list[tuple[str, T]]:
        ranked = sorted(self._entries.items(), key=lambda item: (item[1][0], item[0]))
        return [(name, entry) for name, (_, entry) in ranked]

    def __iter__(self) -> Iterator[T]:
        return (entry for _, entry in self.items())

    def __getitem__(self, name: str) -> T:
        return self._entries[name][1]

    def __contains__(self, name: str) -> bool:
        return name in self._entries


@dataclass(frozen=True)
class Attention:
    """One line of the red list: how many, what, where to click. ``level`` is red or amber."""

    count: int
    label: str
    url: str
    level: str = "red"


@dataclass(frozen=True)
class Figure:
    """One number of the day: ``value`` is ready to read (``NT$ 1,234``), ``note`` small print below it."""

    label: str
    value: str
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar of a card's shape, in the units of its picture (20 wide, 80 high)."""

    label: str
    number: int
    x: int
    y: int
    height: int
    middle: int


@dataclass(frozen=True)
class Card:
    """A card on the home page: a title, figures, and an optional list of (label, number) for a shape."""

    title: str
    figures: list[Figure]
    series: list[tuple[str, int]] = field(default_factory=list)
    series_label: str = ""

    @property
    def has_shape(self) -> bool:
        """Whether there is anything to draw."""
        return any(number for _, number in self.series)

    @property
    def width(self) -> int:
        return 20 * len(self.series)

    @property
    def bars(self) -> list[Bar]:
        """The series as bars of at most 60 units height; the largest number fills it."""
        most = max((number for _, number in self.series), default=0) or 1
        heights = [round(60 * number / most) for _, number in self.series]
        return [
            Bar(label, number, 20 * i + 2, 64 - height, height, 20 * i + 10)
            for i, ((label, number), height) in enumerate(zip(self.series, heights, strict=True))
        ]


@dataclass(frozen=True)
class Panel:
    """A block on the customer's page, rendered from a template with a context."""

    title: str
    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Health:
    """``state`` is ok, degraded or down; ``detail`` one sentence without personal data."""

    state: str
    detail: str = ""


# () -> list[Attention]; called with the user so that nobody is sent to a page he may not open
attention: Registry[Callable[[Any], list[Attention]]] = Registry("attention")
# (user) -> Card | None
home_cards: Registry[Callable[[Any], Card | None]] = Registry("home card")
# (customer, user) -> Panel | None
customer_panels: Registry[Callable[[Any, Any], Panel | None]] = Registry("customer panel")
# () -> Health
health_checks: Registry[Callable[[], Health]] = Registry("health check")
# (date) -> list of differences in words; empty when all is well
verifiers: Registry[Callable[[Any], list[str]]] = Registry("verifier")
# () -> dict of metric name -> (help, value or {label values: value})
gauges: Registry[Callable[[], dict[str, tuple[str, Any]]]] = Registry("gauge")
# what an open page can be told of (luckygas.core.live) -> the permission of those who hear it, "" for all staff
live_kinds: Registry[str] = Registry("live kind")
