"""The clock's entry points of the cellar."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from celery import shared_task
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from luckygas.core import clock, importing, outbound
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.leases import lease, renew
from luckygas.core.models import IdempotencyKey, ImportRun, Lease

log = structlog.get_logger(__name__)

#: Seconds without a sign of progress after which an import's worker counts as dead.
IMPORT_LEASE = 600


@shared_task(lane="critical")
def run_outbound(label: str) -> None:
    """Run what is due of one kind (a nudge). Running twice at once is harmless: rows are claimed."""
    while outbound.run_due(outbound.kind(label)):
        pass


@shared_task(lane="critical", expires=30)
def sweep_outbound() -> None:
    """Find what a nudge missed, every kind."""
    for model in outbound.kinds():
        with lease(f"sweep:{model._meta.label}", seconds=120) as held:
            if held is not None:
                for _ in range(20):
                    if not outbound.run_due(model):
                        break


@shared_task(lane="bulk")
def prune_idempotency_keys() -> None:
    """Keys older than 48 hours answer no retry any more."""
    IdempotencyKey.objects.filter(created_at__lt=clock.now() - dt.timedelta(hours=48)).delete()


@shared_task(lane="bulk", time_limit=3600, soft_time_limit=3500)
def run_import(run_id: int, actor_name: str, accept_good: bool, dry_run: bool) -> None:
    """Read and write one uploaded file. Delivered twice, the second finds it done and leaves.

    A file whose worker died is taken up from the beginning (nothing of it was written) when the dead one's
    lease is over; until then the task comes back every minute.
    """
    row = ImportRun.objects.filter(pk=run_id).exclude(status=ImportRun.Status.DONE).first()
    if row is None:
        return
    with lease(f"import:{run_id}", seconds=IMPORT_LEASE) as held:
        if held is None:
            run_import.apply_async([run_id, actor_name, accept_good, dry_run], countdown=60)
            return
        importing.run(
            row,
            actor=Actor.system(actor_name),
            accept_good=accept_good,
            dry_run=dry_run,
            on_progress=lambda _row: _still_here(held),
        )


def _still_here(held: Lease) -> None:
    renew(held, seconds=IMPORT_LEASE)


def start_import(run: ImportRun, *, user: Any, accept_good: bool, dry_run: bool) -> None:
    """Hand a file to a worker after commit; refused in words when no worker can be told."""
    if run.status == ImportRun.Status.DONE:
        raise Refused(_("This file was imported already."), code="done")
    try:
        run_import.apply_async([run.pk, user.get_full_name(), accept_good, dry_run])
    except (OperationalError, RedisError) as error:
        raise Refused(
            _("The workers cannot be reached; the file is kept. Try again in a moment."), code="no_worker"
        ) from error
