"""Bringing one record of both systems a step closer, in one transaction.

Locks: the record's link first, then our row, then its mark. Who edits our row takes them from the second on and never
asks for the link, so nobody waits in a circle; and we wait for him only briefly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, OrderSource, OrderStatus, ServedBy
from orders.services import foreign
from pilot.legacy import mapping
from pilot.legacy.records import GROUPS, Image, Record
from pilot.models import Entity, LegacyWrite, Phase, SyncDirty, SyncLink, SyncRead
from pilot.services import conflicts
from pilot.services.enrolment import phase_of
from pilot.sync.merge import same
from pilot.sync.step import Step, heard, step

ACTOR = Actor.system("legacy")
#: Our transaction gives way to a person's: it comes again in a second or two.
LOCK_WAIT = "SET LOCAL lock_timeout = '500ms'"
OPEN_WRITES = ("queued", "inflight", "unknown", "held", "failed")


@dataclass(frozen=True)
class Met:
    """What a step came to: written here, to be written there, in need of a person."""

    wrote_ours: bool = False
    writes_theirs: bool = False
    contested: bool = False

    @property
    def outcome(self) -> str:
        if self.contested:
            return SyncRead.Outcome.CONTESTED
        return SyncRead.Outcome.TAKEN if self.wrote_ours else SyncRead.Outcome.ECHO


def real_now() -> dt.datetime:
    """Real time as the database has it: lags are of machines, not of the business's clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (found,) = cursor.fetchone()
    return found


def wait_briefly() -> None:
    with connection.cursor() as cursor:
        cursor.execute(LOCK_WAIT)


def our_row(entity: str, object_id: int | None, *, lock: bool = True) -> Customer | Order | None:
    """Our side of a record, locked; None when it is not there (any more)."""
    if object_id is None:
        return None
    model: type[models.Model] = Customer if entity == Entity.CUSTOMER else Order
    rows = model._default_manager.filter(pk=object_id)
    if lock:
        rows = rows.select_for_update(no_key=True)
    return rows.first()  # type: ignore[return-value]


def external_id(row: Customer | Order) -> str:
    """What a record of ours is called in the old system: its own number there where it has one."""
    return row.code if isinstance(row, Customer) else row.number_there or row.number


def customer_code(row: Customer | Order) -> str:
    return row.code if isinstance(row, Customer) else row.customer.code


def locked_link(entity: str, name: str, *, code: str, object_id: int | None = None) -> SyncLink:
    """The record's link, made when there is none, locked."""
    SyncLink.objects.get_or_create(
        entity=entity,
        external_id=name,
        defaults={"customer_code": code, "object_id": object_id, "open_since": clock.now()},
    )
    return SyncLink.objects.select_for_update().get(entity=entity, external_id=name)


def agree(link: SyncLink, *, marked_at: dt.datetime | None = None) -> Met:
    """Compare, merge, write here what they changed, queue for them what we changed. The link is locked.

    ``marked_at`` is when our side changed, in real time.
    """
    row = our_row(link.entity, link.object_id)
    if row is not None:
        _keep_owner(link, row)
        SyncDirty.objects.filter(entity=link.entity, object_id=row.pk).delete()
    ours = None if row is None else mapping.image_of(link.entity, row)
    found = step(link.base, ours, _readable(link, ours), GROUPS[link.entity])
    refusal = ""
    if found.writes_ours:
        refusal = _write_here(link, found)
    if refusal:
        conflicts.refused(link, ours, found, refusal)
        link.state = SyncLink.State.CONTESTED
        link.save()
        return Met(contested=True)
    link.base = found.agreed
    conflicts.keep(link, found)
    # Bytes nobody can read are not written over before somebody decides what shall stand there.
    writes = found.writes_theirs and not link.damaged
    if writes and not queue(link, found.theirs, marked_at=marked_at):
        mark(link)
    if not found.writes_theirs and not link.damaged:
        writes = _ask_for_it(link, found)
    if not writes:
        _nothing_to_write(link)
    _note_state(link, writes)
    link.save()
    contested = link.state == SyncLink.State.CONTESTED
    return Met(found.writes_ours, writes, contested)


def take(record: Record, code: str, *, lag_ms: int) -> str:
    """What the old system was read with. Returns the outcome; "" for a revision we knew already."""
    with transaction.atomic():
        wait_briefly()
        link = locked_link(record.entity, record.id, code=code)
        if link.object_id is None:
            mine = mapping.find(record.entity, record.id)
            link.object_id = mine.pk if mine is not None else None
        if record.revision <= (link.revision or 0):
            return ""
        is_ours = link.writes.filter(written_revision=record.revision).exists()
        see(link, record)
        met = agree(link)
        outcome = SyncRead.Outcome.ECHO if is_ours and not met.contested else met.outcome
        SyncRead.objects.get_or_create(
            entity=record.entity,
            revision=record.revision,
            defaults={
                "external_id": record.id,
                "changed_at": record.changed_at,
                "changed_by": record.changed_by[:60],
                "outcome": outcome,
                "lag_ms": lag_ms,
            },
        )
        return outcome


def see(link: SyncLink, record: Record) -> None:
    """Remember what they hold now; what we sent and they have is agreed. The link is locked and not saved."""
    sent = link.writes.filter(status__in=["inflight", "unknown"]).first()
    if sent is not None and record.revision > (sent.expected or 0):
        link.base = heard(link.base, sent.over, sent.image, record.image, GROUPS[link.entity])
    base = link.base or {}
    image = record.image
    link.theirs = image
    link.revision = record.revision
    link.damaged = {
        name: code
        for name, code in record.damaged.items()
        if image is not None and image[name] != base.get(name)
    }


def queue(link: SyncLink, image: Image | Any, *, marked_at: dt.datetime | None, takes: bool = False) -> bool:
    """One write for the record: into the one that waits, or a new one.

    False when one is under way: that one is left alone, and the record has to be looked at again after it.
    """
    over = dict(link.theirs or {}) | dict(image or {}) if takes else link.theirs
    fields: dict[str, Any] = {"image": image, "over": over, "expected": link.revision, "takes": takes}
    waiting = link.writes.filter(status__in=OPEN_WRITES).first()
    if waiting is None:
        LegacyWrite.objects.create(link=link, lane=link.lane, marked_at=marked_at or real_now(), **fields)
    elif waiting.status in ("queued", "failed", "held"):
        again = {} if waiting.status == "held" else {"status": "queued", "not_before": clock.now()}
        if any(getattr(waiting, name) != value for name, value in fields.items()):
            LegacyWrite.objects.filter(pk=waiting.pk, status=waiting.status).update(**fields, **again)
            conflicts.written(link)
    return waiting is None or waiting.status in ("queued", "failed", "held")


def mark(link: SyncLink) -> None:
    """Look at the record again in the next round."""
    if link.object_id is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO pilot_syncdirty (entity, object_id, since, at)"
            " VALUES (%s, %s, clock_timestamp(), clock_timestamp())"
            " ON CONFLICT (entity, object_id) DO UPDATE SET at = excluded.at",
            [link.entity, link.object_id],
        )


def _nothing_to_write(link: SyncLink) -> None:
    """Both sides came to agree, or a person must decide: what waits to be sent is not wanted any more."""
    link.writes.filter(status__in=["queued", "failed", "held"]).update(
        status="done", done_at=clock.now(), last_said=_("not wanted any more: nothing left to tell")
    )
    conflicts.written(link)


def _write_here(link: SyncLink, found: Step) -> str:
    """Write the merged image on our side; the reason in words when our rules do not allow it."""
    try:
        with transaction.atomic():
            mapping.apply(link.entity, link.external_id, _plain(found.ours), actor=ACTOR)
    except Refused as error:
        return str(error)
    if link.object_id is None:
        mine = mapping.find(link.entity, link.external_id)
        link.object_id = mine.pk if mine is not None else None
    return ""


def _plain(image: Mapping[str, str] | None) -> Image | None:
    return None if image is None else dict(image)


def _readable(link: SyncLink, ours: Image | None) -> Image | None:
    """What they hold, with our last agreed text where their bytes are none."""
    if not link.damaged or link.theirs is None:
        return link.theirs
    known = link.base or ours or {}
    return dict(link.theirs) | {name: known.get(name, "") for name in link.damaged}


def _keep_owner(link: SyncLink, row: Customer | Order) -> None:
    """Orders that nobody has begun follow their customer's phase."""
    if not isinstance(row, Order):
        return
    phase = phase_of(link.customer_code)
    unbegun = row.status == OrderStatus.CONFIRMED and row.source != OrderSource.HISTORY
    if phase == Phase.SHADOW and unbegun and row.served_by == ServedBy.OURS:
        # We let go first, and the old system takes it when it is told: never both.
        foreign.hand_over(row, ServedBy.LEGACY, reason=_("the customer's phase"), actor=ACTOR)
        row.refresh_from_db()
    wanted = phase == Phase.OURS_LEADS and unbegun and row.scheduled_date > clock.today()
    link.wants = ServedBy.OURS if wanted and row.served_by == ServedBy.LEGACY else ""


def _ask_for_it(link: SyncLink, found: Step) -> bool:
    """Ask the old system to let go of an order. Ours it becomes only when it was seen to have done so."""
    theirs = link.theirs
    if link.wants != ServedBy.OURS or theirs is None or not found.is_quiet:
        return False
    if theirs.get("served_by") != ServedBy.LEGACY or theirs.get("status") != "open":
        return False
    if not queue(link, {**theirs, "served_by": str(ServedBy.OURS)}, marked_at=None, takes=True):
        mark(link)
    return True


def _note_state(link: SyncLink, writes: bool) -> None:
    if link.conflicts.filter(state="open").exists():
        link.state = SyncLink.State.CONTESTED
    elif writes or link.writes.filter(status__in=OPEN_WRITES).exists():
        link.state = SyncLink.State.OPEN
    else:
        note_agreed(link)
        return
    link.open_since = link.open_since or clock.now()


def note_agreed(link: SyncLink) -> None:
    link.state, link.agreed_at, link.open_since = SyncLink.State.AGREED, clock.now(), None


def is_settled(link: SyncLink, row: Customer | Order | None) -> bool:
    """Whether both sides hold the same and nothing is left to decide."""
    ours = None if row is None else mapping.image_of(link.entity, row)
    return same(ours, link.theirs) and same(link.base, ours) and not link.damaged
