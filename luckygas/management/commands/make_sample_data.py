"""``manage.py make_sample_data DIR [--seed N] [--scale 1.0] [--until YYYY-MM-DD]``."""

from __future__ import annotations

import datetime as dt
import math
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from luckygas.core import clock
from luckygas.sample import company
from luckygas.sample.days import EARLIEST_UNTIL, LATEST_UNTIL

LARGEST_SCALE = 10.0


class Command(BaseCommand):
    help = (
        "Write the workbooks of a synthetic company: customers, plan, history, fleet, prices, number tracks."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("directory", metavar="DIR", help=_("where to write; made if it does not exist"))
        parser.add_argument("--seed", default="1", help=_("a whole number; the same one gives the same data"))
        parser.add_argument("--scale", default="1.0", help=_("size of the company, 1.0 is the real one"))
        parser.add_argument("--until", help=_("last day of the history, YYYY-MM-DD; yesterday when left out"))

    def handle(self, *args: Any, **options: Any) -> None:
        seed, scale, until = _seed(options["seed"]), _scale(options["scale"]), _until(options["until"])
        directory = _directory(options["directory"])
        began = time.monotonic()
        try:
            for file in company.write(directory, seed, scale, until):
                self.stdout.write(
                    _("%(name)s: %(rows)s rows, %(seconds).1f s")
                    % {"name": file.name, "rows": f"{file.rows:,}", "seconds": time.monotonic() - began}
                )
                self.stdout.flush()
        except company.ForeignDirectoryError as error:
            text = _(
                "%(directory)s holds files that are not sample data; name an empty directory or a new one."
            )
            raise CommandError(text % {"directory": directory}) from error
        except OSError as error:
            text = _("Cannot write into %(directory)s: %(reason)s")
            raise CommandError(text % {"directory": directory, "reason": error.strerror or error}) from error


def _seed(text: object) -> int:
    try:
        return int(str(text))
    except ValueError as error:
        raise CommandError(_("--seed %(value)s is not a whole number.") % {"value": text}) from error


def _scale(text: object) -> float:
    """More than 0 and at most ten times the real company."""
    try:
        scale = float(str(text))
    except ValueError:
        scale = math.nan
    if not 0 < scale <= LARGEST_SCALE:
        raise CommandError(
            _("--scale %(value)s is not possible; give a number above 0 and at most %(most)g.")
            % {"value": text, "most": LARGEST_SCALE}
        )
    return scale


def _until(text: object) -> dt.date:
    if text is None:
        until = clock.today() - dt.timedelta(days=1)
    else:
        try:
            until = dt.datetime.strptime(str(text), "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
        except ValueError as error:
            raise CommandError(
                _("--until %(value)s is not a date; write it as 2026-11-22.") % {"value": text}
            ) from error
    if not EARLIEST_UNTIL <= until <= LATEST_UNTIL:
        raise CommandError(
            _("--until %(value)s is out of range; give a date from %(first)s to %(last)s.")
            % {"value": until, "first": EARLIEST_UNTIL, "last": LATEST_UNTIL}
        )
    return until


def _directory(text: object) -> Path:
    directory = Path(str(text))
    if directory.exists() and not directory.is_dir():
        raise CommandError(_("%(path)s is a file; name a directory.") % {"path": directory})
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = _("Cannot make the directory %(path)s: %(reason)s")
        raise CommandError(text % {"path": directory, "reason": error.strerror or error}) from error
    return directory
