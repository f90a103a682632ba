"""What a day's text messages are held against, each check proved by damage that it must find and name."""

# Put together from constants of this module.
# ruff: noqa: S608

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from billing.models import EInvoiceSubmission, NumberTrack
from billing.services.cash import count_cash
from customers.messaging import consents
from customers.models import CustomerPhone
from dispatch.models import RouteStop
from dispatch.services import routes, stops
from dispatch.tests.conftest import (  # noqa: F401  (fixtures)
    ACTOR,
    DAY,
    customer,
    depot,
    driver,
    order,
    planned,
    product,
    today,
    vehicle,
)
from luckygas.core import clock
from luckygas.core.actor import Actor
from luckygas.core.models import OutboundAttempt, SmsMessage, SmsReceipt
from luckygas.core.testing import plant
from luckygas.models import WorkDay
from luckygas.workday import invariants, messages
from luckygas.workday.driving import purses
from luckygas.workday.filing import settle_events

SELLER = "22099131"
ONE = "(SELECT min(id) FROM core_smsmessage WHERE occasion = 'delivery_completed' AND status = 'done')"
TAKE_AWAY = (
    f"DELETE FROM core_smsreceipt WHERE message_id = {ONE}; DELETE FROM core_smsmessage WHERE id = {ONE}"
)
COPY = f"""INSERT INTO core_smsmessage (key, once_key, provider_message_id, {{columns}})
           SELECT gen_random_uuid(), 'damage', {{sid}}, {{columns}} FROM core_smsmessage WHERE id = {ONE}"""
DAMAGE = [
    (COPY.replace("{sid}", "'SMother'"), "was announced 2 times as delivery_completed"),
    (
        "DROP INDEX core_smsmessage_sent_once; " + COPY.replace("{sid}", "provider_message_id"),
        "the provider's message SM",
    ),
    (
        "INSERT INTO core_outboundattempt (kind, row_id, attempt, deed, at, milliseconds, outcome, said)"
        f" SELECT kind, row_id, 2, deed, at, 5, outcome, said FROM core_outboundattempt WHERE row_id = {ONE}",
        "was handed over 2 times and taken each time",
    ),
    (TAKE_AWAY, "its customer was not told (delivery_completed)"),
    (TAKE_AWAY, "the day counted 10 messages, 9 were made"),
    (
        "UPDATE core_smsmessage SET subject = 'order:0' WHERE occasion = 'out_for_delivery' AND id ="
        " (SELECT max(id) FROM core_smsmessage WHERE occasion = 'out_for_delivery')",
        "its customer was not told (out_for_delivery)",
    ),
    (
        "UPDATE core_smsmessage SET subject = 'order:0' WHERE occasion = 'order_confirmation' AND id ="
        " (SELECT max(id) FROM core_smsmessage WHERE occasion = 'order_confirmation')",
        "its customer was not told (order_confirmation)",
    ),
    (
        f"UPDATE core_smsmessage SET provider_status = 'sent' WHERE id = {ONE}",
        "stands at “sent”, and a receipt had moved it on to “delivered”",
    ),
    (
        f"UPDATE core_smsmessage SET status = 'failed' WHERE id = {ONE}",
        "counts as failed, and the provider says “delivered”",
    ),
    (
        f"UPDATE core_smsmessage SET provider_status = 'undelivered' WHERE id = {ONE}",
        "counts as done, and the provider says “undelivered”",
    ),
    (
        f"UPDATE core_smsmessage SET provider_message_id = '' WHERE id = {ONE}",
        "is delivered and the provider never had it",
    ),
    (
        "UPDATE roof_workday SET figures = jsonb_set(figures, '{messages_delivered}', '8')",
        "the day counted 11 messages, 10 were made",
    ),
    (
        'UPDATE roof_workday SET figures = figures || \'{"messages_delivered": 8, "messages_held": 0}\'',
        "the day counted 8 messages as done, 7 are",
    ),
    (
        'UPDATE roof_workday SET figures = figures || \'{"messages_expired": 2, "messages_failed": 0}\'',
        "the day counted 2 messages as expired, 1 are",
    ),
    (
        f"UPDATE customers_messageconsent SET granted = false WHERE customer_id = (SELECT substr(addressee, 10)::int"
        f" FROM core_smsmessage WHERE id = {ONE})",
        "went to a customer who had not agreed",
    ),
    (
        f"UPDATE core_outboundattempt SET at = at + interval '12 hours' WHERE row_id = {ONE}",
        "was sent at 21:30:00, in the quiet hours",
    ),
    (
        f"UPDATE core_outboundattempt SET at = at - interval '1 hour 30 minutes 1 second', outcome = 'unknown'"
        f" WHERE row_id = {ONE}",
        "was sent at 07:59:59, in the quiet hours",
    ),
    (
        "INSERT INTO customers_messageconsent (customer_id, kind, granted, source, note, at, actor_name)"
        " SELECT substr(addressee, 10)::int, 'service', false, 'phone', '', '2026-11-23 09:15+08', 'x'"
        f" FROM core_smsmessage WHERE id = {ONE}",
        "was sent at 09:30:00, when the customer wanted none any more",
    ),
    (
        f"UPDATE orders_order SET served_by = 'legacy' WHERE 'order:' || id ="
        f" (SELECT subject FROM core_smsmessage WHERE id = {ONE})",
        "由舊系統負責，但本系統發了通知（delivery_completed）",
    ),
    (
        f"UPDATE core_smsmessage SET addressee = (SELECT addressee FROM core_smsmessage WHERE id = {ONE})",
        "got 9 messages in one day",
    ),
    (
        f"UPDATE core_smsmessage SET status = 'unknown' WHERE id = {ONE}",
        "core.SmsMessage: 1 rows are not final",
    ),
]


def came_of_it(row: SmsMessage, status: str) -> None:
    """The message was handed over at half past nine, and its receipt said what became of it."""
    sid, taken = f"SM{row.pk:032d}", clock.at(DAY, dt.time(9, 30))
    word, now = ("delivered", "done") if status == "done" else ("undelivered", "failed")
    OutboundAttempt.objects.create(
        kind="core.SmsMessage",
        row_id=row.pk,
        attempt=1,
        deed="send",
        at=taken,
        milliseconds=0,
        outcome="waiting",
    )
    SmsMessage.objects.filter(pk=row.pk).update(
        status=now, provider_message_id=sid, provider_status=word, attempts=1, held_until=None, held_reason=""
    )
    SmsReceipt.objects.create(
        token=row.key.hex, raw=f"MessageSid={sid}", message=row, told=word, result="forward", status="done"
    )


@pytest.fixture
def told_day(planned: Any, order: Any, customer: Any, settings: Any, tmp_path: Any) -> None:  # noqa: F811
    """Three orders taken, on their way and delivered, with a message of each; seven arrived, one did not, one has
    expired and a late call's waits for the morning."""
    settings.TWILIO_ACCOUNT, settings.TWILIO_FROM = "AC1", "+15005550006"
    settings.SELLER_UBN, settings.SELLER_NAME, settings.TURNKEY_DIR = SELLER, "幸福氣瓦斯行", tmp_path
    NumberTrack.objects.create(seller=SELLER, period="11512", letters="QA", first=50, last=99, next_number=50)
    numbers = iter(range(100, 200))

    def agreed() -> Any:
        row = customer()
        CustomerPhone.objects.create(customer=row, number=f"+886912345{next(numbers)}", is_primary=True)
        consents.record(row, "service", True, source="phone", actor=ACTOR)
        return row

    day = planned([order(agreed(), C20=2), order(agreed(), C20=1), order(agreed(), C16=1)])
    clock.freeze(clock.at(DAY, dt.time(9)))
    routes.leave(routes.lock(day.route.pk), at=clock.now(), actor=ACTOR)
    me = Actor.driver(day.driver.pk, day.driver.name)
    for stop in RouteStop.objects.select_related("route__shift__driver", "order"):
        counts = {line.product_id: line.quantity for line in stop.order.lines.all()}
        cash = stop.order.total_amount
        stops.deliver(stop, post_uuid=uuid.uuid4(), quantities=counts, empties=counts, cash=cash, actor=me)
    settle_events()
    EInvoiceSubmission.objects.update(status="done", done_at=clock.now())
    count_cash(day.driver, DAY, purses(day.plan)[day.driver.pk], actor=Actor.system("test"))
    lost, late, *rest = SmsMessage.objects.order_by("id")
    came_of_it(lost, "failed")
    SmsMessage.objects.filter(pk=late.pk).update(status="expired", held_until=None)
    for row in rest:
        came_of_it(row, "done")
    clock.freeze(clock.at(DAY, dt.time(21, 30)))
    order(agreed(), C20=1, scheduled_date=DAY + dt.timedelta(days=1))
    WorkDay.objects.create(date=DAY, seed=1, figures=messages.figures(DAY))
    assert invariants.broken(DAY) == []


def test_the_day_counts_what_became_of_its_messages(told_day: None) -> None:
    youngest = SmsMessage.objects.latest("id").pk
    assert messages.figures(DAY) == {
        "messages_delivered": 7,
        "messages_held": 1,
        "messages_expired": 1,
        "messages_failed": 1,
        "messages_up_to": youngest,
    }


def test_what_happens_after_the_count_is_no_damage(told_day: None, order: Any) -> None:  # noqa: F811
    """The held message arrives the next morning, a failed one is sent again, and somebody calls once more."""
    SmsMessage.objects.filter(status="held").update(
        status="done", held_until=None, provider_message_id="SMheld", provider_status="delivered"
    )
    order(C20=1, scheduled_date=DAY + dt.timedelta(days=1))
    assert invariants.broken(DAY) == []


@pytest.mark.parametrize(("damage", "named"), DAMAGE)
def test_damage_is_found_and_named(told_day: None, damage: str, named: str) -> None:
    own = {"id", "key", "once_key", "provider_message_id"}
    columns = [str(f.column) for f in SmsMessage._meta.concrete_fields if f.column not in own]
    plant(*damage.replace("{columns}", ", ".join(columns)).split(";"))

    found = invariants.broken(DAY)

    assert [line for line in found if named in line], found


def test_without_a_provider_nobody_needs_to_be_told(told_day: None, settings: Any) -> None:
    plant(*TAKE_AWAY.split(";"), "UPDATE roof_workday SET figures = figures - 'messages_up_to'")
    settings.TWILIO_ACCOUNT = ""
    assert invariants.broken(DAY) == []
