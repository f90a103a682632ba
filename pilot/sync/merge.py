"""Three-way merge of one record's images on the last agreed one.

An image maps field names to text; None means that the record is not there. Fields that only make sense together
(an address with its postal code, a quantity with its product) form a group and are merged as one; a field that no
group names is a group of its own.

    changed on one side only          that change
    changed to the same on both       that change
    changed differently on both       a conflict; the last agreed value stays in the result
    deleted, other side untouched     deleted
    deleted, other side edited        a conflict over the whole record; the last agreed image stays
    created on both                   merged as if the agreed image were blank

A conflict decides nothing: until a person does, each side keeps its own value of that group, and the agreed image
does not move (``Merge.on``).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Image = Mapping[str, str]
Groups = Mapping[str, Iterable[str]]

#: The group of a conflict about whether the record exists at all.
WHOLE = "*"


@dataclass(frozen=True)
class Conflict:
    """One group both sides changed. Each part holds that group's fields; None where the record is not there."""

    group: str
    base: Image | None
    ours: Image | None
    theirs: Image | None


@dataclass(frozen=True)
class Merge:
    """``result`` is what both sides agree on (None: no record), with the old value where they do not."""

    result: Image | None
    conflicts: tuple[Conflict, ...] = ()

    def on(self, own: Image | None) -> Image | None:
        """What a side that now holds ``own`` shall hold: the result, and its own value where it is contested."""
        if any(conflict.group == WHOLE for conflict in self.conflicts):
            return own
        if self.result is None:
            return None
        held = dict(self.result)
        for conflict in self.conflicts:
            held |= {field: (own or {}).get(field, "") for field in conflict.base or {}}
        return held


def three_way(base: Image | None, ours: Image | None, theirs: Image | None, groups: Groups) -> Merge:
    """Merge two images of a record on their last agreed one. Swapping the sides swaps only the conflicts' parts.

    A field an image lacks counts as blank.
    """
    if ours is None or theirs is None:
        return _with_absence(base, ours, theirs)
    agreed = base or {}
    result: dict[str, str] = {}
    conflicts: list[Conflict] = []
    for name, fields in complete(groups, agreed, ours, theirs).items():
        was, mine, yours = (part(image, fields) for image in (agreed, ours, theirs))
        if mine == yours or yours == was:
            result |= mine
        elif mine == was:
            result |= yours
        else:
            result |= was
            conflicts.append(Conflict(name, was, mine, yours))
    return Merge(result, tuple(conflicts))


def _with_absence(base: Image | None, ours: Image | None, theirs: Image | None) -> Merge:
    present = theirs if ours is None else ours
    if present is None:
        return Merge(None)
    if base is None:
        return Merge(present)
    if same(present, base):
        return Merge(None)
    return Merge(base, (Conflict(WHOLE, base, ours, theirs),))


def same(one: Image | None, other: Image | None) -> bool:
    """Whether two images say the same; a missing field is a blank one, a missing record is not a blank one."""
    if one is None or other is None:
        return one is other
    return all(one.get(field, "") == other.get(field, "") for field in {*one, *other})


def part(image: Image, fields: Iterable[str]) -> dict[str, str]:
    """A group's fields of an image."""
    return {field: image.get(field, "") for field in fields}


def complete(groups: Groups, *images: Image) -> dict[str, tuple[str, ...]]:
    """The groups, and one of its own for each field that none of them names."""
    full = {name: tuple(fields) for name, fields in groups.items()}
    named = {field for fields in full.values() for field in fields}
    loose = sorted({field for image in images for field in image} - named)
    return full | {field: (field,) for field in loose}
