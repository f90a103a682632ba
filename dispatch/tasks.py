"""The clock's entry points of dispatch."""

from __future__ import annotations

import datetime as dt
from typing import Any

import structlog
from celery import shared_task
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from dispatch.models import DayPlan
from dispatch.models.plan import PlanStatus
from dispatch.services import plans
from luckygas.core import clock

log = structlog.get_logger(__name__)

#: A plan still waiting after so long was missed by its nudge, or its worker died before it began.
MISSED_AFTER = dt.timedelta(seconds=20)

BEAT: dict[str, dict[str, Any]] = {
    "dispatch-pick-up-plans": {"task": "dispatch.tasks.pick_up_plans", "schedule": 20.0},
}


@shared_task(lane="solver", time_limit=1100, soft_time_limit=1080)
def solve_plan(plan_id: int) -> None:
    """Solve one plan. Delivered twice, the second finds it taken and leaves."""
    plans.solve(plan_id)


@shared_task(lane="solver", expires=20)
def pick_up_plans() -> None:
    """Give up plans whose worker died, and solve what waits."""
    plans.give_up_stuck()
    waiting = DayPlan.objects.filter(
        status=PlanStatus.QUEUED, created_at__lt=clock.now() - MISSED_AFTER
    ).order_by("pk")
    for plan_id in waiting.values_list("pk", flat=True)[:5]:
        plans.solve(plan_id)


def hand_over(plan: DayPlan) -> None:
    """Tell a worker of a new plan; best effort, `pick_up_plans` finds it otherwise."""
    try:
        solve_plan.apply_async([plan.pk])
    except (OperationalError, RedisError, OSError) as error:
        log.warning("nudge_missed", plan=plan.pk, error=type(error).__name__)
