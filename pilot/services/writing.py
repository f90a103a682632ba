"""Handing one write over to the old system, and finding out what became of it."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from luckygas.core import outbound
from luckygas.core.outbound import Outcome
from luckygas.core.windows import window
from pilot.legacy import words
from pilot.legacy.errors import NoAnswer, RefusedByLegacy, Stale, Unreachable
from pilot.legacy.records import Record
from pilot.legacy.wire import WireError
from pilot.models import LegacyWrite, SyncLink
from pilot.services import agreeing, conflicts, pauses
from pilot.services.line import legacy
from pilot.sync.merge import same

PAUSED_SECONDS = 5


def send(row: LegacyWrite) -> Outcome:
    """Write the record over the revision we saw; anything else they hold by now is read and merged."""
    link = row.link
    if pauses.is_paused(link.entity):
        return outbound.later(_("the mirroring is paused"), PAUSED_SECONDS)
    try:
        revision = legacy().write(link.entity, link.external_id, row.image, expected=row.expected)
    except Stale as error:
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
    with window("legacy record"):
        _arrived(row, revision)
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
    if same(record.image, row.image):
        _arrived(row, record.revision)
        return outbound.done(_("it had arrived, revision %(revision)d") % {"revision": record.revision})
    _saw(row, record)
    return outbound.done(_("overtaken: the old system changed it since; merged"))


@transaction.atomic
def _arrived(row: LegacyWrite, revision: int) -> None:
    """Both sides hold what was sent; if ours moved on meanwhile, it is marked and told next."""
    link = SyncLink.objects.select_for_update().get(pk=row.link_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pilot_legacywrite SET written_revision = %s,"
            " lag_ms = greatest(0, extract(epoch FROM clock_timestamp() - marked_at) * 1000)::int WHERE id = %s",
            [revision, row.pk],
        )
    if revision > (link.revision or 0):
        # Unless it was read back before we knew: then that is what they hold.
        agreeing.see(link, _as_written(link, row, revision))
    conflicts.written(link)
    mine = agreeing.our_row(link.entity, link.object_id, lock=False)
    if not row.takes and agreeing.is_settled(link, mine):
        agreeing.note_agreed(link)
    link.save()
    if link.state != SyncLink.State.AGREED:
        agreeing.mark(link)


@transaction.atomic
def _saw(row: LegacyWrite, record: Record | None) -> None:
    link = SyncLink.objects.select_for_update().get(pk=row.link_id)
    if record is not None and record.revision > (link.revision or 0) and not record.incomplete:
        agreeing.see(link, record)
        link.save()
    agreeing.mark(link)


@transaction.atomic
def _unwritable(row: LegacyWrite, field: str, text: str) -> Outcome:
    link = SyncLink.objects.select_for_update().get(pk=row.link_id)
    conflicts.unwritable(link, field, row.image, text)
    SyncLink.objects.filter(pk=link.pk).update(state=SyncLink.State.CONTESTED)
    return outbound.refused(text)


def _as_written(link: SyncLink, row: LegacyWrite, revision: int) -> Record:
    """What they hold now, as a record: what we wrote."""
    return Record(link.entity, link.external_id, revision, row.created_at, "", row.image)
