"""Invoice numbers: bringing the platform's assignment in, and taking them one by one."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError
from django.db.models import F
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from billing.einvoice import assignment, periods
from billing.models import NumberTrack
from customers.identifiers import is_valid_ubn
from luckygas.core import clock, importing
from luckygas.core.errors import Refused

IMPORT_KIND = "tracks"
#: Numbers of a period are handed out from the 20th of the month before; a file that comes earlier is a mistake.
EARLIEST = dt.timedelta(days=15)
#: No number is given in the last moments of a period, so that no invoice is dated into the next one.
CLOSING = dt.timedelta(minutes=3)


@dataclass(frozen=True)
class Taken:
    """A number that now belongs to one invoice, and the instant it is dated."""

    track: NumberTrack
    number: str
    issued_at: dt.datetime


def seller() -> str:
    """The company's own business number; Refused when it is not set."""
    number = str(settings.SELLER_UBN)
    if not is_valid_ubn(number):
        raise Refused(
            _("The company's own business number is not set (LUCKYGAS_SELLER_UBN)."), code="no_seller"
        )
    return number


def take() -> Taken:
    """The next number of the present period, under the lock of its range until the transaction ends.

    Call it last, in the transaction that writes the invoice: a rollback gives the number back, so there is
    no gap. Numbers go upwards and never back in time. Raises Refused (no_seller, no_track, track_exhausted,
    period_closing).
    """
    ours = seller()
    now = clock.now()
    period = periods.period_at(now)
    end = clock.at(periods.first_day(periods.next_period(period)), dt.time())
    if now >= end - CLOSING:
        raise Refused(
            _("The period %(period)s ends in a moment; it goes on in the next one.")
            % {"period": periods.label(period)},
            code="period_closing",
            period=periods.label(period),
        )
    track = _lock(ours, period)
    # Not the time before waiting for the lock: whoever held it may have issued later than that.
    issued_at = max(clock.now(), track.last_issued_at or now)
    number = track.next_number
    NumberTrack.objects.filter(pk=track.pk).update(next_number=F("next_number") + 1, last_issued_at=issued_at)
    return Taken(track, f"{track.letters}{number:08d}", min(issued_at, end - dt.timedelta(seconds=1)))


def _lock(ours: str, period: str) -> NumberTrack:
    tracks = NumberTrack.objects.filter(seller=ours, period=period)
    while True:
        # The range in use goes on; a range that came in later and lies lower does not push in.
        open_tracks = tracks.filter(next_number__lte=F("last")).order_by(
            (F("next_number") - F("first")).desc(), "letters", "first"
        )
        track = open_tracks.select_for_update().first()
        if track is not None:
            return track
        # Whoever we waited for may have taken the last number of his range; another range may still be open.
        if open_tracks.exists():
            continue
        code = "track_exhausted" if tracks.exists() else "no_track"
        text = (
            _("The invoice numbers of the period %(period)s are used up.")
            if code == "track_exhausted"
            else _("There are no invoice numbers for the period %(period)s.")
        )
        label = periods.label(period)
        raise Refused(text % {"period": label}, code=code, period=label)


def remaining(period: str) -> int:
    """How many numbers are left in a period."""
    tracks = NumberTrack.objects.filter(seller=settings.SELLER_UBN, period=period)
    return sum(track.remaining for track in tracks)


# -- the importer ----------------------------------------------------------------------------------------


def _read(path: Path, report: importing.Report) -> list[assignment.NumberRange]:
    if path.stat().st_size > assignment.MOST_BYTES:
        raise importing.Foreign(gettext("the file is larger than any number assignment"))
    read = assignment.parse(path.read_bytes())
    if (
        not read.ranges
        and len(read.problems) == 1
        and not read.problems[0].column
        and read.problems[0].row == 1
    ):
        raise importing.Foreign(f"{gettext(read.problems[0].problem)} {gettext(read.problems[0].remedy)}")
    for found in read.problems:
        report.error("", found.row, found.column, found.value, gettext(found.problem), gettext(found.remedy))
    good = [one for one in read.ranges if _accept(one, report)]
    report.progress(len(read.ranges) + len(read.problems))
    return good


def _accept(one: assignment.NumberRange, report: importing.Report) -> bool:
    refusal = _refusal(one)
    if refusal is None:
        return True
    column, value, problem, remedy = refusal
    report.error("", one.row, assignment.HEADER[column], value, problem, remedy)
    return False


def _refusal(one: assignment.NumberRange) -> tuple[int, str, str, str] | None:
    today = clock.today()
    label = periods.label(one.period)
    if one.seller != settings.SELLER_UBN:
        return (
            0,
            one.seller,
            gettext("is another company's number"),
            gettext("Only numbers of %(ubn)s come in here.") % {"ubn": settings.SELLER_UBN or "–"},
        )
    if periods.last_day(one.period) < today:
        return (
            3,
            label,
            gettext("is a period that is over"),
            gettext("Import the file of the present period."),
        )
    if periods.first_day(one.period) - today > EARLIEST:
        return (
            3,
            label,
            gettext("is a period that begins in more than 15 days"),
            gettext("Import it from 15 days before the period begins."),
        )
    if _overlapping(one) and not _known(one):
        return (
            5,
            f"{one.letters}{one.first:08d}",
            gettext("overlaps a range that is there already"),
            gettext("Compare with the number tracks of this period."),
        )
    return None


def _overlapping(one: assignment.NumberRange) -> bool:
    return NumberTrack.objects.filter(
        period=one.period, letters=one.letters, first__lte=one.last, last__gte=one.first
    ).exists()


def _known(one: assignment.NumberRange) -> bool:
    return NumberTrack.objects.filter(
        seller=one.seller, period=one.period, letters=one.letters, first=one.first, last=one.last
    ).exists()


def _write(ranges: list[assignment.NumberRange], report: importing.Report) -> None:
    try:
        _write_ranges(ranges, report)
    except IntegrityError as error:
        # Somebody imported an overlapping range since the file was read.
        raise Refused(_("overlaps a range that is there already"), code="overlap") from error


def _write_ranges(ranges: list[assignment.NumberRange], report: importing.Report) -> None:
    for one in ranges:
        _track, made = NumberTrack.objects.get_or_create(
            seller=one.seller,
            period=one.period,
            letters=one.letters,
            first=one.first,
            last=one.last,
            defaults={
                "next_number": one.first,
                "file_name": report.run.file_name,
                "imported_by": report.run.actor_name,
            },
        )
        if made:
            report.created += 1
        else:
            report.unchanged += 1


IMPORTER = importing.Importer(
    kind=IMPORT_KIND,
    label=_("Invoice number tracks (csv of the tax platform)"),
    read=_read,
    write=_write,
    permission="billing.add_numbertrack",
    suffixes=(".csv",),
)
