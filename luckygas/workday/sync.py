"""Some customers live in both systems: the old one's clerk works too, and both are told of each other.

In the morning the first twenty customers are enrolled, the clerk takes calls and types, and the office and she once
write into the same field; in the evening she books what the old system delivered. Without an old system, or without
the stand-in's control address, the day has no such part.
"""

from __future__ import annotations

import datetime as dt
import json
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.models.customer import CustomerKind, CustomerStatus
from customers.services import customers
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.bucketing import bucket
from luckygas.workday.filing import NoAnswer, settle_events
from luckygas.workday.wall import Wall
from pilot.legacy import mapping, wire
from pilot.legacy.client import is_configured
from pilot.models import Enrolment, SyncPause
from pilot.services import consistency, enrolment, mirroring

#: How many customers take part, by kind, and how far they have come: (phase, how many of them).
MIX = ((CustomerKind.COMMERCIAL, 12), (CustomerKind.RESIDENTIAL, 8))
PHASES = (("shadow", 5), ("dual", 10), ("ours_leads", 5))
EDITS = 12
PATIENCE = 120.0
STEP_SECONDS = 30
FIGURES = """
SELECT (SELECT count(*) FROM pilot_legacywrite WHERE status = 'done' AND written_revision IS NOT NULL
                                                 AND done_at >= %(start)s AND done_at < %(end)s),
       (SELECT count(*) FROM pilot_syncread WHERE outcome = 'taken' AND read_at >= %(start)s AND read_at < %(end)s),
       (SELECT count(*) FROM pilot_syncconflict WHERE state = 'open')
"""


def is_there() -> bool:
    """Whether the day has an old system: one that is configured, and a stand-in whose clerk can be asked."""
    return bool(settings.SANDBOX_DIR) and is_configured()


def begin(seed: int, wall: Wall, actor: Actor) -> None:
    """Enrol the first customers, mirror, let the clerk work, mirror again. Repeated after a kill it does the rest."""
    wall.stand(6, 52)
    if not Enrolment.objects.exists():
        _enrol(actor)
    settle(wall)
    if calendar.is_working_day(wall.date) and Enrolment.objects.exclude(phase="off").exists():
        date = f"{wall.date:%Y%m%d}"
        told = _ask("clerk", {"date": date, "seed": seed, "edits": EDITS, "customers": "pilot"})
        _write_into_the_same(told.get("edits", []), actor)
        settle(wall)
    # Who was handed over is known to dispatch before the day is planned.
    settle_events()


def end(seed: int, wall: Wall) -> None:
    """The old system books its deliveries of the day; both are told all that happened."""
    wall.stand(18, 45)
    _ask("deliver", {"date": f"{wall.date:%Y%m%d}", "seed": seed})
    settle(wall)
    settle_events()
    settle(wall)


def settle(wall: Wall, *, patience: float = PATIENCE) -> None:
    """Mirror until nothing moves any more. NoAnswer after ``patience`` seconds; while it is paused there is no wait."""
    deadline = time.monotonic() + patience
    while not SyncPause.objects.exists():
        mirroring.until_quiet(rounds=50)
        if mirroring.is_quiet() and mirroring.read() == 0:
            return
        if time.monotonic() > deadline:
            raise NoAnswer(_("the old system does not answer"))
        wall.advance(STEP_SECONDS)
        time.sleep(0.2 if wall.is_simulated else 1)


def figures(date: dt.date) -> dict[str, Any]:
    """Rows mirrored each way on the day, conflicts that are open, differences nobody can explain."""
    start = clock.at(date, dt.time())
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, {"start": start, "end": start + dt.timedelta(days=1)})
        out, back, open_conflicts = cursor.fetchone()
    unexplained = len(consistency.compare().unexplained)
    return {"mirrored_out": out, "mirrored_in": back, "conflicts": open_conflicts, "unexplained": unexplained}


def _enrol(actor: Actor) -> None:
    """A mix of both kinds whose names both systems can write, the same in every run."""
    chosen: list[Customer] = []
    for kind, number in MIX:
        rows = Customer.objects.filter(kind=kind, status=CustomerStatus.ACTIVE).order_by("code")
        fit = [row for row in rows if _can_be_written(row)]
        chosen += sorted(fit, key=lambda row: bucket("pilot", row.code))[:number]
    phases = [phase for phase, number in PHASES for _each in range(number)]
    reason = _("the first customers of the pilot")
    for row, phase in zip(sorted(chosen, key=lambda row: bucket("phase", row.code)), phases, strict=False):
        enrolment.move(row, "shadow" if phase == "shadow" else "dual", reason=reason, actor=actor)
        if phase == "ours_leads":
            enrolment.move(row, phase, reason=reason, actor=actor)


def _can_be_written(row: Customer) -> bool:
    try:
        wire.row("customer", mapping.image_of("customer", row), None)
    except wire.WireError:
        return False
    return True


def _write_into_the_same(edits: list[dict[str, Any]], actor: Actor) -> None:
    """The office notes something about a customer whose note the clerk has just changed."""
    noted = [edit["id"] for edit in edits if edit.get("what") == "customer_note"]
    row = Customer.objects.filter(code__in=noted).order_by("code").first()
    if row is not None:
        customers.change_customer(row, {"notes": _("Call the office before coming")}, actor=actor)


def _ask(action: str, request: dict[str, Any]) -> dict[str, Any]:
    """What the old system's people do. NoAnswer when the stand-in is not there, or refuses."""
    try:
        url = json.loads((Path(settings.SANDBOX_DIR) / "control.json").read_text())["url"]
        body = json.dumps({"party": "legacy", **request}).encode()
        asked = urllib.request.Request(f"{url}/{action}", data=body, method="POST")  # noqa: S310 - loopback
        with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise NoAnswer(f"the old system refuses {action}: {error.read().decode()[:200]}") from error
    except (OSError, ValueError) as error:
        raise NoAnswer(f"the outside world does not answer: {error}") from error
