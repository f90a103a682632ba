"""The Celery application and the clock's schedule. Long waits are rows in the database, never ETAs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.beat import PersistentScheduler
from celery.schedules import crontab
from celery.signals import beat_init, heartbeat_sent, setup_logging, worker_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")


class HistoryTask(Task):
    """Rows changed by a task carry its name and id. ``lane`` is the queue it goes to."""

    lane = "critical"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from luckygas.core.actor import Actor
        from luckygas.core.history import acting
        from luckygas.core.windows import window

        actor = Actor.system(self.name)
        with window(f"task {self.name}"), acting(actor, request_id=str(self.request.id or "")):
            return super().__call__(*args, **kwargs)


@heartbeat_sent.connect
def _still_alive(**_: Any) -> None:
    """Touch the file that ``luckygas.alive`` looks at: a worker's loop that hangs sends no heartbeat."""
    if name := os.environ.get("LUCKYGAS_HEARTBEAT"):
        Path(name).touch()


class Clock(PersistentScheduler):
    """Celery's own scheduler; sending a due task is a window."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        _still_alive()
        return super().tick(*args, **kwargs)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        from luckygas.core.windows import window

        with window("beat tick"):
            super().apply_entry(entry, producer=producer)


def route(name: str, args: Any, kwargs: Any, options: Any, task: Any = None, **_: Any) -> dict[str, str]:
    """Each task says its queue: ``@shared_task(lane="bulk")``."""
    return {"queue": getattr(task, "lane", "critical")}


app = Celery("luckygas", task_cls=HistoryTask)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.task_routes = (route,)
app.conf.beat_scheduler = "luckygas.celery:Clock"
app.autodiscover_tasks()


@setup_logging.connect
def _keep_our_logging(**_: Any) -> None:
    """Celery would otherwise replace the JSON handlers of the settings."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@worker_init.connect
@beat_init.connect
def _demand_secrets(**_: Any) -> None:
    """Celery logs what a handler raises and goes on, except for the end of the process."""
    from luckygas.core import secrets

    try:
        secrets.demand()
    except secrets.Missing as error:
        raise SystemExit(f"A required secret is missing. {error}") from None


CELLAR = {
    "sweep-outbound": {"task": "luckygas.core.tasks.sweep_outbound", "schedule": 3.0},
    "pick-up-imports": {"task": "luckygas.core.tasks.pick_up_imports", "schedule": 20.0},
    "prune-idempotency-keys": {
        "task": "luckygas.core.tasks.prune_idempotency_keys",
        "schedule": crontab(hour=3, minute=10),
    },
}


@app.on_after_finalize.connect
def _collect_schedule(sender: Celery, **_: Any) -> None:
    """Django's apps are loaded by now, so the floors can be asked."""
    from luckygas import floors

    sender.conf.beat_schedule = CELLAR | floors.schedule()
