"""``manage.py import_… FILE… [--dry-run] [--accept-good]``: the importers at the command line."""

from __future__ import annotations

import shutil
import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from luckygas.core import importing
from luckygas.core.actor import Actor
from luckygas.core.models import ImportRun

SHOWN = 20


class ImportCommand(BaseCommand):
    """Subclass and set ``kind``. Exit code 1 when a file was refused; files before it stay imported."""

    kind = ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="read and check, write nothing")
        parser.add_argument("--accept-good", action="store_true", help="take the good rows, leave the rest")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["files"]:
            if not path.is_file():
                raise CommandError(_("%(path)s: there is no such file") % {"path": path})
        actor = Actor.system(f"import_{self.kind}")
        for path in options["files"]:
            kept = self._keep(path)
            run = importing.start(self.kind, kept, file_name=path.name, actor=actor)
            importing.run(run, actor=actor, accept_good=options["accept_good"], dry_run=options["dry_run"])
            self._tell(run)
            if run.status == ImportRun.Status.REFUSED:
                raise CommandError(f"{path.name}: {run.message}")

    def _keep(self, path: Path) -> Path:
        """The file as it came, kept beside the report."""
        folder = Path(settings.MEDIA_ROOT) / "imports"
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{uuid.uuid4().hex}{path.suffix.lower()}"
        shutil.copyfile(path, kept)
        return kept

    def _tell(self, run: ImportRun) -> None:
        self.stdout.write(
            f"{run.file_name}: {run.get_status_display()}  rows {run.rows_read}  new {run.created}  "
            f"changed {run.changed}  unchanged {run.unchanged}  rejected {run.rejected}  warnings {run.warnings}"
        )
        for found in run.problems.filter(severity="error")[:SHOWN]:
            place = f"{found.sheet} {found.row} {found.column}".strip()
            self.stdout.write(f"  {place}: {found.value!r} – {found.problem} → {found.remedy}")
        if run.rejected > SHOWN:
            self.stdout.write(f"  … {run.rejected - SHOWN} more in the report of import {run.pk}")
