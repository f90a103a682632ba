"""An order of the old system takes its crew's time and load, is shown, and is nobody's here to touch."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse

from dispatch import handlers
from dispatch.models import DriverPost, Route, RouteStop
from dispatch.queries import driving, sheet
from dispatch.services import day, foreign, moves, plans, routes, shifts, stops
from dispatch.tests.conftest import ACTOR, DAY
from dispatch.tests.test_driver_pages import phone_of
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import Event
from orders.models import CylinderMovement, Order
from orders.services import foreign as foreign_orders

NEXT = DAY + dt.timedelta(days=1)


@pytest.fixture
def theirs(customer, product):
    """`theirs(C20=2)` is an order of the old system for the morning of the day."""
    numbers = iter(range(1, 100))

    def make(*, scheduled_date=DAY, **kinds):
        lines = [(product(name), number) for name, number in (kinds or {"C20": 1}).items()]
        return foreign_orders.take(
            customer(),
            lines,
            number_there=f"WEB-{next(numbers)}",
            scheduled_date=scheduled_date,
            slot="morning",
            actor=ACTOR,
        )

    return make


@pytest.fixture
def mixed(planned, order, theirs):
    """A published day of two orders of ours and one of the old system."""
    orders = [order(C20=2), order(C16=1), theirs(C20=3)]
    made = planned(orders)
    made.theirs = orders[2]
    made.stop = RouteStop.objects.get(order=made.theirs)
    made.own = list(RouteStop.objects.exclude(pk=made.stop.pk).order_by("sequence"))
    return made


def finish(made):
    """Our crew does all of its own stops."""
    actor = Actor.driver(made.driver.pk, made.driver.name)
    for stop in made.own:
        counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
        stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, empties=counts, cash=0, actor=actor)


def test_it_takes_time_and_load_in_the_plan(theirs, order, driver, today):
    driver()
    shifts.make(DAY, actor=ACTOR)
    order(C20=1)
    order_of_theirs = theirs(C20=3)
    (work,) = day.read(DAY).works
    found = {stop.id: stop for stop in work.problem.stops}
    assert len(found) == 2
    assert (found[order_of_theirs.pk].kg, found[order_of_theirs.pk].urgent) == (60, True)


def test_of_another_day_it_is_the_old_systems_say(theirs, driver, today):
    driver()
    shifts.make(DAY, actor=ACTOR)
    theirs(scheduled_date=NEXT)
    theirs(scheduled_date=DAY - dt.timedelta(days=1))
    assert day.read(DAY).stop_count == 0


def test_published_it_stands_on_the_route_and_stays_confirmed(mixed):
    assert (mixed.stop.is_live, mixed.stop.status) == (True, "pending")
    mixed.theirs.refresh_from_db()
    assert (mixed.theirs.status, mixed.theirs.version) == ("confirmed", 1)
    assert set(Order.objects.exclude(pk=mixed.theirs.pk).values_list("status", flat=True)) == {"assigned"}
    assert mixed.plan.notices == []


def test_nobody_here_arrives_delivers_or_fails_there(mixed, product):
    actor = Actor.driver(mixed.driver.pk, mixed.driver.name)
    deeds = [
        lambda: stops.arrive(mixed.stop, post_uuid=uuid.uuid4(), actor=actor),
        lambda: stops.deliver(
            mixed.stop, post_uuid=uuid.uuid4(), quantities={product("C20").pk: 3}, cash=2850, actor=actor
        ),
        lambda: stops.fail(mixed.stop, post_uuid=uuid.uuid4(), reason="absent", actor=actor),
        lambda: moves.move_stop(mixed.stop, _another(mixed), actor=ACTOR),
    ]
    for deed in deeds:
        with pytest.raises(Refused) as refusal:
            deed()
        assert refusal.value.code == "foreign"
    mixed.stop.refresh_from_db()
    assert (mixed.stop.status, mixed.stop.cash, mixed.stop.arrived_at) == ("pending", None, None)
    assert (DriverPost.objects.count(), CylinderMovement.objects.count(), Event.objects.count()) == (0, 0, 0)


def _another(made):
    """Any other route of the plan; that it has the same crew does not matter here."""
    from dispatch.models import Shift

    shift = Shift.objects.exclude(pk=made.route.shift_id).earliest("pk")
    return Route.objects.create(plan=made.plan, shift=shift, section="south_late", status="published")


def test_it_loads_nothing_and_the_route_ends_without_it(mixed, product):
    finish(mixed)
    mixed.route.refresh_from_db()
    mixed.stop.refresh_from_db()
    assert (mixed.route.status, mixed.stop.status) == ("completed", "pending")
    loaded = CylinderMovement.objects.filter(to_place__kind="vehicle", condition="full")
    assert sorted(loaded.values_list("product__sku", "quantity")) == [("GAS-C16-R", 1), ("GAS-C20-R", 2)]


def test_the_old_systems_news_completes_it_once(mixed, product):
    at = clock.at(DAY, dt.time(10, 30))
    foreign_orders.delivered(mixed.theirs, {product("C20").pk: 3}, at=at, actor=ACTOR)
    happened = handlers.ForeignOrderDelivered(mixed.theirs.pk, mixed.theirs.customer_id, at)
    for _time in range(2):
        handlers.complete_foreign_stop(happened)
    mixed.stop.refresh_from_db()
    mixed.route.refresh_from_db()
    assert (mixed.stop.status, mixed.stop.done_at, mixed.stop.cash) == ("delivered", at, None)
    assert mixed.route.status == "published"
    assert CylinderMovement.objects.count() == 0


def test_news_of_an_order_without_a_stop_is_no_error(theirs, today):
    foreign.delivered(theirs().pk, at=clock.now(), actor=ACTOR)
    assert RouteStop.objects.count() == 0


def test_put_off_it_leaves_its_route_and_is_planned_on_its_day(mixed, driver):
    foreign_orders.change(mixed.theirs, scheduled_date=NEXT, actor=ACTOR)
    for _time in range(2):
        handlers.follow_to_another_day(
            handlers.ForeignOrderMoved(mixed.theirs.pk, mixed.theirs.customer_id, NEXT)
        )
    mixed.stop.refresh_from_db()
    assert (mixed.stop.status, mixed.stop.is_live) == ("moved", False)
    later = plans.start(NEXT, iterations=10, actor=ACTOR)
    plans.publish(plans.solve(later.pk), actor=ACTOR)
    assert RouteStop.objects.get(order=mixed.theirs, is_live=True).route.plan_id == later.pk


def test_planned_anew_before_the_news_came_it_is_on_one_route(mixed):
    """The old system put it off, and the other day is published before its event ran."""
    Order.objects.filter(pk=mixed.theirs.pk).update(scheduled_date=NEXT)
    later = plans.start(NEXT, iterations=10, actor=ACTOR)
    plans.publish(plans.solve(later.pk), actor=ACTOR)
    live = RouteStop.objects.get(order=mixed.theirs, is_live=True)
    mixed.stop.refresh_from_db()
    assert (live.route.plan_id, mixed.stop.status) == (later.pk, "moved")
    handlers.follow_to_another_day(
        handlers.ForeignOrderMoved(mixed.theirs.pk, mixed.theirs.customer_id, NEXT)
    )
    live.refresh_from_db()
    assert live.is_live


def test_delivered_there_between_planning_and_publishing_it_leaves_the_plan(driver, theirs, order, product):
    driver()
    order(C16=1)
    gone = theirs()
    plan = plans.solve(plans.start(DAY, iterations=10, actor=ACTOR).pk)
    foreign_orders.delivered(gone, {product("C20").pk: 1}, at=clock.now(), actor=ACTOR)
    plan = plans.publish(plan, actor=ACTOR)
    assert plan.notices == [{"code": "orders_gone", "count": 1}]
    assert not RouteStop.objects.filter(order=gone).exists()


def test_handed_over_to_us_it_can_be_planned_by_us(mixed):
    foreign_orders.hand_over(mixed.theirs, "ours", reason="加入試辦", actor=ACTOR)
    for _time in range(2):
        handlers.plan_anew(
            handlers.OrderHandedOver(mixed.theirs.pk, mixed.theirs.customer_id, "ours", clock.now())
        )
    moves.add_order(mixed.theirs, mixed.route, actor=ACTOR)
    mixed.theirs.refresh_from_db()
    assert mixed.theirs.status == "assigned"


def test_a_hand_over_heard_late_leaves_the_stop_that_was_planned_since(mixed):
    """Planned by hand and given to the crew, or in a plan made after it: the news is older than the stop."""
    foreign_orders.hand_over(mixed.theirs, "ours", reason="加入試辦", actor=ACTOR)
    happened = handlers.OrderHandedOver(mixed.theirs.pk, mixed.theirs.customer_id, "ours", clock.now())
    handlers.plan_anew(happened)
    moves.add_order(mixed.theirs, mixed.route, actor=ACTOR)
    handlers.plan_anew(happened)
    stop = RouteStop.objects.get(order=mixed.theirs, is_live=True)
    assert (stop.status, stop.order.status) == ("pending", "assigned")
    before = handlers.OrderHandedOver(
        mixed.stop.order_id, mixed.theirs.customer_id, "ours", mixed.plan.created_at - dt.timedelta(minutes=1)
    )
    Order.objects.filter(pk=mixed.theirs.pk).update(status="confirmed")
    handlers.plan_anew(before)
    assert RouteStop.objects.filter(order=mixed.theirs, is_live=True).exists()


def test_one_that_came_in_late_is_put_on_a_route_by_hand(planned, order, theirs):
    made = planned([order()])
    late = theirs()
    moves.add_order(late, made.route, actor=ACTOR)
    late.refresh_from_db()
    stop = RouteStop.objects.get(order=late)
    assert (late.status, stop.is_live, stop.eta is not None) == ("confirmed", True, True)
    with pytest.raises(Refused) as refusal:
        moves.add_order(late, made.route, actor=ACTOR)
    assert refusal.value.code == "planned"


def test_a_late_one_joins_a_crew_on_the_road_without_cylinders(planned, order, theirs):
    made = planned([order()])
    routes.leave(routes.lock(made.route.pk), at=clock.now(), actor=ACTOR)
    before = CylinderMovement.objects.count()
    late = theirs()
    moves.add_order(late, made.route, actor=ACTOR)
    late.refresh_from_db()
    assert (late.status, CylinderMovement.objects.count()) == ("confirmed", before)


def test_a_day_of_the_old_systems_orders_only(planned, theirs):
    made = planned([theirs(), theirs()])
    moves.take_off(RouteStop.objects.earliest("pk").order_id, actor=ACTOR)
    made.route.refresh_from_db()
    assert made.route.status == "published"
    moves.take_off(RouteStop.objects.filter(is_live=True).get().order_id, actor=ACTOR)
    made.route.refresh_from_db()
    assert made.route.status == "cancelled"


def test_taken_back_the_day_leaves_it_confirmed(mixed):
    plans.withdraw(mixed.plan, actor=ACTOR, reason="颱風")
    mixed.theirs.refresh_from_db()
    mixed.stop.refresh_from_db()
    assert (mixed.theirs.status, mixed.stop.is_live) == ("confirmed", False)


def test_a_cancelled_one_leaves_its_route(mixed):
    foreign_orders.cancel(mixed.theirs, reason="客戶取消", actor=ACTOR)
    moves.take_off(mixed.theirs.pk, actor=ACTOR)
    mixed.stop.refresh_from_db()
    assert mixed.stop.status == "moved"


def test_it_is_marked_on_the_plan_the_sheet_and_the_drivers_pages(mixed, client_as):
    client = client_as("dispatcher")
    (section,) = sheet.sections(mixed.plan)
    assert [line.is_foreign for line in section.lines].count(True) == 1
    assert section.kg == 40 + 16 + 60
    for page in ("dispatch_dayplan_change", "dispatch_dayplan_sheet"):
        shown = client.get(reverse(f"admin:{page}", args=[mixed.plan.pk])).content.decode()
        assert shown.count('class="dp-theirs"') == 1
    plan_page = client.get(reverse("admin:dispatch_dayplan_change", args=[mixed.plan.pk]))
    assert plan_page.content.decode().count('name="stop"') == 2
    stop, coming = driving.find_stop(mixed.stop.pk), driving.next_stop(driving.stops_of(mixed.route))
    assert stop is not None and coming is not None
    door = driving.door(stop)
    assert (door.due, door.is_paid_here) == (0, False)
    assert coming.pk != mixed.stop.pk


def test_the_driver_sees_it_and_has_no_button_for_it(mixed):
    phone = phone_of(mixed.driver)
    page = phone.get("/driver/").content.decode()
    assert page.count('class="theirs"') == 1
    assert "0/2" in page
    stop = phone.get(f"/driver/stops/{mixed.stop.pk}/").content.decode()
    assert "舊系統" in stop
    assert "/arrive/" not in stop
    assert "/fail/" not in stop
    answer = phone.post(
        f"/driver/stops/{mixed.stop.pk}/arrive/",
        {"uuid": str(uuid.uuid4())},
        HTTP_ACCEPT="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "foreign")
