"""What the old system's records are here: read as images, written through the services, refused with a reason."""

import datetime as dt
from decimal import Decimal

import pytest
from django.utils import translation

from customers.models import Area, Availability, Customer, CustomerPhone
from customers.services.customers import change_customer, create_customer
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from orders.models import Order, Price, Product
from orders.services import foreign
from orders.services import orders as ours
from pilot.legacy import mapping, wire
from pilot.legacy import words as told
from pilot.legacy.client import Legacy
from pilot.legacy.errors import RefusedByLegacy
from pilot.legacy.records import DAMAGED, Image, empty
from sandbox.testing_legacy import RunningLegacy, _one_legacy, legacy

__all__ = ["_one_legacy", "legacy"]

THEM = Actor.system("legacy")
TUESDAY = "2026-11-24"


@pytest.fixture
def c20(db):
    Price.objects.bulk_create(
        Price(product=product, unit_price=Decimal(950), valid_from=dt.date(2021, 1, 1))
        for product in Product.objects.all()
    )
    return Product.objects.get(sku="GAS-C20-R")


@pytest.fixture
def known(monday, lead, db):
    area = Area.objects.get_or_create(
        code="A",
        defaults={"name": "瑞光", "sheet_name": "A-瑞光", "lat": Decimal("22.75"), "lng": Decimal("121.15")},
    )[0]
    return create_customer(
        {
            "code": "1000001", "short_name": "幸福", "invoice_title": "幸福小吃店", "kind": "commercial",
            "phones": ["+88689331234", "+886912345678"], "address": "臺東市中華路一段1號", "area": area,
            "slot": "evening", "payment_method": "cod", "notes": "後門\n按鈴", "email": "a@example.com",
        },
        actor=lead,
    )  # fmt: skip


def customer_image(**given: str) -> Image:
    return empty("customer") | {
        "short_name": "幸福", "invoice_title": "幸福小吃店", "kind": "commercial", "status": "active",
        "phones": "+88689331234|+886912345678", "address": "臺東市中華路一段1號", "area": "A", "slot": "any",
        "payment": "cash", "notes": "後門\n按鈴", "email": "a@example.com",
    } | given  # fmt: skip


def order_image(**given: str) -> Image:
    return empty("order") | {
        "customer": "1000001", "served_by": "legacy", "status": "open", "date": TUESDAY, "GAS-C20-R": "2",
        "slot": "evening", "note": "先來電",
    } | given  # fmt: skip


def taken(**given: str) -> Order:
    order = mapping.apply("order", "L115112400001", order_image(**given), actor=THEM)
    assert isinstance(order, Order)
    return order


# -- customers


def test_a_customer_as_an_image(known: Customer) -> None:
    assert mapping.find("customer", "1000001") == known
    assert mapping.image_of("customer", known) == customer_image()


def test_what_this_house_knows_better_stays(known: Customer) -> None:
    for number in ("+88689331235", "+88689331236"):
        CustomerPhone.objects.create(customer=known, number=number, label="landline")
    image = mapping.image_of("customer", known)
    assert image["phones"] == "+88689331234|+886912345678|+88689331235"
    mapping.apply("customer", "1000001", image | {"address": "新址9號"}, actor=THEM)
    changed = Customer.objects.get(pk=known.pk)
    assert (changed.address, changed.availability.slot, changed.payment_method) == (
        "新址9號",
        "evening",
        "cod",
    )
    mapping.apply("customer", "1000001", image | {"phones": "+886912345678"}, actor=THEM)
    numbers = list(known.phones.values_list("number", flat=True))
    assert numbers == ["+886912345678", "+88689331236"]


def test_every_field_of_a_customer_comes_over(known: Customer) -> None:
    wanted = customer_image(
        short_name="新名", invoice_title="新抬頭", kind="residential", status="terminated", phones="+88689330000",
        email="b@example.com", address="別處2號", area="", slot="morning", payment="monthly", notes="",
    )  # fmt: skip
    mapping.apply("customer", "1000001", wanted, actor=THEM)
    changed = Customer.objects.get(pk=known.pk)
    assert mapping.image_of("customer", changed) == wanted
    assert (changed.status, changed.area) == ("terminated", None)


def test_a_customer_that_is_new_here(known: Customer) -> None:
    made = mapping.apply("customer", "1000002", customer_image(), actor=THEM)
    assert isinstance(made, Customer) and made.code == "1000002"
    assert mapping.image_of("customer", made) == customer_image()
    with pytest.raises(Refused) as refusal:
        mapping.apply("customer", "C000001", customer_image(), actor=THEM)
    assert refusal.value.field == "code"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "?03"), ("kind", "?09"), ("area", "Z9"), ("phones", "?總機"), ("phones", "+88689331234|?總機"),
        ("notes", DAMAGED + "a4a4ff"), ("short_name", ""), ("tax_id", "12345678"),
    ],
)  # fmt: skip
def test_what_cannot_stand_here_is_refused_by_name(known: Customer, field: str, value: str) -> None:
    with pytest.raises(Refused) as refusal:
        mapping.apply("customer", "1000001", customer_image(**{field: value}), actor=THEM)
    assert refusal.value.field == field
    assert mapping.image_of("customer", Customer.objects.get(pk=known.pk)) == customer_image()


def test_a_customer_deleted_there_is_a_persons_decision(known: Customer, lead: Actor) -> None:
    with pytest.raises(Refused, match="1000001"):
        mapping.apply("customer", "1000001", None, actor=THEM)
    change_customer(known, {"status": "terminated"}, actor=lead)
    assert mapping.apply("customer", "1000001", None, actor=THEM) == known
    assert mapping.apply("customer", "1000009", None, actor=THEM) is None


def test_neighbouring_characters_are_no_difference(known: Customer, lead: Actor) -> None:
    change_customer(known, {"notes": "• 5¢ "}, actor=lead)
    known.refresh_from_db()
    image = mapping.image_of("customer", known)
    assert image["notes"] == wire.decode("‧ 5￠".encode("cp950")) == "‧ 5￠"
    mapping.apply("customer", "1000001", image, actor=THEM)
    known.refresh_from_db()
    assert known.notes == "• 5¢"


# -- orders


def test_an_order_of_theirs(known: Customer, c20: Product) -> None:
    order = taken(urgent="Y")
    assert (order.served_by, order.status, order.number_there) == ("legacy", "confirmed", "L115112400001")
    assert mapping.find("order", "L115112400001") == mapping.find("order", order.number) == order
    assert mapping.image_of("order", order) == order_image(urgent="Y")
    assert taken(urgent="Y").pk == order.pk
    assert Order.objects.count() == 1


def test_changes_to_an_order_of_theirs(known: Customer, c20: Product) -> None:
    taken()
    wanted = order_image(
        date="2026-11-25", slot="any", urgent="Y", note="", **{"GAS-C20-R": "", "GAS-F16-H": "3"}
    )
    order = mapping.apply("order", "L115112400001", wanted, actor=THEM)
    assert isinstance(order, Order) and mapping.image_of("order", order) == wanted


def test_theirs_delivered(known: Customer, c20: Product) -> None:
    taken()
    wanted = order_image(
        status="delivered", delivered_at="2026-11-24 14:05", **{"GAS-C20-R": "1", "GAS-C50-R": "1"}
    )
    order = mapping.apply("order", "L115112400001", wanted, actor=THEM)
    assert isinstance(order, Order)
    assert mapping.image_of("order", order) == wanted
    assert order.delivered_at == clock.at(dt.date(2026, 11, 24), dt.time(14, 5))
    assert list(order.lines.values_list("product__sku", "quantity", "delivered_quantity")) == [
        ("GAS-C50-R", 0, 1), ("GAS-C20-R", 2, 1),
    ]  # fmt: skip
    assert mapping.apply("order", "L115112400001", wanted, actor=THEM) == order
    with pytest.raises(Refused) as refusal:
        mapping.apply("order", "L115112400001", order_image(), actor=THEM)
    assert refusal.value.code == "ended"


@pytest.mark.parametrize("how", ["cancelled", "deleted"])
def test_theirs_cancelled(known: Customer, c20: Product, how: str) -> None:
    taken()
    wanted = order_image(status="cancelled") if how == "cancelled" else None
    order = mapping.apply("order", "L115112400001", wanted, actor=THEM)
    assert isinstance(order, Order) and order.status == "cancelled"
    assert mapping.image_of("order", order) == order_image(status="cancelled")
    assert order.status_changes.last().reason  # type: ignore[union-attr]


def test_an_order_that_was_over_when_it_was_first_seen(known: Customer, c20: Product) -> None:
    wanted = order_image(status="delivered", delivered_at="2026-11-24 14:05")
    order = taken(**{name: value for name, value in wanted.items() if value})
    assert mapping.image_of("order", order) == wanted
    other = mapping.apply("order", "L115112400002", order_image(status="cancelled"), actor=THEM)
    assert isinstance(other, Order) and other.status == "cancelled"


def our_order(known: Customer, c20: Product, lead: Actor) -> Order:
    return ours.create_order(
        known, [(c20, 2)], scheduled_date=dt.date(2026, 11, 24), slot="evening", note="先來電", actor=lead
    )


def test_an_order_of_ours_and_their_change_to_it(known: Customer, c20: Product, lead: Actor) -> None:
    order = our_order(known, c20, lead)
    assert mapping.image_of("order", order) == order_image(served_by="ours")
    wanted = order_image(served_by="ours", note="改", **{"GAS-C20-R": "3"})
    changed = mapping.apply("order", order.number, wanted, actor=THEM)
    assert isinstance(changed, Order) and mapping.image_of("order", changed) == wanted
    assert changed.total_amount == Decimal(2850)
    cancelled = mapping.apply("order", order.number, wanted | {"status": "cancelled"}, actor=THEM)
    assert isinstance(cancelled, Order) and cancelled.status == "cancelled"


def test_planned_and_on_the_way_are_open_to_them(known: Customer, c20: Product, lead: Actor) -> None:
    order = our_order(known, c20, lead)
    ours.assign([order.pk], actor=lead)
    order.refresh_from_db()
    assert mapping.image_of("order", order) == order_image(served_by="ours")
    with pytest.raises(Refused) as refusal:
        mapping.apply("order", order.number, order_image(served_by="ours", note="x"), actor=THEM)
    assert refusal.value.code == "not_editable"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"status": "delivered", "delivered_at": "2026-11-24 14:05"}, "ours"),
        ({"invoice_no": "ZZ00000001"}, "invoice"),
        ({"customer": "1000009"}, "customer"),
        ({"date": "?1151332"}, "unknown_code"),
        ({"GAS-C20-R": ""}, "empty"),
        ({"GAS-C20-R": "500"}, "quantity"),
        ({"date": "2026-11-01"}, "date_past"),
    ],
)
def test_what_they_cannot_do_to_ours(
    known: Customer, c20: Product, lead: Actor, given: dict[str, str], code: str
) -> None:
    order = our_order(known, c20, lead)
    before = mapping.image_of("order", order)
    with pytest.raises(Refused) as refusal:
        mapping.apply("order", order.number, order_image(served_by="ours") | given, actor=THEM)
    assert refusal.value.code == code
    order.refresh_from_db()
    assert (mapping.image_of("order", order), order.version) == (before, 1)


def test_an_order_changes_hands(known: Customer, c20: Product, lead: Actor) -> None:
    order = our_order(known, c20, lead)
    there = mapping.apply("order", order.number, order_image(note="他們的"), actor=THEM)
    assert isinstance(there, Order) and (there.served_by, there.note) == ("legacy", "他們的")
    back = mapping.apply("order", order.number, order_image(served_by="ours", note="我們的"), actor=THEM)
    assert isinstance(back, Order) and (back.served_by, back.note) == ("ours", "我們的")
    assert mapping.image_of("order", back) == order_image(served_by="ours", note="我們的")


def test_an_order_of_nobody_we_know(monday, c20: Product) -> None:
    with pytest.raises(Refused) as refusal:
        taken(customer="1009999")
    assert refusal.value.field == "customer"
    assert Order.objects.count() == 0


def test_a_delivered_order_without_its_hour(known: Customer, c20: Product) -> None:
    taken()
    with pytest.raises(Refused) as refusal:
        mapping.apply("order", "L115112400001", order_image(status="delivered"), actor=THEM)
    assert refusal.value.field == "delivered_at"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (wire.Unencodable("note", "堃😀"), ["備註", "堃、😀"]),
        (wire.DoesNotFit("short_name", 60, 50), ["客戶簡稱", "60", "50"]),
        (wire.Meaningless("date", "2026-02-30"), ["配送日", "2026-02-30"]),
        (RefusedByLegacy("no such customer"), ["no such customer"]),
    ],
)
def test_why_they_cannot_have_it_in_words(error: wire.WireError | RefusedByLegacy, words: list[str]) -> None:
    with translation.override("zh-hant"):
        text = told.explain(error)
    assert all(word in text for word in words), text


def test_there_and_back_through_the_old_system(
    known: Customer, c20: Product, lead: Actor, legacy: RunningLegacy
) -> None:
    Availability.objects.filter(customer=known).update(slot="afternoon")
    known.refresh_from_db()
    order = our_order(known, c20, lead)
    theirs = foreign.take(
        known, [(c20, 1)], number_there="L115112400009", scheduled_date=order.scheduled_date, actor=lead
    )
    with Legacy(legacy.url) as there:
        for entity, name, held in (
            ("customer", "1000001", Customer.objects.get(pk=known.pk)), ("order", order.number, order),
            ("order", "L115112400009", theirs),
        ):  # fmt: skip
            image = mapping.image_of(entity, held)
            there.write(entity, name, image, expected=None)
            record = there.read(entity, name)
            assert record is not None and record.image == image
