"""``manage.py run_day [--date D] [--seed N]``: one working day through the whole house."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from luckygas.core import clock
from luckygas.core.errors import Refused
from luckygas.workday import run, table
from luckygas.workday.filing import NoAnswer


class Command(BaseCommand):
    help = "Drive one working day through the same services people use, and print its table."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date", type=dt.date.fromisoformat, default=None, help="YYYY-MM-DD, default today"
        )
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--seconds", type=int, default=10, help="seconds of route search")
        parser.add_argument(
            "--through",
            default="",
            choices=["", *(name for name, _ in run.STEPS)],
            help="stop after this step",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        date = options["date"] or clock.today()
        unsound: run.Unsound | None = None
        try:
            day = run.run(
                date,
                seed=options["seed"],
                seconds=options["seconds"],
                through=options["through"],
                say=lambda text: self.stderr.write(text),
            )
        except run.Unsound as error:
            unsound = error
            day = run.WorkDay.objects.get(date=date)
        except (Refused, NoAnswer) as error:
            raise CommandError(str(error)) from error
        for line in table.lines(day):
            self.stdout.write(line)
        if unsound is not None:
            raise CommandError(str(unsound))
