"""What no rule decides about a record: kept in step with what both sides hold, and decided by a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from luckygas.core import clock, live
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from luckygas.core.notify import inapp
from pilot.legacy import mapping
from pilot.legacy.records import Image
from pilot.models import LegacyWrite, SyncConflict, SyncLink
from pilot.sync.merge import WHOLE, part, same
from pilot.sync.step import Step, decided

HOWS = ("ours", "theirs", "edited")
Part = Mapping[str, str] | None


def keep(link: SyncLink, found: Step) -> None:
    """Open what is contested now, bring what is open up to date, close what went away. The link is locked."""
    kinds = SyncConflict.Kind
    wanted: dict[tuple[str, str], tuple[Part, Part, Part, str]] = {}
    for one in found.conflicts:
        kind = str(kinds.DELETED if one.group == WHOLE else kinds.BOTH)
        wanted[kind, one.group] = (one.base, one.ours, one.theirs, "")
    for name, code in link.damaged.items():
        parts = [part(image or {}, [name]) for image in (link.base, found.ours, link.theirs)]
        wanted[str(kinds.DAMAGED), name] = (parts[0], parts[1], parts[2], code)
    held = {(row.kind, row.group): row for row in link.open_conflicts if row.kind != kinds.UNENCODABLE}
    for (kind, group), (base, ours, theirs, detail) in wanted.items():
        _open(link, held.pop((kind, group), None), kind, group, base, ours, theirs, detail)
    _gone(link, held.values())


def refused(link: SyncLink, ours: Part, found: Step, text: str) -> None:
    """Our rules do not allow what the old system did."""
    kind = SyncConflict.Kind.REFUSED
    fields = _differing(ours, link.theirs)
    held = next((row for row in link.open_conflicts if row.kind == kind), None)
    _open(link, held, kind, WHOLE, _of(link.base, fields), _of(ours, fields), _of(link.theirs, fields), text)


def unwritable(link: SyncLink, field: str, image: Part, text: str) -> None:
    """The old system cannot hold what we sent."""
    kind = SyncConflict.Kind.UNENCODABLE
    held = next((row for row in link.open_conflicts if row.kind == kind), None)
    fields = [field] if field else _differing(image, link.theirs)
    parts = _of(link.base, fields), _of(image, fields), _of(link.theirs, fields)
    _open(link, held, kind, field or WHOLE, *parts, text)


def written(link: SyncLink) -> None:
    """What could not be written has been, or is not wanted any more."""
    _gone(link, [row for row in link.open_conflicts if row.kind == SyncConflict.Kind.UNENCODABLE])


def shown(conflict: SyncConflict) -> str:
    """A word for what somebody who looks at the conflict sees of both sides; another one once either moved."""
    return hashlib.sha256(json.dumps([conflict.ours, conflict.theirs], sort_keys=True).encode()).hexdigest()[
        :32
    ]


@transaction.atomic
def resolve(
    conflict: SyncConflict,
    how: str,
    *,
    values: Mapping[str, str] | None = None,
    seen: str | None = None,
    actor: Actor,
) -> SyncConflict:
    """A person decides: "ours", "theirs", or "edited" with the ``values`` of the contested fields.

    ``seen`` is what he looked at (``shown``), by default the ``conflict`` as it is given. Both sides get the decided
    value. Refused, with nothing changed: what was decided already, a value our rules do not allow; Busy when either
    side moved since he looked.
    """
    from pilot.services import agreeing

    link = SyncLink.objects.select_for_update().get(pk=conflict.link_id)
    seen = shown(conflict) if seen is None else seen
    conflict = SyncConflict.objects.select_for_update().get(pk=conflict.pk)
    SyncConflict.MACHINE.check_allowed(conflict.state, SyncConflict.State.RESOLVED)
    row = agreeing.our_row(link.entity, link.object_id)
    ours = None if row is None else mapping.image_of(link.entity, row)
    if seen != shown(conflict) or not _as_shown(conflict, ours):
        raise Busy(
            _("This record changed meanwhile. Look at the new values, then decide."),
            code="conflict_moved",
        )
    choice = _choice(conflict, how, values)
    whole = conflict.kind == SyncConflict.Kind.DELETED
    wanted: Image | None = choice if whole else {**(ours or {}), **(choice or {})}
    if whole and choice is not None:
        wanted = dict(choice)
    link.base = decided(link.base, link.theirs, choice, WHOLE if whole else conflict.group)
    link.damaged = {name: code for name, code in link.damaged.items() if name != conflict.group}
    SyncConflict.MACHINE.move(
        conflict,
        SyncConflict.State.RESOLVED,
        closed_at=clock.now(),
        closed_by=actor.name,
        how=how,
        chosen=choice,
    )
    if not same(wanted, ours):
        mapping.apply(link.entity, link.external_id, wanted, actor=actor)
    link.save()
    agreeing.agree(link)
    if conflict.kind == SyncConflict.Kind.UNENCODABLE:
        # Where ours shall stand as it is, it is sent once more; what cannot be written is said again.
        failed = LegacyWrite.objects.filter(link=link, status=LegacyWrite.Status.FAILED)
        failed.update(status=LegacyWrite.Status.QUEUED, not_before=clock.now())
    live.tell("sync")
    record(
        "pilot.conflict_resolved",
        actor=actor,
        subject=f"SyncConflict:{conflict.pk}",
        how=how,
        group=conflict.group,
    )
    return conflict


def _choice(conflict: SyncConflict, how: str, values: Mapping[str, str] | None) -> dict[str, str] | None:
    if how not in HOWS:
        raise Refused(_("Choose ours, theirs, or values of your own."), code="how", field="how")
    if how == "edited":
        if conflict.kind == SyncConflict.Kind.DELETED or not values:
            raise Refused(
                _("There is nothing to edit here: choose one of both sides."), code="how", field="how"
            )
        unknown = sorted(set(values) - set(conflict.fields()))
        if unknown:
            raise Refused(
                _("These fields are not contested: %(fields)s.") % {"fields": ", ".join(unknown)},
                code="fields",
            )
        return {**(conflict.ours or {}), **{name: text.strip() for name, text in values.items()}}
    if how == "theirs" and conflict.kind == SyncConflict.Kind.DAMAGED:
        raise Refused(
            _("Nobody can read what stands there; choose ours or type it."), code="how", field="how"
        )
    found = conflict.ours if how == "ours" else conflict.theirs
    return None if found is None else dict(found)


def _as_shown(conflict: SyncConflict, ours: Image | None) -> bool:
    shown: Any = conflict.ours
    if ours is None or shown is None:
        return ours is shown
    return all(ours.get(name, "") == text for name, text in shown.items())


def _of(image: Part, fields: list[str]) -> Part:
    return None if image is None else part(image, fields)


def _differing(one: Part, other: Part) -> list[str]:
    names = sorted({*(one or {}), *(other or {})})
    return [name for name in names if (one or {}).get(name, "") != (other or {}).get(name, "")]


def _open(
    link: SyncLink,
    held: SyncConflict | None,
    kind: str,
    group: str,
    base: Part,
    ours: Part,
    theirs: Part,
    detail: str,
) -> None:
    fields = {"base": base, "ours": ours, "theirs": theirs, "detail": detail[:500]}
    if held is not None:
        if any(getattr(held, name) != value for name, value in fields.items()):
            SyncConflict.objects.filter(pk=held.pk).update(group=group, **fields)
            for name, value in fields.items():
                setattr(held, name, value)
            held.group = group
        return
    live.tell("sync")
    made = SyncConflict.objects.create(link=link, kind=kind, group=group, opened_at=clock.now(), **fields)
    link.open_conflicts.append(made)
    inapp.tell(
        permission="pilot.view_syncconflict",
        title=gettext_lazy("Both systems disagree about %(record)s: a person has to decide")
        % {"record": link.external_id},
        url=reverse("admin:pilot_syncconflict_change", args=[made.pk]),
        once_key=f"pilot:conflict:{made.pk}",
    )


def _gone(link: SyncLink, rows: Iterable[SyncConflict]) -> None:
    for row in rows:
        link.open_conflicts.remove(row)
        SyncConflict.MACHINE.move(
            row, SyncConflict.State.GONE, closed_at=clock.now(), closed_by=str(_("mirroring"))
        )
        live.tell("sync")
