from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice.mig import Problem
from billing.einvoice.turnkey import (
    Finding,
    Result,
    Verdict,
    file_name,
    original_name,
    parse_result,
    refused_folder,
    source_folder,
    taken_folder,
)

ROUTING = """<RoutingInfo><From><PartyId>0000000001</PartyId></From>
<FromVAC><RoutingId>EINV</RoutingId></FromVAC>
<To><PartyId>22099131</PartyId></To><ToVAC><RoutingId>22099131</RoutingId></ToVAC></RoutingInfo>"""


def process_result(*infos: str, pack: str = "pack-1", kind: str = "F0401") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<ProcessResult xmlns="urn:GEINV:ProcessResult:4.1">{ROUTING}
<MessageInfo><Id>{pack}</Id><Size>1</Size><MessageType>{kind}</MessageType><Service>B2S</Service>
<Action>STORAGE</Action></MessageInfo><Result>{"".join(infos)}</Result></ProcessResult>""".encode()


def info(code: str, description: str = "", *parameters: str) -> str:
    inside = "".join(f"<Parameter{index}>{text}</Parameter{index}>" for index, text in enumerate(parameters))
    return f"<Info><Code>{code}</Code><Description>{description}</Description>{inside}</Info>"


def listed(*documents: tuple[str, str]) -> str:
    if not documents:
        return "<ResultDetailType><Count>0</Count></ResultDetailType>"
    inside = "".join(
        f"<Invoice><ReferenceNumber>{number}</ReferenceNumber><InvoiceDate>{day}</InvoiceDate></Invoice>"
        for number, day in documents
    )
    return (
        f"<ResultDetailType><Count>{len(documents)}</Count><Invoices>{inside}</Invoices></ResultDetailType>"
    )


def summary(good=(), failed=(), kind: str = "F0401") -> bytes:
    return f"""<SummaryResult xmlns="urn:GEINV:SummaryResult:4.1">{ROUTING}<DetailList><Message>
<Info><Id>pack-2</Id><Size>2</Size><MessageType>{kind}</MessageType><Service>B2S</Service>
<Action>STORAGE</Action></Info><ResultType><Total>{listed(*good, *failed)}</Total><Good>{listed(*good)}</Good>
<Failed>{listed(*failed)}</Failed></ResultType></Message></DetailList></SummaryResult>""".encode()


def result_of(xml: bytes) -> Result:
    """The result, which the test expects to be readable."""
    result = parse_result(xml)
    assert isinstance(result, Result)
    return result


def test_folders_and_names():
    assert source_folder("F0401") == PurePosixPath("UpCast/B2SSTORAGE/F0401/SRC")
    assert taken_folder("F0401") == PurePosixPath("UpCast/B2SSTORAGE/F0401/BAK")
    assert refused_folder("F0501") == PurePosixPath("UpCast/B2SSTORAGE/F0501/ERR")
    assert file_name("F0401", "QA20000050", "20261103", 1) == "F0401-QA20000050-20261103-1.xml"
    assert original_name("F0401-QA20000050-20261103-1~1a2b3c4d.xml") == "F0401-QA20000050-20261103-1.xml"
    assert original_name("F0401-QA20000050-20261103-1.xml") == "F0401-QA20000050-20261103-1.xml"


@pytest.mark.parametrize(
    "place",
    [
        info("0", "成功", "F0401QA2000005020261103"),
        info("0000", "", "", "", "QA20000050"),
        info("0", "QA20000050 已接收"),
    ],
)
def test_a_document_is_found_wherever_the_platform_names_it(place):
    result = result_of(process_result(place))
    (finding,) = result.findings
    assert (finding.message, finding.reference, finding.verdict) == ("F0401", "QA20000050", Verdict.ACCEPTED)
    assert result.ids == ("pack-1",)


def test_a_document_named_by_the_packs_id():
    result = result_of(
        process_result(info("E0301", "憑證未註冊"), pack="F0501-QA20000050-20261103-1.xml", kind="F0501")
    )
    assert result.findings == (Finding("F0501", "QA20000050", Verdict.REFUSED, "E0301", "憑證未註冊"),)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        ("0", Verdict.ACCEPTED),
        ("0000", Verdict.ACCEPTED),
        ("E0301", Verdict.REFUSED),
        ("5012", Verdict.REFUSED),
        ("61234", Verdict.REFUSED),
        ("", Verdict.UNCLEAR),
        ("OK", Verdict.UNCLEAR),
        ("1", Verdict.UNCLEAR),
    ],
)
def test_codes(code, verdict):
    (finding,) = result_of(process_result(info(code, "", "QA20000050"))).findings
    assert finding.verdict is verdict


def test_a_document_named_twice_is_one_finding():
    result = result_of(process_result(info("0000", "", "QA20000050", "20261103", "F0401QA2000005020261103")))
    assert result.findings == (Finding("F0401", "QA20000050", Verdict.ACCEPTED, "0000", date="20261103"),)


def test_several_documents_and_none():
    result = result_of(
        process_result(info("0", "", "QA20000050", "F0401QA2000005120261103", "QA20000050"), info("0"))
    )
    assert [finding.reference for finding in result.findings] == ["QA20000050", "QA20000051", ""]
    assert result.findings[1].date == "20261103"


def test_a_summary_lists_good_and_failed():
    result = result_of(summary(good=[("QA20000050", "20261103")], failed=[(" QA20000051 ", "20261103")]))
    assert result.kind == "SummaryResult"
    assert result.ids == ("pack-2",)
    assert result.findings == (
        Finding("F0401", "QA20000050", Verdict.ACCEPTED, date="20261103"),
        Finding("F0401", "QA20000051", Verdict.REFUSED, date="20261103"),
    )


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"<a/>",
        b'<Invoice xmlns="urn:GEINV:ProcessResult:4.1"/>',
        b'<!DOCTYPE a><ProcessResult xmlns="urn:GEINV:ProcessResult:4.1"/>',
    ],
)
def test_what_is_no_result(xml):
    assert isinstance(parse_result(xml), Problem)


def test_an_empty_result_says_nothing():
    assert result_of(b'<ProcessResult xmlns="urn:GEINV:ProcessResult:4.1"/>').findings == ()
    assert result_of(b'<SummaryResult xmlns="urn:GEINV:SummaryResult:4.1"/>').findings == ()


@given(st.data())
def test_one_flipped_byte_is_answered_never_raised(data):
    xml = bytearray(data.draw(st.sampled_from([process_result(info("0", "", "QA20000050")), summary()])))
    xml[data.draw(st.integers(0, len(xml) - 1))] = data.draw(st.integers(0, 255))
    parse_result(bytes(xml))
