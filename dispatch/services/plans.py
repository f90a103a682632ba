"""Planning a day: start, solve, publish, withdraw, cancel.

start      makes the row (and the day's shifts, when there are none); a worker picks it up
solve      claims the row, reads the day, searches with no transaction open, has the plan re-checked, and
           only then writes routes that people can see
publish    gives the orders to the crews
withdraw   takes an unstarted day back
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from dispatch.models import DayPlan, Route, RouteStop, SheetSection, Shift, UnservedStop
from dispatch.models.plan import PlanStatus, RouteStatus
from dispatch.routing import Plan, Problem, Progress, Violation, check, greedy, timetable
from dispatch.routing import solve as search
from dispatch.services import day as days
from dispatch.services import foreign, shifts
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.audit import record
from luckygas.core.errors import Busy, Refused
from luckygas.core.windows import window
from orders.services import orders as order_services

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
MAX_SECONDS = 600


class NotDrivable(Exception):
    """Even the simple plan broke a rule: a defect of the planners, told to the person with its rule."""


def start(
    date: dt.date,
    *,
    seconds: int | None = None,
    iterations: int | None = None,
    seed: int = 1,
    actor: Actor,
) -> DayPlan:
    """A new plan for the date, waiting to be solved; exactly one limit, thirty seconds when none is given.

    Refused while another plan of the date is at work or published, or when a limit is out of range.
    """
    if seconds is None and iterations is None:
        seconds = 30
    if seconds is not None and iterations is not None:
        raise Refused(_("Give seconds or iterations, not both."), code="limit", field="seconds")
    if seconds is not None and not 1 <= seconds <= MAX_SECONDS:
        raise Refused(
            _("The search takes 1 to %(most)d seconds.") % {"most": MAX_SECONDS},
            code="limit",
            field="seconds",
        )
    if iterations is not None and not 1 <= iterations <= 10_000_000:
        raise Refused(_("The search takes 1 to 10,000,000 iterations."), code="limit", field="iterations")
    if not 0 <= seed < 2**32:
        raise Refused(_("The seed is a number from 0 to 4,294,967,295."), code="seed", field="seed")
    if DayPlan.objects.filter(date=date, status=PlanStatus.PUBLISHED).exists():
        raise Refused(
            _("%(date)s is published already. Move stops by hand, or withdraw that plan first.")
            % {"date": date},
            code="published",
            field="date",
        )
    if not Shift.objects.filter(date=date).exists():
        shifts.make(date, actor=actor)
    try:
        with transaction.atomic():
            plan = DayPlan.objects.create(
                date=date,
                seconds=seconds,
                iterations=iterations,
                seed=seed,
                matrix=days.MATRIX,
                made_by=actor.name,
            )
            record("dispatch.plan_started", actor=actor, subject=f"DayPlan:{plan.pk}", date=str(date))
    except IntegrityError as error:
        raise Refused(
            _("Another plan for %(date)s is being made. Wait for it, or cancel it.") % {"date": date},
            code="at_work",
            field="date",
        ) from error
    return plan


@window("plan")
def solve(plan_id: int) -> DayPlan:
    """Do the planning of one row and return it. Run twice, or by two workers, only one does the work."""
    plan = DayPlan.objects.get(pk=plan_id)
    try:
        DayPlan.MACHINE.move(
            plan, PlanStatus.SOLVING, started_at=clock.now(), attempts=F("attempts") + 1, progress=0
        )
    except Refused:
        plan.refresh_from_db()
        return plan
    plan.refresh_from_db()
    day = days.read(plan.date)
    made: list[tuple[days.Work, Plan]] = []
    spent = 0
    try:
        for work in day.works:
            share = len(work.problem.stops) / max(1, day.stop_count)
            made.append((work, _drivable(work.problem, plan, share, spent / max(1, day.stop_count))))
            spent += len(work.problem.stops)
    except NotDrivable as defect:
        note = str(defect)[:300]
        return _finish(plan, lambda: _end(plan, PlanStatus.FAILED, note=note))
    if DayPlan.objects.filter(pk=plan.pk, cancel_requested=True).exists():
        return _finish(plan, lambda: _end(plan, PlanStatus.CANCELLED))
    return _finish(plan, lambda: _write(plan, day, made))


def _finish(plan: DayPlan, work: Callable[[], DayPlan]) -> DayPlan:
    """Write what came of this attempt, unless the plan was given up, cancelled or taken by another worker since.

    Then the row's state stands as it is, and nothing is written.
    """
    try:
        with transaction.atomic():
            row = DayPlan.objects.select_for_update().get(pk=plan.pk)
            if (row.status, row.attempts) != (PlanStatus.SOLVING, plan.attempts):
                raise Busy(_("Someone changed this a moment ago. Look again and repeat."))
            return work()
    except Busy:
        log.warning("plan_overtaken", plan=plan.pk)
        plan.refresh_from_db()
        return plan


def give_up_stuck() -> int:
    """Plans whose worker died go back to the queue, after three attempts they fail; how many there were."""
    count = 0
    for plan in DayPlan.objects.filter(status=PlanStatus.SOLVING, started_at__isnull=False):
        assert plan.started_at is not None
        if clock.now() - plan.started_at < dt.timedelta(seconds=(plan.seconds or 120) * 2 + 180):
            continue
        try:
            if plan.attempts < MAX_ATTEMPTS:
                DayPlan.MACHINE.move(plan, PlanStatus.QUEUED)
            else:
                note = _("Planning was interrupted three times.")
                DayPlan.MACHINE.move(plan, PlanStatus.FAILED, note=note, finished_at=clock.now())
        except Busy:
            continue
        count += 1
    return count


def cancel(plan: DayPlan, *, actor: Actor) -> None:
    """Stop a plan that is waiting or being made, or throw away a ready one.

    One being made stops within a second; a published one is withdrawn instead.
    """
    with transaction.atomic():
        row = DayPlan.objects.select_for_update().get(pk=plan.pk)
        if row.status == PlanStatus.SOLVING:
            row.cancel_requested = True
            row.save(update_fields=["cancel_requested"])
        else:
            DayPlan.MACHINE.move(row, PlanStatus.CANCELLED, finished_at=clock.now())
        record("dispatch.plan_cancelled", actor=actor, subject=f"DayPlan:{row.pk}")
    plan.refresh_from_db()


def publish(plan: DayPlan, *, actor: Actor) -> DayPlan:
    """Give the day to the crews: orders become planned, routes published.

    An order that changed since planning (cancelled, taken over) leaves its route and is told in the notices. The old
    system's orders are not given to anybody: it does that.
    """
    try:
        with transaction.atomic():
            row = DayPlan.objects.select_for_update().get(pk=plan.pk)
            DayPlan.MACHINE.move(row, PlanStatus.PUBLISHED, published_at=clock.now())
            stops = list(RouteStop.objects.filter(route__plan=row).order_by("order_id"))
            planned = [stop.order_id for stop in stops]
            taken = set(order_services.assign(planned, actor=actor)) | foreign.still_to_do(planned, row)
            gone = [stop for stop in stops if stop.order_id not in taken]
            if gone:
                RouteStop.objects.filter(pk__in=[stop.pk for stop in gone]).delete()
                row.notices = [*row.notices, {"code": "orders_gone", "count": len(gone)}]
                row.save(update_fields=["notices"])
            RouteStop.objects.filter(route__plan=row).update(is_live=True)
            row.routes.update(status=RouteStatus.PUBLISHED)
            record("dispatch.plan_published", actor=actor, subject=f"DayPlan:{row.pk}", orders=len(taken))
    except IntegrityError as error:
        raise Refused(
            _("Another plan for %(date)s is published already.") % {"date": plan.date}, code="published"
        ) from error
    plan.refresh_from_db()
    return plan


def withdraw(plan: DayPlan, *, actor: Actor, reason: str) -> DayPlan:
    """Take a published day back while no crew has left: its orders are confirmed again and can be planned."""
    with transaction.atomic():
        row = DayPlan.objects.select_for_update().get(pk=plan.pk)
        routes = list(row.routes.select_for_update().order_by("pk"))
        if any(route.status in (RouteStatus.IN_PROGRESS, RouteStatus.COMPLETED) for route in routes):
            raise Refused(_("A crew has left already; move its stops by hand instead."), code="on_the_road")
        DayPlan.MACHINE.move(row, PlanStatus.WITHDRAWN, finished_at=clock.now())
        live = RouteStop.objects.filter(route__plan=row, is_live=True)
        orders = sorted(live.values_list("order_id", flat=True))
        live.update(is_live=False)
        row.routes.update(status=RouteStatus.CANCELLED)
        if orders:
            order_services.unassign(orders, reason=reason, actor=actor)
        record("dispatch.plan_withdrawn", actor=actor, subject=f"DayPlan:{row.pk}", reason=reason)
    plan.refresh_from_db()
    return plan


def _drivable(problem: Problem, plan: DayPlan, share: float, before: float) -> Plan:
    """A plan that passed the checker, by search if possible, else the simple one."""

    def watch(progress: Progress) -> bool:
        percent = min(99, round(100 * (before + progress.done * share)))
        DayPlan.objects.filter(pk=plan.pk, progress__lt=percent).update(progress=percent)
        return DayPlan.objects.filter(pk=plan.pk, cancel_requested=True).exists()

    limit: dict[str, Any] = (
        {"seconds": max(1.0, (plan.seconds or 1) * share)}
        if plan.iterations is None
        else {"iterations": max(1, round(plan.iterations * share))}
    )
    made = search(problem, seed=plan.seed, watch=watch, **limit)
    broken = check(problem, made)
    if not broken:
        return made
    log.error("plan_broken", plan=plan.pk, kinds=_kinds(broken))
    simple = greedy.plan(problem)
    still = check(problem, simple)
    if still:
        raise NotDrivable(f"{still[0].kind}: {still[0].message}")
    return Plan(simple.routes, simple.unserved, simple.distance_m, "greedy", f"checker: {_kinds(broken)}")


def _kinds(violations: list[Violation]) -> str:
    return ", ".join(sorted({violation.kind for violation in violations}))


def _write(plan: DayPlan, day: days.Day, made: list[tuple[days.Work, Plan]]) -> DayPlan:
    crews = {shift.pk: shift for shift in Shift.objects.filter(date=plan.date).select_related("driver")}
    with transaction.atomic():
        for work, found in made:
            times = timetable(work.problem, found)
            for route, clocked in zip(found.routes, times, strict=True):
                shift = crews[int(route.vehicle)]
                row = Route.objects.create(
                    plan=plan,
                    shift=shift,
                    section=SheetSection.of(shift.driver.section, shift.half),
                    distance_m=clocked.metres,
                    leaves_at=clock.seconds(plan.date, clocked.trips[0].depart),
                    back_at=clock.seconds(plan.date, clocked.trips[-1].back),
                )
                visits = [
                    (trip, visit) for trip, times_ in enumerate(clocked.trips, 1) for visit in times_.visits
                ]
                RouteStop.objects.bulk_create(
                    RouteStop(
                        route=row,
                        order_id=visit.stop,
                        trip=trip,
                        sequence=sequence,
                        eta=clock.seconds(plan.date, visit.start),
                        is_approximate=visit.stop in work.approximate,
                    )
                    for sequence, (trip, visit) in enumerate(visits, start=1)
                )
            _leave_out(plan, [(int(one.stop), one.code, one.rule, one.facts) for one in found.unserved])
        _leave_out(plan, [(order, code, code, facts) for order, code, facts in day.hopeless])
        methods = {found.method for _work, found in made} or {""}
        return _end(
            plan,
            PlanStatus.READY,
            progress=100,
            notices=day.notices,
            distance_m=sum(found.distance_m for _work, found in made),
            method="greedy" if "greedy" in methods else methods.pop(),
            note="; ".join(found.note for _work, found in made if found.note)[:300],
        )


def _leave_out(plan: DayPlan, left: list[tuple[int, str, str, Any]]) -> None:
    UnservedStop.objects.bulk_create(
        UnservedStop(plan=plan, order_id=order, code=code, rule=rule[:300], facts=dict(facts))
        for order, code, rule, facts in left
    )


def _end(plan: DayPlan, status: str, **fields: Any) -> DayPlan:
    DayPlan.MACHINE.move(plan, status, finished_at=clock.now(), **fields)
    return plan
