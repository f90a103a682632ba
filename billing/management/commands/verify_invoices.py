"""`manage.py verify_invoices [--date D]`: does what was delivered, invoiced, filed and paid agree?"""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from billing.verifiers import verify


class Command(BaseCommand):
    help = "hold deliveries, invoices, numbers, payments and cash against each other; exit 1 on a difference"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--date", type=dt.date.fromisoformat, help="only deliveries and cash of this day")

    def handle(self, *args: Any, **options: Any) -> None:
        differences = verify(options["date"])
        for line in differences:
            self.stdout.write(line)
        if differences:
            raise CommandError(_("%(count)d differences") % {"count": len(differences)})
        self.stdout.write(_("invoices: no difference"))
