"""Handing one write over to the old system, and finding out what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import connection, transaction
from django.utils.translation import gettext as _

from customers.models import Customer
from luckygas.core import clock, outbound
from luckygas.core.outbound import Outcome
from luckygas.core.windows import window
from orders.models import Order
from pilot.legacy import words
from pilot.legacy.errors import NoAnswer, RefusedByLegacy, Stale, Unreachable
from pilot.legacy.records import ENTITIES, Record
from pilot.legacy.wire import WireError
from pilot.models import LegacyWrite, SyncLink, SyncPause
from pilot.services import agreeing, conflicts, pauses
from pilot.services.line import legacy
from pilot.sync.merge import same

PAUSED_SECONDS = 5
HALF_SECONDS = 30
"""A record whose lines are not all there is looked at again after this; read as whole, it goes on at once."""


def keep_paused() -> None:
    """What is due and stands still by a pause comes due again a little later, without counting as tried."""
    scopes = set(SyncPause.objects.values_list("scope", flat=True))
    if not scopes:
        return
    due = LegacyWrite.objects.filter(status__in=["queued", "unknown"], not_before__lte=clock.now())
    if SyncPause.Scope.ALL not in scopes:
        due = due.filter(link__entity__in=scopes)
    later = clock.now() + dt.timedelta(seconds=PAUSED_SECONDS)
    due.update(not_before=later, last_said=_("the mirroring is paused"))


def send(row: LegacyWrite) -> Outcome:
    """Write the record over the revision we saw; anything else they hold by now is read and merged."""
    link = row.link
    if pauses.is_paused(link.entity):
        return outbound.later(_("the mirroring is paused"), PAUSED_SECONDS)
    try:
        revision = legacy().write(link.entity, link.external_id, row.image, expected=row.expected)
    except Stale as error:
        if error.record is not None and error.record.incomplete:
            return outbound.later(_("half written there; waiting for the rest"), HALF_SECONDS)
        _saw(row, error.record)
        return outbound.done(_("overtaken: the old system changed it first; merged"))
    except WireError as error:
        return _unwritable(row, error.field, words.explain(error))
    except RefusedByLegacy as error:
        return _unwritable(row, "", words.explain(error))
    except Unreachable as error:
        return outbound.later(_("the old system cannot be reached: %(error)s") % {"error": str(error)[:300]})
    except NoAnswer as error:
        return outbound.unknown(_("sent, and no answer came: %(error)s") % {"error": str(error)[:300]})
    row.answered = revision
    return outbound.done(_("written, revision %(revision)d") % {"revision": revision})


def ask(row: LegacyWrite) -> Outcome:
    """Read the record: it is there as sent, it is as it was (then it goes again), or somebody changed it since."""
    link = row.link
    if pauses.is_paused(link.entity):
        return Outcome("unknown", _("the mirroring is paused"), PAUSED_SECONDS)
    try:
        record = legacy().read(link.entity, link.external_id)
    except (Unreachable, NoAnswer) as error:
        return outbound.unknown(_("unknown, asking: %(error)s") % {"error": str(error)[:300]})
    if record is None or (row.expected is not None and record.revision <= row.expected):
        return outbound.later(_("it never arrived; it goes again"), 0)
    if record.incomplete:
        return Outcome("unknown", _("half written there; waiting for the rest"), HALF_SECONDS)
    if same(record.image, row.image):
        row.answered = record.revision
        with transaction.atomic():
            write_down([row])
        return outbound.done(_("it had arrived, revision %(revision)d") % {"revision": record.revision})
    _saw(row, record)
    return outbound.done(_("overtaken: the old system changed it since; merged"))


def write_down(rows: Sequence[LegacyWrite]) -> None:
    """Both sides hold what was sent, in the revisions ``answered``. In the caller's transaction."""
    with window("legacy record"):
        links = _locked([row.link_id for row in rows])
        for entity in ENTITIES:
            ids = [link.object_id for link in links.values() if link.entity == entity]
            mine = agreeing.our_rows(entity, [one for one in ids if one is not None])
            for row in rows:
                link = links[row.link_id]
                if link.entity == entity:
                    _arrived(row, link, mine.get(link.object_id or 0))


def _locked(ids: Sequence[int]) -> dict[int, SyncLink]:
    links = list(SyncLink.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    agreeing.look_at_conflicts(links)
    return {link.pk: link for link in links}


def _arrived(row: LegacyWrite, link: SyncLink, mine: Customer | Order | None) -> None:
    """If our side moved on meanwhile, it is marked and told next."""
    revision = row.answered
    assert revision is not None
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pilot_legacywrite SET written_revision = %s,"
            " lag_ms = least(%s, greatest(0, extract(epoch FROM clock_timestamp() - marked_at) * 1000))::int"
            " WHERE id = %s",
            [revision, agreeing.MOST_LAG, row.pk],
        )
    if revision > (link.revision or 0):
        # Unless it was read back before we knew: then that is what they hold.
        agreeing.see(link, _as_written(link, row, revision), row)
    conflicts.written(link)
    if not row.takes and agreeing.is_settled(link, mine):
        agreeing.note_agreed(link)
    link.save()
    if link.state != SyncLink.State.AGREED:
        agreeing.mark(link)


@transaction.atomic
def _saw(row: LegacyWrite, record: Record | None) -> None:
    link = _locked([row.link_id])[row.link_id]
    if record is not None and record.revision > (link.revision or 0):
        agreeing.see(link, record, row)
        link.save()
    agreeing.mark(link)


@transaction.atomic
def _unwritable(row: LegacyWrite, field: str, text: str) -> Outcome:
    link = _locked([row.link_id])[row.link_id]
    conflicts.unwritable(link, field, row.image, text)
    SyncLink.objects.filter(pk=link.pk).update(state=SyncLink.State.CONTESTED)
    return outbound.refused(text)


def _as_written(link: SyncLink, row: LegacyWrite, revision: int) -> Record:
    """What they hold now, as a record: what we wrote."""
    return Record(link.entity, link.external_id, revision, row.created_at, "", row.image)
