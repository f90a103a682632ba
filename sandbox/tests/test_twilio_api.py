"""Twilio's stand-in against what is published: signatures, fields, codes, the list, its faults."""

import http.client
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.testing import eventually
from sandbox.testing_twilio import Receiver, TwilioAccount, account
from sandbox.twilio.network import parts
from sandbox.twilio.signing import signature

TO = "+886912345678"
ADDRESS = "https://mycompany.com/myapp.php?foo=1&bar=2"


@pytest.fixture
def twilio(tmp_path: Path) -> Iterator[TwilioAccount]:
    with account(tmp_path / "world") as one:
        yield one


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()
    yield one
    one.close()


@pytest.mark.parametrize(
    ("number", "published"),
    [
        # The worked example of Twilio's page on securing webhooks, and the one of its Python library's own tests.
        ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
    ],
)
def test_signatures_are_those_that_were_published(number: str, published: str) -> None:
    params = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": number,
        "Digits": "1234",
        "From": number,
        "To": "+18005551212",
    }
    assert signature("12345", ADDRESS, params) == published
    assert signature("12345", ADDRESS.partition("?")[0], params) != published
    assert signature("12345", ADDRESS, {**params, "Extra": "1"}) != published
    assert signature("12346", ADDRESS, params) != published


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("€" * 80, 1),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("瓦" * 70, 1),
        ("瓦" * 71, 2),
        ("瓦" * 134, 2),
        ("瓦" * 135, 3),
        ("😀" * 36, 2),
    ],
)
def test_parts_by_the_published_limits(text: str, number: int) -> None:
    assert parts(text) == number


def test_a_new_message_has_the_published_fields(twilio: TwilioAccount) -> None:
    status, message = twilio.send(body="【幸福氣】" + "瓦" * 70)
    assert status == 201
    assert sorted(message) == [
        "account_sid", "api_version", "body", "date_created", "date_sent", "date_updated", "direction", "error_code",
        "error_message", "from", "messaging_service_sid", "num_media", "num_segments", "price", "price_unit", "sid",
        "status", "subresource_uris", "to", "uri",
    ]  # fmt: skip
    assert message["sid"].startswith("SM")
    assert len(message["sid"]) == 34
    assert (message["status"], message["num_segments"], message["direction"]) == (
        "queued",
        "2",
        "outbound-api",
    )
    assert message["date_sent"] is None
    assert message["uri"] == f"{twilio.home}/{message['sid']}.json"
    done = eventually(lambda: m if (m := twilio.show(message["sid"]))["status"] == "delivered" else None)
    assert done is not None
    assert done["date_sent"] is not None
    assert done["error_code"] is None


def test_a_messaging_service_accepts_before_it_queues(twilio: TwilioAccount) -> None:
    status, message = twilio.call(
        "POST", f"{twilio.home}.json", {"To": TO, "MessagingServiceSid": "MG1", "Body": "x"}
    )
    assert (status, message["status"], message["messaging_service_sid"], message["from"]) == (
        201,
        "accepted",
        "MG1",
        None,
    )


@pytest.mark.parametrize(
    "cases",
    [
        [
            ({"To": ""}, 21604),
            ({"To": "0912345678"}, 21211),
            ({"To": "+88691234567"}, 21211),
            ({"To": "+88689331234"}, 21614),
            ({"From": ""}, 21603),
            ({"From": "12345678901X"}, 21212),
            ({"Body": ""}, 21602),
            ({"Body": "x" * 1601}, 21617),
            ({"StatusCallback": "not an address"}, 21609),
        ]
    ],
)
def test_what_makes_no_message_is_refused_with_its_code(
    twilio: TwilioAccount, cases: list[tuple[dict[str, str], int]]
) -> None:
    for form, code in cases:
        usual = {"To": TO, "From": "+15005550006", "Body": "x"}
        status, answer = twilio.call("POST", f"{twilio.home}.json", usual | form)
        assert (status, answer["code"], answer["status"]) == (400, code, 400)
        assert answer["more_info"] == f"https://www.twilio.com/docs/errors/{code}"
        assert sorted(answer) == ["code", "message", "more_info", "status"]
    assert twilio.messages() == []


def test_nobody_comes_in_without_the_token(twilio: TwilioAccount) -> None:
    status, answer = twilio.call("POST", f"{twilio.home}.json", {"To": TO, "Body": "x"}, token="wrong")
    assert (status, answer["code"]) == (401, 20003)
    assert twilio.messages() == []


def test_an_unknown_message_is_not_found(twilio: TwilioAccount) -> None:
    assert twilio.call("GET", f"{twilio.home}/SM{'0' * 32}.json")[1]["code"] == 20404


def test_the_list_filters_by_number_and_day_and_turns_pages(twilio: TwilioAccount) -> None:
    twilio.act("pace", seconds=0)
    sids = [twilio.send(body=f"第{i}則")[1]["sid"] for i in range(5)]
    twilio.send("+886987654321")
    first = twilio.listed(To=TO, PageSize="2")
    assert [m["sid"] for m in first["messages"]] == [sids[4], sids[3]]
    assert (first["page"], first["page_size"], first["start"], first["end"]) == (0, 2, 0, 1)
    assert first["previous_page_uri"] is None
    second = twilio.call("GET", first["next_page_uri"])[1]
    third = twilio.call("GET", second["next_page_uri"])[1]
    assert [m["sid"] for m in second["messages"] + third["messages"]] == [sids[2], sids[1], sids[0]]
    assert third["next_page_uri"] is None
    eventually(lambda: twilio.show(sids[0])["status"] == "delivered")
    day = twilio.messages()[0]["date_created"]
    assert day.endswith("+0000")
    assert twilio.listed(To=TO, **{"DateSent<": "2000-01-01"})["messages"] == []
    assert len(twilio.listed(To=TO, **{"DateSent>": "2000-01-01"})["messages"]) == 5


def test_who_unsubscribed_is_refused_until_he_subscribes(twilio: TwilioAccount) -> None:
    twilio.act("unsubscribe", number=TO)
    assert twilio.send()[1]["code"] == 21610
    twilio.act("subscribe", number=TO)
    assert twilio.send()[0] == 201


def test_refused_on_purpose_at_the_door_and_in_the_network(twilio: TwilioAccount) -> None:
    twilio.fault("refused", code=21614, times=1)
    assert twilio.send()[1]["code"] == 21614
    twilio.fault("refused", code=30003, times=1)
    sid = twilio.send()[1]["sid"]
    found = eventually(lambda: m if (m := twilio.show(sid))["status"] == "undelivered" else None)
    assert found is not None
    assert (found["error_code"], found["error_message"]) == (30003, "Unreachable destination handset")


def test_a_lost_answer_leaves_the_message(twilio: TwilioAccount) -> None:
    twilio.fault("reply_lost", times=1)
    with pytest.raises((http.client.RemoteDisconnected, urllib.error.URLError)):
        twilio.send(body="遺失的回覆")
    assert [m["body"] for m in twilio.listed(To=TO)["messages"]] == ["遺失的回覆"]


def test_a_server_in_trouble_makes_nothing_and_rubbish_hides_what_was_made(twilio: TwilioAccount) -> None:
    twilio.fault("5xx", times=1)
    status, answer = twilio.send()
    assert (status, answer["code"]) == (503, 20500)
    assert twilio.messages() == []
    twilio.fault("5xx", times=1, made=True)
    assert twilio.send(body="做成後才出錯")[0] == 503
    assert [m["body"] for m in twilio.messages()] == ["做成後才出錯"]
    twilio.fault("garbage", times=1)
    with pytest.raises(ValueError, match="Expecting value"):
        twilio.send()
    assert len(twilio.messages()) == 2


def test_while_it_is_down_the_door_is_shut_and_then_the_same_door_opens(twilio: TwilioAccount) -> None:
    twilio.fault("down")

    def refuses() -> bool:
        try:
            twilio.listed()
        except OSError as error:  # while it shuts, the connection may also break off at any point
            return isinstance(getattr(error, "reason", error), ConnectionRefusedError)
        return False

    eventually(refuses)
    twilio.sandbox.clear("down")

    def answers() -> bool:
        try:
            return twilio.send()[0] == 201
        except OSError:
            return False

    eventually(answers)


def test_each_state_after_the_first_is_told_and_signed(twilio: TwilioAccount, receiver: Receiver) -> None:
    url = f"{receiver.url}/hooks/x?a=1&b=%E7%93%A6"
    sid = twilio.send(StatusCallback=url)[1]["sid"]
    eventually(lambda: receiver.statuses() == ["sent", "delivered"])
    path, form, sign = receiver.taken[-1]
    assert path.startswith("/hooks/x?a=1")
    assert sorted(form) == [
        "AccountSid", "ApiVersion", "From", "MessageSid", "MessageStatus", "SmsSid", "SmsStatus", "To",
    ]  # fmt: skip
    assert (form["MessageSid"], form["SmsSid"], form["SmsStatus"]) == (sid, sid, "delivered")
    assert sign == signature(twilio.token, url, form)


def test_receipts_are_lost_come_twice_in_the_wrong_order_or_wrongly_signed(
    twilio: TwilioAccount, receiver: Receiver
) -> None:
    def told(fault: str, count: int) -> list[str]:
        receiver.taken.clear()
        twilio.fault(fault, times=count)
        sid = twilio.send(StatusCallback=f"{receiver.url}/hooks/x")[1]["sid"]
        eventually(lambda: twilio.show(sid)["status"] == "delivered")
        eventually(lambda: all(answer for _s, answer in twilio.messages(sid)[0]["callbacks"]))
        return receiver.statuses()

    assert told("receipt_lost", 1) == ["delivered"]
    assert told("receipt_twice", 2) == ["sent", "sent", "delivered", "delivered"]
    assert told("receipt_out_of_order", 1) == ["delivered", "sent"]
    assert told("wrong_signature", 2) == ["sent", "delivered"]
    form = receiver.taken[-1][1]
    assert receiver.taken[-1][2] != signature(twilio.token, f"{receiver.url}/hooks/x", form)


def test_a_message_is_at_its_end_when_told_so_and_stays_there(twilio: TwilioAccount) -> None:
    twilio.act("pace", seconds=3600)
    sid = twilio.send()[1]["sid"]
    assert twilio.act("finish", match=sid, status="failed", code=30008) == {"finished": 1}
    assert eventually(lambda: twilio.show(sid)["status"] == "failed")
    assert twilio.act("finish", match=sid) == {"finished": 0}


def test_a_killed_one_comes_back_at_the_same_door_with_all_it_had(tmp_path: Path, receiver: Receiver) -> None:
    with account(tmp_path / "world") as one:
        one.act("pace", seconds=1)
        sid = one.send(StatusCallback=f"{receiver.url}/x")[1]["sid"]
        one.fault("receipt_twice")
        one.sandbox.kill()
    with account(tmp_path / "world") as again:
        assert again.url == one.url
        assert again.show(sid)["body"] == "【幸福氣】測試"
        eventually(lambda: again.show(sid)["status"] == "delivered")
        eventually(lambda: receiver.statuses() == ["sent", "sent", "delivered", "delivered"])


def test_callbacks_stay_on_this_machine(twilio: TwilioAccount) -> None:
    twilio.send(StatusCallback="https://gas.example.tw/hooks/x")
    eventually(
        lambda: (
            twilio.messages()[0]["callbacks"]
            == [["sent", "not on loopback"], ["delivered", "not on loopback"]]
        )
    )


def test_its_clock_may_be_wrong(twilio: TwilioAccount) -> None:
    twilio.fault("clock_off", seconds=-86400)
    yesterday = twilio.send()[1]["date_created"]
    twilio.sandbox.clear("clock_off")
    assert yesterday != twilio.send()[1]["date_created"]


def test_slow_takes_its_time(twilio: TwilioAccount) -> None:
    twilio.fault("slow", seconds=0.3, times=1)
    started = time.monotonic()
    assert twilio.send()[0] == 201
    assert time.monotonic() - started >= 0.3
