import base64
import threading
import uuid
from decimal import Decimal

import pytest
from django.db import connection

from dispatch.models import DriverPost, ReviewItem, Route, RouteStop, Signature
from dispatch.services import moves, routes, stops
from dispatch.tests.conftest import ACTOR
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import Event
from orders.models import CylinderMovement, Order
from orders.queries.stock import stock
from orders.services import orders as order_services

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"x" * 20).decode()


def crew(day):
    return Actor.driver(day.driver.pk, day.driver.name)


def first_stop(day):
    return (
        RouteStop.objects.select_related("route__shift", "order")
        .filter(route=day.route)
        .order_by("sequence")[0]
    )


def ordered(stop):
    return {line.product_id: line.quantity for line in stop.order.lines.all()}


def on(place):
    return {(product.name, condition): n for (product, condition), n in stock(place).items()}


def cash_events():
    return list(Event.objects.filter(name="dispatch.cash_collected").values_list("payload", flat=True))


def test_a_delivery_as_ordered(planned, order):
    day = planned([order(C20=2)])
    stop, me = first_stop(day), crew(day)

    arrived = stops.arrive(stop, post_uuid=uuid.uuid4(), actor=me)
    answer = stops.deliver(
        stop, post_uuid=uuid.uuid4(), quantities=ordered(stop), empties=ordered(stop), cash=1900,
        signature=PNG, actor=me,
    )  # fmt: skip

    assert (arrived.outcome, answer.outcome) == ("done", "done")
    stop.refresh_from_db()
    assert (stop.status, stop.cash, stop.is_live) == ("delivered", 1900, True)
    assert Order.objects.get(pk=stop.order_id).status == "delivered"
    assert bytes(Signature.objects.get(stop=stop).png).startswith(b"\x89PNG")
    assert [(e["stop_id"], e["order_id"], e["driver_id"], e["amount"]) for e in cash_events()] == [
        (stop.pk, stop.order_id, day.driver.pk, "1900")
    ]
    assert Route.objects.get(pk=day.route.pk).status == "completed"


def test_cylinders_go_on_board_and_what_is_left_comes_home(planned, order):
    day = planned([order(C20=2), order(C16=1)])
    me = crew(day)
    vehicle, depot = day.driver.vehicle.place, day.driver.vehicle.depot.place
    first, second = RouteStop.objects.select_related("route__shift").order_by("order_id")

    stops.arrive(first, post_uuid=uuid.uuid4(), actor=me)
    assert on(vehicle) == {("20公斤", "full"): 2, ("16公斤", "full"): 1}

    [(twenty, _two)] = ordered(first).items()
    stops.deliver(first, post_uuid=uuid.uuid4(), quantities={twenty: 1}, empties={twenty: 2}, actor=me)
    assert on(vehicle) == {("20公斤", "full"): 1, ("20公斤", "empty"): 2, ("16公斤", "full"): 1}

    stops.fail(second, post_uuid=uuid.uuid4(), reason="absent", actor=me)
    assert on(vehicle) == {}
    assert on(depot) == {("20公斤", "full"): -1, ("20公斤", "empty"): 2}


def test_leaving_puts_every_order_of_the_route_on_the_way(planned):
    day = planned()

    answer = routes.mileage(day.route, post_uuid=uuid.uuid4(), start_km=45_120, actor=crew(day))

    assert answer.outcome == "done"
    route = Route.objects.get(pk=day.route.pk)
    assert (route.status, route.start_km, route.loaded_trips) == ("in_progress", 45_120, 1)
    assert set(Order.objects.values_list("status", flat=True)) == {"in_delivery"}


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(-1, None, "start_km"), (100, 99, "end_km"), (100, 1101, "end_km"), (None, 5, "start_km")],
)
def test_an_impossible_mileage_is_refused(planned, start, end, field):
    day = planned()

    with pytest.raises(Refused) as refused:
        routes.mileage(day.route, post_uuid=uuid.uuid4(), start_km=start, end_km=end, actor=crew(day))

    assert refused.value.field == field
    route = Route.objects.get(pk=day.route.pk)
    assert (route.status, route.start_km, route.end_km) == ("published", None, None)
    assert DriverPost.objects.count() == 0


def test_a_post_sent_twice_gets_its_first_answer_again(planned, order, stand_at):
    day = planned([order(C20=2)])
    stop, same = first_stop(day), uuid.uuid4()
    counts = {"quantities": ordered(stop), "empties": {}, "cash": 1900}
    first = stops.deliver(stop, post_uuid=same, **counts, actor=crew(day))
    stand_at("2026-11-23 11:00")

    again = stops.deliver(stop, post_uuid=same, **counts, actor=crew(day))

    assert (again.message, again.outcome, again.is_repeated) == (first.message, "done", True)
    assert (DriverPost.objects.count(), len(cash_events()), ReviewItem.objects.count()) == (1, 1, 0)
    assert CylinderMovement.objects.filter(order=stop.order).count() == 1


def test_one_number_for_two_different_posts_is_refused(planned, order):
    day = planned([order(C20=2)])
    stop, same = first_stop(day), uuid.uuid4()
    stops.deliver(stop, post_uuid=same, quantities=ordered(stop), actor=crew(day))

    with pytest.raises(Refused) as refused:
        stops.deliver(stop, post_uuid=same, quantities=ordered(stop), cash=5, actor=crew(day))

    assert refused.value.code == "uuid_used"
    assert cash_events() == []


def test_another_drivers_stop_is_refused_and_nothing_changes(planned, order, driver):
    day = planned([order()])
    other = driver("林小華")
    stop, stranger = first_stop(day), Actor.driver(other.pk, other.name)

    for post in (
        lambda: stops.arrive(stop, post_uuid=uuid.uuid4(), actor=stranger),
        lambda: stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=ordered(stop), actor=stranger),
        lambda: stops.fail(stop, post_uuid=uuid.uuid4(), reason="absent", actor=stranger),
        lambda: routes.mileage(day.route, post_uuid=uuid.uuid4(), start_km=1, actor=stranger),
    ):
        with pytest.raises(Refused) as refused:
            post()
        assert refused.value.code == "not_yours"

    stop.refresh_from_db()
    assert (stop.status, DriverPost.objects.count(), CylinderMovement.objects.count()) == ("pending", 0, 0)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"quantities": {}}, "quantities"),
        ({"quantities": {1: 101}}, "quantities"),
        ({"empties": {1: -1}}, "empties"),
        ({"cash": -1}, "cash"),
        ({"cash": Decimal("10.5")}, "cash"),
        ({"cash": 1_000_001}, "cash"),
        ({"cash": Decimal("NaN")}, "cash"),
        ({"signature": "data:image/png;base64,AAAA"}, "signature"),
        ({"signature": "javascript:alert(1)"}, "signature"),
        ({"meter_reading": Decimal(5)}, "meter_reading"),
        ({"quantities": {-1: 1}}, "lines"),
    ],
)
def test_a_delivery_that_cannot_be_is_refused_and_may_be_mended(planned, order, more, field):
    day = planned([order(C20=2)])
    stop, same = first_stop(day), uuid.uuid4()

    with pytest.raises(Refused) as refused:
        stops.deliver(stop, post_uuid=same, **({"quantities": ordered(stop)} | more), actor=crew(day))

    assert refused.value.field == field
    stop.refresh_from_db()
    assert (stop.status, DriverPost.objects.count(), cash_events()) == ("pending", 0, [])
    assert CylinderMovement.objects.count() == 0
    assert stops.deliver(stop, post_uuid=same, quantities=ordered(stop), actor=crew(day)).outcome == "done"


def test_a_failure_needs_a_reason_and_other_needs_words(planned, order):
    day = planned([order(), order()])
    stop, me = first_stop(day), crew(day)

    for reason, note, code in (("", "", "reason"), ("lost_way", "", "reason"), ("other", " ", "note")):
        with pytest.raises(Refused) as refused:
            stops.fail(stop, post_uuid=uuid.uuid4(), reason=reason, note=note, actor=me)
        assert refused.value.code == code

    stops.fail(stop, post_uuid=uuid.uuid4(), reason="other", note="道路封閉", actor=me)

    stop.refresh_from_db()
    assert (stop.status, stop.failure_reason, stop.note, stop.is_live) == (
        "failed",
        "other",
        "道路封閉",
        False,
    )
    found = Order.objects.get(pk=stop.order_id)
    assert (found.status, found.failure) == ("failed", "other")
    assert Route.objects.get(pk=day.route.pk).status == "in_progress"


def test_a_post_after_reassignment_is_kept_for_review(planned, order, driver):
    crews = [driver("陳大明"), driver("林小華")]
    day = planned([order(slot="morning")], drivers=crews)
    stop = first_stop(day)
    mine = stop.route.shift.driver
    other = next(one for one in crews if one.pk != mine.pk)
    target = Route.objects.create(
        plan=day.plan, section="south_early", status="published",
        shift=other.shifts.get(half=stop.route.shift.half),
    )  # fmt: skip
    assert moves.move_stop(stop, target, reason="車輛故障", actor=ACTOR) == []
    me, same = Actor.driver(mine.pk, mine.name), uuid.uuid4()

    answer = stops.deliver(stop, post_uuid=same, quantities=ordered(stop), cash=950, actor=me)
    again = stops.deliver(stop, post_uuid=same, quantities=ordered(stop), cash=950, actor=me)

    assert answer.outcome == again.outcome == "review"
    assert other.name in answer.message
    item = ReviewItem.objects.get()
    assert (item.cause, item.post.payload["cash"], item.resolved_at) == ("moved", "950", None)
    stop.refresh_from_db()
    assert (stop.status, stop.is_live, stop.moved_to.route_id) == ("moved", False, target.pk)
    assert (Order.objects.get().status, cash_events()) == ("assigned", [])
    assert Route.objects.get(pk=stop.route_id).status == "cancelled"

    fresh = stop.moved_to
    answer = stops.deliver(
        fresh, post_uuid=uuid.uuid4(), quantities=ordered(stop), actor=Actor.driver(other.pk, other.name)
    )
    assert (answer.outcome, Order.objects.get().status) == ("done", "delivered")

    stops.settle_review(item, resolution="兩位司機確認，後者送達", actor=ACTOR)
    with pytest.raises(Refused):
        stops.settle_review(item, resolution="再一次", actor=ACTOR)
    item.refresh_from_db()
    assert (item.resolution, item.resolved_by) == ("兩位司機確認，後者送達", "test")


def test_a_second_delivery_of_a_finished_stop_is_kept_for_review(planned, order):
    day = planned([order(C20=2)])
    stop, me = first_stop(day), crew(day)
    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=ordered(stop), actor=me)

    answer = stops.fail(stop, post_uuid=uuid.uuid4(), reason="absent", actor=me)

    assert (answer.outcome, ReviewItem.objects.get().cause) == ("review", "done")
    assert Order.objects.get().status == "delivered"


def test_an_order_cancelled_on_the_way_takes_its_stop_off_and_keeps_the_post(planned, order):
    from dispatch.handlers import take_off_route
    from orders.events import OrderCancelled

    day = planned([order(), order()])
    stop, me = first_stop(day), crew(day)
    order_services.cancel_order(stop.order, reason="客戶取消", actor=ACTOR)

    answer = stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=ordered(stop), actor=me)
    assert (answer.outcome, ReviewItem.objects.get().cause) == ("review", "order")

    happened = OrderCancelled(stop.order_id, stop.order.customer_id, "assigned", clock.now())
    take_off_route(happened)
    take_off_route(happened)
    stop.refresh_from_db()
    assert (stop.status, stop.is_live, stop.moved_to) == ("moved", False, None)


@pytest.mark.django_db(transaction=True, serialized_rollback=True)
def test_the_same_post_twice_at_once_takes_effect_once(planned, order):
    day = planned([order(C20=2)])
    stop, same, answers = first_stop(day), uuid.uuid4(), []

    def post():
        try:
            answers.append(
                stops.deliver(stop, post_uuid=same, quantities=ordered(stop), cash=1900, actor=crew(day))
            )
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.is_repeated for answer in answers) == [False, True, True, True]
    assert len({answer.message for answer in answers}) == 1
    assert (len(cash_events()), DriverPost.objects.count(), ReviewItem.objects.count()) == (1, 1, 0)


def test_the_end_of_the_morning_leaves_the_afternoons_load_on_board(planned, order):
    day = planned([order(C20=1, slot="morning"), order(C16=2, slot="afternoon")])
    me, vehicle = crew(day), day.driver.vehicle
    morning, afternoon = RouteStop.objects.select_related("route__shift", "order").order_by("order_id")
    stops.arrive(morning, post_uuid=uuid.uuid4(), actor=me)
    stops.arrive(afternoon, post_uuid=uuid.uuid4(), actor=me)

    stops.deliver(morning, post_uuid=uuid.uuid4(), quantities=ordered(morning), actor=me)
    assert on(vehicle.place) == {("16公斤", "full"): 2}

    stops.fail(afternoon, post_uuid=uuid.uuid4(), reason="absent", actor=me)
    assert on(vehicle.place) == {}
    assert on(vehicle.depot.place) == {("20公斤", "full"): -1}
