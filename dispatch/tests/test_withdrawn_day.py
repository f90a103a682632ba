import uuid

import pytest

from dispatch.models import ReviewItem, Route, RouteStop
from dispatch.services import fleet, moves, plans, stops
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core.actor import Actor
from orders.models import CylinderMovement, Order


def actor_of(driver):
    return Actor.driver(driver.pk, driver.name)


def ordered(stop):
    return {line.product_id: line.quantity for line in stop.order.lines.all()}


def the_stop():
    return RouteStop.objects.select_related("route__shift__driver", "order").get()


@pytest.fixture
def page_of(client):
    """`page_of(driver)` is his signed-in browser."""

    def sign_in(driver):
        client.force_login(fleet.give_account(driver, password="pass-word-12", actor=ACTOR))
        return client

    return sign_in


def test_what_a_driver_still_posts_for_a_withdrawn_plan_is_kept_for_review(planned, order, driver):
    crews = [driver("陳大明"), driver("林小華")]
    day = planned([order(C20=1)], drivers=crews)
    stop = the_stop()
    old = stop.route.shift.driver
    plans.withdraw(day.plan, reason="陳大明請假", actor=ACTOR)
    type(old).objects.filter(pk=old.pk).update(status="on_leave")
    again = plans.start(DAY, iterations=20, seed=1, actor=ACTOR)
    plans.publish(plans.solve(again.pk), actor=ACTOR)
    new = RouteStop.objects.get(is_live=True)

    answers = [
        stops.arrive(stop, post_uuid=uuid.uuid4(), actor=actor_of(old)),
        stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=ordered(stop), cash=950, actor=actor_of(old)),
        stops.fail(stop, post_uuid=uuid.uuid4(), reason="absent", actor=actor_of(old)),
    ]

    told = f"這一站已改派給 {new.route}；你輸入的內容已保留待審。"
    assert [(answer.outcome, answer.message) for answer in answers] == [("review", told)] * 3
    assert set(ReviewItem.objects.values_list("stop", "cause")) == {(stop.pk, "moved")}
    assert (ReviewItem.objects.count(), CylinderMovement.objects.count()) == (3, 0)
    stop.refresh_from_db()
    assert (stop.status, new.status, Order.objects.get().status) == ("pending", "pending", "assigned")


def test_an_arrival_at_a_stop_that_moved_is_kept_for_review(planned, order):
    day = planned([order(C20=1), order(C16=1)])
    stop = RouteStop.objects.select_related("route__shift__driver").order_by("pk")[0]
    moves.take_off(stop.order_id, actor=ACTOR)

    answer = stops.arrive(stop, post_uuid=uuid.uuid4(), actor=actor_of(day.driver))

    assert answer.outcome == "review"
    assert ReviewItem.objects.get().post.kind == "arrive"


def test_the_page_of_a_withdrawn_stop_leads_back_to_today(planned, order, page_of):
    day = planned([order(C20=1)])
    stop = the_stop()
    phone = page_of(day.driver)
    plans.withdraw(day.plan, reason="颱風", actor=ACTOR)

    page = phone.post(f"/driver/stops/{stop.pk}/arrive/", {"uuid": str(uuid.uuid4())})

    assert (page.status_code, page.headers["Location"]) == (302, "/driver/")
    assert ReviewItem.objects.count() == 1
    assert phone.get(f"/driver/stops/{stop.pk}/").status_code == 404
    assert phone.get(f"/driver/routes/{stop.route_id}/").status_code == 404


def test_a_plan_that_is_not_published_is_no_drivers_business(driver, order, page_of):
    me = driver()
    order(C20=1)
    plans.solve(plans.start(DAY, iterations=20, seed=1, actor=ACTOR).pk)
    stop = the_stop()
    phone = page_of(me)

    for method, path in (
        ("get", f"/driver/routes/{stop.route_id}/"),
        ("get", f"/driver/stops/{stop.pk}/"),
        ("post", f"/driver/routes/{stop.route_id}/mileage/"),
        ("post", f"/driver/stops/{stop.pk}/arrive/"),
        ("post", f"/driver/stops/{stop.pk}/deliver/"),
        ("post", f"/driver/stops/{stop.pk}/fail/"),
    ):
        assert getattr(phone, method)(path, {"uuid": str(uuid.uuid4())}).status_code == 404, path
    stop.refresh_from_db()
    assert (stop.status, ReviewItem.objects.count()) == ("pending", 0)


def test_a_day_with_an_emptied_route_is_withdrawn(planned, order, driver):
    crews = [driver("陳大明"), driver("林小華")]
    day = planned([order(C20=1)], drivers=crews)
    stop = the_stop()
    spare = next(one for one in crews if one.pk != stop.route.shift.driver_id)
    target = Route.objects.create(
        plan=day.plan,
        section="south_early",
        status="published",
        shift=spare.shifts.get(half=stop.route.shift.half),
    )
    moves.move_stop(stop, target, actor=ACTOR)

    plan = plans.withdraw(day.plan, reason="颱風", actor=ACTOR)

    assert plan.status == "withdrawn"
    assert set(Route.objects.values_list("status", flat=True)) == {"cancelled"}
    assert Order.objects.get().status == "confirmed"


def test_a_driver_who_left_sees_no_route_any_more(planned, order, page_of):
    day = planned([order(C20=1)])
    stop = the_stop()
    phone = page_of(day.driver)
    assert phone.get(f"/driver/stops/{stop.pk}/").status_code == 200
    fleet.change_driver(day.driver, {"status": "left"}, actor=ACTOR)

    for path in ("/driver/", f"/driver/routes/{stop.route_id}/", f"/driver/stops/{stop.pk}/"):
        assert phone.get(path).status_code == 403, path
    page = phone.post(f"/driver/stops/{stop.pk}/arrive/", {"uuid": str(uuid.uuid4())})

    stop.refresh_from_db()
    assert (page.status_code, stop.status) == (403, "pending")
