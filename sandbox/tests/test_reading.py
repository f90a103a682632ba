"""Files that are no message at all, and what XML allows around one."""

from pathlib import Path

import pytest

from sandbox.einvoice import codes, reading
from sandbox.einvoice.codes import Problem
from sandbox.einvoice.content import message_problems
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import UnreadableError, read, read_file
from sandbox.tests.documents import cancel, invoice

ENTITY_BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>"""


def refusal(data: bytes) -> Problem:
    with pytest.raises(UnreadableError) as caught:
        read(data)
    return caught.value.problem


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not xml",
        b"<a>",
        b"<a></b>",
        b"<a>\xff</a>",
        b"<a>&nbsp;</a>",
        b"<a/><b/>",
        "<a>氣</a>".encode("utf-16"),
        b"<\0a\0/\0>\0",
        invoice().bytes()[:-20],
    ],
)
def test_what_is_not_well_formed_utf8_xml_is_refused(data: bytes) -> None:
    assert refusal(data).code == codes.NOT_XML


def test_a_doctype_is_refused_before_its_entities_are_expanded() -> None:
    assert refusal(ENTITY_BOMB) == Problem(codes.NOT_XML, "不接受 DOCTYPE 宣告")


def test_another_encoding_is_refused_by_name() -> None:
    assert refusal("<a>氣</a>".encode("big5")).code == codes.NOT_XML
    data = b'<?xml version="1.0" encoding="Big5"?><a>gas</a>'
    assert refusal(data) == Problem(codes.NOT_XML, "編碼須為 UTF-8，檔案宣告為 Big5")


def test_elements_too_deep_are_refused() -> None:
    deepest = reading.DEEPEST
    assert read(b"<a>" * deepest + b"</a>" * deepest).name == "a"
    assert refusal(b"<a>" * (deepest + 1) + b"</a>" * (deepest + 1)).code == codes.NOT_XML


def test_a_file_above_the_bound_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.xml"
    with path.open("wb") as file:
        file.truncate(reading.LARGEST + 1)
    with pytest.raises(UnreadableError) as caught:
        read_file(path)
    assert caught.value.problem.code == codes.TOO_LARGE
    path.write_bytes(invoice().bytes())
    assert read_file(path).name == "Invoice"


@pytest.mark.parametrize(
    "prolog",
    [
        "",
        '<?xml version="1.0"?>',
        '<?xml version="1.0" encoding="utf-8" standalone="yes"?>',
        "\ufeff",
        "<!-- x -->",
    ],
)
def test_what_may_stand_before_the_root(prolog: str) -> None:
    assert read(f"{prolog}<a>氣</a>".encode()).text == "氣"


def test_text_is_put_together_over_entities_comments_and_cdata() -> None:
    root = read("<a>一&amp;二<!-- x -->三<![CDATA[<四>]]>&#x4E94;</a>".encode())
    assert root.text == "一&二三<四>五"


def test_names_of_a_node() -> None:
    root = read(b'<p:a xmlns:p="urn:x"><p:b>1</p:b><c>2</c><p:b>3</p:b></p:a>')
    assert (root.namespace, root.name) == ("urn:x", "a")
    assert [node.text for node in root.all("b")] == ["1", "3"]
    assert (root.child("c").namespace, root.value("c"), root.value("d")) == ("", "2", "")
    with pytest.raises(KeyError):
        root.child("d")


def found(code: str, data: bytes) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in message_problems(read(data), KINDS[code])]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (":4.1", ":4.0"),
        (":F0401:", ":C0401:"),
        ("urn:GEINV", "urn:geinv"),
        ("Invoice xmlns", "CancelInvoice xmlns"),
    ],
)
def test_the_folder_takes_one_namespace_and_root_only(old: str, new: str) -> None:
    data = invoice().bytes().decode().replace(old, new)
    if "CancelInvoice" in new:
        data = data.replace("</Invoice>", "</CancelInvoice>")
    root = "CancelInvoice" if "CancelInvoice" in new else "Invoice"
    assert found("F0401", data.encode()) == [(codes.WRONG_MESSAGE, root)]


def test_a_message_in_the_folder_of_another_is_refused() -> None:
    assert found("F0401", cancel().bytes()) == [(codes.WRONG_MESSAGE, "CancelInvoice")]


def test_elements_of_another_namespace_are_not_known() -> None:
    data = invoice().bytes().decode().replace("<PrintMark>", '<PrintMark xmlns="">')
    assert found("F0401", data.encode()) == [
        (codes.NOT_KNOWN, "Invoice/Main/PrintMark"),
        (codes.MISSING, "Invoice/Main/PrintMark"),
    ]


def test_what_does_not_belong_into_a_message() -> None:
    base = invoice().bytes().decode()
    assert found("F0401", base.replace("<Main>", "<Main>x").encode()) == [(codes.NOT_KNOWN, "Invoice/Main")]
    assert found("F0401", base.replace("<Main>", '<Main id="1">').encode()) == [
        (codes.NOT_KNOWN, "Invoice/Main")
    ]
    assert found("F0401", base.replace(">7081<", "><b>7081</b><").encode()) == [
        (codes.NOT_KNOWN, "Invoice/Main/RandomNumber")
    ]
    assert found("F0401", base.replace("<PrintMark>", '<PrintMark x="">').encode()) == [
        (codes.NOT_KNOWN, "Invoice/Main/PrintMark")
    ]
    extra = base.replace("<PrintMark>", "<Print>Y</Print><PrintMark>")
    assert found("F0401", extra.encode()) == [(codes.NOT_KNOWN, "Invoice/Main/Print")]


def test_a_schema_location_and_white_space_are_harmless() -> None:
    data = invoice().bytes().decode().replace("><", ">\n  <")
    data = data.replace(
        "<Invoice ",
        '<Invoice xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="a b" ',
    )
    assert found("F0401", data.encode()) == []
