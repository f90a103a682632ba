"""Folders: what is taken, where it goes, and how the answer to each message looks."""

import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sandbox.einvoice import codes
from sandbox.einvoice import platform as platform_module
from sandbox.einvoice.folders import is_message_name, kept_name
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.tests.documents import (
    BUYER,
    SELLER,
    allowance,
    blank,
    cancel,
    cancel_allowance,
    company_invoice,
    invoice,
    void,
)
from sandbox.tests.gateway import RESULT, Stopped, answers, below, file, newest, put, told

NIGHT = datetime(2026, 8, 31, 16, 30, tzinfo=UTC)  # half past midnight of 1 September in Taipei


def test_the_folders_are_there_before_anything_is_dropped(platform: EInvoicePlatform) -> None:
    root = platform.folders.root
    for name in ("F0401", "F0501", "F0701", "G0401", "G0501"):
        assert (root / "UpCast" / "B2SSTORAGE" / name / "SRC").is_dir()
    assert (root / "UpCast" / "B2PMESSAGE" / "E0402" / "SRC").is_dir()
    assert (root / "Unpack" / "BAK" / "ProcessResult").is_dir()
    assert platform.tick() == 0


def test_a_taken_message_goes_to_bak_by_the_hour_of_taipei_and_a_refused_one_to_err(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Stopped(NIGHT))
    put(platform, invoice(), "good.xml")
    put(platform, invoice().set("Main/PrintMark", "N"), "bad.xml")
    data = (platform.folders.upcast(KINDS["F0401"]) / "SRC" / "good.xml").read_bytes()
    platform.tick()
    assert below(platform, "UpCast", "B2SSTORAGE", "F0401") == [
        "BAK/20260901/00/good.xml",
        "ERR/20260901/00/bad.xml",
    ]
    kept = platform.folders.upcast(KINDS["F0401"]) / "BAK" / "20260901" / "00" / "good.xml"
    assert kept.read_bytes() == data
    assert below(platform, ".work") == []
    assert below(platform, "Unpack") == [
        "BAK/ProcessResult/20260901/00/ProcessResult_20260901003000000_00000001.xml",
        "BAK/ProcessResult/20260901/00/ProcessResult_20260901003000000_00000002.xml",
    ]


@pytest.mark.parametrize("name", ["a.xml", "A.XML", "發票.xml", "a b.xml"])
def test_names_the_gateway_looks_at(platform: EInvoicePlatform, name: str) -> None:
    assert file(platform, invoice(), name) == []
    assert newest(platform)["file_name"] == name


@pytest.mark.parametrize(
    "name", ["a.xml.tmp", ".a.xml", "a.xml.part", "~a.xml", "#a.xml", "a.tmp", "a.txt", "a"]
)
def test_names_it_leaves_alone(platform: EInvoicePlatform, name: str) -> None:
    path = put(platform, invoice(), name)
    assert platform.tick() == 0
    assert path.exists()
    assert platform.messages("", 1) == []


def test_only_files_are_messages(platform: EInvoicePlatform, tmp_path: Path) -> None:
    source = platform.folders.upcast(KINDS["F0401"]) / "SRC"
    (source / "folder.xml").mkdir()
    elsewhere = tmp_path / "elsewhere.xml"
    elsewhere.write_bytes(invoice().bytes())
    (source / "link.xml").symlink_to(elsewhere)
    assert platform.tick() == 0
    assert elsewhere.exists()


def test_messages_are_taken_in_the_order_they_were_dropped(platform: EInvoicePlatform) -> None:
    for place, name in enumerate(["c.xml", "a.xml", "b.xml"]):
        path = put(platform, invoice(f"AB{place:08d}"), name)
        os.utime(path, ns=(10**9 * place, 10**9 * place))
    platform.tick()
    assert [row["file_name"] for row in platform.messages("", 9)] == ["b.xml", "a.xml", "c.xml"]


def test_a_name_used_again_does_not_cover_the_first(platform: EInvoicePlatform) -> None:
    platform = EInvoicePlatform(platform.folders.root.parent, Stopped(NIGHT))
    for number in ("AB00000001", "AB00000002"):
        assert file(platform, invoice(number), "same.xml") == []
    names = below(platform, "UpCast", "B2SSTORAGE", "F0401", "BAK", "20260901", "00")
    assert len(names) == 2
    assert names[0] == "same.xml"
    assert names[1].startswith("same~")
    assert newest(platform)["destination"].endswith(names[1])


def test_a_very_long_or_badly_encoded_name_is_kept_short(platform: EInvoicePlatform) -> None:
    source = platform.folders.upcast(KINDS["F0401"]) / "SRC"
    long_name = "氣" * 80 + ".xml"
    (source / long_name).write_bytes(invoice().bytes())
    (source / os.fsdecode(b"\xff\xfe.xml")).write_bytes(invoice("AB00000002").bytes())
    assert platform.tick() == 4
    assert {row["file_name"] for row in platform.messages("", 9)} == {kept_name(long_name), "??.xml"}
    assert kept_name(long_name) == "氣" * 58 + ".xml"
    assert [row["status"] for row in platform.messages("", 9)] == ["C", "C"]


def test_one_go_takes_at_most_a_batch(platform: EInvoicePlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform_module, "BATCH", 2)
    for place in range(5):
        put(platform, invoice(f"AB{place:08d}"))
        put(platform, cancel(f"AC{place:08d}"))
    assert [platform.tick() for _ in range(6)] == [4, 4, 4, 4, 4, 0]
    assert [row["type"] for row in platform.messages("", 99)] == ["F0501"] * 5 + ["F0401"] * 5


def test_the_answer_to_an_accepted_invoice(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Stopped(NIGHT))
    path = put(platform, invoice(), "F0401-AB12345678.xml")
    size = path.stat().st_size
    platform.tick()
    (answer,) = answers(platform)
    assert answer.tag == "{urn:GEINV:ProcessResult:4.1}ProcessResult"
    assert [child.tag.partition("}")[2] for child in answer] == ["RoutingInfo", "MessageInfo", "Result"]
    texts = {
        name: answer.findtext(f"r:{name.replace('/', '/r:')}", None, RESULT)
        for name in (
            "RoutingInfo/From/PartyId",
            "RoutingInfo/To/PartyId",
            "MessageInfo/Size",
            "MessageInfo/MessageType",
            "MessageInfo/Service",
            "MessageInfo/Action",
        )
    }
    assert texts == {
        "RoutingInfo/From/PartyId": SELLER,
        "RoutingInfo/To/PartyId": "0000000000",
        "MessageInfo/Size": str(size),
        "MessageInfo/MessageType": "F0401",
        "MessageInfo/Service": "B2S",
        "MessageInfo/Action": "STORAGE",
    }
    pack_id = answer.findtext("r:MessageInfo/r:Id", "", RESULT)
    assert pack_id.startswith("4.1-F0401-20260901-003000000-")
    (info,) = answer.findall("r:Result/r:Info", RESULT)
    assert [(child.tag.partition("}")[2], child.text or "") for child in info] == [
        ("Code", "0000"),
        ("Description", "處理成功"),
        ("Parameter0", "AB12345678"),
        ("Parameter1", "20260901"),
        ("Parameter2", "F0401AB1234567820260901"),
        ("Parameter3", "F0401-AB12345678.xml"),
        ("Parameter4", ""),
    ]


def test_the_answer_to_a_refused_invoice_has_every_reason(platform: EInvoicePlatform) -> None:
    put(platform, invoice().set("Main/PrintMark", "N").set("Amount/TaxAmount", "1"), "a&b.xml")
    platform.tick()
    (answer,) = answers(platform)
    assert told(answer) == [
        (codes.HANDED_OVER, "AB12345678"),
        (codes.AMOUNTS, "AB12345678"),
        (codes.TAX, "AB12345678"),
    ]
    first = answer.find("r:Result/r:Info", RESULT)
    assert first is not None
    assert first.findtext("r:Parameter3", None, RESULT) == "a&b.xml"
    assert first.findtext("r:Parameter4", None, RESULT) == "Invoice/Main/PrintMark"


def test_the_answer_to_something_unreadable_names_its_file(platform: EInvoicePlatform) -> None:
    path = put(platform, invoice(), "broken.xml")
    path.write_bytes(b"<Invoice>")
    platform.tick()
    (answer,) = answers(platform)
    assert told(answer) == [(codes.NOT_XML, "")]
    assert answer.findtext("r:Result/r:Info/r:Parameter3", None, RESULT) == "broken.xml"
    assert answer.findtext("r:MessageInfo/r:MessageType", None, RESULT) == "F0401"
    assert below(platform, "UpCast", "B2SSTORAGE", "F0401")[0].endswith("broken.xml")


def test_a_message_that_does_not_say_what_it_is_about_is_told_by_its_file(platform: EInvoicePlatform) -> None:
    assert file(platform, invoice().drop("Main"), "headless.xml") == [codes.MISSING]
    (answer,) = answers(platform)
    assert told(answer) == [(codes.MISSING, "")]
    assert answer.findtext("r:RoutingInfo/r:From/r:PartyId", None, RESULT) == "00000000"
    assert newest(platform, "headless")["identifier"] == ""


def test_a_message_with_very_many_faults_gets_a_bounded_answer(platform: EInvoicePlatform) -> None:
    message = blank()
    for _ in range(200):
        message.add("Details/BranchTrackBlankItem", {"InvoiceBeginNo": "x", "InvoiceEndNo": "y"})
    put(platform, message)
    platform.tick()
    assert len(told(answers(platform)[0])) == 50


def test_identifiers_of_the_gateways_log(platform: EInvoicePlatform) -> None:
    for message in (
        invoice("AB12345678"),
        invoice("AB12345679"),
        company_invoice("AB12345682"),
        cancel("AB12345678"),
        void("AB12345679"),
        allowance(),
        cancel_allowance(),
        blank(),
    ):
        assert file(platform, message) == []
    connection = sqlite3.connect(platform.folders.root / "turnkey.sqlite3")
    rows = connection.execute(
        "SELECT MESSAGE_TYPE, CATEGORY_TYPE, PROCESS_TYPE, FROM_PARTY_ID, STATUS, INVOICE_IDENTIFIER"
        " FROM TURNKEY_MESSAGE_LOG ORDER BY SEQNO"
    ).fetchall()
    assert rows == [
        ("F0401", "B2S", "STORAGE", SELLER, "C", "F0401AB1234567820260901"),
        ("F0401", "B2S", "STORAGE", SELLER, "C", "F0401AB1234567920260901"),
        ("F0401", "B2S", "STORAGE", SELLER, "C", "F0401AB1234568220260901"),
        ("F0501", "B2S", "STORAGE", SELLER, "C", "F0501AB1234567820260902"),
        ("F0701", "B2S", "STORAGE", SELLER, "C", "F0701AB1234567920260902"),
        ("G0401", "B2S", "STORAGE", SELLER, "C", "G0401AL2026090500000120260905"),
        ("G0501", "B2S", "STORAGE", SELLER, "C", "G0501AL2026090500000120260906"),
        ("E0402", "B2P", "MESSAGE", SELLER, "C", f"{SELLER}-AB-07"),
    ]
    assert all(len(row[5]) <= 30 for row in rows)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(TURNKEY_MESSAGE_LOG)")]
    assert columns == [
        "SEQNO",
        "SUBSEQNO",
        "UUID",
        "MESSAGE_TYPE",
        "CATEGORY_TYPE",
        "PROCESS_TYPE",
        "FROM_PARTY_ID",
        "TO_PARTY_ID",
        "MESSAGE_DTS",
        "CHARACTER_COUNT",
        "STATUS",
        "IN_OUT_BOUND",
        "INVOICE_IDENTIFIER",
    ]


def test_the_gateways_log_of_trouble(platform: EInvoicePlatform) -> None:
    file(platform, invoice())
    file(platform, invoice())
    connection = sqlite3.connect(platform.folders.root / "turnkey.sqlite3")
    rows = connection.execute("SELECT SEQNO, ERRORCODE, MESSAGE1 FROM TURNKEY_SYSEVENT_LOG").fetchall()
    assert rows == [("00000002", codes.DUPLICATE, "發票號碼 AB12345678 重複")]


# -- the daily account

SUMMARY = {"s": "urn:GEINV:SummaryResult:4.1"}


Account = tuple[str, str, list[str], list[str]]


def summaries(platform: EInvoicePlatform) -> dict[str, list[Account]]:
    """Per summary file: message type, counts total/good/failed, and the documents named good and failed."""
    root = platform.folders.root / "Unpack" / "BAK" / "SummaryResult"
    found = {}
    for name in below(platform, "Unpack", "BAK", "SummaryResult"):
        tree = ElementTree.fromstring((root / name).read_bytes())  # noqa: S314 - our own
        found[name] = [account(message) for message in tree.findall("s:DetailList/s:Message", SUMMARY)]
    return found


def account(message: ElementTree.Element) -> Account:
    def count(part: str) -> str:
        return message.findtext(f"s:ResultType/s:{part}/s:ResultDetailType/s:Count", "", SUMMARY)

    def named(part: str) -> list[str]:
        return [
            " ".join(node.findtext(f"s:{name}", "", SUMMARY) for name in ("ReferenceNumber", "InvoiceDate"))
            for node in message.findall(f"s:ResultType/s:{part}//s:Invoice", SUMMARY)
        ]

    counts = "/".join(count(part) for part in ("Total", "Good", "Failed"))
    code = message.findtext("s:Info/s:MessageType", "", SUMMARY)
    return code, counts, named("Good"), named("Failed")


def test_a_day_is_accounted_for_once_its_midnight_has_passed(tmp_path: Path) -> None:
    clock = Stopped(NIGHT)
    platform = EInvoicePlatform(tmp_path, clock)
    file(platform, invoice("AB00000001"))
    file(platform, invoice("AB00000001"))
    file(platform, company_invoice("AB00000002"))
    file(platform, blank("00000050", "00000099"))
    file(platform, allowance("SHORT", "AB00000002"))
    clock.instant = NIGHT + timedelta(hours=23, minutes=29)
    platform.tick()
    assert summaries(platform) == {}
    clock.instant = NIGHT + timedelta(hours=23, minutes=30)
    assert platform.tick() == 1
    assert platform.tick() == 0
    assert summaries(platform) == {
        "20260902/00/SummaryResult_20260901_000001.xml": [
            ("E0402", "1/1/0", [f"{SELLER}-AB-07 20260901"], []),
            ("F0401", "3/2/1", ["AB00000001 20260901", "AB00000002 20260901"], ["AB00000001 20260901"]),
            ("G0401", "1/1/0", [], []),
        ]
    }
    clock.instant = NIGHT + timedelta(days=5)
    assert platform.tick() == 0


def test_a_day_gets_another_account_when_its_clock_came_back(tmp_path: Path) -> None:
    clock = Stopped(NIGHT)
    platform = EInvoicePlatform(tmp_path, clock)
    file(platform, invoice("AB00000001"))
    for hours, number in ((24, ""), (1, "AB00000002"), (25, "")):
        clock.instant = NIGHT + timedelta(hours=hours)
        if number:
            file(platform, invoice(number))
        platform.tick()
    assert [part[0][1] for part in summaries(platform).values()] == ["1/1/0", "2/2/0"]


def test_an_account_on_demand(tmp_path: Path) -> None:
    platform = EInvoicePlatform(tmp_path, Stopped(NIGHT))
    file(platform, invoice())
    told_back = platform.summary({})
    assert told_back == {
        "path": str(
            platform.folders.root / "Unpack/BAK/SummaryResult/20260901/00/SummaryResult_20260901_000001.xml"
        ),
        "date": "20260901",
        "total": 1,
        "good": 1,
        "failed": 0,
    }
    assert platform.summary({"date": "20260801"})["total"] == 0
    assert next(iter(summaries(platform).values())) == [("F0401", "0/0/0", [], [])]


def test_more_than_9999_documents_take_several_messages(platform: EInvoicePlatform) -> None:
    file(platform, invoice())
    connection = sqlite3.connect(platform.folders.root / "turnkey.sqlite3")
    with connection:
        connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)"
            " INSERT INTO messages (claim, code, file_name, size, taken_at, taken_day, pack_id, number, date,"
            " status, moved, result_state) SELECT 'c' || i, code, file_name, size, taken_at, taken_day, pack_id,"
            " number, date, 'C', 1, 'written' FROM n, messages WHERE seq = 1"
        )
    platform.summary({})
    (parts,) = summaries(platform).values()
    assert [(part[0], part[1], len(part[2])) for part in parts] == [
        ("F0401", "9999/9999/0", 9999),
        ("F0401", "1/1/0", 1),
    ]


def test_the_buyer_is_not_told_in_an_answer(platform: EInvoicePlatform) -> None:
    file(platform, company_invoice())
    (name,) = below(platform, "Unpack")
    assert BUYER not in (platform.folders.root / "Unpack" / name).read_text()


def test_is_message_name() -> None:
    assert is_message_name("x.xml")
    assert not is_message_name(".xml")
