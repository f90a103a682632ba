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
from luckygas.core.leases import is_held, lease, renew
from luckygas.core.models import IdempotencyKey, ImportRun, Lease

log = structlog.get_logger(__name__)

#: Seconds without a sign of progress after which an import's worker counts as dead.
IMPORT_LEASE = 600
#: A file still waiting after so long was missed by its message.
IMPORT_MISSED_AFTER = dt.timedelta(seconds=20)
#: A file over which so many workers died is not given to another one.
IMPORT_TRIES = 3


@shared_task(lane="critical")
def run_outbound(label: str) -> None:
    """Run what is due of one kind (a nudge). Running twice at once is harmless: rows are claimed."""
    while outbound.run_due(outbound.kind(label)):
        pass


@shared_task(lane="critical", expires=30)
def sweep_outbound() -> None:
    """Find what a nudge missed, every kind; a kind of another queue is left to the workers of that queue."""
    for model in outbound.kinds():
        if model.queue != sweep_outbound.lane:
            outbound.nudge_now(model._meta.label)
            continue
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
    """Read and write one uploaded file. Delivered twice, the second finds it done, or at work, and leaves.

    A file whose worker died is taken up from the beginning (nothing of it was written) when the dead one's
    lease is over: `pick_up_imports` sees to it. The third worker that dies over it is the last.
    """
    row = ImportRun.objects.filter(pk=run_id).exclude(status=ImportRun.Status.DONE).first()
    if row is None:
        return
    with lease(f"import:{run_id}", seconds=IMPORT_LEASE) as held:
        if held is None:
            return
        if row.tries >= IMPORT_TRIES:
            importing.give_up(
                row,
                _("%(count)d workers died over this file, and nothing was written.") % {"count": row.tries},
            )
            return
        ImportRun.objects.filter(pk=run_id).update(tries=row.tries + 1)
        importing.run(
            row,
            actor=Actor.system(actor_name),
            accept_good=accept_good,
            dry_run=dry_run,
            on_progress=lambda _row: _still_here(held),
        )


def _still_here(held: Lease) -> None:
    renew(held, seconds=IMPORT_LEASE)


@shared_task(lane="bulk", expires=20)
def pick_up_imports() -> None:
    """Ask again for files that were handed over and that nobody is at work on.

    The first message was lost with Redis, or its worker died; then the broker may keep it back for long.
    """
    handed = ImportRun.objects.filter(
        status__in=[ImportRun.Status.UPLOADED, ImportRun.Status.CHECKING, ImportRun.Status.WRITING],
        handed_at__lt=clock.now() - IMPORT_MISSED_AFTER,
    )
    for run in handed.order_by("pk")[:5]:
        if not is_held(f"import:{run.pk}"):
            run_import.apply_async([run.pk], run.job, expires=20)


def start_import(run: ImportRun, *, user: Any, accept_good: bool, dry_run: bool) -> None:
    """Hand a file to a worker; when none can be told now, `pick_up_imports` does. Refused for a file that is in."""
    if run.status == ImportRun.Status.DONE:
        raise Refused(_("This file was imported already."), code="done")
    job = {"actor_name": user.get_full_name(), "accept_good": accept_good, "dry_run": dry_run}
    if run.status in (ImportRun.Status.REFUSED, ImportRun.Status.DRY):
        ImportRun.MACHINE.move(
            run, ImportRun.Status.UPLOADED, handed_at=clock.now(), job=job, tries=0, message=""
        )
    else:
        ImportRun.objects.filter(pk=run.pk).update(handed_at=clock.now(), job=job, tries=0)
    try:
        run_import.apply_async([run.pk], job)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("nudge_missed", run=run.pk, error=type(error).__name__)
