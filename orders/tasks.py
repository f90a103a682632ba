"""The clock's entry points of this floor."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.history import acting
from luckygas.core.leases import lease
from orders.services.due import make_due as make

log = structlog.get_logger(__name__)
LEASE = "orders:due-visits"


@shared_task(lane="critical")
def make_due() -> None:
    """The visits due today. Run again it finds them made; while another run works it leaves."""
    actor = Actor.system("due visits")
    with lease(LEASE, seconds=900) as held:
        if held is None:
            return
        with acting(actor):
            report = make(clock.today(), actor=actor)
    log.info("due_visits", date=str(report.date), made=report.made, closed=report.closed)


BEAT = {"orders-due-visits": {"task": "orders.tasks.make_due", "schedule": crontab(minute="10", hour="4-6")}}
