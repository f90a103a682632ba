"""The clock's entry points of billing; each may run twice, late, or die half-way."""

from __future__ import annotations

import structlog
from celery import shared_task
from celery.schedules import crontab

from billing.models import BankProfile
from billing.services import bank_fetch, bank_matching, filing, invoicing
from luckygas.core.actor import Actor
from luckygas.core.leases import lease

log = structlog.get_logger(__name__)


@shared_task(lane="invoice", expires=120)
def retry_waiting_events() -> None:
    """Invoice what could not be invoiced before: a price or more numbers may be there by now."""
    with lease("billing.retry_waiting", seconds=600) as held:
        if held is not None:
            invoicing.retry_waiting(actor=Actor.system("billing"))


@shared_task(lane="invoice", expires=60)
def read_platform_results(everything: bool = False) -> None:
    """Read what the tax platform left in the Turnkey folder; once a day also what is older than a month."""
    with lease("billing.read_results", seconds=600) as held:
        if held is None:
            return
        try:
            filing.read_results(everything=everything)
        except OSError as error:
            log.warning("turnkey_folder_unreachable", error=str(error))


@shared_task(lane="sftp", expires=300)
def look_at_banks() -> None:
    """Ask for a look into every bank's folder; what could not be matched before (a busy customer) is tried again."""
    with lease("billing.look_at_banks", seconds=300) as held:
        if held is None:
            return
        for profile in BankProfile.objects.filter(is_active=True, stopped_because=""):
            bank_fetch.request(profile)
        bank_matching.match_waiting()


BEAT = {
    "billing-look-at-banks": {"task": "billing.tasks.look_at_banks", "schedule": crontab(minute="*/15")},
    "billing-retry-waiting-events": {"task": "billing.tasks.retry_waiting_events", "schedule": 60.0},
    "billing-read-platform-results": {"task": "billing.tasks.read_platform_results", "schedule": 15.0},
    "billing-read-all-platform-results": {
        "task": "billing.tasks.read_platform_results",
        "schedule": crontab(hour=4, minute=40),
        "args": [True],
    },
}
