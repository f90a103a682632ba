"""The day, step by step. Each step may be repeated after a kill: what was done is found done."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings
from django.utils.translation import gettext as _

from billing.services.cash import count_cash
from customers.models import Customer
from customers.models.customer import CustomerStatus
from dispatch.models import DayPlan, Driver
from dispatch.services import plans, shifts
from luckygas.core import calendar, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.history import acting
from luckygas.core.windows import window
from luckygas.models import WorkDay
from luckygas.workday import bank, calls, driving, figures, filing, invariants, messages, sync
from luckygas.workday.wall import Wall
from orders.models import Order
from orders.services.due import make_due

PLAN_WAITS = 900
#: So often (the day's time) the messages that wait are sent.
MESSAGES_EVERY = dt.timedelta(minutes=15)
Say = Callable[[str], None]


def _actor() -> Actor:
    """Who does what people did not do: named as people read it."""
    return Actor.system(_("simulated day"))


class Unsound(Exception):
    """The day ended with differences."""


def run(
    date: dt.date, *, seed: int, seconds: int, through: str = "", say: Say = lambda text: None
) -> WorkDay:
    """Drive one day to its end (or through the step ``through``); a day that is done is only shown again.

    ``seconds`` is the solver's. With the simulation off the date must be today. Raises Refused for a date or
    seed that cannot be, NoAnswer when the tax platform is silent, Unsound when an invariant fails.
    """
    if not settings.SIMULATION and date != clock.today():
        text = _("With the simulation off only today (%(today)s) can be run.")
        raise Refused(text % {"today": clock.today()}, code="not_today", field="date")
    day, _new = WorkDay.objects.get_or_create(date=date, defaults={"seed": seed})
    if day.seed != seed and day.status == WorkDay.Status.RUNNING:
        text = _("%(date)s was begun with seed %(seed)s; go on with that one.")
        raise Refused(text % {"date": date, "seed": day.seed}, code="seed", field="seed")
    work = _Work(day, Wall(date), seconds, say)
    try:
        with acting(_actor(), workday=str(date)):
            for name, step in STEPS:
                if name not in day.done:
                    say(f"{date} {name}")
                    with window(f"run_day {name}"):
                        step(work)
                    day.done.append(name)
                    day.save(update_fields=["done", "figures"])
                if name == through:
                    return day
            _close(work)
    finally:
        work.wall.let_go()
    if day.differences:
        raise Unsound(f"{len(day.differences)} differences")
    return day


class _Work:
    def __init__(self, day: WorkDay, wall: Wall, seconds: int, say: Say) -> None:
        self.day, self.wall, self.seconds, self.say = day, wall, seconds, say
        self.date, self.seed = day.date, day.seed

    def found(self, **numbers: Any) -> None:
        self.day.figures.update(numbers)

    def plan(self) -> DayPlan | None:
        return DayPlan.objects.filter(date=self.date, status="published").first()


def _open(work: _Work) -> None:
    work.wall.stand(5, 30)
    work.found(customers=Customer.objects.filter(status=CustomerStatus.ACTIVE).count())
    closed = calendar.closed_because(work.date)
    if closed:
        work.found(closed=closed)


def _due(work: _Work) -> None:
    make_due(work.date, actor=_actor())
    work.found(due=Order.objects.filter(due_date=work.date).count())


def _ring(work: _Work) -> None:
    total = calls.planned_calls(work.seed, work.date)
    taken, low = 0, calls.running_low(work.date)
    for number in range(total):
        work.wall.stand_at(work.wall.at(6) + dt.timedelta(minutes=50) * number / total)
        taken += calls.ring(work.seed, work.date, number, low) is not None
    work.found(calls=taken)


def _plan(work: _Work) -> None:
    work.wall.stand(6, 55)
    if work.plan() is None and calendar.is_working_day(work.date):
        shifts.make(work.date, actor=_actor())
        plans.publish(_solved(work), actor=_actor())
    work.found(**figures.planning(work.date))


def _solved(work: _Work) -> DayPlan:
    """A ready plan of the day: the one a killed run left, else a new one."""
    plan = DayPlan.objects.filter(date=work.date, status__in=["queued", "solving", "ready"]).first()
    if plan is None:
        plan = plans.start(work.date, seconds=work.seconds, seed=work.seed, actor=_actor())
    for _wait in range(PLAN_WAITS):
        if plan.status == "queued":
            plan = plans.solve(plan.pk)
        if plan.status != "solving":
            break
        # A killed run was solving: its plan comes back to the queue when its time is over.
        plans.give_up_stuck()
        work.wall.advance(30)
        if not work.wall.is_simulated:
            time.sleep(1)
        plan.refresh_from_db()
    if plan.status == "failed":
        return _solved(work) if plan.attempts > 1 else _unsolved(plan)
    return plan if plan.status == "ready" else _unsolved(plan)


def _unsolved(plan: DayPlan) -> NoReturn:
    raise Unsound(f"the plan ended as {plan.status}: {plan.note}")


def _drive(work: _Work) -> None:
    plan = work.plan()
    if plan is not None:
        total, sent_at = len(driving.remaining(plan)), clock.now()
        for done, _stop in enumerate(driving.drive(work.seed, work.wall, plan), start=1):
            if messages.is_there() and clock.now() - sent_at >= MESSAGES_EVERY:
                messages.go()
                sent_at = clock.now()
            if done % 50 == 0 or done == total:
                work.say(f"{work.date} {done}/{total} stops")
    work.found(**figures.driving(work.date))


def _bill(work: _Work) -> None:
    filing.settle_events()


def _pay(work: _Work) -> None:
    if bank.is_there():
        bank.pay(work.seed, work.wall)


def _fetch(work: _Work) -> None:
    if bank.is_there():
        bank.fetch(work.wall)
        work.found(**bank.figures(work.date))


def _file(work: _Work) -> None:
    filing.file_and_confirm(work.wall)
    work.found(**figures.invoicing(work.date))


def _messages(work: _Work) -> None:
    if messages.is_there():
        messages.finish(work.wall)
        work.found(**messages.figures(work.date))


def _count(work: _Work) -> None:
    """Each driver empties his purse: what his stops took in, whatever billing made of it."""
    work.wall.stand(18, 30)
    purses = driving.purses(work.plan())
    for driver in Driver.objects.filter(pk__in=purses).order_by("pk"):
        count_cash(driver, work.date, purses[driver.pk], actor=_actor())
    work.found(**figures.money(work.date))


def _both(work: _Work) -> None:
    if sync.is_there():
        sync.begin(work.seed, work.wall, _actor())


def _evening(work: _Work) -> None:
    if sync.is_there():
        sync.end(work.seed, work.wall)
        work.found(**sync.figures(work.date))


STEPS: list[tuple[str, Callable[[_Work], None]]] = [
    ("open", _open),
    ("due visits", _due),
    ("phone orders", _ring),
    ("old system", _both),
    ("plan", _plan),
    ("drive", _drive),
    ("bill", _bill),
    ("messages", _messages),
    ("transfers", _pay),
    ("bank", _fetch),
    ("file", _file),
    ("count cash", _count),
    ("old system's evening", _evening),
]


def _close(work: _Work) -> None:
    """Check the day anew, also when it was done before: damage may have come later."""
    day = work.day
    day.differences = invariants.broken(work.date)
    work.found(differences=len(day.differences))
    day.status = WorkDay.Status.FAILED if day.differences else WorkDay.Status.DONE
    day.finished_at = clock.now()
    day.save(update_fields=["differences", "figures", "status", "finished_at"])
