"""The switches: each does what it says, to as many messages as it says, and survives a restart."""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.clock import Clock
from sandbox.einvoice import codes
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.faults import FaultError
from sandbox.party import PartyError
from sandbox.tests.documents import invoice
from sandbox.tests.gateway import Stopped, answers, below, file, newest, put, told


def number(place: int) -> str:
    return f"AB{place:08d}"


def result_files(platform: EInvoicePlatform) -> list[bytes]:
    root = platform.folders.root / "Unpack" / "BAK" / "ProcessResult"
    return [(root / name).read_bytes() for name in below(platform, "Unpack", "BAK", "ProcessResult")]


def test_down_takes_and_answers_nothing(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "down"})
    path = put(platform, invoice())
    assert platform.tick() == 0
    assert path.exists()
    assert platform.state()["waiting"]["F0401"] == 1
    platform.faults.clear("down")
    assert platform.tick() == 2
    assert newest(platform)["status"] == "C"


def test_a_condition_ends_by_itself(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "down", "for_seconds": 0.05})
    put(platform, invoice())
    assert platform.tick() == 0
    time.sleep(0.06)
    assert platform.tick() == 2


def test_slow_answers_later_and_takes_at_once(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "slow", "seconds": 0.1, "times": 1})
    put(platform, invoice())
    assert platform.tick() == 1
    assert newest(platform)["status"] == "G"
    assert newest(platform)["result_state"] == "pending"
    assert result_files(platform) == []
    assert file(platform, invoice(number(2))) == []
    assert newest(platform)["status"] == "C"
    time.sleep(0.11)
    assert platform.tick() == 1
    assert [row["status"] for row in platform.messages("", 9)] == ["C", "C"]
    assert len(result_files(platform)) == 2


def test_a_lost_answer_never_comes_by_itself(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "reply_lost", "times": 1})
    assert file(platform, invoice(number(1))) == []
    assert file(platform, invoice(number(2))) == []
    platform.tick()
    assert [told(answer) for answer in answers(platform)] == [[("0000", number(2))]]
    lost = newest(platform, number(1))
    assert (lost["status"], lost["result_state"]) == ("G", "withheld")
    assert lost["destination"].startswith("UpCast/B2SSTORAGE/F0401/BAK/")


def test_sent_again_after_a_lost_answer_it_is_a_duplicate(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "reply_lost", "times": 1})
    file(platform, invoice())
    assert file(platform, invoice()) == [codes.DUPLICATE]
    assert platform.state()["register"] == {"invoices live": 1}


def test_the_summary_makes_up_for_lost_answers(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "reply_lost"})
    file(platform, invoice(number(1)))
    file(platform, invoice(number(1)))
    assert platform.summary({})["good"] == 1
    rows = platform.messages("", 9)
    assert [(row["status"], row["result_state"]) for row in rows] == [
        ("E", "summarised"),
        ("C", "summarised"),
    ]
    assert platform.resend({}) == {"resent": 0}


def test_lost_and_garbled_answers_are_written_when_asked_for(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "reply_lost", "match": number(1)})
    platform.faults.add({"fault": "garbage", "match": number(2), "how": "empty"})
    for place in (1, 2):
        file(platform, invoice(number(place)))
    assert platform.resend({"match": number(1)}) == {"resent": 1}
    assert newest(platform, number(1))["status"] == "C"
    assert newest(platform, number(2))["status"] == "G"
    assert platform.resend({}) == {"resent": 1}
    assert platform.resend({}) == {"resent": 0}
    assert b"<Code>0000</Code>" in result_files(platform)[0]


@pytest.mark.parametrize("match", [1, None, ["AB"]])
def test_resend_wants_a_text(platform: EInvoicePlatform, match: Any) -> None:
    with pytest.raises(PartyError, match="match must be a text"):
        platform.resend({"match": match})


@pytest.mark.parametrize("day", ["2026-09-01", "20260231", "1150901", 20260901, None])
def test_summary_wants_a_day(platform: EInvoicePlatform, day: Any) -> None:
    with pytest.raises(PartyError, match="date must be YYYYMMDD"):
        platform.summary({"date": day})
    assert below(platform, "Unpack") == []


def test_refused_goes_to_err_with_the_code_and_leaves_nothing_on_record(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "refused", "code": "9999", "description": "系統維護中", "times": 1})
    assert file(platform, invoice()) == ["9999"]
    assert newest(platform)["destination"].startswith("UpCast/B2SSTORAGE/F0401/ERR/")
    assert told(answers(platform)[0]) == [("9999", "AB12345678")]
    assert b"\xe7\xb3\xbb\xe7\xb5\xb1\xe7\xb6\xad\xe8\xad\xb7\xe4\xb8\xad" in result_files(platform)[0]
    assert platform.state()["register"] == {}
    assert file(platform, invoice()) == []


def test_a_message_that_is_wrong_anyway_is_refused_for_its_own_reason(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "refused", "times": 1})
    assert file(platform, invoice().set("Main/PrintMark", "N")) == [codes.HANDED_OVER]
    assert file(platform, invoice()) == [codes.REFUSED_ON_PURPOSE]


@pytest.mark.parametrize("how", ["rubbish", "truncated", "empty", "other_root"])
def test_garbage_in_place_of_the_answer(platform: EInvoicePlatform, how: str) -> None:
    platform.faults.add({"fault": "garbage", "how": how, "times": 1})
    file(platform, invoice())
    (data,) = result_files(platform)
    assert b"</ProcessResult>" not in data
    assert (data == b"") == (how == "empty")
    assert data.startswith(b"<?xml") == (how in ("truncated", "other_root"))
    assert (newest(platform)["status"], newest(platform)["result_state"]) == ("G", "withheld")


def test_an_answer_to_a_document_nobody_sent(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "unknown_document", "times": 1})
    file(platform, invoice())
    assert [told(answer) for answer in answers(platform)] == [
        [("0000", "AB12345678")],
        [("0000", "ZZ00000001")],
    ]
    assert platform.state()["register"] == {"invoices live": 1}


def test_the_same_answer_twice(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "duplicate_result", "times": 1})
    file(platform, invoice())
    first, second = result_files(platform)
    assert first == second


def test_a_clock_that_is_off(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Stopped(datetime(2026, 9, 1, 4, tzinfo=UTC)))
    file(platform, invoice(number(1)))
    platform.faults.add({"fault": "clock_off", "seconds": -86400 * 3})
    file(platform, invoice(number(2)))
    platform.faults.add({"fault": "clock_off", "seconds": 3600})
    file(platform, invoice(number(3)))
    assert [row["taken_at"][:10] for row in platform.messages("", 9)] == [
        "2026082913",
        "2026082912",
        "2026090112",
    ]
    assert below(platform, "UpCast", "B2SSTORAGE", "F0401", "BAK")[0].startswith("20260829/12/")


def test_faults_that_happen_together(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "slow", "seconds": 0.05})
    platform.faults.add({"fault": "refused"})
    platform.faults.add({"fault": "duplicate_result"})
    platform.faults.add({"fault": "unknown_document"})
    put(platform, invoice())
    assert platform.tick() == 1
    assert newest(platform)["status"] == "E"
    time.sleep(0.06)
    platform.tick()
    assert sorted(told(answer)[0] for answer in answers(platform)) == [
        ("0000", "ZZ00000001"),
        ("9001", "AB12345678"),
        ("9001", "AB12345678"),
    ]


def test_a_match_picks_messages_by_document_or_file_name(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "refused", "match": number(2)})
    platform.faults.add({"fault": "refused", "match": "special"})
    assert file(platform, invoice(number(1))) == []
    assert file(platform, invoice(number(2))) == [codes.REFUSED_ON_PURPOSE]
    assert file(platform, invoice(number(3)), "special.xml") == [codes.REFUSED_ON_PURPOSE]
    assert [fault["happened"] for fault in platform.faults.listing()] == [1, 1]


def test_a_count_goes_down_and_stays_down_after_a_restart(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Clock())
    platform.faults.add({"fault": "refused", "times": 2})
    file(platform, invoice(number(1)))
    platform.close()
    platform = EInvoicePlatform(tmp_path, Clock())
    assert platform.faults.listing() == [
        {
            "id": 1,
            "fault": "refused",
            "code": "9001",
            "description": "平台拒絕此訊息",
            "happened": 1,
            "times_left": 1,
        }
    ]
    assert file(platform, invoice(number(1))) == [codes.REFUSED_ON_PURPOSE]
    assert file(platform, invoice(number(1))) == []


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "fault must be one of clock_off, down, duplicate_result, garbage,"),
        ({"fault": "fire"}, "not 'fire'"),
        ({"fault": ["slow"]}, "not \\['slow'\\]"),
        ({"fault": "slow"}, "slow needs seconds"),
        ({"fault": "slow", "seconds": 0}, "seconds must be above 0"),
        ({"fault": "slow", "seconds": -1}, "seconds must be above 0"),
        ({"fault": "slow", "seconds": "5"}, "seconds must be a number of seconds, not '5'"),
        ({"fault": "slow", "seconds": True}, "seconds must be a number"),
        ({"fault": "slow", "seconds": float("nan")}, "seconds must lie within"),
        ({"fault": "slow", "seconds": 10**400}, "seconds must lie within"),
        ({"fault": "slow", "seconds": 1, "times": 0}, "times must be a whole number from 1"),
        ({"fault": "slow", "seconds": 1, "times": 1.5}, "times must be a whole number"),
        ({"fault": "slow", "seconds": 1, "times": 10**30}, "times must be a whole number"),
        ({"fault": "slow", "seconds": 1, "times": True}, "times must be a whole number"),
        ({"fault": "slow", "seconds": 1, "for_seconds": 0}, "for_seconds must be above 0"),
        ({"fault": "slow", "seconds": 1, "match": ""}, "match must be a text of 1 to 200"),
        ({"fault": "slow", "seconds": 1, "match": 7}, "match must be a text of 1 to 200"),
        ({"fault": "slow", "seconds": 1, "colour": "red"}, "slow does not know colour"),
        ({"fault": "down", "times": 1}, "down holds for the whole party: bound it with for_seconds"),
        ({"fault": "clock_off", "seconds": 1, "match": "A"}, "clock_off holds for the whole party"),
        ({"fault": "garbage", "how": "nice"}, "how must be one of rubbish, truncated, empty, other_root"),
        ({"fault": "refused", "code": ""}, "code must be a text of 1 to 200"),
    ],
)
def test_a_request_that_means_nothing_says_what_would(
    platform: EInvoicePlatform, request_: dict[str, Any], message: str
) -> None:
    with pytest.raises(FaultError, match=message):
        platform.faults.add(request_)
    assert platform.faults.listing() == []


def test_clearing(platform: EInvoicePlatform) -> None:
    platform.faults.add({"fault": "refused"})
    platform.faults.add({"fault": "reply_lost", "for_seconds": 60, "match": "AB"})
    listed = platform.faults.listing()[1]
    assert 59 < listed.pop("seconds_left") <= 60
    assert listed == {"id": 2, "fault": "reply_lost", "happened": 0, "match": "AB"}
    with pytest.raises(FaultError, match="fault must be one of"):
        platform.faults.clear("fire")
    assert platform.faults.clear("slow") == 0
    assert platform.faults.clear("refused") == 1
    assert platform.faults.clear() == 1
    assert platform.faults.listing() == []
