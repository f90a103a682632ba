"""What Twilio's answers mean, by its published bodies and error codes."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from luckygas.core.notify import wire
from luckygas.core.notify.phones import is_mobile
from luckygas.core.notify.wire import Page, Refusal, Taken, Unclear

MESSAGE = {
    "account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "body": "嗨", "date_created": "Fri, 24 May 2019 17:44:46 +0000",
    "error_code": None, "sid": "SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "status": "queued", "to": "+886912345678",
}  # fmt: skip
CREATED = dt.datetime(2019, 5, 24, 17, 44, 46, tzinfo=dt.UTC)
TAKEN = Taken("SMaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "queued", "", "+886912345678", "嗨", CREATED)


def _error(status: int, code: int, words: str = "no") -> str:
    return json.dumps({"code": code, "message": words, "more_info": "…", "status": status})


def test_a_number_sends_or_a_service_does() -> None:
    fields = wire.form(to="+886912345678", sender="+15005550006", body="嗨", callback="https://x/y")
    assert fields == {
        "To": "+886912345678",
        "From": "+15005550006",
        "Body": "嗨",
        "StatusCallback": "https://x/y",
    }
    assert wire.form(to="+886912345678", sender="MG12", body="嗨", callback="") == {
        "To": "+886912345678", "MessagingServiceSid": "MG12", "Body": "嗨",
    }  # fmt: skip


def test_a_message_that_was_made() -> None:
    assert wire.created(201, json.dumps(MESSAGE)) == TAKEN
    failed = wire.shown(200, json.dumps({**MESSAGE, "status": "undelivered", "error_code": 30003}))
    assert isinstance(failed, Taken)
    assert (failed.status, failed.error) == ("undelivered", "30003")


@pytest.mark.parametrize("code", [21211, 21610, 21612, 21614, 21617, 99999])
def test_refused_for_what_it_is(code: int) -> None:
    assert wire.created(400, _error(400, code)) == Refusal("message", code, f"{code} no")


@pytest.mark.parametrize(
    ("status", "code"), [(401, 20003), (403, 20005), (404, 20404), (400, 21606), (400, 21212), (400, 21408)]
)
def test_refused_for_who_we_are(status: int, code: int) -> None:
    assert wire.created(status, _error(status, code)) == Refusal("provider", code, f"{code} no")


def test_what_the_provider_says_is_kept_without_the_number() -> None:
    said = wire.created(400, _error(400, 21211, "The 'To' number +886912345678 is not valid."))
    assert said == Refusal("message", 21211, "21211 The 'To' number •••5678 is not valid.")


def test_come_again_later() -> None:
    assert wire.created(429, _error(429, 20429)) == Refusal("later", 20429, "20429 no")
    assert wire.created(408, "") == Refusal("later", 0, "")


@pytest.mark.parametrize(
    ("status", "text", "words"),
    [
        (201, "<html>", "HTTP 201 without a message: <html>"),
        (201, "[1]", "HTTP 201 without a message: [1]"),
        (201, '{"sid": ""}', 'HTTP 201 without a message: {"sid": ""}'),
        (201, '{"sid": "SM1"}', 'HTTP 201 without a message: {"sid": "SM1"}'),
        (201, '{"to": "+886912345678"}', 'HTTP 201 without a message: {"to": "•••5678"}'),
        (503, "gone", "HTTP 503 gone"),
        (500, '{"code": 20500, "message": "oops"}', "HTTP 500 20500 oops"),
    ],
)
def test_nobody_can_say_whether_it_was_made(status: int, text: str, words: str) -> None:
    assert wire.created(status, text) == Unclear(words)


@pytest.mark.parametrize(
    ("status", "text"), [(302, ""), (307, "<html>"), (400, "<html>"), (407, "{}"), (413, "x")]
)
def test_without_a_code_it_is_a_proxys_word_and_the_message_waits(status: int, text: str) -> None:
    assert wire.created(status, text) == Refusal(
        "provider", 0, text if text not in ("", "{}") else f"HTTP {status}"
    )


def test_the_list_and_what_is_left_of_it() -> None:
    body = {"messages": [MESSAGE, {**MESSAGE, "date_created": "rubbish"}], "next_page_uri": "/next"}
    found = wire.listed(200, json.dumps(body))
    assert found == Page((TAKEN, Taken(TAKEN.sid, "queued", "", TAKEN.to, TAKEN.body, None)), "/next")
    assert wire.listed(200, json.dumps({"messages": [], "next_page_uri": None})) == Page((), "")


@pytest.mark.parametrize(
    "text", ["{}", "[]", "<", '{"messages": [{}]}', '{"messages": {"a": 1}}', '{"messages": [7]}']
)
def test_a_list_that_cannot_be_read(text: str) -> None:
    assert wire.listed(200, text) == Unclear(f"HTTP 200 without a list: {text}")


def test_a_list_that_is_refused() -> None:
    assert wire.listed(503, "x") == Unclear("HTTP 503 x")
    assert wire.listed(401, _error(401, 20003)) == Refusal("provider", 20003, "20003 no")


def test_states_have_an_order_and_ends() -> None:
    ranked = sorted(wire.RANK, key=lambda state: wire.RANK[state])
    assert ranked.index("queued") < ranked.index("sending") < ranked.index("sent") < ranked.index("delivered")
    assert wire.RANK["read"] > wire.RANK["delivered"] == wire.RANK["undelivered"] == wire.RANK["failed"]
    assert {state for state, rank in wire.RANK.items() if rank >= 4} == wire.ARRIVED | wire.LOST


@pytest.mark.parametrize(
    ("number", "takes_messages"),
    [
        ("+886912345678", True),
        ("+88691234567", False),
        ("+8869123456789", False),
        ("+88689331234", False),
        ("+886800000000", False),
        ("+819012345678", False),
        ("0912345678", False),
        ("+886912345678\n", False),
    ],
)
def test_only_mobiles_of_taiwan(number: str, takes_messages: bool) -> None:
    assert is_mobile(number) is takes_messages
