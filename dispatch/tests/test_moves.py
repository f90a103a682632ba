import uuid

import pytest

from dispatch.models import Route, RouteStop
from dispatch.services import moves, routes, stops
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order
from orders.queries.stock import stock
from orders.services import orders as order_services


@pytest.fixture
def two_crews(planned, order, driver, vehicle):
    """A published day of morning orders: all on one route, and a second route beside it."""

    def make(wanted, *, second=None):
        crews = [driver("陳大明"), driver("林小華", vehicle_=second)]
        day = planned(wanted, drivers=crews)
        mine = day.routes[0].shift.driver
        day.driver = mine
        day.other = next(one for one in crews if one.pk != mine.pk)
        day.target = Route.objects.filter(plan=day.plan, shift__driver=day.other).first() or Route.objects.create(
            plan=day.plan, section="south_early", status="published",
            shift=day.other.shifts.get(half=day.routes[0].shift.half),
        )  # fmt: skip
        return day

    return make


def actor_of(driver):
    return Actor.driver(driver.pk, driver.name)


def on(place):
    return {(product.name, condition): n for (product, condition), n in stock(place).items()}


def mornings(order, *kinds):
    return [order(slot="morning", **kind) for kind in kinds]


def test_a_stop_moves_before_publishing_and_leaves_no_trace(driver, order):
    from dispatch.services import plans

    driver("陳大明"), driver("林小華")
    mornings(order, {"C20": 1}, {"C20": 1})
    plan = plans.solve(plans.start(DAY, iterations=20, actor=ACTOR).pk)
    route = plan.routes.get()
    free = plan.routes.model.objects.create(
        plan=plan, section="south_early",
        shift=type(route.shift).objects.exclude(vehicle=route.shift.vehicle).get(half=route.shift.half),
    )  # fmt: skip
    stop = route.stops.all()[0]

    assert moves.move_stop(stop, free, actor=ACTOR) == []

    stop.refresh_from_db()
    assert (stop.route_id, stop.status, stop.is_live, RouteStop.objects.count()) == (
        free.pk,
        "pending",
        False,
        2,
    )


def test_cylinders_on_board_are_handed_over(two_crews, order):
    day = two_crews(mornings(order, {"C20": 1}, {"C16": 2}))
    routes.mileage(day.routes[0], post_uuid=uuid.uuid4(), start_km=10, actor=actor_of(day.driver))
    first = RouteStop.objects.filter(route=day.routes[0]).order_by("order_id")[0]
    moves.move_stop(first, day.target, actor=ACTOR)
    assert on(day.driver.vehicle.place) == {("20公斤", "full"): 1, ("16公斤", "full"): 2}

    # The second crew has not left: it loads the cylinder itself, the first brings its own home.
    routes.mileage(day.target, post_uuid=uuid.uuid4(), start_km=10, actor=actor_of(day.other))
    assert on(day.other.vehicle.place) == {("20公斤", "full"): 1}

    second = RouteStop.objects.filter(route=day.routes[0], status="pending").get()
    moves.move_stop(second, Route.objects.get(pk=day.target.pk), actor=ACTOR)
    # Both are on the road now: the cylinders change vehicles.
    assert on(day.other.vehicle.place) == {("20公斤", "full"): 1, ("16公斤", "full"): 2}
    assert Route.objects.get(pk=day.routes[0].pk).status == "completed"
    assert on(day.driver.vehicle.place) == {}


def test_a_stop_moved_to_a_crew_on_the_road_that_was_not_loaded_comes_from_the_depot(two_crews, order):
    day = two_crews([*mornings(order, {"C20": 1}, {"C16": 1})])
    stop = RouteStop.objects.filter(route=day.routes[0]).order_by("order_id")[0]
    moves.move_stop(stop, day.target, actor=ACTOR)
    routes.mileage(day.target, post_uuid=uuid.uuid4(), start_km=1, actor=actor_of(day.other))
    rest = RouteStop.objects.filter(route=day.routes[0], status="pending").get()

    moves.move_stop(rest, Route.objects.get(pk=day.target.pk), actor=ACTOR)

    assert on(day.other.vehicle.place) == {("20公斤", "full"): 1, ("16公斤", "full"): 1}
    assert on(day.driver.vehicle.place) == {}
    assert Route.objects.get(pk=day.routes[0].pk).status == "cancelled"


def test_a_vehicle_that_may_not_carry_it_is_refused_with_the_reason(two_crews, order, vehicle):
    bike = vehicle("MTR-001", kind="motorcycle", capacity_kg=60, permit_no="")
    day = two_crews(mornings(order, {"C50": 2}), second=bike)
    stop = RouteStop.objects.get()

    with pytest.raises(Refused) as refused:
        moves.move_stop(stop, day.target, actor=ACTOR)

    assert refused.value.code == "over_capacity"
    stop.refresh_from_db()
    assert (stop.status, stop.is_live, RouteStop.objects.count()) == ("pending", True, 1)


def test_a_load_too_much_for_the_trip_opens_another(two_crews, order, vehicle):
    bike = vehicle("MTR-001", kind="motorcycle", capacity_kg=60, permit_no="")
    day = two_crews(mornings(order, {"C20": 2}, {"C20": 2}), second=bike)

    for stop in RouteStop.objects.filter(route=day.routes[0]):
        moves.move_stop(stop, Route.objects.get(pk=day.target.pk), actor=ACTOR)

    moved = RouteStop.objects.filter(route=day.target).order_by("sequence")
    assert [(stop.trip, stop.sequence) for stop in moved] == [(1, 1), (2, 2)]
    assert list(moved.order_by("eta")) == list(moved)


def test_a_late_move_is_a_warning_not_a_refusal(two_crews, order):
    day = two_crews([order(slot="morning")])
    Route.objects.filter(pk=day.target.pk).update(
        shift=day.other.shifts.get(half="afternoon"), section="south_late"
    )
    stop = RouteStop.objects.get()

    warnings = moves.move_stop(stop, Route.objects.get(pk=day.target.pk), actor=ACTOR)

    assert len(warnings) == 1
    assert warnings[0].startswith("有客戶會在時段之後才到達")


def test_a_finished_stop_and_its_own_or_a_foreign_route_are_refused(two_crews, order):
    day = two_crews(mornings(order, {"C20": 1}))
    stop = RouteStop.objects.select_related("route__shift").get()
    counts = {line.product_id: 1 for line in stop.order.lines.all()}

    with pytest.raises(Refused) as own:
        moves.move_stop(stop, stop.route, actor=ACTOR)
    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, actor=actor_of(day.driver))
    with pytest.raises(Refused) as done:
        moves.move_stop(stop, day.target, actor=ACTOR)
    with pytest.raises(Refused) as closed:
        moves.add_order(order(), Route.objects.get(pk=stop.route_id), actor=ACTOR)

    assert (own.value.code, done.value.code, closed.value.code) == ("same_route", "done", "route_closed")


def test_a_call_after_planning_joins_a_route_on_the_road(planned, order):
    day = planned(mornings(order, {"C20": 1}))
    routes.mileage(day.route, post_uuid=uuid.uuid4(), start_km=1, actor=actor_of(day.driver))
    late_call = order(C16=1)

    moves.add_order(late_call, Route.objects.get(pk=day.route.pk), actor=ACTOR)

    stop = RouteStop.objects.get(order=late_call)
    assert (stop.is_live, stop.sequence, stop.eta is not None) == (True, 2, True)
    assert Order.objects.get(pk=late_call.pk).status == "in_delivery"
    assert on(day.driver.vehicle.place) == {("20公斤", "full"): 1, ("16公斤", "full"): 1}

    with pytest.raises(Refused) as again:
        moves.add_order(late_call, Route.objects.get(pk=day.route.pk), actor=ACTOR)
    assert again.value.code == "state"


def test_an_order_without_a_place_weighs_what_it_weighs(planned, order, driver, vehicle, customer):
    bike = vehicle("MTR-001", kind="motorcycle", capacity_kg=120, permit_no="", permit_valid_to=None)
    day = planned([order(C20=1)], drivers=[driver(vehicle_=bike)])
    nowhere = {"lat": None, "lng": None, "area": None}
    light, heavy = order(customer(**nowhere), C20=2), order(customer(**nowhere), C50=2)

    moves.add_order(light, day.route, actor=ACTOR)
    with pytest.raises(Refused) as refused:
        moves.add_order(heavy, day.route, actor=ACTOR)

    assert refused.value.code == "over_motorcycle_limit"
    assert list(RouteStop.objects.order_by("sequence").values_list("trip", "is_approximate")) == [
        (1, False),
        (1, True),
    ]
    assert Order.objects.get(pk=heavy.pk).status == "confirmed"


def test_a_crew_comes_again_to_a_customer_who_was_not_at_home(two_crews, order):
    day = two_crews(mornings(order, {"C20": 1}, {"C16": 1}))
    failed = RouteStop.objects.select_related("route__shift__vehicle__place", "order").order_by("pk")[0]
    van = failed.route.shift.vehicle.place
    stops.fail(failed, post_uuid=uuid.uuid4(), reason="absent", actor=actor_of(day.driver))
    again = Order.objects.get(pk=failed.order_id)
    order_services.change_order(again, scheduled_date=DAY, actor=ACTOR)
    aboard = stock(van)

    moves.add_order(again, Route.objects.get(pk=failed.route_id), actor=ACTOR)

    assert stock(van) == aboard, "what was not delivered is on board still"
    tries = RouteStop.objects.filter(order=again).order_by("pk")
    assert [(stop.route_id, stop.status, stop.is_live) for stop in tries] == [
        (failed.route_id, "failed", False),
        (failed.route_id, "pending", True),
    ]
    assert Order.objects.get(pk=again.pk).status == "in_delivery"
