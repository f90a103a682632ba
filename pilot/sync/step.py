"""One step towards agreement: from what was agreed and what both sides hold now to what each shall hold.

The step looks at states, never at messages, so it does not matter how often, how late or in what order word of a
change arrives, and a change that comes back to the side that made it (an echo) asks for nothing.

The agreed image moves, group by group, only to what both sides are known to hold: a change of ours is agreed when the
other side was seen with it (`heard`), not when it was sent. So a write that is lost, refused as stale or heard of
twice costs nothing: the next step starts from the same agreement.
"""

from __future__ import annotations

from dataclasses import dataclass

from pilot.sync.merge import WHOLE, Conflict, Groups, Image, Merge, complete, part, same, three_way


@dataclass(frozen=True)
class Step:
    """``agreed`` becomes the new base once ``ours`` is written here; ``theirs`` is then sent to the other side.

    ``writes_ours`` and ``writes_theirs`` say whether there is anything to write on that side.
    """

    agreed: Image | None
    ours: Image | None
    theirs: Image | None
    conflicts: tuple[Conflict, ...]
    writes_ours: bool
    writes_theirs: bool

    @property
    def is_quiet(self) -> bool:
        """Nothing to write and nothing to decide."""
        return not (self.writes_ours or self.writes_theirs or self.conflicts)


def step(base: Image | None, ours: Image | None, theirs: Image | None, groups: Groups) -> Step:
    """What to do about a record, given the agreed image and what both sides hold now."""
    merged = three_way(base, ours, theirs, groups)
    for_ours, for_theirs = merged.on(ours), merged.on(theirs)
    return Step(
        agreed=_agreed(base, merged, for_ours, theirs, groups),
        ours=for_ours,
        theirs=for_theirs,
        conflicts=merged.conflicts,
        writes_ours=not same(for_ours, ours),
        writes_theirs=not same(for_theirs, theirs),
    )


def _agreed(
    base: Image | None, merged: Merge, ours: Image | None, theirs: Image | None, groups: Groups
) -> Image | None:
    """The base, moved where the other side holds already what our side holds after the step."""
    if any(conflict.group == WHOLE for conflict in merged.conflicts):
        return base
    if ours is None or theirs is None:
        return None if ours is theirs else base
    moved: dict[str, str] = dict(base or {})
    for fields in complete(groups, ours, theirs, moved).values():
        held = part(theirs, fields)
        if held == part(ours, fields):
            moved |= held
    return moved


def heard(
    base: Image | None, over: Image | None, sent: Image | None, theirs: Image | None, groups: Groups
) -> Image | None:
    """The base after ``theirs`` was seen, at a newer revision, once ``sent`` had been sent over ``over``.

    What arrived is agreed. Our side may have moved on since it was sent; without this its next change would look
    like theirs undone. A record we sent as new and that is gone again was made and deleted: whether it was ours
    nobody can tell, so the base becomes a blank record, and a person decides.
    """
    if sent is None or theirs is None:
        if sent is not None:
            return {} if over is None else base
        return None if theirs is None else base
    moved = dict(base or {})
    changed = False
    for fields in complete(groups, sent, over or {}).values():
        wanted = part(sent, fields)
        if part(theirs, fields) == wanted and (over is None or part(over, fields) != wanted):
            moved |= wanted
            changed = True
    return moved if changed else base


def decided(base: Image | None, theirs: Image | None, choice: Image | None, group: str) -> Image | None:
    """The base after a person decided a conflict, having seen ``theirs``: what they hold no longer counts as news.

    With ``choice`` written on our side, the next step sends it to them where it differs, and a change they made
    since the person looked is a conflict anew. For a single group ``choice`` names its fields.
    """
    if group == WHOLE:
        return theirs
    return dict(base or {}) | part(theirs or {}, choice or ())
