"""The plan as a job: done once, cancelled, given up, and never shown before it was checked."""

from typing import Any

from dispatch.models import DayPlan, Route, RouteStop, UnservedStop
from dispatch.services import plans
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core import clock


def solved():
    plan = plans.start(DAY, iterations=30, seed=1, actor=ACTOR)
    return plans.solve(plan.pk)


def test_solving_twice_plans_once(driver, order):
    driver()
    order()
    plan = solved()

    again = plans.solve(plan.pk)

    assert (again.status, Route.objects.count()) == ("ready", 1)


def test_a_waiting_plan_is_cancelled_and_never_solved(driver, order):
    driver()
    order()
    plan = plans.start(DAY, iterations=5, actor=ACTOR)

    plans.cancel(plan, actor=ACTOR)

    assert plans.solve(plan.pk).status == "cancelled"
    assert Route.objects.count() == 0


def test_a_plan_at_work_stops_when_cancelled(driver, order):
    driver()
    order()
    plan = plans.start(DAY, seconds=60, actor=ACTOR)
    DayPlan.objects.filter(pk=plan.pk).update(cancel_requested=True)

    assert plans.solve(plan.pk).status == "cancelled"
    assert (Route.objects.count(), UnservedStop.objects.count()) == (0, 0)


def test_a_plan_whose_worker_died_is_tried_three_times(driver, order, stand_at):
    driver()
    plan = plans.start(DAY, seconds=10, actor=ACTOR)
    states = []
    for hour in (8, 9, 10):
        DayPlan.objects.filter(pk=plan.pk).update(status="solving", started_at=clock.now(), attempts=hour - 7)
        assert plans.give_up_stuck() == 0
        stand_at(f"2026-11-23 {hour:02d}:00")
        assert plans.give_up_stuck() == 1
        states.append(DayPlan.objects.get(pk=plan.pk).status)

    assert states == ["queued", "queued", "failed"]


def test_a_plan_that_breaks_a_rule_is_replaced_before_anyone_sees_it(driver, order, monkeypatch):
    from dispatch.routing import Plan

    driver()
    one = order()
    # The search is made to forget the stop: the checker must notice whatever the search says.
    monkeypatch.setattr(plans, "search", lambda *_args, **_more: Plan((), (), 0, "pyvrp"))

    plan = solved()

    assert (plan.status, plan.method, plan.note) == ("ready", "greedy", "checker: stop_missing")
    assert [stop.order_id for stop in RouteStop.objects.all()] == [one.pk]


def test_when_even_the_simple_plan_breaks_a_rule_the_plan_fails_and_says_which(driver, order, monkeypatch):
    from dispatch.routing import Plan, greedy

    driver()
    order()
    # Both planners are made to forget the stop: nothing unchecked may reach people.
    monkeypatch.setattr(plans, "search", lambda *_args, **_more: Plan((), (), 0, "pyvrp"))
    monkeypatch.setattr(greedy, "plan", lambda _problem: Plan((), (), 0, "greedy"))

    plan = solved()

    assert (plan.status, plan.note.split(":")[0]) == ("failed", "stop_missing")
    assert Route.objects.count() == 0


def test_a_plan_given_up_while_it_was_solved_writes_nothing(driver, order, monkeypatch):
    driver()
    order()
    real = plans.check

    def meanwhile(problem, found):
        DayPlan.objects.update(status="queued")
        return real(problem, found)

    monkeypatch.setattr(plans, "check", meanwhile)
    plan = solved()

    assert (plan.status, Route.objects.count()) == ("queued", 0)


def test_a_plan_that_another_worker_made_meanwhile_stays_as_it_is(driver, order, monkeypatch):
    driver()
    order()
    real = plans.check
    others: list[Any] = []

    def meanwhile(problem, found):
        if not others:
            others.append(None)
            DayPlan.objects.update(status="queued")
            others.append(plans.solve(DayPlan.objects.get().pk))
        return real(problem, found)

    monkeypatch.setattr(plans, "check", meanwhile)
    plan = solved()

    assert (others[1].status, plan.status, plan.attempts) == ("ready", "ready", 2)
    assert (Route.objects.count(), RouteStop.objects.count()) == (1, 1)


def test_a_worker_that_comes_back_does_not_fail_the_plan_another_one_is_making(driver, order, monkeypatch):
    driver()
    order()

    def meanwhile(_problem, _found):
        DayPlan.objects.update(status="queued")
        DayPlan.objects.update(status="solving", attempts=2)
        raise plans.NotDrivable("late: a rule")

    monkeypatch.setattr(plans, "check", meanwhile)
    plan = solved()

    assert (plan.status, plan.attempts, Route.objects.count()) == ("solving", 2, 0)
