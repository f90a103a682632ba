import datetime as dt
import uuid

from dispatch import extensions, tasks
from dispatch.models import DayPlan, RouteStop
from dispatch.services import plans, routes, stops
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core import clock
from luckygas.core.actor import Actor
from orders.models import CylinderMovement


def lines(user):
    return {line.label: line.count for line in extensions.attention(user) if line.count}


def test_the_red_list_names_what_needs_a_person(person, driver, vehicle, order, stand_at, planned):
    boss = person("dispatcher")
    driver(vehicle_=vehicle("OLD-0001", permit_valid_to=DAY), hazmat_valid_to=DAY + dt.timedelta(days=14))
    order(scheduled_date=DAY), order(scheduled_date=DAY + dt.timedelta(days=1))

    assert lines(boss) == {
        "張今日訂單未排路線": 1,
        "張通行證 14 天內到期": 1,
        "張訓練證 14 天內到期": 1,
    }


def test_a_late_route_is_named_with_its_minutes(person, planned, order, stand_at):
    day = planned([order(slot="morning")])
    me = Actor.driver(day.driver.pk, day.driver.name)
    routes.mileage(day.route, post_uuid=uuid.uuid4(), start_km=1, actor=me)
    eta = RouteStop.objects.get().eta
    assert eta is not None
    boss = person("dispatcher")

    stand_at(f"{clock.taipei(eta + dt.timedelta(minutes=15)):%Y-%m-%d %H:%M}")
    assert lines(boss) == {}
    stand_at(f"{clock.taipei(eta + dt.timedelta(minutes=36)):%Y-%m-%d %H:%M}")
    assert lines(boss) == {"路線 計畫南早 陳大明 晚 36 分": 1} or list(lines(boss)) == [
        "路線 計畫南早 陳大明 晚 35 分"
    ]


def test_who_may_not_see_plans_is_shown_nothing(person, order, today):
    order()
    driver_user = person("driver")

    assert (extensions.attention(driver_user), extensions.day_card(driver_user)) == ([], None)


def test_the_days_card_counts_what_was_planned_done_and_not(person, planned, order):
    day = planned([order(C20=1, slot="morning"), order(slot="morning"), order(slot="morning")])
    me = Actor.driver(day.driver.pk, day.driver.name)
    first, second, _third = RouteStop.objects.select_related("order", "route__shift").order_by("sequence")
    counts = {line.product_id: 1 for line in first.order.lines.all()}
    stops.deliver(first, post_uuid=uuid.uuid4(), quantities=counts, actor=me)
    stops.fail(second, post_uuid=uuid.uuid4(), reason="absent", actor=me)

    card = extensions.day_card(person("dispatcher"))
    assert card is not None

    assert [(figure.label, figure.value) for figure in card.figures[:3]] == [
        ("已排", "3"),
        ("已送達", "1"),
        ("未送達", "1"),
    ]
    assert dict(card.series)["7"] == 1


def test_a_day_without_a_plan_has_a_card_of_true_zeros(person, today):
    card = extensions.day_card(person("dispatcher"))
    assert card is not None

    assert [figure.value for figure in card.figures] == ["0", "0", "0", "–"]


def test_a_cylinder_left_on_board_is_found_and_named(planned, order, actor):
    day = planned([order(C20=1, slot="morning")])
    stop = RouteStop.objects.select_related("order", "route__shift").get()
    counts = {line.product_id: 1 for line in stop.order.lines.all()}
    stops.deliver(
        stop, post_uuid=uuid.uuid4(), quantities=counts, empties=counts,
        actor=Actor.driver(day.driver.pk, day.driver.name),
    )  # fmt: skip
    assert extensions.verify_boards(DAY) == []

    row = CylinderMovement.objects.filter(from_place=day.driver.vehicle.depot.place).get()
    CylinderMovement.objects.create(
        product=row.product, quantity=2, condition="full", left_as="full", from_place=row.from_place,
        to_place=row.to_place, occurred_at=clock.now(), actor_kind="system", actor_name="planted",
    )  # fmt: skip

    assert extensions.verify_boards(DAY) == ["TRK-0001：最後一條路線結束後車上仍有 20公斤 2 桶（full）"]


def test_the_sweep_solves_what_its_nudge_missed(driver, order, stand_at):
    driver()
    order()
    plan = plans.start(DAY, iterations=5, actor=ACTOR)

    tasks.pick_up_plans()
    assert DayPlan.objects.get(pk=plan.pk).status == "queued"
    stand_at("2026-11-23 07:01")
    tasks.pick_up_plans()
    assert DayPlan.objects.get(pk=plan.pk).status == "ready"

    tasks.solve_plan(plan.pk)
    assert DayPlan.objects.get(pk=plan.pk).status == "ready"
