"""Filing invoices with the tax platform through the Turnkey folder, and reading its answers.

A number is never filed twice: the file's name is fixed with the submission, and before a file is written (again)
the folders are searched for it. What was handed over stays open until a result names it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from itertools import islice

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from billing.einvoice import turnkey
from billing.einvoice.folders import Arrived, Found, TurnkeyFolder, Whereabouts
from billing.einvoice.mig import Problem
from billing.models import EInvoiceSubmission, FileStatus, PlatformFinding, PlatformVerdict, TurnkeyFile
from billing.reasons import say
from luckygas.core import clock, outbound
from luckygas.core.models import OutboundRow
from luckygas.core.outbound import Outcome

log = structlog.get_logger(__name__)

MESSAGES = ("F0401",)
#: How far back results are looked for all day long; once a day every folder is.
LOOK_BACK = dt.timedelta(days=30)
#: A file that was handed over and is in none of Turnkey's folders may be on its way through them. It is filed again
#: only when the platform's account of the day, which comes after midnight, has not named it either.
LOST_AFTER = dt.timedelta(hours=24)
_LOOK_AGAIN_SECONDS = 60
_BATCH = 500


def folder() -> TurnkeyFolder:
    """The folder channel of this installation (LUCKYGAS_TURNKEY_DIR)."""
    return TurnkeyFolder(settings.TURNKEY_DIR)


def hand_over(row: EInvoiceSubmission) -> Outcome:
    """Write the file, unless one of its name waits, was taken, or was decided already."""
    channel = folder()
    try:
        found = channel.find(row.message, row.file_name)
        if found.where is Whereabouts.WAITING:
            return outbound.waiting(_("already in %(path)s") % {"path": found.path})
        # Only a document the platform refused may go again; one that was taken and not heard of may not.
        if found.where is Whereabouts.TAKEN and not _was_refused(row):
            return outbound.waiting(_("already taken: %(path)s") % {"path": found.path})
        channel.place(row.message, row.file_name, bytes(row.xml))
    except OSError as error:
        return outbound.later(_unreachable(error))
    EInvoiceSubmission.objects.filter(pk=row.pk).update(handed_at=clock.now())
    return outbound.waiting(_("handed over, waiting for the platform"))


def look_for(row: EInvoiceSubmission) -> Outcome:
    """What became of a submission nobody has told us about. Never writes a file."""
    verdict = row.findings.filter(at__gte=row.handed_at or row.created_at).order_by("-id").first()
    if verdict is not None and verdict.verdict == PlatformVerdict.ACCEPTED:
        return outbound.done(_said(verdict))
    if verdict is not None and verdict.verdict == PlatformVerdict.REFUSED:
        return outbound.refused(_said(verdict))
    try:
        found = folder().find(row.message, row.file_name)
    except OSError as error:
        return Outcome("unknown", _unreachable(error), _LOOK_AGAIN_SECONDS)
    return _judge(row, found)


def _judge(row: EInvoiceSubmission, found: Found) -> Outcome:
    where = found.where
    if where is Whereabouts.REFUSED and _was_told_before(row, found.path):
        where = Whereabouts.NOWHERE  # what lies there is an earlier try; this one is on its way
    match where:
        case Whereabouts.WAITING:
            text = _("Turnkey has not taken %(path)s yet")
            return Outcome("unknown", text % {"path": found.path}, _LOOK_AGAIN_SECONDS)
        case Whereabouts.TAKEN:
            text = _("taken (%(path)s), no result from the platform yet")
            return outbound.unknown(text % {"path": found.path})
        case Whereabouts.REFUSED:
            return outbound.refused(_("Turnkey refused the file: %(path)s") % {"path": found.path})
        case Whereabouts.NOWHERE if row.handed_at and clock.now() < row.handed_at + LOST_AFTER:
            return outbound.unknown(_("in none of Turnkey's folders: it may be on its way through them"))
        case Whereabouts.NOWHERE:
            return outbound.later(_("the file never reached Turnkey; it goes again under the same name"), 0)


def _was_told_before(row: EInvoiceSubmission, path: str) -> bool:
    """Whether that file in ERR was read already when the row was handed over the last time."""
    return row.handed_at is not None and row.findings.filter(file__path=path, at__lt=row.handed_at).exists()


def _unreachable(error: OSError) -> str:
    return _("Turnkey's folder cannot be reached: %(error)s") % {"error": error}


def _was_refused(row: EInvoiceSubmission) -> bool:
    last = row.findings.exclude(verdict=PlatformVerdict.UNCLEAR).order_by("-id").first()
    return last is not None and last.verdict == PlatformVerdict.REFUSED


def _said(finding: PlatformFinding) -> str:
    return " ".join(part for part in (finding.code, finding.description, finding.file.name) if part)


@dataclass
class Ingested:
    """What reading the folders came to."""

    files: int = 0
    settled: int = 0
    unknown_documents: int = 0
    unreadable: int = 0


def read_results(*, everything: bool = False) -> Ingested:
    """Read every file that was left since the last time and apply what it says.

    Each (name, content) is remembered and read once, in a transaction of its own, so that a kill in between
    loses nothing. Looks back thirty days, or as far as the folders go with ``everything``. Raises OSError
    when the folder cannot be reached.
    """
    channel, counts = folder(), Ingested()
    files = channel.arrived(MESSAGES, since=None if everything else clock.today() - LOOK_BACK)
    while batch := list(islice(files, _BATCH)):
        known = set(
            TurnkeyFile.objects.filter(path__in=[one.path for one in batch]).values_list(
                "path", "size", "modified_ns"
            )
        )
        for arrived in batch:
            if (arrived.path, arrived.size, arrived.modified_ns) in known:
                continue
            try:
                content = channel.read(arrived)
            except FileNotFoundError:
                continue
            with transaction.atomic():
                _read_file(arrived, content, counts)
    return counts


def _read_file(arrived: Arrived, content: bytes, counts: Ingested) -> None:
    is_result = arrived.kind in turnkey.RESULT_KINDS
    result = turnkey.parse_result(content) if is_result else turnkey.Result(arrived.kind, (), ())
    file, made = TurnkeyFile.objects.get_or_create(
        name=arrived.name,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={
            "kind": arrived.kind,
            "path": arrived.path,
            "size": arrived.size,
            "modified_ns": arrived.modified_ns,
            "content": content,
            "status": FileStatus.UNREADABLE if isinstance(result, Problem) else FileStatus.APPLIED,
            "problem": say(result)[:300] if isinstance(result, Problem) else "",
        },
    )
    if not made:
        return
    counts.files += 1
    if isinstance(result, Problem):
        counts.unreadable += 1
        log.warning("platform_file_unreadable", file=file.name, problem=str(result))
    elif is_result:
        for finding in result.findings:
            _apply(file, finding, counts)
    else:
        _apply_refusal(file, counts)


def _apply(file: TurnkeyFile, finding: turnkey.Finding, counts: Ingested) -> None:
    submission = _submission(finding)
    if submission is None:
        counts.unknown_documents += 1
        log.warning("platform_result_unknown_document", file=file.name, document=finding.reference)
    _record(file, submission, finding, counts)


def _apply_refusal(file: TurnkeyFile, counts: Ingested) -> None:
    """A file in ERR: Turnkey itself would not take it."""
    submission = EInvoiceSubmission.objects.filter(file_name=turnkey.original_name(file.name)).first()
    finding = turnkey.Finding(
        message=file.kind.removeprefix("ERR "),
        reference=submission.invoice.number if submission else file.name[:40],
        verdict=turnkey.Verdict.REFUSED,
        description=f"Turnkey: {file.path}",
    )
    if submission is None:
        counts.unknown_documents += 1
    _record(file, submission, finding, counts)


def _record(
    file: TurnkeyFile, submission: EInvoiceSubmission | None, finding: turnkey.Finding, counts: Ingested
) -> None:
    settled = submission is not None and _settle(submission, finding, file.name)
    counts.settled += settled
    PlatformFinding.objects.create(
        file=file,
        submission=submission,
        message=finding.message[:5],
        reference=finding.reference[:40],
        date=finding.date[:8],
        verdict=finding.verdict.value,
        code=finding.code[:20],
        description=finding.description[:500],
        settled=settled,
    )


def _submission(finding: turnkey.Finding) -> EInvoiceSubmission | None:
    """The youngest submission of that document: a number comes back in later years."""
    rows = EInvoiceSubmission.objects.filter(
        invoice__number=finding.reference, message=finding.message or "F0401"
    ).select_related("invoice")
    for row in rows.order_by("-id"):
        if not finding.date or f"{clock.taipei(row.invoice.issued_at):%Y%m%d}" == finding.date:
            return row
    return None


def _settle(row: EInvoiceSubmission, finding: turnkey.Finding, file_name: str) -> bool:
    if finding.verdict is turnkey.Verdict.UNCLEAR:
        return False
    said = " ".join(part for part in (finding.code, finding.description, file_name) if part)
    accepted = finding.verdict is turnkey.Verdict.ACCEPTED
    outcome = outbound.done(said) if accepted else outbound.refused(said)
    # The attempt number may move between reading and writing (somebody asks at the same moment): look again.
    fresh = EInvoiceSubmission.objects.select_for_update().get(pk=row.pk)
    if fresh.status == OutboundRow.Status.FAILED and accepted:
        OutboundRow.MACHINE.move(fresh, OutboundRow.Status.DONE, done_at=clock.now(), last_said=said)
        return True
    return outbound.settle(fresh, outcome)


def state_label(row: EInvoiceSubmission | None) -> str:
    """Where an invoice stands with the platform, in words."""
    if row is None:
        return str(_("not filed"))
    status = OutboundRow.Status(row.status)
    if status is OutboundRow.Status.DONE:
        return str(_("confirmed"))
    if status is OutboundRow.Status.INFLIGHT:
        return str(_("filed, waiting for the result"))
    return str(status.label)
