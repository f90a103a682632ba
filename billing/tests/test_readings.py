from decimal import Decimal

import pytest

from billing.models import BillableEvent, Invoice
from billing.services import invoicing
from billing.tests.conftest import ACTOR
from billing.verifiers import verify
from luckygas.core import clock
from luckygas.core.errors import Refused
from orders.models import CylinderMovement, Price, Product


@pytest.fixture(autouse=True)
def english(settings):
    settings.LANGUAGE_CODE = "en"


@pytest.fixture
def metered(customer):
    return customer(pricing_method="by_flow")


def test_first_reading_is_the_baseline_then_usage_is_billed(billed, track, metered, stand_at):
    track()
    first = billed(metered, reading="120.5", F20=2)
    assert (first.kind, first.state, first.reason_code) == ("reading", "nothing_due", "baseline")
    assert first.reason == "First reading, 120.5 kg: from here on it is counted."
    assert Invoice.objects.count() == 0

    stand_at("2026-12-01 10:00")
    second = billed(metered, reading="182.75", F20=2)
    invoice = second.invoice
    (line,) = invoice.lines.all()
    assert (line.description, line.shown_quantity, line.unit, line.shown_unit_price) == (
        "液化石油氣 流量20公斤",
        "62.25",
        "公斤",
        "41.25",
    )
    assert (line.amount, invoice.total, invoice.tax) == (Decimal("2567.8125"), 2568, 0)
    assert (second.meter_from, second.meter_to) == (Decimal("120.5"), Decimal("182.75"))
    assert verify() == []


def test_a_delivery_without_a_reading_moves_cylinders_and_no_money(billed, track, metered):
    track()
    event = billed(metered, F20=2)
    assert (event.kind, event.state, event.reason_code) == ("delivery", "nothing_due", "metered_delivery")
    assert CylinderMovement.objects.filter(order=event.order).exists()
    assert Invoice.objects.count() == 0


def test_the_same_reading_again_bills_nothing(billed, track, metered):
    track()
    billed(metered, reading="100", F20=1)
    event = billed(metered, reading="100.000", F20=1)
    assert (event.state, event.reason_code) == ("nothing_due", "no_usage")
    assert Invoice.objects.count() == 0


def test_a_business_with_a_meter(billed, track, customer):
    track()
    buyer = customer(pricing_method="by_flow", tax_id="04595257")
    billed(buyer, reading="0", F20=1)
    invoice = billed(buyer, reading="62.25", F20=1).invoice
    assert (invoice.sales, invoice.tax, invoice.total) == (2446, 122, 2568)
    assert verify() == []


def test_a_lower_reading_goes_to_review_and_a_person_corrects_it(billed, track, metered):
    track()
    billed(metered, reading="120", F20=1)
    event = billed(metered, reading="20", F20=1)
    assert (event.state, event.reason_code) == ("review", "reading_lower")
    assert event.reason_values == {"from": "120", "to": "20"}
    assert Invoice.objects.count() == 0

    with pytest.raises(Refused, match="119"):
        invoicing.correct_reading(event, Decimal(119), reason="看錯", actor=ACTOR)
    with pytest.raises(Refused):
        invoicing.correct_reading(event, Decimal(200), reason=" ", actor=ACTOR)
    event.refresh_from_db()
    assert (event.state, event.meter_to) == ("review", 20)

    event = invoicing.correct_reading(event, Decimal("200"), reason="看錯一位", actor=ACTOR)
    assert (event.state, event.invoice.total, event.decision) == ("invoiced", 3300, "看錯一位")
    with pytest.raises(Refused, match=r".+"):
        invoicing.correct_reading(event, Decimal(300), reason="再改", actor=ACTOR)
    assert Invoice.objects.count() == 1
    assert verify() == []


def test_a_changed_meter_is_counted_anew(billed, track, metered):
    track()
    billed(metered, reading="9000", F20=1)
    event = billed(metered, reading="12", F20=1)
    event = invoicing.accept_as_baseline(event, reason="換表", actor=ACTOR)
    assert (event.state, event.reason_code) == ("nothing_due", "new_baseline")
    invoice = billed(metered, reading="22", F20=1).invoice
    assert invoice.lines.get().quantity == 10
    assert Invoice.objects.count() == 1
    assert verify() == []


def test_a_reading_older_than_a_billed_one_goes_to_review(billed, track, metered, stand_at):
    track()
    billed(metered, reading="100", F20=1, at=clock.now())
    stand_at("2026-11-24 10:00")
    billed(metered, reading="150", F20=1)
    stand_at("2026-11-25 10:00")
    late = billed(metered, reading="160", F20=1, at=stand_at("2026-11-23 18:00"))
    assert (late.state, late.reason_code) == ("review", "reading_older")
    assert Invoice.objects.count() == 1


def test_a_reading_set_aside_after_a_later_one_was_billed(billed, track, metered, stand_at):
    track()
    billed(metered, reading="100", F20=1)
    stand_at("2026-11-24 10:00")
    wrong = billed(metered, reading="90", F20=1)
    stand_at("2026-11-25 10:00")
    later = billed(metered, reading="130", F20=1)
    assert (wrong.state, later.state, later.meter_from) == ("review", "invoiced", 100)
    with pytest.raises(Refused) as refused:
        invoicing.correct_reading(wrong, Decimal(140), reason="看錯", actor=ACTOR)
    assert refused.value.code == "reading_older"
    done = invoicing.accept_as_baseline(wrong, reason="已由後次計費", actor=ACTOR)
    assert (done.state, done.reason_code, done.meter_to) == ("nothing_due", "set_aside", None)
    stand_at("2026-11-26 10:00")
    assert billed(metered, reading="140", F20=1).meter_from == 130
    assert verify() == []


def test_readings_are_billed_in_order(billed, track, metered, product, stand_at):
    track()
    billed(metered, reading="100", F20=1)
    Price.objects.all().update(valid_from="2027-01-01")
    first = billed(metered, reading="110", F20=1)
    stand_at("2026-11-24 10:00")
    second = billed(metered, reading="130", F20=1)
    assert (first.reason_code, second.reason_code) == ("no_price", "earlier_reading")
    Price.objects.all().update(valid_from="2026-01-01")
    assert invoicing.retry_waiting(actor=ACTOR) == 2
    first.refresh_from_db(), second.refresh_from_db()
    assert [first.invoice.lines.get().quantity, second.invoice.lines.get().quantity] == [10, 20]
    assert verify() == []


def test_a_price_of_the_customer_and_of_the_day(billed, track, metered, product):
    track()
    billed(metered, reading="0", F20=1)
    Price.objects.create(product=product("F20"), customer=metered, unit_price=40, valid_from="2026-11-01")
    assert billed(metered, reading="10", F20=1).invoice.total == 400


def test_no_metered_product_is_known(billed, track, metered, product):
    track()
    billed(metered, reading="0", C20=1)
    event = billed(metered, reading="10", C20=1)
    assert (event.state, event.reason_code) == ("cannot", "no_product")
    metered.cylinders.create(kind=Product.objects.get(sku="GAS-F20-R").kind, quantity=2)
    assert invoicing.retry_waiting(actor=ACTOR) == 1
    assert BillableEvent.objects.get(pk=event.pk).invoice.total == 413


def test_readings_of_one_instant_are_in_the_order_they_came(billed, track, metered):
    track()
    billed(metered, reading="100", F20=1)
    lower = billed(metered, reading="90", F20=1)
    later = billed(metered, reading="120", F20=1)
    assert {event.happened_at for event in (lower, later)} == {clock.now()}

    decided = invoicing.accept_as_baseline(lower, reason="meter misread", actor=ACTOR)

    assert (decided.state, decided.reason_code, decided.meter_to) == ("nothing_due", "set_aside", None)
    assert BillableEvent.objects.get(pk=later.pk).invoice.total == 825
    assert verify() == []


def test_a_reading_of_the_same_instant_waits_for_the_one_before(billed, track, metered):
    billed(metered, reading="100", F20=1)
    waiting = [billed(metered, reading=value, F20=1) for value in ("110", "130")]
    assert [event.reason_code for event in waiting] == ["no_track", "earlier_reading"]
    track()

    invoicing.attempt(waiting[1], actor=ACTOR)
    assert invoicing.retry_waiting(actor=ACTOR) == 2

    assert sorted(Invoice.objects.values_list("total", flat=True)) == [413, 825]
    assert verify() == []
