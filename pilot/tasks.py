"""The clock's entry points of the pilot floor."""

from __future__ import annotations

from celery import shared_task

from luckygas.core.leases import lease, renew
from pilot.legacy.client import is_configured
from pilot.services import consistency, mirroring

#: Seconds without a sign of life after which a round's worker counts as dead.
ROUND_LEASE = 30


@shared_task(lane="sync", expires=10)
def mirror() -> None:
    """Read what changed in the old system and tell it what changed here; one round at a time."""
    if not is_configured():
        return
    with lease("pilot:mirror", seconds=ROUND_LEASE) as held:
        if held is None:
            return
        for _round in range(20):
            if not mirroring.read() + mirroring.tell():
                return
            if not renew(held, seconds=ROUND_LEASE):
                return


@shared_task(lane="bulk", expires=300)
def compare() -> None:
    """Compare both systems in full."""
    if not is_configured():
        return
    with lease("pilot:compare", seconds=600) as held:
        if held is not None:
            consistency.compare_and_keep()


BEAT = {
    "pilot-mirror": {"task": "pilot.tasks.mirror", "schedule": 2.0},
    "pilot-compare": {"task": "pilot.tasks.compare", "schedule": 600.0},
}
