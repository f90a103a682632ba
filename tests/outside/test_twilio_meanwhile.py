"""What changes while a message waits or is on its way: it goes once, to who still wants it, or not at all."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest

from customers.messaging import consents
from customers.models import Customer
from customers.services.customers import create_customer
from luckygas.core import breakers, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import Notice, OutboundAttempt, SmsMessage, SmsReceipt
from luckygas.core.notify import client, segments, sms
from tests.outside.twilio_world import NUMBER, fresh, later, run

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")


def text() -> str:
    return f"【幸福氣】{uuid.uuid4().hex}"


def told(row: SmsMessage, sid: str, status: str) -> None:
    """A receipt that was taken in at the door and is read."""
    SmsReceipt.objects.create(token=row.key.hex, raw=f"MessageSid={sid}&MessageStatus={status}")
    run(SmsReceipt)


@pytest.fixture
def customer(twilio: Any) -> Customer:
    """Agreed to messages, and has the number of all tests."""
    made = create_customer({"short_name": "王家小館", "phones": "0912-345-678"}, actor=ACTOR)
    consents.record(made, "service", True, source="phone", actor=ACTOR)
    return made


@pytest.fixture
def to(customer: Customer, message: Any) -> Any:
    return lambda **more: message(text(), addressee=consents.addressee(customer.pk), **more)


def test_who_agreed_and_has_the_number_gets_it(twilio: Any, to: Any) -> None:
    row = to()
    run()
    assert (fresh(row).status, len(twilio.messages(row.body))) == ("inflight", 1)


def test_a_no_that_came_after_the_claim_keeps_it_back(twilio: Any, customer: Customer, to: Any) -> None:
    """The row of a batch, and the row that another transaction made while the word was being recorded."""
    row = to()
    consents.record(customer, "service", False, source="phone", actor=ACTOR)
    SmsMessage.objects.filter(pk=row.pk).update(
        status="queued", not_after=clock.now() + dt.timedelta(hours=6)
    )
    run()
    assert (fresh(row).status, row.last_said) == ("failed", "未送出：客戶不要簡訊")
    assert twilio.messages(row.body) == []


def test_a_no_while_nobody_knows_whether_it_arrived_keeps_it_from_going_again(
    twilio: Any, customer: Customer, to: Any
) -> None:
    twilio.fault("5xx", times=1)
    row = to()
    run()
    assert fresh(row).status == "unknown"
    consents.record(customer, "service", False, source="phone", actor=ACTOR)
    for _round in range(4):
        later(minutes=3)
        run()
    assert (fresh(row).status, twilio.messages(row.body)) == ("expired", [])


def test_what_was_on_its_way_when_the_no_came_is_still_found(
    twilio: Any, customer: Customer, to: Any
) -> None:
    twilio.fault("reply_lost", times=1)
    row = to()
    run()
    consents.record(customer, "service", False, source="phone", actor=ACTOR)
    later(minutes=3)
    run()
    assert (fresh(row).status, len(twilio.messages(row.body))) == ("done", 1)


def test_a_number_that_changed_hands_gets_nothing(twilio: Any, customer: Customer, to: Any) -> None:
    row = to()
    customer.phones.all().delete()
    customer.phones.create(number="+886987654321")
    run()
    assert (fresh(row).status, row.last_said) == ("failed", "未送出：這個號碼已不是客戶的")
    assert twilio.messages(row.body) == []
    with pytest.raises(Refused) as refusal:
        sms.resend(row, reason="再試", actor=ACTOR)
    assert refusal.value.code == "objection"
    assert (fresh(row).status, SmsMessage.objects.count()) == ("failed", 1)


def test_a_second_number_beside_it_changes_nothing(twilio: Any, customer: Customer, to: Any) -> None:
    row = to()
    customer.phones.update(is_primary=False)
    customer.phones.create(number="+886987654321", is_primary=True)
    run()
    assert (fresh(row).status, [m["to"] for m in twilio.messages(row.body)]) == ("inflight", [NUMBER])


def test_nobody_sends_again_to_who_wants_none(twilio: Any, customer: Customer, to: Any) -> None:
    """The withdrawn message is shown as not sent; sending it again is refused until the customer agrees anew."""
    row = to()
    consents.record(customer, "service", False, source="phone", actor=ACTOR)
    assert fresh(row).status == "expired"
    with pytest.raises(Refused) as refusal:
        sms.resend(row, reason="客戶沒收到", actor=ACTOR)
    assert (refusal.value.code, str(refusal.value)) == ("objection", "未送出：客戶不要簡訊")
    assert SmsMessage.objects.count() == 1
    consents.record(customer, "service", True, source="phone", actor=ACTOR)
    again = sms.resend(row, reason="客戶又同意了", actor=ACTOR)
    run()
    assert (fresh(again).status, len(twilio.messages(row.body))) == ("inflight", 1)


def test_a_receipt_while_it_waits_to_go_again_keeps_it_from_going(twilio: Any, message: Any) -> None:
    """The answer was lost, the provider's list did not show it in time, and then its receipt comes."""
    row = message(text())
    sid = twilio.send(NUMBER, row.body)[1]["sid"]
    SmsMessage.objects.filter(pk=row.pk).update(attempts=1)  # sent once, and queued again
    told(row, sid, "sent")
    assert (fresh(row).status, row.provider_message_id) == ("unknown", sid)
    later(minutes=1)
    run()
    assert (fresh(row).status, [m["sid"] for m in twilio.messages(row.body)]) == ("done", [sid])


def test_a_receipt_while_it_is_held_for_the_night_keeps_it_from_going(twilio: Any, message: Any) -> None:
    row = message(text(), not_after=clock.now() + dt.timedelta(days=1))
    sid = twilio.send(NUMBER, row.body)[1]["sid"]
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(21)))
    run()
    assert fresh(row).status == "held"
    told(row, sid, "delivered")
    assert (fresh(row).status, row.held_reason, row.provider_status) == ("done", "", "delivered")
    later(hours=11)
    run()
    assert [m["sid"] for m in twilio.messages(row.body)] == [sid]


def test_a_receipt_between_the_claim_and_the_turn_keeps_it_from_going(
    twilio: Any, message: Any, monkeypatch: Any
) -> None:
    first, second = message(text()), message(text())
    sid = twilio.send(NUMBER, second.body)[1]["sid"]
    create = client.create

    def meanwhile(fields: dict[str, str]) -> Any:
        told(second, sid, "sent")
        return create(fields)

    monkeypatch.setattr(client, "create", meanwhile)
    run(SmsMessage)
    assert len(twilio.messages(first.body)) == 1
    assert (fresh(second).provider_message_id, [m["sid"] for m in twilio.messages(second.body)]) == (
        sid,
        [sid],
    )


def test_the_last_of_a_batch_that_reaches_into_the_night_waits(
    twilio: Any, message: Any, monkeypatch: Any
) -> None:
    """Claimed before nine; the one before it took so long that it is nine when its turn comes."""
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(20, 59, 30)))
    night = clock.now() + dt.timedelta(hours=15)
    first, second = (message(text(), not_after=night) for _time in range(2))
    create = client.create

    def slow(fields: dict[str, str]) -> Any:
        answer = create(fields)
        later(seconds=40)
        return answer

    monkeypatch.setattr(client, "create", slow)
    run()
    assert (fresh(first).status, len(twilio.messages(first.body))) == ("inflight", 1)
    run()
    assert (fresh(second).status, second.held_reason) == ("held", "夜間不打擾，到 11/24 08:00")
    assert twilio.messages(second.body) == []


def test_the_last_of_a_batch_whose_time_passes_is_not_sent(
    twilio: Any, message: Any, monkeypatch: Any
) -> None:
    soon = clock.now() + dt.timedelta(seconds=30)
    first, second = (message(text(), not_after=soon) for _time in range(2))
    create = client.create

    def slow(fields: dict[str, str]) -> Any:
        answer = create(fields)
        later(seconds=40)
        return answer

    monkeypatch.setattr(client, "create", slow)
    run()
    run()
    assert (fresh(first).status, len(twilio.messages(first.body))) == ("inflight", 1)
    assert (fresh(second).status, twilio.messages(second.body)) == ("expired", [])


def test_receipts_of_two_rows_that_found_each_others_message(twilio: Any, message: Any) -> None:
    """Each comes at the address of the one and names the other's number; both move, none is stuck."""
    same = text()
    one, two = message(same), message(same)
    first, second = (twilio.send(NUMBER, same)[1]["sid"] for _time in range(2))
    for row, sid in ((one, second), (two, "")):
        SmsMessage.objects.filter(pk=row.pk).update(
            status="unknown", attempts=1, inflight_since=clock.now(), provider_message_id=sid
        )
    told(two, second, "delivered")
    told(one, first, "delivered")
    assert (fresh(one).status, fresh(two).status) == ("done", "unknown")
    assert [kept.status for kept in SmsReceipt.objects.all()] == ["done", "done"]
    later(minutes=3)
    run()
    assert (fresh(two).status, two.provider_message_id, len(twilio.messages(same))) == ("done", first, 2)


def test_a_token_that_cannot_be_read_is_not_the_providers_failure(
    twilio: Any, message: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    row = message(text())
    run()
    assert (fresh(row).status, twilio.messages(row.body)) == ("queued", [])
    assert "TWILIO_AUTH_TOKEN is not set" in row.last_said
    assert breakers.state("twilio").failures == 0
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", twilio.token)
    later(minutes=1)
    run()
    assert (fresh(row).status, len(twilio.messages(row.body))) == ("inflight", 1)
    assert not Notice.objects.exists()


def test_a_text_of_too_many_parts_makes_no_message(message: Any) -> None:
    most = segments.EACH[segments.UCS2] * sms.MOST_PARTS
    assert message("瓦" * most).parts == 11
    with pytest.raises(Refused) as refusal:
        message("瓦" * (most + 1))
    assert refusal.value.code == "text"
    assert SmsMessage.objects.count() == 1


def test_sending_again_and_again_makes_a_message_each_time(twilio: Any, message: Any) -> None:
    """However long the first one's name is: what was not delivered may be sent again each time."""
    row = message(text(), once_key="x" * 150)
    made = []
    for _time in range(3):
        twilio.fault("refused", code=30003, times=1)
        run()
        later(minutes=3)
        run()
        assert fresh(row).status == "failed"
        made.append(row.provider_message_id)
        row = sms.resend(row, reason="客戶已開機", actor=ACTOR)
    assert len(set(made)) == len(twilio.messages(row.body)) == 3
    assert OutboundAttempt.objects.filter(deed="send").count() == 3
