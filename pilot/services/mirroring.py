"""The rounds of the mirroring: what changed here is told, what changed there is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TypeVar

import structlog
from django.db import IntegrityError, OperationalError, transaction
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
from pilot.services.enrolment import phases_of
from pilot.services.line import legacy

log = structlog.get_logger(__name__)
Item = TypeVar("Item")
BATCH = 200
TOGETHER = 20
"""Records in one transaction: their rows are locked for as long, and somebody may wait for one of them."""
MOST_LAG = 2_000_000_000
"""In milliseconds, what the column holds."""


def tell(limit: int = BATCH) -> int:
    """Look at the records that were marked, oldest first; how many were looked at. A busy one is left for later."""
    looked = 0
    entities = [entity for entity in ENTITIES if not pauses.is_paused(entity)]
    # Customers first: an order cannot stand in the old system before its customer does.
    marks = SyncDirty.objects.filter(entity__in=entities).order_by("entity", "since", "id")
    found = list(marks.values_list("entity", "object_id", "since")[:limit])
    for entity in entities:
        of_entity = [(object_id, since) for name, object_id, since in found if name == entity]
        for some in _parts(of_entity):
            try:
                looked += _tell(entity, some)
                continue
            except (OperationalError, IntegrityError) as error:
                log.info("sync_not_together", entity=entity, error=type(error).__name__)
            for one in some:
                try:
                    looked += _tell(entity, [one])
                except OperationalError as error:
                    if "lock" not in str(error):
                        raise
                    log.info("sync_record_busy", entity=entity, row=one[0])
    if looked:
        outbound.nudge(LegacyWrite)
    return looked


def _parts(found: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (found[start : start + TOGETHER] for start in range(0, len(found), TOGETHER))


def _tell(entity: str, marks: Sequence[tuple[int, dt.datetime]]) -> int:
    """Bring marked records a step closer, in one transaction; marks of those that are not to be mirrored go."""
    with window("sync tell"), transaction.atomic():
        agreeing.wait_briefly()
        since = dict(marks)
        links = _links_of(entity, list(since))
        linked = {link.object_id for link in links}
        nobodys = [object_id for object_id in since if object_id not in linked]
        if nobodys:
            SyncDirty.objects.filter(entity=entity, object_id__in=nobodys).delete()
        if entity == "order":
            # Its customer is told first; the mark stays.
            news = {link.customer_code for link in links if link.revision is None}
            there = _customers_there(news) if news else set()
            links = [link for link in links if link.revision is not None or link.customer_code in there]
        beside = agreeing.look_beside(links)
        for link in links:
            assert link.object_id is not None
            agreeing.agree(link, beside=beside, marked_at=since[link.object_id])
    return len(marks)


def _links_of(entity: str, ids: list[int]) -> list[SyncLink]:
    """The links of our rows, locked; of those that are gone, where they had one."""
    rows = agreeing.our_heads(entity, ids)
    codes = {row.pk: agreeing.customer_code(row) for row in rows}
    phases = phases_of(codes.values())
    wanted = {
        agreeing.external_id(row): (codes[row.pk], row.pk)
        for row in rows
        if phases.get(codes[row.pk], Phase.OFF) != Phase.OFF
        and (isinstance(row, Customer) or row.source != OrderSource.HISTORY)
    }
    found = agreeing.locked_links(entity, wanted) if wanted else {}
    for name, link in found.items():
        if link.object_id is None:
            link.object_id = wanted[name][1]
    links = [link for name, link in found.items() if link.object_id == wanted[name][1]]
    gone = set(ids) - set(codes)
    if gone:
        links += SyncLink.objects.select_for_update().filter(entity=entity, object_id__in=gone).order_by("pk")
    return links


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
        wanted = []
        for record in records:
            code = _customer(record)
            if code in enrolled and not record.incomplete:
                lag = round((started - record.changed_at).total_seconds() * 1000)
                wanted.append((record, code, min(max(lag, 0), MOST_LAG)))
        for some in _parts(wanted):
            found += _take(entity, some)
        _move(cursor, records)
        if len(records) < limit:
            return found


def _take(entity: str, some: Sequence[tuple[Record, str, int]]) -> int:
    try:
        with window("sync read"):
            return agreeing.take(entity, some)
    except (OperationalError, IntegrityError) as error:
        log.info("sync_not_together", entity=entity, error=type(error).__name__)
    found = 0
    for one in some:
        with window("sync read"):
            found += agreeing.take(entity, [one])
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


def _customers_there(codes: set[str]) -> set[str]:
    """Which of these customers the old system has."""
    there = SyncLink.objects.filter(entity="customer", external_id__in=codes, revision__isnull=False)
    return set(there.values_list("external_id", flat=True))


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
