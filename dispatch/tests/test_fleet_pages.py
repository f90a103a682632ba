import datetime as dt

import pytest
from django.urls import reverse

from dispatch.models import Depot, Driver, ReviewItem, Shift, Vehicle
from dispatch.services import fleet, shifts
from dispatch.tests.conftest import ACTOR, DAY
from luckygas.core.errors import Refused
from luckygas.core.models import CalendarDay
from orders.models import Place, Product


def told(response):
    return [str(message) for message in response.context["messages"]]


def test_a_vehicle_gets_its_place_and_the_place_its_plate(vehicle):
    truck = vehicle("ABC-1234")

    fleet.change_vehicle(truck, {"plate": "XYZ-9999"}, actor=ACTOR)

    assert (truck.place.kind, Place.objects.get(pk=truck.place_id).name) == ("vehicle", "XYZ-9999")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"plate": "ABC-1234", "capacity_kg": 0}, "capacity_kg"),
        ({"plate": "ABC-1234", "kind": "boat"}, "kind"),
        ({"plate": "TWICE-1"}, "plate"),
    ],
)
def test_a_vehicle_that_cannot_be_is_refused_with_its_field(vehicle, depot, data, field):
    vehicle("TWICE-1")
    usual = {"kind": "truck", "capacity_kg": 500, "depot": depot}

    with pytest.raises(Refused) as refused:
        fleet.add_vehicle(usual | data, actor=ACTOR)

    assert refused.value.field == field
    assert (Vehicle.objects.count(), Place.objects.filter(kind="vehicle").count()) == (1, 1)


def test_the_first_depot_takes_the_shop_that_is_there_and_a_second_gets_its_own(depot):
    second = fleet.add_depot({"code": "S2", "name": "知本站", "lat": "22.69", "lng": "121.03"}, actor=ACTOR)

    assert (depot.place.name, second.place.name) == ("門市", "知本站")


def test_a_driver_signs_in_with_his_staff_number(driver, client):
    one = driver("陳大明")

    user = fleet.give_account(one, password="pass-word-12", actor=ACTOR)
    again = fleet.give_account(one, password="pass-word-34", actor=ACTOR)

    assert (user.username, user.is_staff, user.get_full_name()) == ("d01", False, "陳大明")
    assert again.pk == user.pk
    assert client.post("/login/", {"username": "d01", "password": "pass-word-34"}).status_code == 302


def test_a_sign_in_name_that_somebody_has_is_refused(driver, person):
    clerk = person("office", "d01")
    one = driver("陳大明")

    with pytest.raises(Refused) as refused:
        fleet.give_account(one, password="pass-word-99", actor=ACTOR)

    assert (refused.value.code, refused.value.field) == ("username", "staff_no")
    one.refresh_from_db()
    clerk.refresh_from_db()
    assert (one.user, clerk.check_password("pass-word-99")) == (None, False)


def test_a_drivers_telephone_number_is_kept_as_it_is_dialled(driver):
    one = driver(phone="089-331234")
    assert one.phone == "+88689331234"

    with pytest.raises(Refused) as refused:
        fleet.change_driver(one, {"phone": "無"}, actor=ACTOR)
    assert refused.value.field == "phone"


def test_two_drivers_of_one_vehicle_the_second_is_left_out(driver, vehicle):
    shared = vehicle("ABC-1234")
    driver("先到", vehicle_=shared), driver("後到", vehicle_=shared)
    driver("沒車", vehicle=None)
    broken = vehicle("BRK-0001", status="maintenance")
    driver("車壞", vehicle_=broken)

    report = shifts.make(DAY, actor=ACTOR)
    again = shifts.make(DAY, actor=ACTOR)

    assert (report.created, again.created, again.kept) == (2, 0, 2)
    assert [(one.name, why) for one, why in report.left_out] == [
        ("後到", "ABC-1234 在這個半天已由其他司機使用"),
        ("後到", "ABC-1234 在這個半天已由其他司機使用"),
        ("沒車", "沒有固定車輛"),
        ("車壞", "BRK-0001 停用中"),
    ]


def test_a_closed_day_has_no_shifts(driver):
    driver()
    CalendarDay.objects.create(date=DAY, kind="typhoon")

    assert shifts.make(DAY, actor=ACTOR).created == 0
    assert shifts.make(dt.date(2026, 11, 22), actor=ACTOR).created == 0  # a Sunday


def test_a_shift_is_added_changed_and_removed_while_no_route_uses_it(driver, vehicle, planned):
    one, spare = driver("陳大明"), vehicle("SPARE-1")
    data = {"driver": one, "vehicle": one.vehicle, "date": DAY, "half": "morning"}
    shift = shifts.add(data | {"start": dt.time(6), "end": dt.time(11)}, actor=ACTOR)
    shifts.change(shift, {"vehicle": spare}, actor=ACTOR)
    other = driver("林小華")

    for change, field in (
        ({"driver": one, "vehicle": other.vehicle}, "driver"),
        ({"driver": other, "vehicle": spare}, "vehicle"),
        ({"driver": other, "vehicle": other.vehicle, "end": dt.time(5)}, "end"),
    ):
        with pytest.raises(Refused) as refused:
            shifts.add(data | {"start": dt.time(6), "end": dt.time(11)} | change, actor=ACTOR)
        assert refused.value.field == field

    shifts.remove(shift, actor=ACTOR)
    assert Shift.objects.count() == 0


def test_a_shift_on_a_published_route_stays(planned):
    day = planned()

    for deed in (
        lambda: shifts.change(day.route.shift, {"end": dt.time(11)}, actor=ACTOR),
        lambda: shifts.remove(day.route.shift, actor=ACTOR),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert refused.value.code == "in_use"


def test_the_office_makes_depot_vehicle_driver_and_shift_in_the_admin(client_as, today):
    office = client_as("superuser")

    def post(model, **data):
        return office.post(reverse(f"admin:dispatch_{model}_add"), data, follow=True)

    post("depot", code="S1", name="本店", lat="22.755", lng="121.145", load_minutes="15", is_active="on")
    depot = Depot.objects.get()
    post("vehicle", plate="ABC-1234", kind="truck", capacity_kg="500", depot=depot.pk, status="active")
    truck = Vehicle.objects.get()
    hours = {"works_from": "07:30", "lunch_from": "12:00", "lunch_to": "13:00", "works_to": "18:00"}
    post(
        "driver", staff_no="D01", name="陳大明", section="south", vehicle=truck.pk, status="active",
        new_password="pass-word-12", **hours,
    )  # fmt: skip
    one = Driver.objects.get()
    post(
        "shift",
        driver=one.pk,
        vehicle=truck.pk,
        date="2026-11-23",
        half="morning",
        start="07:30",
        end="12:00",
    )

    assert (str(one.user), Shift.objects.get().driver_id) == ("陳大明", one.pk)
    page = office.post(
        reverse("admin:dispatch_driver_change", args=[one.pk]),
        {"staff_no": "D01", "name": "陳大明", "section": "north", "vehicle": truck.pk, "status": "active"}
        | hours,
        follow=True,
    )
    one.refresh_from_db()
    assert (page.status_code, one.section) == (200, "north")


def test_only_who_may_change_users_gives_a_driver_a_password(client_as, driver):
    one = driver()

    page = client_as("dispatcher").get(reverse("admin:dispatch_driver_change", args=[one.pk]))

    assert page.status_code == 200
    assert "new_password" not in page.content.decode()


def test_expiring_papers_are_marked_in_the_lists(client_as, driver, vehicle):
    driver(
        vehicle_=vehicle("OLD-0001", permit_valid_to=dt.date(2026, 11, 22)),
        hazmat_valid_to=dt.date(2026, 11, 30),
    )
    office = client_as("dispatcher")

    vehicles = office.get(reverse("admin:dispatch_vehicle_changelist")).content.decode()
    drivers = office.get(reverse("admin:dispatch_driver_changelist")).content.decode()

    assert "✗ 2026/11/22 已逾期" in vehicles
    assert "⚠ 2026/11/30 剩 7 天" in drivers


def test_mileage_by_the_office_and_the_lists_of_the_road(client_as, planned):
    import uuid

    from dispatch.models import Route, RouteStop
    from dispatch.services import stops
    from luckygas.core.actor import Actor

    day = planned()
    office = client_as("dispatcher")
    stop = RouteStop.objects.select_related("order__customer", "route__shift")[0]
    counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
    me = Actor.driver(day.driver.pk, day.driver.name)
    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, actor=me)
    stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, actor=me)

    office.post(
        reverse("admin:dispatch_route_change", args=[day.route.pk]), {"start_km": "10", "end_km": "42"}
    )
    route = Route.objects.get(pk=day.route.pk)
    assert (route.start_km, route.end_km) == (10, 42)

    for name in ("route", "routestop", "driverpost", "reviewitem"):
        assert office.get(reverse(f"admin:dispatch_{name}_changelist")).status_code == 200, name
    found = office.get(reverse("admin:dispatch_routestop_changelist"), {"q": stop.order.number})
    assert [row.pk for row in found.context["cl"].result_list] == [stop.pk]
    found = office.get(reverse("admin:dispatch_routestop_changelist"), {"q": stop.order.customer.code})
    assert [row.pk for row in found.context["cl"].result_list] == [stop.pk]

    item = ReviewItem.objects.get()
    page = office.get(reverse("admin:dispatch_reviewitem_change", args=[item.pk])).content.decode()
    for line in counts:
        assert f"送達: {Product.objects.get(pk=line).name} × {counts[line]}" in page
    office.post(reverse("admin:dispatch_reviewitem_change", args=[item.pk]), {"resolution": "重複點選"})
    item.refresh_from_db()
    assert (item.resolution, item.resolved_by) == ("重複點選", "測試dispatcher")
