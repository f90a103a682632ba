"""``manage.py prepare_demo --size small|full``: a synthetic company with its last working days behind it.

Every step is done once: a second start finds it done. Nothing is loaded except through the importers, and the
days are driven by ``run_day``.
"""

from __future__ import annotations

import datetime as dt
import secrets
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand

from dispatch.models import Driver
from dispatch.services import fleet
from luckygas.access import ROLES
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.models import ImportRun, User
from luckygas.core.services import staff
from luckygas.models import WorkDay

SCALES = {"small": "0.05", "full": "1.0"}
DAYS = 2
SEED = 20261123
ACTOR = Actor.system("prepare_demo")
#: (command, file pattern): the order in which a company comes in.
IMPORTS = [
    ("import_customers", "客戶資料.xlsx"),
    ("import_customers", "住家計畫.xlsx"),
    ("import_supplement", "補充資料.xlsx"),
    ("import_prices", "價目表.xlsx"),
    ("import_fleet", "車隊.xlsx"),
    ("import_tracks", "字軌_*.csv"),
    ("import_history", "歷史_*.xlsx"),
]
PEOPLE = {
    "manager": "林經理",
    "office": "陳內勤",
    "dispatcher": "黃調度",
    "accountant": "吳會計",
    "viewer": "張檢視",
}


class Command(BaseCommand):
    help = "Make the synthetic company of the demo, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--size", choices=sorted(SCALES), default="full")
        parser.add_argument("--seconds", type=int, default=10, help="seconds of route search for each day")

    def handle(self, *args: Any, **options: Any) -> None:
        days = self._days()
        folder = Path(settings.DATA_DIR) / f"sample-{options['size']}"
        if not WorkDay.objects.exists():
            self._load(folder, SCALES[options["size"]], days[0] - dt.timedelta(days=1))
        self._people()
        for day in days if WorkDay.objects.count() < DAYS else []:
            with self._step(f"工作日 {day:%Y-%m-%d}"):
                call_command("run_day", date=day, seed=SEED, seconds=options["seconds"], stdout=self.stdout)
        today = clock.today()
        if calendar.is_working_day(today) and not WorkDay.objects.filter(date=today).exists():
            with self._step(f"今日派車 {today:%Y-%m-%d}"):
                call_command(
                    "run_day",
                    date=today,
                    seed=SEED,
                    seconds=options["seconds"],
                    through="plan",
                    stdout=self.stdout,
                )

    def _days(self) -> list[dt.date]:
        """The days driven already, else the last working days before today."""
        driven = list(
            WorkDay.objects.exclude(status="running").order_by("date").values_list("date", flat=True)
        )
        begun = list(WorkDay.objects.filter(status="running").order_by("date").values_list("date", flat=True))
        return (driven + [d for d in begun if d < clock.today()]) or calendar.working_days_before(
            clock.today(), DAYS
        )

    def _load(self, folder: Path, scale: str, until: dt.date) -> None:
        if not (folder / "故意的錯誤.csv").exists():
            with self._step("合成資料"):
                call_command(
                    "make_sample_data", str(folder), seed=str(SEED), scale=scale, until=until.isoformat(),
                    stdout=self.stdout,
                )  # fmt: skip
        imported = set(ImportRun.objects.filter(status="done").values_list("file_name", flat=True))
        for command, pattern in IMPORTS:
            for path in sorted(folder.glob(pattern)):
                if path.name not in imported:
                    with self._step(f"匯入 {path.name}"), self._on_the_eve(command, until):
                        call_command(command, str(path), accept_good=True, stdout=self.stdout)

    def _on_the_eve(self, command: str, until: dt.date) -> AbstractContextManager[None]:
        """Numbers of a period that is over are refused, and a customer's word holds from when it came in.

        So both come in before the first day that uses them.
        """
        if command not in {"import_tracks", "import_supplement"} or not settings.SIMULATION:
            return nullcontext()
        return clock.frozen(clock.at(until, dt.time(12)))

    def _people(self) -> None:
        """Staff of every role and the drivers, with one password made for this installation."""
        if User.objects.filter(username="admin").exists():
            return
        password = f"lucky-{secrets.token_hex(4)}"
        User.objects.create_superuser("admin", "", password, display_name="系統管理員")
        for role, name in PEOPLE.items():
            data = {"username": role, "display_name": name, "is_staff": True, "new_password": password}
            staff.add(data | {"roles": [Group.objects.get(name=role)]}, actor=ACTOR)
        drivers = list(Driver.objects.order_by("staff_no"))
        for driver in drivers:
            fleet.give_account(driver, password=password, actor=ACTOR)
        lines = [f"admin           {password}  系統管理員"]
        lines += [f"{role:<15} {password}  {ROLES[role]['label']} {name}" for role, name in PEOPLE.items()]
        lines += [
            f"{d.user.username:<15} {password}  司機 {d.name}" for d in drivers[:3] if d.user is not None
        ]
        target = Path(settings.BASE_DIR) / ".local" / "run" / "logins.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        target.chmod(0o600)

    @contextmanager
    def _step(self, title: str) -> Iterator[None]:
        began = time.monotonic()
        self.stdout.write(f"▸ {title} …")
        self.stdout.flush()
        yield
        self.stdout.write(f"  ✓ {title} {time.monotonic() - began:.1f} s")
        self.stdout.flush()
