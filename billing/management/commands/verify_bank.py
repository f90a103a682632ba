"""``manage.py verify_bank [--date D]``: file sum = rows = payments + queue? Exit code 1 when not."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from billing import bank_verifier


class Command(BaseCommand):
    help = "Compare the bank's files with deposits, payments and the queue, and name each difference."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date",
            type=dt.date.fromisoformat,
            default=None,
            help="YYYY-MM-DD of booking; default: every day",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        sums, found = bank_verifier.differences(options["date"])
        for label, number in (
            (_("in the files"), sums.files),
            (_("in the rows"), sums.rows),
            (_("posted as payments"), sums.postings),
            (_("in the queue"), sums.queue),
        ):
            self.stdout.write(f"  {label}  NT$ {number:,}")
        for text in found:
            self.stdout.write(f"  ✗ {text}")
        if found:
            raise CommandError(_("%(count)d differences") % {"count": len(found)})
