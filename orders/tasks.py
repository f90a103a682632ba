"""The clock's entry points of this floor."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.history import acting
from orders.services.due import make_due as make

log = structlog.get_logger(__name__)


@shared_task(queue="critical")
def make_due() -> None:
    """The visits due today; run again it finds them made."""
    actor = Actor.system("due visits")
    try:
        with acting(actor):
            report = make(clock.today(), actor=actor)
    except Refused as refusal:  # another run is at work
        log.warning("due_visits_refused", code=refusal.code)
        return
    log.info("due_visits", date=str(report.date), made=report.made, closed=report.closed)


BEAT = {"orders-due-visits": {"task": "orders.tasks.make_due", "schedule": crontab(minute="10", hour="4-6")}}
