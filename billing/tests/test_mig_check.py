import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice.mig import check
from billing.tests.messages import E0402, F0401, F0501, F0701, G0401, G0501, GOOD, change

NOT_A_BUYER = "%s: “%s” is neither a valid business number nor ten zeros for a consumer"


def said(xml: bytes) -> list[str]:
    return [str(problem) for problem in check(xml)]


@pytest.mark.parametrize("name", GOOD)
def test_good_messages_are_fileable(name):
    assert said(GOOD[name].encode()) == []


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_of_xml_are_read(encoding):
    assert said(F0501.encode(encoding)) == []


def test_elements_may_come_in_any_order_but_not_those_of_a_party():
    shuffled = change(
        F0401,
        ("<InvoiceType>07</InvoiceType>\n", ""),
        (
            "<RandomNumber>0412</RandomNumber>",
            "<RandomNumber>0412</RandomNumber><InvoiceType>07</InvoiceType>",
        ),
    )
    assert said(shuffled) == []
    party = change(
        F0401,
        (
            "<Identifier>22099131</Identifier><Name>幸福氣瓦斯行</Name>",
            "<Name>幸福氣</Name><Identifier>22099131</Identifier>",
        ),
    )
    (problem,) = said(party)
    assert problem.startswith("Main/Seller: must have its elements in this order: Identifier, Name, Address")


def test_a_prefix_a_schema_location_and_space_around_numbers_are_no_fault():
    prefixed = F0501.replace("<", "<m:").replace("<m:/", "</m:").replace("xmlns=", "xmlns:m=")
    assert said(prefixed.encode()) == []
    located = change(
        F0501,
        (
            "F0501:4.1",
            'F0501:4.1" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
            'i:schemaLocation="urn:GEINV:eInvoiceMessage:F0501:4.1 F0501.xsd',
        ),
    )
    assert said(located) == []
    spaced = change(
        F0401,
        ("<TaxRate>0.05<", "<TaxRate> 0.050\n<"),
        ("<TaxAmount>0<", "<TaxAmount> 0.00 <"),
        ("<InvoiceTime>10:20:30<", "<InvoiceTime> 10:20:30 <"),
        ("<UnitPrice>810<", "<UnitPrice>+0810.0000000000<"),
    )
    assert said(spaced) == []


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        (b"", "this is not readable as XML: no element found: line 1, column 0"),
        (b"\x00\xff", "this is not readable as XML: syntax error: line 1, column 0"),
        (b"<a><b></a>", "this is not readable as XML: mismatched tag: line 1, column 8"),
        (
            b'<?xml version="1.0" encoding="klingon"?><a/>',
            "this is not readable as XML: unknown encoding: klingon",
        ),
        (b"<a/>", "“” is not the namespace of a message"),
        (b'<a xmlns="urn:x"/>', "“urn:x” is not the namespace of a message"),
        (b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', "a message must not have a DOCTYPE or entities"),
        (b"<a>" * 13 + b"</a>" * 13, "the message is deeper or longer than any message of this kind"),
        (
            b"<a>" + b"<b/>" * 200_000 + b"</a>",
            "the message is deeper or longer than any message of this kind",
        ),
        (b" " * (15 * 1024 * 1024 + 1), "the message is larger than 15728640 bytes"),
    ],
    ids=range(10),
)
def test_what_is_no_message_at_all(xml, expected):
    assert said(xml) == [expected]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("F0401:4.1", "F0401:4.0", "version 4.0 is not accepted any more, only 4.1"),
        ("F0401:4.1", "C0401:3.2", "C0401 is not a message that is filed here"),
        ("F0401:4.1", "F0501:4.1", "the root of F0501 is CancelInvoice, not Invoice"),
        ('F0401:4.1"', 'F0401:4.1" kind="x"', "has an attribute that does not belong here: kind"),
        ("<Main>", "<Main>text", "Main: has text between its elements: “text”"),
        ("<Main>", '<Main><Note xmlns="urn:other"/>', "Main: has an element that does not belong here: Note"),
        ("<Main>", "<Main><Note/>", "Main: has an element that does not belong here: Note"),
        (
            "<InvoiceDate>",
            '<InvoiceDate c="1">',
            "Main/InvoiceDate: has an attribute that does not belong here: c",
        ),
        ("<InvoiceTime>10:20:30</InvoiceTime>", "", "Main/InvoiceTime: is missing"),
        (
            "<PrintMark>",
            "<PrintMark>Y</PrintMark><PrintMark>",
            "Main/PrintMark: comes 2 times, at most 1 are allowed",
        ),
        (">0412<", "><b/><", "Main/RandomNumber: must hold a value, not elements"),
        ("QA20000050", "qa20000050", "Main/InvoiceNumber: “qa20000050” is not of the form AB12345678"),
        ("QA20000050", "QA2000005", "Main/InvoiceNumber: “QA2000005” is not of the form AB12345678"),
        ("QA20000050", " QA20000050", "Main/InvoiceNumber: “ QA20000050” is not of the form AB12345678"),
        ("QA20000050", "QA２0000050", "Main/InvoiceNumber: “QA２0000050” is not of the form AB12345678"),
        ("20261103", "2026-11-03", "Main/InvoiceDate: “2026-11-03” is not of the form YYYYMMDD"),
        ("20261103", "20261131", "Main/InvoiceDate: “20261131” is not a day of the calendar"),
        ("20261103", "1151103", "Main/InvoiceDate: “1151103” is not of the form YYYYMMDD"),
        ("10:20:30", "10:20", "Main/InvoiceTime: “10:20” is not of the form HH:MM:SS"),
        ("10:20:30", "24:00:00", "Main/InvoiceTime: “24:00:00” is not of the form HH:MM:SS"),
        ("22099131", "2209913", "Main/Seller/Identifier: needs at least 8 characters"),
        ("22099131", "22099131x", "Main/Seller/Identifier: “22099131x” is not a business number of 8 digits"),
        ("<Name>消費者</Name>", "<Name/>", "Main/Buyer/Name: needs at least 1 characters"),
        ("消費者", "消" * 61, "Main/Buyer/Name: has 61 characters, at most 60 fit"),
        ("<InvoiceType>07", "<InvoiceType>7", "Main/InvoiceType: “7” is none of 07, 08"),
        ("<PrintMark>Y", "<PrintMark>y", "Main/PrintMark: “y” is none of Y, N"),
        (">0412<", ">412<", "Main/RandomNumber: “412” is not of the form 1234"),
        ("<PrintMark>", "<GroupMark>x</GroupMark><PrintMark>", "Main/GroupMark: “x” is none of *"),
        (
            "<PrintMark>",
            "<BuyerRemark>5</BuyerRemark><PrintMark>",
            "Main/BuyerRemark: “5” is none of 1, 2, 3, 4",
        ),
        (
            "<PrintMark>",
            f"<MainRemark>{'備' * 201}</MainRemark><PrintMark>",
            "Main/MainRemark: has 201 characters, at most 200 fit",
        ),
        ("瓦斯 4公斤", "瓦" * 501, "Details/ProductItem[2]/Description: has 501 characters, at most 500 fit"),
        ("瓦斯 4公斤", "　", "Details/ProductItem[2]/Description: the law wants the goods named"),
        ("<Unit>桶", "<Unit>一二三四五六七", "Details/ProductItem[1]/Unit: has 7 characters, at most 6 fit"),
        ("<Quantity>2<", "<Quantity>two<", "Details/ProductItem[1]/Quantity: “two” is not a number"),
        ("<Quantity>2<", "<Quantity>2e0<", "Details/ProductItem[1]/Quantity: “2e0” is not a number"),
        ("<Quantity>2<", "<Quantity>NaN<", "Details/ProductItem[1]/Quantity: “NaN” is not a number"),
        (
            "<Quantity>2<",
            "<Quantity>2.00000001<",
            "Details/ProductItem[1]/Quantity: “2.00000001” has more than 7 decimals",
        ),
        (
            "<Quantity>2<",
            "<Quantity>123456789012345678901<",
            "Details/ProductItem[1]/Quantity: “123456789012345678901” has more than 20 digits",
        ),
        ("<TaxAmount>0<", "<TaxAmount>88.14<", "Amount/TaxAmount: “88.14” has more than 0 decimals"),
        ("<TotalAmount>1851<", "<TotalAmount>-1851<", "Amount/TotalAmount: “-1851” is below 0"),
        (
            "<TaxRate>0.05<",
            "<TaxRate>0.5<",
            "Amount/TaxRate: “0.5” is none of 0, 0.01, 0.02, 0.05, 0.15, 0.25",
        ),
        (
            "<TaxRate>0.05<",
            "<TaxRate>5%<",
            "Amount/TaxRate: “5%” is none of 0, 0.01, 0.02, 0.05, 0.15, 0.25",
        ),
    ],
)
def test_the_schema_of_an_invoice(old, new, expected):
    assert said(change(F0401, (old, new))) == [expected]


def test_a_line_without_its_tax_type_is_refused():
    assert said(F0401.replace("<TaxType>1</TaxType>\n      <Amount>1620", "<Amount>1620").encode()) == [
        "Details/ProductItem[1]/TaxType: is missing"
    ]


def test_an_unknown_currency_is_refused():
    assert said(change(F0401, ("<TotalAmount>", "<Currency>TWD</Currency><TotalAmount>"))) == []
    (problem,) = said(change(F0401, ("<TotalAmount>", "<Currency>NTD</Currency><TotalAmount>")))
    assert problem.startswith("Amount/Currency: “NTD” is none of AED, AFN")


@pytest.mark.parametrize(
    ("message", "old", "new", "expected"),
    [
        (F0501, "數量錯誤", " \n ", "CancelReason: needs at least 1 characters"),
        (F0501, "數量錯誤", "錯" * 21, "CancelReason: has 21 characters, at most 20 fit"),
        (F0501, "0000000000", "00000000000", "BuyerId: has 11 characters, at most 10 fit"),
        (F0501, "<CancelTime>08:00:00</CancelTime>", "", "CancelTime: is missing"),
        (F0501, "20261104", "20261102", "CancelDate: is before the day of the document, 20261103"),
        (F0501, "22099131", "", "SellerId: “” is not a business number of 8 digits"),
        (
            F0501,
            "0000000000",
            "00000000",
            NOT_A_BUYER % ("BuyerId", "00000000"),
        ),
        (F0701, "數量錯誤", "錯" * 21, "VoidReason: has 21 characters, at most 20 fit"),
        (F0701, "20261104", "20261102", "VoidDate: is before the day of the document, 20261103"),
        (G0401, "<AllowanceType>2<", "<AllowanceType>1<", "Main/AllowanceType: “1” is none of 2"),
        (G0401, "R2611050001", "R" * 17, "Main/AllowanceNumber: has 17 characters, at most 16 fit"),
        (G0401, "<Tax>39<", "<Tax>38.57<", "Details/ProductItem[1]/Tax: “38.57” has more than 0 decimals"),
        (
            G0401,
            "<AllowanceSequenceNumber>1<",
            "<AllowanceSequenceNumber><",
            "Details/ProductItem[1]/AllowanceSequenceNumber: needs at least 1 characters",
        ),
        (
            G0401,
            "20261103",
            "20261106",
            "Details/ProductItem[1]/OriginalInvoiceDate: is after the day of the allowance",
        ),
        (
            G0401,
            "<TotalAmount>771<",
            "<TotalAmount>810<",
            "Amount/TotalAmount: should be 771, the sum of its lines",
        ),
        (G0401, "<TaxAmount>39<", "<TaxAmount>38<", "Amount/TaxAmount: should be 39, the sum of its lines"),
        (
            G0401,
            "<Identifier>04595257",
            "<Identifier>04595253",
            NOT_A_BUYER % ("Main/Buyer/Identifier", "04595253"),
        ),
        (G0501, "<AllowanceType>2<", "<AllowanceType>3<", "AllowanceType: “3” is none of 1, 2"),
        (G0501, "20261106", "20261104", "CancelDate: is before the day of the document, 20261105"),
        (E0402, "11512", "11511", "Main/YearMonth: “11511” is not of the form 11510"),
        (E0402, "11512", "1150|", "Main/YearMonth: “1150|” is not of the form 11510"),
        (E0402, "11512", "202612", "Main/YearMonth: “202612” is not of the form 11510"),
        (
            E0402,
            "<BranchBan>22099131<",
            "<BranchBan>1<",
            "Main/BranchBan: “1” is not a business number of 8 digits",
        ),
        (
            E0402,
            "20000099",
            "20000059",
            "Details/BranchTrackBlankItem[1]/InvoiceEndNo: is before the first number, 20000060",
        ),
        (
            E0402,
            "<InvoiceEndNo>20000055<",
            "<InvoiceEndNo>20000060<",
            "Details/BranchTrackBlankItem[1]: has numbers of another range of this message",
        ),
        (
            E0402,
            "<InvoiceEndNo>20000055<",
            "<InvoiceEndNo>2000005５<",
            "Details/BranchTrackBlankItem[2]/InvoiceEndNo: “2000005５” is not of the form 12345678",
        ),
    ],
)
def test_the_other_messages(message, old, new, expected):
    assert said(change(message, (old, new))) == [expected]


def test_an_allowance_line_keeps_tax_and_amount_in_step():
    for kind, tax, expected in (
        ("1", "41", "is more than NT$1 away from 5 % of the amount"),
        ("3", "39", "must be 0 here: the tax is inside the price, or there is none"),
        ("9", "39", "mixed tax (9) is for the whole invoice, not for a line"),
    ):
        message = G0401.replace("<Tax>39<", f"<Tax>{tax}<").replace("<TaxAmount>39<", f"<TaxAmount>{tax}<")
        place = "TaxType" if kind == "9" else "Tax"
        xml = change(message, ("<TaxType>1<", f"<TaxType>{kind}<"))
        assert said(xml) == [f"Details/ProductItem[1]/{place}: {expected}"]
    assert (
        said(
            change(
                G0401,
                ("<TaxType>1<", "<TaxType>3<"),
                ("<Tax>39<", "<Tax>0<"),
                ("<TaxAmount>39<", "<TaxAmount>0<"),
            )
        )
        == []
    )
    nothing = change(
        G0401,
        ("<UnitPrice>771.4285714<", "<UnitPrice>0<"),
        ("<Amount>771<", "<Amount>0<"),
        ("<Tax>39<", "<Tax>0<"),
        ("<TaxAmount>39<", "<TaxAmount>0<"),
        ("<TotalAmount>771<", "<TotalAmount>0<"),
    )
    assert said(nothing) == ["Amount/TotalAmount: an allowance over nothing is not issued"]


def test_a_blank_report_needs_a_range_and_has_at_most_ten_thousand():
    start = E0402.index("<BranchTrackBlankItem>")
    end = E0402.rindex("</Details>")
    assert said((E0402[:start] + E0402[end:]).encode()) == ["Details/BranchTrackBlankItem: is missing"]
    items = "".join(
        f"<BranchTrackBlankItem><InvoiceBeginNo>{n:08d}</InvoiceBeginNo><InvoiceEndNo>{n:08d}</InvoiceEndNo>"
        "</BranchTrackBlankItem>"
        for n in range(10_001)
    )
    assert said((E0402[:start] + items + E0402[end:]).encode()) == [
        "Details/BranchTrackBlankItem: comes 10001 times, at most 10000 are allowed"
    ]


def test_a_long_value_is_shortened_in_the_message():
    (problem,) = check(change(F0401, ("QA20000050", "Q" * 70)))
    assert problem.message == f"“{'Q' * 60}…” is not of the form AB12345678"
    assert problem.path == "Main/InvoiceNumber"


@given(st.binary(max_size=300))
def test_garbage_is_answered_never_raised(xml):
    assert check(xml)


@given(st.data())
def test_one_flipped_byte_is_answered_never_raised(data):
    xml = bytearray(data.draw(st.sampled_from(sorted(GOOD.values()))).encode())
    xml[data.draw(st.integers(0, len(xml) - 1))] = data.draw(st.integers(0, 255))
    assert all(str(problem) for problem in check(bytes(xml)))
