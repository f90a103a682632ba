"""The shape of a message: which elements, how often, in which order, and what may stand in them.

Lengths count characters and digits count significant digits, as in W3C XML Schema 1.0 part 2.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from sandbox.einvoice.codes import (
    LENGTH,
    MISSING,
    NOT_KNOWN,
    NUMBER,
    OUT_OF_ORDER,
    REPEATED,
    ROWS,
    VALUE,
    Problem,
)
from sandbox.einvoice.reading import Node

XML_SPACE = " \t\r\n"
DECIMAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
TIME = re.compile(
    r"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?)"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9]|[+-]14:00)?"
)
HARMLESS_ATTRIBUTES = {
    "http://www.w3.org/2001/XMLSchema-instance schemaLocation",
    "http://www.w3.org/2001/XMLSchema-instance noNamespaceSchemaLocation",
}


def collapsed(raw: str) -> str:
    """White space folded as XML Schema folds it: an ideographic space is a character like any other."""
    return re.sub(f"[{XML_SPACE}]+", " ", raw).strip(" ")


@dataclass(frozen=True)
class Text:
    """A text of ``least`` to ``most`` characters; ``pattern`` and ``choices`` hold for the whole of it."""

    least: int = 0
    most: int | None = None
    pattern: re.Pattern[str] | None = None
    choices: tuple[str, ...] = ()
    collapse: bool = False

    def problems(self, raw: str, where: str) -> Iterator[Problem]:
        """What is wrong with this text."""
        value = collapsed(raw) if self.collapse else raw
        if len(value) < self.least:
            yield Problem(LENGTH, f"長度 {len(value)}，至少 {self.least}", where)
        elif self.most is not None and len(value) > self.most:
            yield Problem(LENGTH, f"長度 {len(value)}，至多 {self.most}", where)
        elif self.choices and value not in self.choices:
            yield Problem(VALUE, f"「{value}」須為 {'、'.join(self.choices)} 之一", where)
        elif self.pattern is not None and not self.pattern.fullmatch(value):
            yield Problem(VALUE, f"「{value:.40}」格式不符", where)


@dataclass(frozen=True)
class Number:
    """A decimal of ``digits`` significant digits in all, ``places`` of them behind the point."""

    digits: int
    places: int
    at_least_zero: bool = False
    choices: tuple[Decimal, ...] = ()

    def problems(self, raw: str, where: str) -> Iterator[Problem]:
        """What is wrong with this number."""
        text = raw.strip(XML_SPACE)
        if not DECIMAL.fullmatch(text):
            yield Problem(NUMBER, f"「{text:.40}」不是數字", where)
            return
        whole, _, fraction = text.lstrip("+-").partition(".")
        whole, fraction = whole.lstrip("0"), fraction.rstrip("0")
        value = Decimal(text)
        if len(fraction) > self.places:
            yield Problem(NUMBER, f"「{text:.40}」小數至多 {self.places} 位", where)
        elif len(whole) + len(fraction) > self.digits:
            yield Problem(NUMBER, f"「{text:.40}」至多 {self.digits} 位數", where)
        elif self.at_least_zero and value < 0:
            yield Problem(NUMBER, f"「{text:.40}」不可為負數", where)
        elif self.choices and value not in self.choices:
            yield Problem(VALUE, f"「{text:.40}」須為 {'、'.join(map(str, self.choices))} 之一", where)


@dataclass(frozen=True)
class Time:
    """A time of day in the lexical form of ``xsd:time``."""

    def problems(self, raw: str, where: str) -> Iterator[Problem]:
        """What is wrong with this time."""
        text = raw.strip(XML_SPACE)
        if not TIME.fullmatch(text):
            yield Problem(VALUE, f"「{text:.40}」不是時間（HH:MM:SS）", where)


@dataclass(frozen=True)
class Child:
    """A child element: name, content, and how often it stands there."""

    name: str
    content: "Text | Number | Time | Group"
    least: int = 1
    most: int = 1


@dataclass(frozen=True)
class Group:
    """An element that holds elements: in the order given when ``in_order``, in any order otherwise."""

    children: tuple[Child, ...]
    in_order: bool = False
    by_name: dict[str, tuple[int, Child]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        places = {child.name: (place, child) for place, child in enumerate(self.children)}
        object.__setattr__(self, "by_name", places)


def must(name: str, content: Text | Number | Time | Group) -> Child:
    """An element that has to be there."""
    return Child(name, content)


def may(name: str, content: Text | Number | Time | Group) -> Child:
    """An element that can be left out."""
    return Child(name, content, least=0)


def rows(name: str, content: Group, most: int) -> Child:
    """One to ``most`` elements of the same kind."""
    return Child(name, content, most=most)


def shape_problems(node: Node, group: Group, where: str, namespace: str) -> Iterator[Problem]:
    """What is wrong with the elements below ``node``, top to bottom. ``where`` is the path of ``node``."""
    yield from _attributes(node, where)
    if node.text.strip(XML_SPACE):
        yield Problem(NOT_KNOWN, f"不應有文字「{node.text.strip():.40}」", where)
    counts: dict[str, int] = {}
    furthest = 0
    for found in node.children:
        known = group.by_name.get(found.name) if found.namespace == namespace else None
        if known is None:
            yield Problem(NOT_KNOWN, "規格沒有這個元素", f"{where}/{found.name}")
            continue
        place, child = known
        counts[child.name] = count = counts.get(child.name, 0) + 1
        path = f"{where}/{child.name}" if child.most == 1 else f"{where}/{child.name}[{count}]"
        if count > child.most:
            yield Problem(REPEATED if child.most == 1 else ROWS, f"至多 {child.most} 次", path)
            continue
        if group.in_order and place < furthest:
            yield Problem(OUT_OF_ORDER, "元素順序不符", path)
        furthest = max(furthest, place)
        if isinstance(child.content, Group):
            yield from shape_problems(found, child.content, path, namespace)
        else:
            yield from _attributes(found, path)
            if found.children:
                yield Problem(NOT_KNOWN, "不應有下層元素", path)
            else:
                yield from child.content.problems(found.text, path)
    for child in group.children:
        if counts.get(child.name, 0) < child.least:
            yield Problem(MISSING, "缺少必要元素", f"{where}/{child.name}")


def _attributes(node: Node, where: str) -> Iterator[Problem]:
    for name in node.attributes:
        if name not in HARMLESS_ATTRIBUTES:
            yield Problem(NOT_KNOWN, f"規格沒有屬性 {name.rpartition(' ')[2]}", where)
