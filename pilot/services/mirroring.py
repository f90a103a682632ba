"""The rounds of the mirroring: what changed here is told, what changed there is read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar

import structlog
from django.db import IntegrityError, OperationalError, connection, transaction
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
UNWANTED = """
DELETE FROM pilot_syncdirty d USING unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS read(id, at)
 WHERE d.entity = %(entity)s AND d.object_id = read.id AND d.at = read.at
"""


class Mark(NamedTuple):
    """A mark as it was read; ``at`` moves when it is made again."""

    object_id: int
    since: dt.datetime
    at: dt.datetime


def tell(limit: int = BATCH) -> int:
    """Look at the records that were marked, oldest first; how many were looked at. A busy one is left for later."""
    looked = 0
    entities = [entity for entity in ENTITIES if not pauses.is_paused(entity)]
    # Customers first: an order cannot stand in the old system before its customer does.
    marks = SyncDirty.objects.filter(entity__in=entities).order_by("entity", "since", "id")
    found = list(marks.values_list("entity", "object_id", "since", "at")[:limit])
    for entity in entities:
        of_entity = [Mark(row, since, at) for name, row, since, at in found if name == entity]
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
                    if not _is_busy(error):
                        raise
                    log.info("sync_record_busy", entity=entity, row=one.object_id)
                except IntegrityError as error:
                    # Told under this name by somebody else just now, or twice here: the verifier says which.
                    log.warning(
                        "sync_record_clashes", entity=entity, row=one.object_id, error=str(error)[:200]
                    )
    if looked:
        outbound.nudge(LegacyWrite)
    return looked


def _parts(found: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (found[start : start + TOGETHER] for start in range(0, len(found), TOGETHER))


def _is_busy(error: OperationalError) -> bool:
    return "lock" in str(error)


def _tell(entity: str, marks: Sequence[Mark]) -> int:
    """Bring marked records a step closer, in one transaction; marks of those that are not to be mirrored go."""
    with window("sync tell"), transaction.atomic():
        agreeing.wait_briefly()
        since = {mark.object_id: mark.since for mark in marks}
        links = _links_of(entity, list(since))
        if entity == "order":
            # It cannot stand there before its customer does, and is marked again when he is there (`agreeing.see`).
            news = {link.customer_code for link in links if link.revision is None}
            there = _customers_there(news) if news else set()
            links = [link for link in links if link.revision is not None or link.customer_code in there]
        beside = agreeing.look_beside(links)
        linked = {link.object_id for link in links}
        _forget(entity, [mark for mark in marks if mark.object_id not in linked])
        for link in links:
            assert link.object_id is not None
            agreeing.agree(link, beside=beside, marked_at=since[link.object_id])
    return len(marks)


def _forget(entity: str, marks: Sequence[Mark]) -> None:
    """Take away marks that ask for nothing, but not one that was made anew since it was read."""
    if not marks:
        return
    ids, times = [mark.object_id for mark in marks], [mark.at for mark in marks]
    with connection.cursor() as cursor:
        cursor.execute(UNWANTED, {"entity": entity, "ids": ids, "times": times})


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
    held = [link.object_id for link in found.values() if link.object_id is not None]
    living = {row.pk for row in agreeing.our_heads(entity, held)}
    for name, link in found.items():
        # A record made anew under the name of one that is gone takes its place.
        if link.object_id not in living:
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
    found = 0
    while True:
        enrolled = _enrolled()
        try:
            started = legacy().now()
            records = legacy().changes(entity, cursor.revision, limit)
        except (Unreachable, NoAnswer) as error:
            _failed(entity, str(error))
            return found
        wanted = []
        codes = _customers(entity, records, enrolled)
        for record in records:
            code = codes.get(record.id, "")
            if code in enrolled and not record.incomplete:
                lag = round((started - record.changed_at).total_seconds() * 1000)
                wanted.append((record, code, min(max(lag, 0), agreeing.MOST_LAG)))
        is_busy = False
        for some in _parts(wanted):
            taken, left = _take(entity, some)
            found, is_busy = found + taken, is_busy or left
        if is_busy:
            # Read again from here: what was taken is known by its revision.
            return found
        _move(cursor, records, enrolled)
        if len(records) < limit:
            return found


def _take(entity: str, some: Sequence[tuple[Record, str, int]]) -> tuple[int, bool]:
    """How many were new, and whether some are left for later because somebody edits them here."""
    try:
        with window("sync read"):
            return agreeing.take(entity, some), False
    except (OperationalError, IntegrityError) as error:
        log.info("sync_not_together", entity=entity, error=type(error).__name__)
    found, is_busy = 0, False
    for one in some:
        try:
            with window("sync read"):
                found += agreeing.take(entity, [one])
        except OperationalError as error:
            if not _is_busy(error):
                raise
            log.info("sync_record_busy", entity=entity, record=one[0].id)
            is_busy = True
    return found, is_busy


def _enrolled() -> set[str]:
    """The codes of all who take part."""
    return set(Enrolment.objects.exclude(phase=Phase.OFF).values_list("customer__code", flat=True))


@transaction.atomic
def _move(cursor: SyncCursor, records: list[Record], enrolled: set[str]) -> None:
    """Only forwards, and not at all when somebody came in since these records were passed over or taken: whoever
    comes in sends the reading back to the beginning, where it may have been already."""
    now = SyncCursor.objects.select_for_update().get(pk=cursor.pk)
    is_sent_back = now.revision != cursor.revision or bool(_enrolled() - enrolled)
    cursor.revision = now.revision
    if is_sent_back:
        return
    if records:
        cursor.revision = records[-1].revision
    SyncCursor.objects.filter(pk=cursor.pk).update(
        revision=Greatest(F("revision"), cursor.revision), read_at=clock.now(), failing_since=None, said=""
    )


def _failed(entity: str, text: str) -> None:
    row = SyncCursor.objects.get(entity=entity)
    SyncCursor.objects.filter(pk=entity).update(
        failing_since=row.failing_since or clock.now(), said=text[:300]
    )
    log.warning("legacy_not_read", entity=entity, said=text)


def _customers(entity: str, records: Sequence[Record], enrolled: set[str]) -> dict[str, str]:
    """Whose each record is, by its number; an order that was deleted or given away is still whose it was here."""
    if entity == "customer":
        return {record.id: record.id for record in records}
    named = {record.id: record.image["customer"] for record in records if record.image is not None}
    others = [record.id for record in records if named.get(record.id) not in enrolled]
    known = (
        SyncLink.objects.filter(entity=entity, external_id__in=others) if others else SyncLink.objects.none()
    )
    return named | dict(known.values_list("external_id", "customer_code"))


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
