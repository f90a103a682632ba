"""Bringing records of both systems a step closer, several in one transaction.

Locks: the records' links first, then our rows, then their marks. Who edits our row takes them from the second on and
never asks for a link; where he edits several and we hold several we may wait for each other, but we only briefly.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, OrderLine, OrderSource, OrderStatus, ServedBy
from orders.services import foreign
from pilot.legacy import mapping, wire
from pilot.legacy.records import GROUPS, Image, Record
from pilot.models import Entity, LegacyWrite, Phase, SyncConflict, SyncDirty, SyncLink, SyncRead
from pilot.services import conflicts
from pilot.services.enrolment import mark_orders, phases_of
from pilot.sync.merge import same
from pilot.sync.step import Step, heard, step

ACTOR = Actor.system("legacy")
#: Our transaction gives way to a person's: it comes again in a second or two.
LOCK_WAIT = "SET LOCAL lock_timeout = '500ms'"
#: In milliseconds, what the columns of lags hold.
MOST_LAG = 2_000_000_000
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


def our_row(entity: str, object_id: int | None) -> Customer | Order | None:
    """Our side of a record, locked; None when it is not there (any more)."""
    if object_id is None:
        return None
    rows = _model(entity)._default_manager.filter(pk=object_id)
    return rows.select_for_update(no_key=True).first()  # type: ignore[return-value]


def our_rows(entity: str, ids: Sequence[int]) -> dict[int, Customer | Order]:
    """Our side of records by id, unlocked, with what their images are made of."""
    if not ids:
        return {}
    rows: dict[int, Any] = _model(entity)._default_manager.in_bulk(list(ids))
    _read_parts(entity, rows.values())
    return rows


def our_heads(entity: str, ids: Sequence[int]) -> list[Customer | Order]:
    """Our rows by id, unlocked, an order with its customer."""
    rows = Customer.objects.filter(pk__in=ids)
    orders = Order.objects.filter(pk__in=ids).select_related("customer")
    return list(rows) if entity == Entity.CUSTOMER else list(orders)


def _model(entity: str) -> type[models.Model]:
    return Customer if entity == Entity.CUSTOMER else Order


def _read_parts(entity: str, rows: Iterable[Any]) -> None:
    parts: list[Any] = ["phones", "availability", "area"]
    if entity == Entity.ORDER:
        parts = ["customer", Prefetch("lines", OrderLine.objects.select_related("product"))]
    models.prefetch_related_objects(list(rows), *parts)


def external_id(row: Customer | Order) -> str:
    """What a record of ours is called in the old system: its own number there where it has one."""
    return row.code if isinstance(row, Customer) else row.number_there or row.number


def customer_code(row: Customer | Order) -> str:
    return row.code if isinstance(row, Customer) else row.customer.code


def locked_links(entity: str, wanted: Mapping[str, tuple[str, int | None]]) -> dict[str, SyncLink]:
    """The links of these records, locked, by what the old system calls them; made where there is none.

    ``wanted`` names each record's customer and our row. IntegrityError when somebody else makes one just now.
    """
    found = SyncLink.objects.filter(entity=entity, external_id__in=wanted)
    known = set(found.values_list("external_id", flat=True))
    now = clock.now()
    SyncLink.objects.bulk_create(
        SyncLink(entity=entity, external_id=name, customer_code=code, object_id=object_id, open_since=now)
        for name, (code, object_id) in wanted.items()
        if name not in known
    )
    return {link.external_id: link for link in found.select_for_update().order_by("pk")}


@dataclass(frozen=True)
class Beside:
    """What stands beside locked links: our rows, locked, by id; customers' phases by code; by link, what is to be
    sent and is not settled."""

    rows: Mapping[int, Customer | Order]
    phases: Mapping[str, str]
    writes: Mapping[int, LegacyWrite]

    def row(self, link: SyncLink) -> Customer | Order | None:
        return None if link.object_id is None else self.rows.get(link.object_id)

    def under_way(self, link: SyncLink) -> LegacyWrite | None:
        """What was sent and perhaps arrived."""
        write = self.writes.get(link.pk)
        return write if write is not None and write.status in ("inflight", "unknown") else None


def look_beside(links: Sequence[SyncLink]) -> Beside:
    """Lock our rows of these links, all of one entity; take their marks away; read what they consist of after that,
    so that nothing is read before a change whose mark is taken."""
    if not links:
        return Beside({}, {}, {})
    entity = links[0].entity
    ids = [link.object_id for link in links if link.object_id is not None]
    locked = _model(entity)._default_manager.filter(pk__in=ids).select_for_update(no_key=True).order_by("pk")
    rows: dict[int, Any] = {row.pk: row for row in locked}
    SyncDirty.objects.filter(entity=entity, object_id__in=ids).delete()
    _read_parts(entity, rows.values())
    is_orders = entity == Entity.ORDER
    phases = phases_of(link.customer_code for link in links) if is_orders else {}
    look_at_conflicts(links)
    writes = LegacyWrite.objects.filter(link__in=links, status__in=OPEN_WRITES)
    return Beside(rows, phases, {write.link_id: write for write in writes})


def look_at_conflicts(links: Sequence[SyncLink]) -> None:
    """Read what is open of locked links into ``open_conflicts``, anew."""
    found: dict[int, list[SyncConflict]] = {link.pk: [] for link in links}
    for one in SyncConflict.objects.filter(link__in=links, state=SyncConflict.State.OPEN):
        found[one.link_id].append(one)
    for link in links:
        link.open_conflicts = found[link.pk]


def agree(link: SyncLink, *, beside: Beside | None = None, marked_at: dt.datetime | None = None) -> Met:
    """Compare, merge, write here what they changed, queue for them what we changed. The link is locked.

    ``marked_at`` is when our side changed, in real time. ``beside`` was looked at after the link was locked.
    """
    beside = beside or look_beside([link])
    waiting = beside.writes.get(link.pk)
    row = beside.row(link)
    if row is not None:
        _keep_owner(link, row, beside.phases.get(link.customer_code, Phase.OFF))
    ours = None if row is None else mapping.image_of(link.entity, row)
    found = step(link.base, ours, _readable(link, ours), GROUPS[link.entity])
    refusal = ""
    if found.writes_ours:
        refusal = _write_here(link, found, row)
    if refusal:
        conflicts.refused(link, ours, found, refusal)
        link.state = SyncLink.State.CONTESTED
        link.save()
        return Met(contested=True)
    link.base = found.agreed
    conflicts.keep(link, found)
    # Bytes nobody can read are not written over before somebody decides what shall stand there.
    writes = found.writes_theirs and not link.damaged
    if writes and not queue(link, found.theirs, waiting, marked_at=marked_at):
        mark(link)
    if not found.writes_theirs and not link.damaged:
        writes = _ask_for_it(link, found, waiting)
    if not writes:
        waiting = _nothing_to_write(link, waiting)
    _note_state(link, is_open=writes or waiting is not None)
    link.save()
    contested = link.state == SyncLink.State.CONTESTED
    return Met(found.writes_ours, writes, contested)


def take(entity: str, found: Sequence[tuple[Record, str, int]]) -> int:
    """What the old system was read with, in one transaction; how many revisions were new.

    ``found`` has each record's customer code and lag in milliseconds with it.
    """
    with transaction.atomic():
        wait_briefly()
        links = locked_links(entity, {record.id: (code, None) for record, code, _lag in found})
        news = [
            (record, lag, links[record.id])
            for record, _code, lag in found
            if record.revision > (links[record.id].revision or 0)
        ]
        for record, _lag, link in news:
            if link.object_id is None:
                mine = mapping.find(entity, record.id)
                link.object_id = mine.pk if mine is not None else None
        beside = look_beside([link for _record, _lag, link in news])
        written = LegacyWrite.objects.filter(
            link__in=[link for _record, _lag, link in news],
            written_revision__in=[record.revision for record, _lag, _link in news],
        )
        echoes = set(written.values_list("link_id", "written_revision"))
        reads = []
        for record, lag, link in news:
            see(link, record, beside.under_way(link))
            met = agree(link, beside=beside)
            is_ours = (link.pk, record.revision) in echoes
            reads.append(
                SyncRead(
                    entity=entity,
                    revision=record.revision,
                    external_id=record.id,
                    changed_at=record.changed_at,
                    changed_by=record.changed_by[:60],
                    outcome=SyncRead.Outcome.ECHO if is_ours and not met.contested else met.outcome,
                    lag_ms=lag,
                )
            )
        SyncRead.objects.bulk_create(reads, ignore_conflicts=True)
    return len(reads)


def see(link: SyncLink, record: Record, sent: LegacyWrite | None) -> None:
    """Remember what they hold now; what we ``sent`` and they have is agreed. The link is locked and not saved."""
    if sent is not None and record.revision > (sent.expected or 0):
        link.base = heard(link.base, sent.over, sent.image, record.image, GROUPS[link.entity])
    base = link.base or {}
    image = record.image
    if link.entity == Entity.CUSTOMER and link.revision is None and link.object_id is not None:
        # Now his orders can stand there too.
        mark_orders(link.object_id)
    link.theirs = image
    link.revision = record.revision
    link.damaged = {
        name: code
        for name, code in record.damaged.items()
        if image is not None and image[name] != base.get(name)
    }


def queue(
    link: SyncLink,
    image: Image | Any,
    waiting: LegacyWrite | None,
    *,
    marked_at: dt.datetime | None,
    takes: bool = False,
) -> bool:
    """One write for the record: into the one that is ``waiting``, or a new one.

    False when one is under way: that one is left alone, and the record has to be looked at again after it.
    """
    over = dict(link.theirs or {}) | dict(image or {}) if takes else link.theirs
    fields: dict[str, Any] = {"image": image, "over": over, "expected": link.revision, "takes": takes}
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


def _nothing_to_write(link: SyncLink, waiting: LegacyWrite | None) -> LegacyWrite | None:
    """Both sides came to agree, or a person must decide: what waits to be sent is not wanted any more.

    Returns what is under way all the same.
    """
    conflicts.written(link)
    if waiting is None:
        return None
    ended = LegacyWrite.objects.filter(pk=waiting.pk, status__in=["queued", "failed", "held"]).update(
        status="done", done_at=clock.now(), last_said=_("not wanted any more: nothing left to tell")
    )
    return None if ended else waiting


def _write_here(link: SyncLink, found: Step, row: Customer | Order | None) -> str:
    """Write the merged image on our side; the reason in words when our rules do not allow it."""
    # A customer is written by one service, which undoes itself; an order by several.
    block = nullcontext() if link.entity == Entity.CUSTOMER else transaction.atomic()
    try:
        with block:
            known = row if isinstance(row, Customer) else None
            mapping.apply(link.entity, link.external_id, _plain(found.ours), held=known, actor=ACTOR)
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


def _keep_owner(link: SyncLink, row: Customer | Order, phase: str) -> None:
    """Orders that nobody has begun follow their customer's phase."""
    if not isinstance(row, Order):
        return
    unbegun = row.status == OrderStatus.CONFIRMED and row.source != OrderSource.HISTORY
    if phase == Phase.SHADOW and unbegun and row.served_by == ServedBy.OURS and _fits_there(row):
        # We let go first, and the old system takes it when it is told: never both.
        foreign.hand_over(row, ServedBy.LEGACY, reason=_("the customer's phase"), actor=ACTOR)
        row.refresh_from_db()
        # Marked by ourselves just now; it is compared as it is.
        SyncDirty.objects.filter(entity=link.entity, object_id=row.pk).delete()
    wanted = phase == Phase.OURS_LEADS and unbegun and row.scheduled_date > clock.today()
    link.wants = ServedBy.OURS if wanted and row.served_by == ServedBy.LEGACY else ""


def _fits_there(order: Order) -> bool:
    """Whether the old system has room and words for it: what it cannot be told of it cannot serve, and nobody would."""
    try:
        wire.row(Entity.ORDER, mapping.image_of(Entity.ORDER, order), None)
    except wire.WireError:
        return False
    return True


def _ask_for_it(link: SyncLink, found: Step, waiting: LegacyWrite | None) -> bool:
    """Ask the old system to let go of an order. Ours it becomes only when it was seen to have done so."""
    theirs = link.theirs
    if link.wants != ServedBy.OURS or theirs is None or not found.is_quiet:
        return False
    if theirs.get("served_by") != ServedBy.LEGACY or theirs.get("status") != "open":
        return False
    image = {**theirs, "served_by": str(ServedBy.OURS)}
    if not queue(link, image, waiting, marked_at=None, takes=True):
        mark(link)
    return True


def _note_state(link: SyncLink, *, is_open: bool) -> None:
    if link.open_conflicts:
        link.state = SyncLink.State.CONTESTED
    elif is_open:
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
