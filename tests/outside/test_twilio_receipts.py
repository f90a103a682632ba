"""Receipts at the public address: signed, unsigned, strange, twice, in the wrong order."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client, override_settings
from twilio.request_validator import RequestValidator

from luckygas.core import outbound
from luckygas.core.models import OutboundAttempt, SmsMessage, SmsReceipt
from luckygas.core.notify import receipts
from sandbox.testing import eventually
from tests.outside.twilio_world import PUBLIC, fresh, later, run

pytestmark = pytest.mark.django_db


class Caller:
    """Twilio at our door, behind the proxy."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(enforce_csrf_checks=True)

    def tell(
        self, row: SmsMessage | str, status: str, *, token: str = "", sign: str | None = None, **more: str
    ) -> int:
        key, sid = (row, "SMstranger") if isinstance(row, str) else (row.key.hex, row.provider_message_id)
        form = {"MessageSid": sid, "MessageStatus": status, "To": "+886912345678", "AccountSid": "AC1"} | more
        path = f"/hooks/twilio/{key}"
        signature = RequestValidator(token or self.token).compute_signature(PUBLIC + path, form)
        answer = self.client.post(
            path,
            urlencode(form),
            content_type="application/x-www-form-urlencoded",
            headers={"X-Twilio-Signature": signature if sign is None else sign},
        )
        assert answer.content == b""
        return answer.status_code


@pytest.fixture
def caller(twilio: Any) -> Caller:
    return Caller(twilio.token)


@pytest.fixture
def sent(twilio: Any, message: Any) -> SmsMessage:
    """A message the provider took and has not delivered."""
    twilio.act("pace", seconds=36_000)
    row = message("【幸福氣】等回報")
    run()
    assert fresh(row).provider_status == "queued"
    return row


def _unchanged(row: SmsMessage, status: str = "queued") -> bool:
    return (fresh(row).status, row.provider_status) == ("inflight", status)


def test_a_receipt_is_kept_answered_and_then_read(caller: Caller, sent: SmsMessage) -> None:
    assert caller.tell(sent, "delivered") == 204
    kept = SmsReceipt.objects.get()
    assert (kept.status, kept.result, kept.token) == ("queued", "waiting", sent.key.hex)
    assert "MessageStatus=delivered" in kept.raw
    assert _unchanged(sent)
    run()
    assert (fresh(sent).status, sent.provider_status, sent.last_said) == ("done", "delivered", "已送達")
    assert SmsReceipt.objects.get().result == "forward"


@pytest.mark.parametrize("sign", ["", "0/KCTR6DLpKmkAf8muzZqo1nDgQ=", "瓦斯"])
def test_a_wrong_signature_is_shown_the_door_and_counted(caller: Caller, sent: SmsMessage, sign: str) -> None:
    before, counted = SmsReceipt.objects.count(), receipts.refused_count()
    try:
        assert caller.tell(sent, "delivered", sign=sign) == 403
    except UnicodeEncodeError:  # a header has no such character to begin with
        return
    assert SmsReceipt.objects.count() == before
    assert receipts.refused_count() == counted + 1
    assert _unchanged(sent)


def test_another_token_another_address_and_a_changed_field_are_wrong_signatures(
    caller: Caller, sent: SmsMessage, settings: Any
) -> None:
    assert caller.tell(sent, "delivered", token="an old one") == 403
    settings.PUBLIC_URL = "https://elsewhere.example.tw"
    assert caller.tell(sent, "delivered") == 403
    settings.PUBLIC_URL = ""
    assert caller.tell(sent, "delivered") == 403
    settings.PUBLIC_URL = PUBLIC
    path, form = (
        f"/hooks/twilio/{sent.key.hex}",
        {"MessageSid": sent.provider_message_id, "MessageStatus": "failed"},
    )
    signature = RequestValidator(caller.token).compute_signature(PUBLIC + path, form)
    for body in (form | {"MessageStatus": "delivered"}, form | {"Extra": "1"}):
        answer = caller.client.post(path, body, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 403
    assert (SmsReceipt.objects.count(), _unchanged(sent)) == (0, True)


def test_a_house_without_a_provider_takes_no_receipts(caller: Caller, sent: SmsMessage) -> None:
    with override_settings(TWILIO_ACCOUNT=""):
        assert caller.tell(sent, "delivered") == 403
    assert _unchanged(sent)


def test_only_posts_of_a_sensible_size(caller: Caller, sent: SmsMessage) -> None:
    assert caller.client.get(f"/hooks/twilio/{sent.key.hex}").status_code == 405
    assert caller.tell(sent, "delivered", Filler="x" * 20_000) == 413
    assert SmsReceipt.objects.count() == 0


@pytest.mark.parametrize("token", ["0" * 32, "rubbish", "x" * 60])
def test_a_receipt_for_an_unknown_message_is_counted_and_changes_nothing(
    caller: Caller, sent: SmsMessage, token: str
) -> None:
    assert caller.tell(token, "delivered") == 204
    run()
    kept = SmsReceipt.objects.get()
    assert (kept.status, kept.result, kept.message) == ("done", "stranger", None)
    assert _unchanged(sent)
    page = Client().get("/metrics").content.decode()
    assert "luckygas_sms_receipts_of_strangers 1.0" in page


def test_a_receipt_with_another_number_than_ours_is_a_strangers(caller: Caller, sent: SmsMessage) -> None:
    assert caller.tell(sent, "delivered", MessageSid="SMother") == 204
    run()
    assert SmsReceipt.objects.get().result == "stranger"
    assert _unchanged(sent)


def test_out_of_order_only_moves_forward(caller: Caller, sent: SmsMessage) -> None:
    for status in ("sent", "sending", "delivered", "sent", "undelivered", "rubbish"):
        assert caller.tell(sent, status) == 204
        run()
    assert (fresh(sent).status, sent.provider_status) == ("done", "delivered")
    results = list(SmsReceipt.objects.order_by("id").values_list("told", "result"))
    assert results == [
        ("sent", "forward"), ("sending", "stale"), ("delivered", "forward"),
        ("sent", "stale"), ("undelivered", "stale"), ("rubbish", "stale"),
    ]  # fmt: skip


def test_twice_is_once(caller: Caller, sent: SmsMessage) -> None:
    caller.tell(sent, "delivered")
    caller.tell(sent, "delivered")
    run()
    first = fresh(sent).done_at
    later(hours=1)
    caller.tell(sent, "delivered")
    run()
    assert (fresh(sent).status, sent.done_at) == ("done", first)
    assert sorted(SmsReceipt.objects.values_list("result", flat=True)) == ["forward", "stale", "stale"]


def test_not_delivered_ends_it_with_the_code(caller: Caller, sent: SmsMessage) -> None:
    caller.tell(sent, "undelivered", ErrorCode="30003")
    run()
    assert (fresh(sent).status, sent.provider_error, sent.last_said) == (
        "failed", "30003", "未送達，代碼 30003",
    )  # fmt: skip


def test_a_receipt_tells_the_number_that_a_lost_answer_did_not(
    twilio: Any,
    message: Any,
    caller: Caller,
) -> None:
    twilio.fault("reply_lost", times=1)
    row = message("【幸福氣】回覆遺失")
    run(SmsMessage)
    assert (fresh(row).status, row.provider_message_id) == ("unknown", "")
    (there,) = twilio.messages(row.key.hex) or twilio.messages(row.body)[:1]
    caller.tell(row, "delivered", MessageSid=there["sid"])
    run()
    assert (fresh(row).status, row.provider_message_id) == ("done", there["sid"])


def test_a_receipt_whose_reading_failed_is_read_again(caller: Caller, sent: SmsMessage) -> None:
    """The row is not lost when its worker dies in the middle: its effect and its end are one transaction."""
    caller.tell(sent, "delivered")
    kept = SmsReceipt.objects.get()
    SmsReceipt.objects.filter(pk=kept.pk).update(status="inflight", inflight_since=kept.created_at)
    later(minutes=3)
    run(SmsReceipt)
    assert SmsReceipt.objects.get().status == "done"
    assert fresh(sent).status == "done"
    assert OutboundAttempt.objects.filter(kind="core.SmsReceipt").count() == 0
    assert outbound.run_due(SmsReceipt) == 0


@pytest.mark.django_db(transaction=True)
def test_the_stand_in_signs_for_a_real_server(
    live_server: Any, twilio: Any, message: Any, settings: Any
) -> None:
    """Over real HTTP both ways: the message goes out, the callbacks come in at the address of the settings."""
    settings.PUBLIC_URL = live_server.url
    row = message("【幸福氣】真的回報")
    run(SmsMessage)
    eventually(lambda: SmsReceipt.objects.count() == 2)
    run(SmsReceipt)
    assert (fresh(row).status, row.provider_status, row.attempts) == ("done", "delivered", 1)
    twilio.fault("wrong_signature", times=1)
    counted = receipts.refused_count()
    twilio.act("receipt", match=row.provider_message_id)
    eventually(lambda: all(answer for _s, answer in twilio.messages(row.provider_message_id)[0]["callbacks"]))
    assert receipts.refused_count() == counted
    twilio.act("pace", seconds=0)
    second = message("【幸福氣】簽章錯誤")
    run(SmsMessage)
    eventually(lambda: receipts.refused_count() == counted + 1)
    eventually(
        lambda: (
            [a for _s, a in twilio.messages(fresh(second).provider_message_id)[0]["callbacks"]]
            == ["403", "204"]
        )
    )
