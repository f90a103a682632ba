import datetime as dt
import uuid

import pytest

from dispatch.models import DriverPost, RouteStop
from dispatch.services import routes, stops
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order


@pytest.fixture
def door(planned, order):
    """A stop of the day, its driver, and what to post for a delivery as ordered."""
    day = planned([order(C20=1)])
    stop = RouteStop.objects.select_related("route__shift__driver", "order").get()
    counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
    return stop, Actor.driver(day.driver.pk, day.driver.name), counts


def test_a_nul_sign_in_a_note_is_dropped(door):
    stop, me, counts = door

    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, note="後門\x00 送", actor=me)

    stop.refresh_from_db()
    assert (stop.status, stop.note) == ("delivered", "後門 送")
    assert DriverPost.objects.get().payload["note"] == "後門 送"


def test_a_reason_of_nul_signs_is_no_word(door):
    stop, me, _counts = door

    with pytest.raises(Refused) as refused:
        stops.fail(stop, post_uuid=uuid.uuid4(), reason="other", note="\x00 ", actor=me)

    assert refused.value.field == "note"
    assert DriverPost.objects.count() == 0


def test_a_note_that_does_not_fit_is_refused_and_not_cut(door):
    stop, me, counts = door

    with pytest.raises(Refused) as refused:
        stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, note="長" * 301, actor=me)

    assert (refused.value.code, refused.value.field) == ("note", "note")
    stop.refresh_from_db()
    assert (stop.status, DriverPost.objects.count()) == ("pending", 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-11-22T23:59:59+08:00",
        "2026-11-23T07:00:01+08:00",
    ],
)
def test_a_phones_clock_that_cannot_be_right_is_not_believed(door, wrong):
    stop, me, counts = door

    stops.deliver(
        stop, post_uuid=uuid.uuid4(), quantities=counts, at=dt.datetime.fromisoformat(wrong), actor=me
    )

    assert Order.objects.get().delivered_at == DriverPost.objects.get().occurred_at == clock.now()


def test_a_phones_clock_on_the_day_of_the_route_is_believed(door):
    stop, me, _counts = door
    midnight = dt.datetime.fromisoformat("2026-11-23T00:00:00+08:00")

    routes.mileage(stop.route, post_uuid=uuid.uuid4(), start_km=5, at=midnight, actor=me)

    assert DriverPost.objects.get().occurred_at == midnight
