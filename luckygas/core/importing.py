"""Bringing files in: one runner for every importer, at the command line and in the admin.

An importer is a function that reads a file and reports; the runner keeps the row, the progress and the rule
that a file is imported whole or not at all:

1. ``Importer.read(path, report)`` streams the file before any transaction, calling ``report.error`` and
   ``report.warning`` for findings and ``report.progress`` now and then; it returns what to write. It raises
   ``Foreign`` for a file that is not what is wanted (encrypted, another format, too large, missing columns):
   nothing was parsed then.
2. Where errors were found and the person did not choose the good rows, nothing is written (status refused).
3. ``Importer.write(data, report)`` writes the good rows in one transaction and counts new, changed, unchanged.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from django.db import OperationalError, transaction
from django.utils.translation import gettext as _
from psycopg import errors

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.history import acting
from luckygas.core.models import ImportProblem, ImportRun
from luckygas.core.windows import window

log = structlog.get_logger(__name__)

KEPT_PROBLEMS = 5000  # of each severity: a file full of warnings still tells which rows it rejects


class Foreign(Refused):
    """The file is not what is wanted; the message says what it is and what is."""


@dataclass
class Report:
    """What an importer says while it works. Rows are counted as people count them: the first line is 1."""

    run: ImportRun
    problems: list[ImportProblem] = field(default_factory=list)
    rejected_rows: set[tuple[str, int]] = field(default_factory=set)
    warnings: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    on_progress: Callable[[ImportRun], None] | None = None

    def error(self, sheet: str, row: int, column: str, value: object, problem: str, remedy: str = "") -> None:
        """The row does not come in."""
        self.rejected_rows.add((sheet, row))
        self._keep(ImportProblem.Severity.ERROR, sheet, row, column, value, problem, remedy)

    def warning(
        self, sheet: str, row: int, column: str, value: object, problem: str, remedy: str = ""
    ) -> None:
        """The row comes in, this cell empty or as said."""
        self.warnings += 1
        self._keep(ImportProblem.Severity.WARNING, sheet, row, column, value, problem, remedy)

    def progress(self, rows_read: int, rows_total: int = 0) -> None:
        """Tell how far the reading is; the admin page shows it while the task works."""
        self.run.rows_read = rows_read
        self.run.rows_total = max(rows_total, rows_read)
        ImportRun.objects.filter(pk=self.run.pk).update(
            rows_read=self.run.rows_read, rows_total=self.run.rows_total
        )
        if self.on_progress:
            self.on_progress(self.run)

    def _keep(
        self, severity: str, sheet: str, row: int, column: str, value: object, problem: str, remedy: str
    ) -> None:
        if self.kept[severity] < KEPT_PROBLEMS:
            self.kept[severity] += 1
            self.problems.append(
                ImportProblem(
                    run=self.run,
                    severity=severity,
                    sheet=sheet[:100],
                    row=row,
                    column=column[:60],
                    value=str(value if value is not None else "")[:200],
                    problem=problem[:300],
                    remedy=remedy[:300],
                )
            )


@dataclass(frozen=True)
class Importer:
    """``kind`` is stable; ``label`` is translated; ``permission`` is who may import in the admin."""

    kind: str
    label: Any
    read: Callable[[Path, Report], Any]
    write: Callable[[Any, Report], None]
    permission: str
    suffixes: tuple[str, ...] = (".xlsx",)
    #: Columns of a rejects workbook: (path, rejected rows) -> iterator of rows as they were, headings first.
    rows_as_they_were: Callable[[Path, set[tuple[str, int]]], Any] | None = None


_importers: dict[str, Importer] = {}


def register(importer: Importer) -> Importer:
    if importer.kind in _importers:
        raise ValueError(f"importer {importer.kind!r} is registered already")
    _importers[importer.kind] = importer
    return importer


def importers() -> list[Importer]:
    return list(_importers.values())


def get(kind: str) -> Importer:
    return _importers[kind]


def start(kind: str, path: Path, *, file_name: str, actor: Actor) -> ImportRun:
    """Make the row for a file; the digest is of the bytes as they came."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for block in iter(lambda: stream.read(1 << 20), b""):
            digest.update(block)
    return ImportRun.objects.create(
        kind=kind,
        file_name=file_name[:255],
        stored_as=str(path),
        sha256=digest.hexdigest(),
        actor_name=actor.name,
    )


@window("import")
def run(
    row: ImportRun,
    *,
    actor: Actor,
    accept_good: bool = False,
    dry_run: bool = False,
    on_progress: Callable[[ImportRun], None] | None = None,
) -> ImportRun:
    """Read, check and (unless ``dry_run``) write one file; return the row with its counts.

    A refusal is a status, not an exception: the row's message and findings say what would be right. An error
    that nobody foresaw leaves the row refused, too, and is raised: nothing waits for it any more.
    """
    importer = get(row.kind)
    ImportRun.MACHINE.move(row, ImportRun.Status.CHECKING, accept_good=accept_good, message="")
    row.problems.all().delete()
    report = Report(row, on_progress=on_progress)
    try:
        return _read_and_write(importer, row, report, actor=actor, accept_good=accept_good, dry_run=dry_run)
    except Refused as refusal:
        if refusal.code == "state_moved":
            raise  # another worker has the file now, and its status
        return _refuse(row, report, str(refusal))
    except OperationalError as error:
        if isinstance(error.__cause__, errors.LockNotAvailable):
            text = _("Somebody is working on rows of this file right now. Import it again in a moment.")
            return _refuse(row, report, text)
        _refuse(row, report, _broke_off())
        raise
    except Exception:
        _refuse(row, report, _broke_off())
        raise


def _read_and_write(
    importer: Importer, row: ImportRun, report: Report, *, actor: Actor, accept_good: bool, dry_run: bool
) -> ImportRun:
    data = importer.read(Path(row.stored_as), report)
    if dry_run:
        return _finish(row, report, ImportRun.Status.DRY)
    if report.rejected_rows and not accept_good:
        text = _("%(count)d rows have errors; nothing was imported. Mend them, or take the good rows.")
        return _finish(row, report, ImportRun.Status.REFUSED, text % {"count": len(report.rejected_rows)})
    ImportRun.MACHINE.move(row, ImportRun.Status.WRITING)
    with transaction.atomic(), acting(actor, run=row.pk):
        importer.write(data, report)
        return _finish(row, report, ImportRun.Status.DONE)


def give_up(row: ImportRun, message: str) -> ImportRun:
    """Refuse a file that no worker comes through with; a person may hand it over again."""
    log.error("import_given_up", run=row.pk, tries=row.tries)
    return _finish(row, Report(row), ImportRun.Status.REFUSED, message)


def _broke_off() -> str:
    return _("The import broke off and nothing was written. It is in the log; tell whoever runs the system.")


def _refuse(row: ImportRun, report: Report, message: str) -> ImportRun:
    row.refresh_from_db(fields=["status"])  # what was undone had its own idea of it
    for found in report.problems:
        found.pk = None
    return _finish(row, report, ImportRun.Status.REFUSED, message)


def _finish(row: ImportRun, report: Report, status: str, message: str = "") -> ImportRun:
    written = status == ImportRun.Status.DONE
    ImportProblem.objects.bulk_create(report.problems, batch_size=1000)
    ImportRun.MACHINE.move(
        row,
        status,
        message=message[:500],
        rejected=len(report.rejected_rows),
        warnings=report.warnings,
        created=report.created if written else 0,
        changed=report.changed if written else 0,
        unchanged=report.unchanged if written else 0,
        rows_read=row.rows_read,
        rows_total=row.rows_total,
        details=row.details,
        finished_at=clock.now(),
    )
    return row
