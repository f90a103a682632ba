"""The evening: invoices go to the tax platform, its answers come back."""

from __future__ import annotations

import datetime as dt
import time

from billing.models import EInvoiceSubmission
from billing.services import filing
from luckygas.core import outbound
from luckygas.core.models import EventDelivery
from luckygas.workday.wall import Wall

#: Real seconds to wait for an answer before the day is given up, and between two looks.
PATIENCE = 120.0
LOOK = 0.2
#: When nothing moved for this long (real), simulated time makes a step so that next tries fall due.
STILL = 2.0
STEP_SECONDS = 1200
STEPS_BEFORE_MIDNIGHT = 4


class NoAnswer(Exception):
    """The tax platform did not answer in time."""


def settle_events() -> None:
    """Every event reaches every subscriber, deliveries that failed once included."""
    outbound.run_until_quiet(only=[EventDelivery])


def file_and_confirm(wall: Wall, *, patience: float = PATIENCE) -> None:
    """Hand over what waits and read results until nothing is open.

    When no answer comes, simulated time goes on in steps so that next tries fall due, and after a few of them
    past midnight, when the platform accounts for the day. Raises NoAnswer after ``patience`` real seconds.
    """
    started = settled_at = time.monotonic()
    steps = 0
    while open_rows():
        outbound.run_due(EInvoiceSubmission, limit=200)
        if filing.read_results().settled:
            settled_at = time.monotonic()
            continue
        if time.monotonic() - started > patience:
            raise NoAnswer(f"{open_rows()} e-invoice submissions wait for the tax platform")
        if wall.is_simulated and time.monotonic() - settled_at > STILL:
            steps += 1
            if steps == STEPS_BEFORE_MIDNIGHT:
                wall.stand_at(wall.at(0) + dt.timedelta(days=1, minutes=5))
            else:
                wall.advance(STEP_SECONDS)
            settled_at = time.monotonic()
        time.sleep(LOOK)


def open_rows() -> int:
    return EInvoiceSubmission.objects.filter(status__in=["queued", "inflight", "unknown"]).count()
