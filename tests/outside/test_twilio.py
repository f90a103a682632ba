"""Sending text messages through Twilio's stand-in, and every way in which it can misbehave."""

from __future__ import annotations

import datetime as dt

import pytest

from luckygas.core import breakers, clock
from luckygas.core.actor import Actor
from luckygas.core.errors import Refused
from luckygas.core.models import AuditEvent, Notice, OutboundAttempt, SmsMessage
from luckygas.core.notify import client, sms
from sandbox.testing import eventually
from tests.outside.twilio_world import NUMBER, PUBLIC, fresh, later, run

pytestmark = pytest.mark.django_db
ACTOR = Actor.system("test")


def there(twilio, row) -> list:
    """The messages with the row's text that the provider has of this test."""
    return list(twilio.messages(row.body))


def text() -> str:
    """A text no other test sends."""
    import uuid

    return f"【幸福氣】{uuid.uuid4().hex}"


def until_done(row) -> SmsMessage:
    """The workers' rounds, two minutes apart, until the row is final."""

    def look() -> bool:
        later(minutes=3)
        run()
        return fresh(row).status in ("done", "failed", "expired")

    eventually(look)
    return row


def test_a_message_is_sent_once_and_the_poll_finds_it_delivered(twilio, message) -> None:
    row = message(text())
    run()
    assert (fresh(row).status, row.provider_message_id[:2], row.attempts) == ("inflight", "SM", 1)
    sent = there(twilio, row)
    assert [(m["sid"], m["to"], m["from"]) for m in sent] == [
        (row.provider_message_id, NUMBER, "+15005550006")
    ]
    assert sent[0]["status_callback"] == f"{PUBLIC}/hooks/twilio/{row.key.hex}"
    run()
    assert fresh(row).status == "inflight"
    until_done(row)
    assert (row.status, row.provider_status, row.last_said) == ("done", "delivered", "已送達")
    assert len(there(twilio, row)) == 1


def test_what_the_message_costs_and_how_many_parts_it_has(message) -> None:
    row = message("【幸福氣】" + "瓦" * 66)
    assert (row.encoding, row.parts, str(row.cost_estimate)) == ("UCS-2", 2, "1.2")


def test_the_same_key_makes_one_message(message) -> None:
    first = message("甲", once_key="a")
    assert message("乙", once_key="a").pk == first.pk
    assert SmsMessage.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"number": "+88689331234"}, "no_mobile"),
        ({"body": ""}, "text"),
        ({"body": "瓦" * 1601}, "text"),
        ({"not_after": dt.datetime(2026, 11, 23, 11, 59, tzinfo=clock.TAIPEI)}, "too_late"),
    ],
)
def test_what_makes_no_message(message, change, code) -> None:
    with pytest.raises(Refused) as refusal:
        message(**change)
    assert refusal.value.code == code
    assert not SmsMessage.objects.exists()


def test_without_a_provider_there_are_no_messages(message, settings) -> None:
    settings.TWILIO_ACCOUNT = ""
    with pytest.raises(Refused) as refusal:
        message()
    assert refusal.value.code == "provider_off"
    assert not SmsMessage.objects.exists()


def test_a_lost_answer_is_found_and_nothing_is_sent_again(twilio, message) -> None:
    twilio.fault("reply_lost", times=1)
    row = message(text())
    run()
    assert (fresh(row).status, row.provider_message_id) == ("unknown", "")
    until_done(row)
    assert row.status == "done"
    assert [m["sid"] for m in there(twilio, row)] == [row.provider_message_id]


def test_rubbish_for_an_answer_is_found_too(twilio, message) -> None:
    twilio.fault("garbage", times=1)
    row = message(text())
    run()
    assert fresh(row).status == "unknown"
    assert until_done(row).status == "done"
    assert len(there(twilio, row)) == 1


def test_a_server_in_trouble_made_nothing_and_after_a_while_it_goes_again(twilio, message) -> None:
    twilio.fault("5xx", times=1)
    row = message(text())
    run()
    assert fresh(row).status == "unknown"
    later(seconds=30)
    run()
    assert (fresh(row).status, row.last_said) == ("unknown", "業者端還沒有這則簡訊")
    assert until_done(row).status == "done"
    assert len(there(twilio, row)) == 1


def test_a_server_in_trouble_that_made_it_all_the_same_makes_no_second_one(twilio, message) -> None:
    twilio.fault("5xx", times=1, made=True)
    row = message(text())
    run()
    assert (fresh(row).status, row.provider_message_id) == ("unknown", "")
    assert until_done(row).status == "done"
    assert [m["sid"] for m in there(twilio, row)] == [row.provider_message_id]


def test_two_of_the_same_text_after_lost_answers_are_two(twilio, message) -> None:
    """Each lost answer is found as a message of its own."""
    twilio.fault("reply_lost", times=2)
    same = text()
    one, two = message(same), message(same)
    run()
    until_done(one)
    until_done(two)
    assert {one.provider_message_id, two.provider_message_id} == {m["sid"] for m in there(twilio, one)}
    assert (one.status, two.status, len(there(twilio, one))) == ("done", "done", 2)


def test_a_message_is_not_taken_from_a_twin_that_is_under_way(twilio, message) -> None:
    same = text()
    sid = twilio.send(NUMBER, same)[1]["sid"]  # the twin's, whose worker has not written it yet
    twin, row = message(same), message(same)
    SmsMessage.objects.filter(pk=twin.pk).update(status="inflight", inflight_since=clock.now(), attempts=1)
    SmsMessage.objects.filter(pk=row.pk).update(status="unknown", attempts=1)
    run()
    assert (fresh(row).status, row.provider_message_id) == ("unknown", "")
    SmsMessage.objects.filter(pk=twin.pk).update(provider_message_id=sid)
    assert until_done(row).status == "done"
    assert row.provider_message_id not in ("", sid)
    assert len(there(twilio, row)) == 2


def test_while_nobody_answers_the_message_waits_and_then_goes(twilio, message) -> None:
    twilio.fault("down")
    eventually(lambda: twilio.sandbox.state()["parties"]["twilio"]["url"] is None)
    client._client.cache_clear()  # a connection from before would only tell that nobody answers
    row = message(text())
    run()
    assert (fresh(row).status, row.attempts) == ("queued", 1)
    assert row.last_said.startswith("連不上簡訊業者")
    twilio.sandbox.clear("down")
    eventually(lambda: twilio.sandbox.state()["parties"]["twilio"]["url"])
    assert until_done(row).status == "done"
    assert len(there(twilio, row)) == 1


def test_three_failures_open_the_breaker_and_the_message_waits(twilio, message) -> None:
    twilio.fault("5xx")
    for _time in range(3):
        message(text())
    run()
    assert breakers.state("twilio").state == "open"
    row = message(text())
    run()
    assert (fresh(row).status, row.last_said) == ("queued", "簡訊業者暫停呼叫中")
    assert there(twilio, row) == []


@pytest.mark.parametrize(("code", "breaker"), [(21211, 0), (21614, 0), (21617, 0)])
def test_a_refusal_of_the_message_ends_it_and_the_party_is_well(twilio, message, code, breaker) -> None:
    twilio.fault("refused", code=code, times=1)
    row = message(text())
    run()
    assert (fresh(row).status, row.provider_error, row.provider_message_id) == ("failed", str(code), "")
    assert breakers.state("twilio").failures == breaker
    assert Notice.objects.get().title == "今天有簡訊沒有送達"
    later(hours=1)
    run()
    assert there(twilio, row) == []


def test_a_refusal_of_us_keeps_the_message_and_tells_the_staff(twilio, message, monkeypatch) -> None:
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "an old one")
    row = message(text())
    run()
    assert (fresh(row).status, there(twilio, row)) == ("queued", [])
    assert "20003" in row.last_said
    assert Notice.objects.get().title == "簡訊業者拒絕我們的帳號，請檢查設定"
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", twilio.token)
    assert until_done(row).status == "done"
    assert len(there(twilio, row)) == 1


@pytest.mark.parametrize("code", [30003, 30005, 30006, 30007])
def test_what_the_network_does_not_deliver_fails_with_its_code(twilio, message, code) -> None:
    twilio.fault("refused", code=code, times=1)
    row = until_done(message(text()))
    assert (row.status, row.provider_status, row.provider_error) == ("failed", "undelivered", str(code))
    assert Notice.objects.count() == 1


def test_a_killed_worker_leaves_a_message_that_is_found(twilio, message) -> None:
    """The state between sending and writing: the message exists there, the row knows nothing."""
    row = message(text())
    sid = twilio.send(NUMBER, row.body)[1]["sid"]
    SmsMessage.objects.filter(pk=row.pk).update(status="inflight", inflight_since=clock.now(), attempts=1)
    run()
    assert fresh(row).status == "inflight"
    assert until_done(row).status == "done"
    assert (row.provider_message_id, len(there(twilio, row))) == (sid, 1)


def test_quiet_hours_hold_until_eight_and_urgent_goes(twilio, message) -> None:
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(21, 0)))
    morning = dt.timedelta(hours=15)
    row = message(text(), not_after=clock.now() + morning)
    siren = message(text(), not_after=clock.now() + morning, is_urgent=True)
    assert (row.status, row.held_reason) == ("held", "夜間不打擾，到 11/24 08:00")
    run()
    assert (fresh(row).status, fresh(siren).status) == ("held", "inflight")
    clock.freeze(clock.at(dt.date(2026, 11, 24), dt.time(7, 59, 59)))
    run()
    assert fresh(row).status == "held"
    clock.freeze(clock.at(dt.date(2026, 11, 24), dt.time(8)))
    run()
    assert (fresh(row).status, row.held_until, len(there(twilio, row))) == ("inflight", None, 1)


def test_what_could_not_go_before_nine_in_the_evening_waits_for_the_morning(twilio, message) -> None:
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(20, 59)))
    row = message(text(), not_after=clock.now() + dt.timedelta(hours=20))
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(21, 1)))
    run()
    assert (fresh(row).status, there(twilio, row)) == ("held", [])


def test_a_message_whose_time_passed_is_never_sent_and_says_so(twilio, message) -> None:
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(22)))
    row = message(text(), not_after=clock.at(dt.date(2026, 11, 24), dt.time(7)))
    clock.freeze(clock.at(dt.date(2026, 11, 24), dt.time(8)))
    run()
    assert (fresh(row).status, row.last_said) == ("expired", "未送出：時間已過")
    assert there(twilio, row) == []


def test_five_a_day_and_the_sixth_tomorrow(message) -> None:
    for number in range(5):
        message(addressee="customer:1", once_key=f"day:{number}")
    with pytest.raises(Refused) as refusal:
        message(addressee="customer:1", once_key="day:6")
    assert refusal.value.code == "daily_limit"
    assert SmsMessage.objects.count() == 5
    message(addressee="customer:2", once_key="other")
    message(addressee="customer:1", once_key="urgent", is_urgent=True)
    later(days=1)
    message(addressee="customer:1", once_key="tomorrow")
    assert SmsMessage.objects.count() == 8


def test_who_withdraws_gets_nothing_more(twilio, message) -> None:
    row = message(text(), addressee="customer:1")
    assert sms.withdraw("customer:1", because="客戶不要簡訊") == 1
    run()
    assert (fresh(row).status, row.last_said, there(twilio, row)) == ("expired", "客戶不要簡訊", [])


def test_sent_again_is_the_same_row_when_the_provider_never_had_it(twilio, message) -> None:
    twilio.fault("refused", code=21211, times=1)
    row = message(text())
    run()
    with pytest.raises(Refused) as refusal:
        sms.resend(row, reason=" ", actor=ACTOR)
    assert refusal.value.code == "reason"
    assert sms.resend(row, reason="號碼已更正", actor=ACTOR).pk == row.pk
    assert until_done(row).status == "done"
    assert AuditEvent.objects.filter(action="outbound.retry", reason="號碼已更正").count() == 1


def test_sent_again_is_a_new_row_when_the_provider_had_it(twilio, message) -> None:
    twilio.fault("refused", code=30003, times=1)
    row = until_done(message(text()))
    again = sms.resend(row, reason="客戶已開機", actor=ACTOR)
    assert (again.pk != row.pk, again.resends_id) == (True, None)
    assert fresh(again).resends_id == row.pk
    assert sms.resend(row, reason="再按一次", actor=ACTOR).pk == again.pk
    assert until_done(again).status == "done"
    assert len(there(twilio, row)) == 2
    assert {row.provider_message_id, again.provider_message_id} == {m["sid"] for m in there(twilio, row)}
    with pytest.raises(Refused):
        sms.resend(again, reason="已送達了", actor=ACTOR)


def test_a_person_holds_and_releases_even_at_night(twilio, message) -> None:
    row = message(text(), not_after=clock.now() + dt.timedelta(hours=20))
    sms.hold(row, reason="先問店長", actor=ACTOR)
    clock.freeze(clock.at(dt.date(2026, 11, 23), dt.time(22)))
    run()
    assert (fresh(row).status, row.held_reason) == ("held", "先問店長")
    sms.release(row, reason="店長說要", actor=ACTOR)
    run()
    assert (fresh(row).status, len(there(twilio, row))) == ("inflight", 1)


def test_a_slow_answer_is_an_answer(twilio, message) -> None:
    twilio.fault("slow", seconds=0.3, times=1)
    row = message(text())
    run()
    assert (fresh(row).status, row.provider_message_id[:2]) == ("inflight", "SM")
    trace = OutboundAttempt.objects.get(kind="core.SmsMessage", row_id=row.pk)
    assert (trace.deed, trace.outcome) == ("send", "waiting")
    assert trace.milliseconds >= 300


def test_a_message_the_network_never_confirms_counts_as_sent_after_a_day(twilio, message) -> None:
    twilio.act("pace", seconds=100 * 3600)
    row = message(text())
    run()
    sid = fresh(row).provider_message_id
    later(hours=25)
    run()
    assert (fresh(row).status, row.provider_status) == ("unknown", "queued")
    twilio.sandbox.clear("clock_off")
    off = clock.now() + dt.timedelta(hours=26) - dt.datetime.now(dt.UTC)  # noqa: TID251
    twilio.fault("clock_off", seconds=round(off.total_seconds()))
    eventually(lambda: twilio.show(sid)["status"] == "sent")
    assert until_done(row).last_said == "已送出，一天內沒有人確認"
    assert (row.status, row.provider_status) == ("done", "sent")
