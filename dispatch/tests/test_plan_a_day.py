import datetime as dt
from decimal import Decimal

import pytest

from customers.models import Area
from dispatch.models import DayPlan, Route, RouteStop, Shift
from dispatch.queries import reasons
from dispatch.services import fleet, plans
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core import clock
from luckygas.core.errors import Refused
from orders.models import Order
from orders.services import orders as order_services


def solved(**more):
    plan = plans.start(DAY, **({"iterations": 30, "seed": 1} | more), actor=ACTOR)
    return plans.solve(plan.pk)


def why(plan):
    return {stop.order_id: reasons.unserved(stop) for stop in plan.unserved.all()}


def hour(instant):
    return clock.taipei(instant).hour


def told(plan):
    return [reasons.notice(entry) for entry in plan.notices]


def test_a_day_is_planned_and_published(driver, order):
    driver()
    early, late = order(C20=2, slot="morning"), order(C16=1, slot="afternoon")

    plan = solved()

    assert (plan.status, plan.method, plan.progress, plan.matrix) == (
        "ready",
        "pyvrp",
        100,
        "haversine × area factor",
    )
    assert [(route.section, route.status) for route in plan.routes.order_by("section")] == [
        ("south_early", "planned"),
        ("south_late", "planned"),
    ]
    times = dict(RouteStop.objects.filter(route__plan=plan).values_list("order_id", "eta"))
    assert hour(times[early.pk]) in range(8, 12)
    assert hour(times[late.pk]) in range(13, 17)
    assert sum(route.distance_m for route in plan.routes.all()) == plan.distance_m > 0
    assert Order.objects.get(pk=early.pk).status == "confirmed"

    plans.publish(plan, actor=ACTOR)

    assert {order.status for order in Order.objects.all()} == {"assigned"}
    assert {stop.is_live for stop in RouteStop.objects.all()} == {True}
    assert {route.status for route in Route.objects.all()} == {"published"}


def test_nothing_to_deliver_gives_an_empty_plan(driver):
    driver()

    plan = solved()

    assert (plan.status, plan.routes.count(), plan.unserved.count()) == ("ready", 0, 0)


def test_no_crew_says_so_for_every_order_and_leaves_it_due(order, today):
    one = order()

    plan = solved()

    assert why(plan) == {one.pk: "這一天沒有車組當班。"}
    assert told(plan) == ["這一天沒有車組當班。"]
    one.refresh_from_db()
    assert one.status == "confirmed"


def test_what_cannot_be_served_comes_back_with_its_reason(driver, order, customer):
    driver()
    nowhere = order(customer(lat=None, lng=None, area=None))
    heavy = order(C50=12)
    small_lane = order(customer(vehicle_requirement="motorcycle"))
    night = order(window_start=dt.time(22), window_end=dt.time(23))
    fine = order()

    plan = solved()

    assert why(plan) == {
        nowhere.pk: "客戶沒有座標也沒有區域；請補上其中之一。",
        heavy.pk: "600 公斤超過當班汽車或機車一趟可載的 500 公斤。",
        small_lane.pk: "需要機車，但沒有當班。",
        night.pk: "時段 22:00–23:00 不在任何班次之內。",
    }
    assert list(RouteStop.objects.values_list("order_id", flat=True)) == [fine.pk]


def test_a_site_without_a_point_is_planned_at_its_area_and_marked(driver, order, customer):
    driver()
    order(customer(lat=None, lng=None, area=Area.objects.get(code="B")))
    order()

    plan = solved()

    assert list(RouteStop.objects.order_by("order_id").values_list("is_approximate", flat=True)) == [
        True,
        False,
    ]
    assert told(plan) == ["1 個地點沒有座標，以所在區域的中心點規劃。"]


def test_an_expired_pass_refuses_the_truck_for_more_than_fifty_kg(driver, vehicle, order):
    driver(vehicle_=vehicle(permit_valid_to=DAY - dt.timedelta(days=1)))
    heavy, light = order(C20=3), order(C50=1)

    plan = solved()

    assert told(plan) == ["ABC-1234 的通行證已於 2026-11-22 到期：不得載運超過 50 公斤。"]
    assert why(plan) == {heavy.pk: "60 公斤超過當班汽車或機車一趟可載的 50 公斤。"}
    assert [stop.order_id for stop in RouteStop.objects.all()] == [light.pk]


def test_an_expired_certificate_refuses_the_driver_for_more_than_fifty_kg(driver, order):
    driver(hazmat_valid_to=DAY - dt.timedelta(days=1))
    heavy = order(C20=3)

    plan = solved()

    assert told(plan) == ["陳大明 的訓練證已於 2026-11-22 到期：不得載運超過 50 公斤。"]
    assert list(why(plan)) == [heavy.pk]


def test_papers_that_end_on_the_day_are_good_on_it(driver, vehicle, order):
    driver(vehicle_=vehicle(permit_valid_to=DAY), hazmat_valid_to=DAY)
    order(C20=3)

    plan = solved()

    assert (plan.notices, plan.unserved.count()) == ([], 0)


def test_a_motorcycle_carries_sixty_kg_in_a_trip(driver, vehicle, order):
    driver(vehicle_=vehicle("MTR-001", kind="motorcycle", capacity_kg=120, permit_no=""))
    for _ in range(4):
        order(C20=1, slot="morning")

    plan = solved()

    loads: dict[tuple[int, int], int] = {}
    for stop in RouteStop.objects.filter(route__plan=plan):
        loads[stop.route_id, stop.trip] = loads.get((stop.route_id, stop.trip), 0) + 20
    assert sum(loads.values()) == 80
    assert max(loads.values()) <= 60


def test_a_visit_we_proposed_waits_while_the_customer_is_closed(driver, order, customer, today):
    from customers.models import Availability

    driver()
    closed = customer()
    Availability.objects.create(customer=closed, rest_rule="1", weekly_rest="1")
    ours, asked = order(closed, source="forecast"), order(closed)

    plan = solved()

    assert why(plan) == {ours.pk: "客戶當天公休。"}
    assert [stop.order_id for stop in RouteStop.objects.all()] == [asked.pk]


def test_orders_left_over_from_before_are_planned_too(driver, order, stand_at):
    stand_at("2026-11-21 07:00")
    old = order(scheduled_date=dt.date(2026, 11, 21))
    stand_at("2026-11-23 07:00")
    driver()
    later = order(scheduled_date=dt.date(2026, 11, 24))

    solved()

    assert [stop.order_id for stop in RouteStop.objects.all()] == [old.pk]
    later.refresh_from_db()
    assert later.status == "confirmed"


def test_shifts_are_made_when_there_are_none(driver, vehicle):
    driver()
    driver("林小華", works_from=dt.time(8), status="on_leave")

    plans.start(DAY, seconds=5, actor=ACTOR)

    assert [
        (shift.driver.name, shift.half, str(shift.start), str(shift.end)) for shift in Shift.objects.all()
    ] == [
        ("陳大明", "afternoon", "13:00:00", "18:00:00"),
        ("陳大明", "morning", "07:30:00", "12:00:00"),
    ]


def test_one_plan_is_at_work_and_one_published_at_a_time(driver, order):
    driver()
    order()
    first = plans.start(DAY, iterations=5, actor=ACTOR)

    with pytest.raises(Refused) as busy:
        plans.start(DAY, iterations=5, actor=ACTOR)
    assert (busy.value.code, DayPlan.objects.count()) == ("at_work", 1)

    plans.publish(plans.solve(first.pk), actor=ACTOR)
    with pytest.raises(Refused) as published:
        plans.start(DAY, iterations=5, actor=ACTOR)
    assert (published.value.code, DayPlan.objects.count()) == ("published", 1)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": 601}, "seconds"),
        ({"iterations": 0}, "iterations"),
        ({"seconds": 5, "iterations": 5}, "seconds"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_limit_or_seed_out_of_range_is_refused(today, more, field):
    with pytest.raises(Refused) as refused:
        plans.start(DAY, actor=ACTOR, **more)

    assert refused.value.field == field
    assert DayPlan.objects.count() == 0


def test_an_order_cancelled_after_planning_leaves_the_plan(driver, order):
    driver()
    kept, gone = order(), order()
    plan = solved()
    order_services.cancel_order(gone, reason="客戶取消", actor=ACTOR)

    plans.publish(plan, actor=ACTOR)

    assert [stop.order_id for stop in RouteStop.objects.all()] == [kept.pk]
    plan.refresh_from_db()
    assert told(plan) == ["1 張訂單在規劃後變更，已移出計畫。"]


def test_a_published_day_is_withdrawn_while_no_crew_has_left(planned):
    day = planned()

    plans.withdraw(day.plan, actor=ACTOR, reason="颱風")

    assert {order.status for order in Order.objects.all()} == {"confirmed"}
    assert {stop.is_live for stop in RouteStop.objects.all()} == {False}
    assert plans.start(DAY, iterations=5, actor=ACTOR).status == "queued"


def test_a_day_on_the_road_is_not_withdrawn(planned):
    day = planned()
    Route.objects.filter(pk=day.route.pk).update(status="in_progress")

    with pytest.raises(Refused) as refused:
        plans.withdraw(day.plan, actor=ACTOR, reason="颱風")

    assert refused.value.code == "on_the_road"
    assert {order.status for order in Order.objects.all()} == {"assigned"}


def test_two_depots_plan_their_own_customers(driver, vehicle, order, customer):
    south = fleet.add_depot(
        {"code": "S2", "name": "知本站", "lat": Decimal("22.690000"), "lng": Decimal("121.030000")},
        actor=ACTOR,
    )
    driver("近的")
    driver("遠的", vehicle_=vehicle("SOU-0001", depot=south))
    near = order()
    far = order(customer(lat=Decimal("22.695000"), lng=Decimal("121.035000")))

    solved()

    found = {stop.order_id: stop.route.shift.driver.name for stop in RouteStop.objects.all()}
    assert found == {near.pk: "近的", far.pk: "遠的"}


def test_what_is_out_of_service_or_without_papers_is_told_and_left_out(driver, vehicle, order):
    from dispatch.services import shifts

    broken = driver("車壞", vehicle_=vehicle("BRK-0001"))
    away = driver("請假", vehicle_=vehicle("AWY-0001"))
    driver("沒證", vehicle_=vehicle("NOP-0001", permit_no="", permit_valid_to=None), hazmat_cert_no="")
    shifts.make(DAY, actor=ACTOR)
    fleet.change_vehicle(broken.vehicle, {"status": "maintenance"}, actor=ACTOR)
    fleet.change_driver(away, {"status": "on_leave"}, actor=ACTOR)
    order(C50=1, slot="morning")

    plan = solved()

    assert told(plan) == [
        "BRK-0001 停用中，該車組未排入。",
        "請假 未在勤，該班未排入。",
        "NOP-0001 沒有通行證：不得載運超過 50 公斤。",
        "沒證 沒有訓練證：不得載運超過 50 公斤。",
    ]
    assert [route.shift.driver.name for route in plan.routes.all()] == ["沒證"]


@pytest.mark.parametrize(
    ("section", "half", "title"),
    [
        ("south", "morning", "計畫南早"),
        ("south", "afternoon", "計畫南晚"),
        ("north", "morning", "計畫北早"),
        ("north", "afternoon", "計畫北晚"),
        ("call_in", "morning", "客服派單早"),
        ("call_in_motorcycle", "afternoon", "客服派單晚"),
        ("outside", "morning", "外線車"),
        ("outside", "afternoon", "外線車"),
    ],
)
def test_a_crews_half_day_has_its_section_of_the_sheet(section, half, title):
    from dispatch.models import SheetSection

    assert SheetSection.of(section, half).label == title
