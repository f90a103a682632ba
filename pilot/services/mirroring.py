"""The rounds of the mirroring: what changed here is told, what changed there is read."""

from __future__ import annotations

import datetime as dt

import structlog
from django.db import OperationalError, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from customers.models import Customer
from luckygas.core import clock, outbound
from luckygas.core.windows import window
from orders.models import OrderSource
from pilot.legacy.client import is_configured
from pilot.legacy.errors import NoAnswer, Unreachable
from pilot.legacy.records import ENTITIES, Record
from pilot.models import Enrolment, LegacyWrite, Phase, SyncCursor, SyncDirty, SyncLink
from pilot.services import agreeing, pauses
from pilot.services.agreeing import Met
from pilot.services.enrolment import phase_of
from pilot.services.line import legacy

log = structlog.get_logger(__name__)
BATCH = 200


def tell(limit: int = BATCH) -> int:
    """Look at the records that were marked, oldest first; how many were looked at. A busy one is left for later."""
    looked = 0
    entities = [entity for entity in ENTITIES if not pauses.is_paused(entity)]
    # Customers first: an order cannot stand in the old system before its customer does.
    marks = SyncDirty.objects.filter(entity__in=entities).order_by("entity", "since", "id")
    for entity, object_id, since in list(marks.values_list("entity", "object_id", "since")[:limit]):
        try:
            with window("sync tell"):
                tell_one(entity, object_id, since)
        except OperationalError as error:
            if "lock" not in str(error):
                raise
            log.info("sync_record_busy", entity=entity, row=object_id)
            continue
        looked += 1
    if looked:
        outbound.nudge(LegacyWrite)
    return looked


@transaction.atomic
def tell_one(entity: str, object_id: int, since: dt.datetime) -> Met | None:
    """Bring one marked record a step closer; None for one that is not to be mirrored, whose mark goes."""
    agreeing.wait_briefly()
    row = agreeing.our_row(entity, object_id, lock=False)
    link: SyncLink | None
    if row is None:
        link = SyncLink.objects.select_for_update().filter(entity=entity, object_id=object_id).first()
    else:
        code = agreeing.customer_code(row)
        enrolled = phase_of(code) != Phase.OFF
        past = not isinstance(row, Customer) and row.source == OrderSource.HISTORY
        link = None
        if enrolled and not past:
            link = agreeing.locked_link(entity, agreeing.external_id(row), code=code, object_id=row.pk)
    if link is None:
        SyncDirty.objects.filter(entity=entity, object_id=object_id).delete()
        return None
    if row is None:
        SyncDirty.objects.filter(entity=entity, object_id=object_id).delete()
    elif link.object_id is None:
        link.object_id = row.pk
    if entity == "order" and link.revision is None and not _customer_is_there(link.customer_code):
        # Its customer is told first; the mark stays.
        return Met()
    return agreeing.agree(link, marked_at=since)


def read(limit: int = BATCH) -> int:
    """Read what changed there; how many changes of enrolled customers were new. Trouble is noted, not raised."""
    if not is_configured():
        return 0
    return sum(_read(entity, limit) for entity in ENTITIES if not pauses.is_paused(entity))


def _read(entity: str, limit: int) -> int:
    SyncCursor.objects.get_or_create(entity=entity)
    cursor = SyncCursor.objects.get(entity=entity)
    enrolled = set(Enrolment.objects.exclude(phase=Phase.OFF).values_list("customer__code", flat=True))
    found = 0
    while True:
        try:
            started = legacy().now()
            records = legacy().changes(entity, cursor.revision, limit)
        except (Unreachable, NoAnswer) as error:
            _failed(entity, str(error))
            return found
        for record in records:
            code = _customer(record)
            if code in enrolled and not record.incomplete:
                lag = round((started - record.changed_at).total_seconds() * 1000)
                with window("sync read"):
                    found += bool(agreeing.take(record, code, lag_ms=min(max(lag, 0), 2_000_000_000)))
        _move(cursor, records)
        if len(records) < limit:
            return found


def _move(cursor: SyncCursor, records: list[Record]) -> None:
    """Only forwards, and not at all when somebody sent it back to the beginning meanwhile."""
    was = cursor.revision
    if records:
        cursor.revision = records[-1].revision
    changed = SyncCursor.objects.filter(pk=cursor.pk, revision=was).update(
        revision=Greatest(F("revision"), cursor.revision), read_at=clock.now(), failing_since=None, said=""
    )
    if not changed:
        cursor.revision = SyncCursor.objects.values_list("revision", flat=True).get(pk=cursor.pk)


def _failed(entity: str, text: str) -> None:
    row = SyncCursor.objects.get(entity=entity)
    SyncCursor.objects.filter(pk=entity).update(
        failing_since=row.failing_since or clock.now(), said=text[:300]
    )
    log.warning("legacy_not_read", entity=entity, said=text)


def _customer(record: Record) -> str:
    """Whose record it is; a deleted order's is known from its link."""
    if record.entity == "customer":
        return record.id
    if record.image is not None:
        return record.image["customer"]
    known = SyncLink.objects.filter(entity=record.entity, external_id=record.id)
    return known.values_list("customer_code", flat=True).first() or ""


def _customer_is_there(code: str) -> bool:
    there = SyncLink.objects.filter(entity="customer", external_id=code, revision__isnull=False)
    return there.exists()


def is_quiet() -> bool:
    """Whether nothing waits to be told."""
    waiting = LegacyWrite.objects.filter(status__in=["queued", "inflight", "unknown"])
    return not SyncDirty.objects.exists() and not waiting.exists()


def until_quiet(*, rounds: int = 200) -> int:
    """Read, tell and write until nothing moves (the end of a day, tests); rounds taken."""
    for number in range(1, rounds + 1):
        moved = read() + tell()
        moved += outbound.run_due(LegacyWrite, limit=BATCH)
        if not moved and is_quiet():
            return number
    return rounds
