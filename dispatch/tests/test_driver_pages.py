import uuid

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from dispatch.models import DriverPost, ReviewItem, Route, RouteStop
from dispatch.services import fleet, moves, routes
from dispatch.tests.conftest import ACTOR
from luckygas.core.actor import Actor
from orders.models import Order

JSON = {"HTTP_ACCEPT": "application/json"}


def phone_of(driver):
    """A signed-in browser of the driver."""
    user = fleet.give_account(driver, password="pass-word-12", actor=ACTOR)
    assert Group.objects.get(name="driver") in user.groups.all()
    client = Client(headers={"accept-language": "zh-Hant"})
    client.force_login(user, backend="luckygas.core.roles.RolesBackend")
    return client


@pytest.fixture
def day(planned, order):
    found = planned([order(C20=2, slot="morning", note="後門送，先打電話"), order(C16=1, slot="morning")])
    found.client = phone_of(found.driver)
    found.stops = list(RouteStop.objects.select_related("order__customer").order_by("sequence"))
    found.stop = next(stop for stop in found.stops if stop.order_id == found.orders[0].pk)
    return found


def filled(stop, **more):
    counts = {f"{kind}_{line.product_id}": line.quantity for line in stop.order.lines.all() for kind in "qe"}
    return {"uuid": str(uuid.uuid4()), "cash": "1900"} | counts | more


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_the_route_of_today_shows_its_stops_in_order(day):
    page = day.client.get("/driver/")

    text = page.content.decode()
    assert "計畫南早 0/2" in text
    places = [text.index(stop.order.customer.short_name) for stop in day.stops]
    assert places == sorted(places)
    assert "開始里程" in text


def test_leaving_with_the_mileage_shows_the_next_stop(day):
    page = day.client.post(
        f"/driver/routes/{day.route.pk}/mileage/",
        {"uuid": str(uuid.uuid4()), "start_km": "45,120"},
        follow=True,
    )

    assert told(page) == ["里程已登錄。"]
    assert "下一站" in page.content.decode()
    assert Route.objects.get(pk=day.route.pk).start_km == 45_120


def test_a_stop_fills_the_screen_with_what_matters(day):
    text = day.client.get(f"/driver/stops/{day.stop.pk}/").content.decode()

    for words in (
        day.stop.order.customer.short_name,
        "08:00–12:00",
        "後門送，先打電話",
        "20公斤 × 2",
        "NT$ 1,900",
        "抵達",
    ):
        assert words in text


def test_arrive_then_deliver(day):
    page = day.client.post(f"/driver/stops/{day.stop.pk}/arrive/", {"uuid": str(uuid.uuid4())}, follow=True)
    assert told(page) == ["07:00 抵達。"]
    assert 'name="cash"' in page.content.decode()

    page = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", filled(day.stop), follow=True)

    assert told(page) == ["07:00 送達。"]
    assert page.redirect_chain[-1][0] == f"/driver/routes/{day.route.pk}/"
    day.stop.refresh_from_db()
    assert (day.stop.status, day.stop.cash) == ("delivered", 1900)
    assert "✓ 已送達 07:00" in day.client.get(f"/driver/stops/{day.stop.pk}/").content.decode()


def test_posted_twice_gives_the_first_answer_again(day):
    data = filled(day.stop)
    first = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", data, **JSON)

    again = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", data, **JSON)

    assert (first.status_code, first.json()) == (200, {"outcome": "done", "message": "07:00 送達。"})
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (DriverPost.objects.count(), ReviewItem.objects.count()) == (1, 0)


def test_another_drivers_pages_and_posts_are_forbidden(day, driver):
    stranger = phone_of(driver("林小華"))

    for method, path in (
        ("get", f"/driver/routes/{day.route.pk}/"),
        ("get", f"/driver/stops/{day.stop.pk}/"),
        ("post", f"/driver/routes/{day.route.pk}/mileage/"),
        ("post", f"/driver/stops/{day.stop.pk}/arrive/"),
        ("post", f"/driver/stops/{day.stop.pk}/deliver/"),
        ("post", f"/driver/stops/{day.stop.pk}/fail/"),
    ):
        assert getattr(stranger, method)(path, filled(day.stop)).status_code == 403, path

    day.stop.refresh_from_db()
    assert (day.stop.status, DriverPost.objects.count()) == ("pending", 0)


def test_after_reassignment_the_post_is_kept_and_says_where_the_stop_went(day, driver, order):
    second = driver("林小華")
    target = Route.objects.create(
        plan=day.plan, section="south_early", status="published", shift=_shift(second, day.route.shift)
    )
    moves.move_stop(day.stop, target, actor=ACTOR)

    page = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", filled(day.stop), follow=True)
    shown = day.client.get(f"/driver/stops/{day.stop.pk}/").content.decode()
    raw = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", filled(day.stop), **JSON)

    assert told(page) == ["這一站已改派給 計畫南早 林小華；你輸入的內容已保留待審。"]
    assert "已改派給 計畫南早 林小華" in shown
    assert (raw.status_code, raw.json()["outcome"]) == (202, "review")
    assert ReviewItem.objects.count() == 2
    assert Order.objects.get(pk=day.stop.order_id).status == "assigned"


def _shift(driver, like):
    from dispatch.models import Shift

    return Shift.objects.create(
        driver=driver, vehicle=driver.vehicle, date=like.date, half=like.half, start=like.start, end=like.end
    )


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"cash": "一千"}, "cash", "「一千」不是整數。"),
        ({"uuid": "no"}, "uuid", "表單不完整；請重新載入頁面再輸入。"),
        ({"meter_reading": "abc"}, "meter_reading", "「abc」不是數字。"),
        ({"signature": "x"}, "signature", "無法讀取簽名；請再簽一次。"),
    ],
)
def test_what_cannot_be_read_is_named_and_what_was_entered_stays(day, more, field, words):
    data = filled(day.stop, note="找櫃台") | more

    page = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", data)
    raw = day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", data, **JSON)

    assert page.status_code == raw.status_code == 422
    assert words in page.content.decode()
    assert 'value="找櫃台"' in page.content.decode()
    assert (raw.json()["field"], raw.json()["message"]) == (field, words)
    assert DriverPost.objects.count() == 0


def test_one_number_for_two_posts_is_a_conflict_and_the_page_gets_a_fresh_one(day):
    data = filled(day.stop)
    day.client.post(f"/driver/stops/{day.stop.pk}/deliver/", data)
    other = next(stop for stop in day.stops if stop.pk != day.stop.pk)

    raw = day.client.post(f"/driver/stops/{other.pk}/deliver/", filled(other, uuid=data["uuid"]), **JSON)
    page = day.client.post(f"/driver/stops/{other.pk}/deliver/", filled(other, uuid=data["uuid"]))

    assert (raw.status_code, page.status_code) == (409, 422)
    assert data["uuid"] not in page.content.decode()


def test_not_delivered_with_its_reason(day):
    page = day.client.post(
        f"/driver/stops/{day.stop.pk}/fail/", {"uuid": str(uuid.uuid4()), "reason": "absent"}, follow=True
    )

    assert told(page) == ["07:00 記為未送達。"]
    day.stop.refresh_from_db()
    assert (day.stop.status, day.stop.failure_reason) == ("failed", "absent")


def test_a_reason_left_out_opens_the_form_again(day):
    page = day.client.post(f"/driver/stops/{day.stop.pk}/fail/", {"uuid": str(uuid.uuid4()), "reason": ""})

    assert page.status_code == 422
    assert "請選擇原因。" in page.content.decode()
    assert '<details class="card fail" open>' in page.content.decode()


def test_when_every_stop_is_finished_the_end_mileage_is_asked_for(day):
    routes.mileage(
        day.route, post_uuid=uuid.uuid4(), start_km=100, actor=Actor.driver(day.driver.pk, day.driver.name)
    )
    for stop in day.stops:
        day.client.post(f"/driver/stops/{stop.pk}/deliver/", filled(stop, cash="0"))
    assert "結束里程" in day.client.get("/driver/").content.decode()

    wrong = day.client.post(
        f"/driver/routes/{day.route.pk}/mileage/", {"uuid": str(uuid.uuid4()), "end_km": "99"}
    )
    right = day.client.post(
        f"/driver/routes/{day.route.pk}/mileage/", {"uuid": str(uuid.uuid4()), "end_km": "131"}, follow=True
    )

    assert wrong.status_code == 422
    assert "半天內不可能從 100 到 99" in wrong.content.decode()
    assert "100 → 131 km" in right.content.decode()


def test_a_metered_customers_meter_is_asked_for_and_nothing_is_collected(planned, order, customer):
    metered = customer(pricing_method="by_flow", payment_method="monthly")
    found = planned([order(metered, F20=2)])
    phone = phone_of(found.driver)
    stop = RouteStop.objects.get()
    phone.post(f"/driver/stops/{stop.pk}/arrive/", {"uuid": str(uuid.uuid4())})

    text = phone.get(f"/driver/stops/{stop.pk}/").content.decode()
    answer = phone.post(
        f"/driver/stops/{stop.pk}/deliver/", filled(stop, cash="", meter_reading="１２３４.5"), **JSON
    )

    assert 'name="meter_reading"' in text
    assert 'name="cash"' not in text
    assert answer.status_code == 200
    assert str(stop.order.meter_reading.value) == "1234.500"


def test_no_route_yet_says_what_to_do(driver, today):
    page = phone_of(driver()).get("/driver/")

    assert page.status_code == 200
    assert "今天還沒有你的路線" in page.content.decode()


def test_only_drivers_come_in(client_as, client, today):
    assert client.get("/driver/").status_code == 302
    assert client_as("office").get("/driver/").status_code == 403


def test_what_is_not_there_is_not_found(day):
    assert day.client.get("/driver/stops/0/").status_code == 404
    assert day.client.get("/driver/routes/0/").status_code == 404


def test_pages_have_no_script_in_them(day):
    for path in ("/driver/", f"/driver/stops/{day.stop.pk}/"):
        text = day.client.get(path).content.decode()
        assert "<script>" not in text
        assert "onclick" not in text


def test_the_number_of_queries_does_not_grow_with_the_stops(planned, order, django_assert_max_num_queries):
    found = planned([order(C04=1, slot="morning") for _ in range(12)])
    phone = phone_of(found.driver)

    with django_assert_max_num_queries(16):
        assert phone.get("/driver/").status_code == 200
