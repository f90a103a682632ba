"""What an F0401 must hold beyond the schema."""

import pytest

from billing.einvoice.mig import check
from billing.tests.messages import F0401, F0401_BUSINESS, F0401_CARRIER, F0401_DONATED, change

ONE_OF_THREE = "Main: a consumer's invoice is exactly one of printed, on a carrier, donated"
CARRIER = (
    "<CarrierType>3J0002</CarrierType><CarrierId1>/QK-7.+Z</CarrierId1><CarrierId2>/QK-7.+Z</CarrierId2>"
)

NOT_A_BUYER = "%s: “%s” is neither a valid business number nor ten zeros for a consumer"


def said(xml: bytes, **known) -> list[str]:
    return [str(problem) for problem in check(xml, **known)]


@pytest.mark.parametrize(
    ("message", "pairs", "expected"),
    [
        (F0401, [("<PrintMark>Y<", "<PrintMark>N<")], [ONE_OF_THREE]),
        (F0401_CARRIER, [("<PrintMark>N<", "<PrintMark>Y<")], [ONE_OF_THREE]),
        (F0401_DONATED, [("<PrintMark>N<", "<PrintMark>Y<")], [ONE_OF_THREE]),
        (F0401_DONATED, [("<PrintMark>", CARRIER + "<PrintMark>")], [ONE_OF_THREE]),
        (
            F0401_DONATED,
            [("<NPOBAN>925</NPOBAN>", "")],
            ["Main/NPOBAN: a donated invoice needs a donation code of 3 to 7 digits"],
        ),
        (
            F0401_DONATED,
            [(">925<", ">92<")],
            ["Main/NPOBAN: a donated invoice needs a donation code of 3 to 7 digits"],
        ),
        (
            F0401,
            [("<PrintMark>", "<NPOBAN>925</NPOBAN><PrintMark>")],
            ["Main/NPOBAN: is only for a donated invoice (DonateMark 1)"],
        ),
        (
            F0401_CARRIER,
            [("<CarrierType>3J0002", "<CarrierType>1J0001")],
            ["Main/CarrierType: “1J0001” is no carrier type of the platform"],
        ),
        (
            F0401_CARRIER,
            [("<CarrierId1>/QK-7.+Z", "<CarrierId1>/qk-7.+Z")],
            [
                "Main/CarrierId1: “/qk-7.+Z” is not a number of this carrier",
                "Main/CarrierId2: must be the same as CarrierId1 for this carrier",
            ],
        ),
        (
            F0401_CARRIER,
            [("<CarrierId2>/QK-7.+Z</CarrierId2>", "")],
            ["Main/CarrierType: a carrier needs its type and both of its numbers"],
        ),
        (
            F0401_CARRIER,
            [("<CarrierType>3J0002", "<CarrierType>CQ0001")],
            ["Main/CarrierId1: “/QK-7.+Z” is not a number of this carrier"],
        ),
        (
            F0401,
            [("<RandomNumber>0412</RandomNumber>", "")],
            ["Main/RandomNumber: a consumer's invoice needs its 4 random digits"],
        ),
    ],
)
def test_print_carrier_and_donation_of_a_consumer(message, pairs, expected):
    assert said(change(message, *pairs)) == expected


def test_member_and_certificate_carriers_are_taken():
    member = change(F0401_CARRIER, ("3J0002", "EJ0113"), ("<CarrierId2>/QK-7.+Z", "<CarrierId2>member-7"))
    assert said(member) == []
    certificate = F0401_CARRIER.replace("3J0002", "CQ0001").replace("/QK-7.+Z", "QK12345678901234")
    assert said(certificate.encode()) == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            [("<PrintMark>Y<", "<PrintMark>N<")],
            ["Main/PrintMark: an invoice with a business number and no carrier must be printed"],
        ),
        (
            [("<DonateMark>0<", "<NPOBAN>925</NPOBAN><DonateMark>1<")],
            ["Main/DonateMark: an invoice with a business number cannot be donated"],
        ),
        ([("<PrintMark>", CARRIER + "<PrintMark>")], []),
        ([("<PrintMark>Y<", CARRIER + "<PrintMark>N<")], []),
        (
            [("<PrintMark>", CARRIER.replace("3J0002", "EJ0113") + "<PrintMark>")],
            ["Main/PrintMark: with this carrier and a business number it cannot be printed"],
        ),
        ([(">0412<", "><")], []),
        (
            [("04595257", "04595253")],
            [NOT_A_BUYER % ("Main/Buyer/Identifier", "04595253")],
        ),
        (
            [("04595257", "000000000")],
            [NOT_A_BUYER % ("Main/Buyer/Identifier", "000000000")],
        ),
    ],
)
def test_an_invoice_with_a_business_number(pairs, expected):
    assert said(change(F0401_BUSINESS, *pairs)) == expected


def test_a_confirmed_business_number_may_break_the_check_digit():
    xml = change(F0401_BUSINESS, ("04595257", "12168316"))
    assert len(said(xml)) == 1
    assert said(xml, known_ubns={"12168316"}) == []


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (
            [("<SequenceNumber>2<", "<SequenceNumber>01<")],
            ["Details/ProductItem[2]/SequenceNumber: the line number 01 comes twice"],
        ),
        (
            [("<SequenceNumber>2<", "<SequenceNumber>b<")],
            ["Details/ProductItem[2]/SequenceNumber: “b” is not a line number"],
        ),
        (
            [("<SequenceNumber>2<", "<SequenceNumber>0<")],
            ["Details/ProductItem[2]/SequenceNumber: “0” is not a line number"],
        ),
        (
            [("<UnitPrice>810<", "<UnitPrice>809.5<")],
            ["Details/ProductItem[1]/Amount: is not quantity times unit price, which is 1619.0"],
        ),
        ([("<UnitPrice>810<", "<UnitPrice>809.5000001<")], []),
        (
            [("<SalesAmount>1851<", "<SalesAmount>1850.5<"), ("<TotalAmount>1851<", "<TotalAmount>1850.5<")],
            ["Amount/SalesAmount: should be 1851, the sum of its lines"],
        ),
        (
            [("<SalesAmount>1851<", "<SalesAmount>1850<"), ("<TotalAmount>1851<", "<TotalAmount>1850<")],
            ["Amount/SalesAmount: should be 1851, the sum of its lines"],
        ),
        (
            [("<TotalAmount>1851<", "<TotalAmount>1852<")],
            ["Amount/TotalAmount: should be 1851, sales and tax together"],
        ),
        (
            [("<TaxAmount>0<", "<TaxAmount>88<"), ("<TotalAmount>1851<", "<TotalAmount>1939<")],
            ["Amount/TaxAmount: must be 0 here: the tax is inside the price, or there is none"],
        ),
        (
            [
                ("<FreeTaxSalesAmount>0<", "<FreeTaxSalesAmount>9<"),
                ("<TotalAmount>1851<", "<TotalAmount>1860<"),
            ],
            ["Amount/FreeTaxSalesAmount: should be 0, the sum of its lines"],
        ),
        ([("<TaxRate>0.05<", "<TaxRate>0<")], ["Amount/TaxRate: taxable sales have the rate 0.05"]),
    ],
)
def test_sums_of_a_consumers_invoice(pairs, expected):
    assert said(change(F0401, *pairs)) == expected


@pytest.mark.parametrize(
    ("tax", "total", "expected"),
    [
        ("93", "1944", []),
        ("92", "1943", ["Amount/TaxAmount: should be 93 for these sales"]),
        ("94", "1945", ["Amount/TaxAmount: should be 93 for these sales"]),
        ("0", "1851", ["Amount/TaxAmount: should be 93 for these sales"]),
    ],
)
def test_tax_of_a_business_invoice(tax, total, expected):
    xml = F0401_BUSINESS.replace("<TaxAmount>93<", f"<TaxAmount>{tax}<").replace("1944", total)
    assert said(xml.encode()) == expected


@pytest.mark.parametrize(("tax", "accepted"), [("69", False), ("70", True), ("71", True), ("72", False)])
def test_half_a_dollar_of_tax_may_go_either_way(tax, accepted):
    xml = (
        F0401_BUSINESS.replace("<UnitPrice>810<", "<UnitPrice>589.75<")
        .replace("<Amount>1620<", "<Amount>1179.5<")
        .replace("1851", "1410")
        .replace("<TaxAmount>93<", f"<TaxAmount>{tax}<")
        .replace("1944", str(1410 + int(tax)))
    )
    expected = [] if accepted else ["Amount/TaxAmount: should be 70, 71 for these sales"]
    assert said(xml.encode()) == expected


def only_line(kind: str, *, line_kind: str | None = None) -> str:
    """The printed invoice with lines of `line_kind`, a document of `kind`, the sums in their bucket."""
    bucket = {"2": "ZeroTaxSalesAmount", "3": "FreeTaxSalesAmount"}.get(line_kind or kind, "SalesAmount")
    start, end = F0401.index("<SalesAmount>"), F0401.index("<TaxType>1</TaxType>\n    <TaxRate>")
    sums = "".join(
        f"<{name}>{1851 if name == bucket else 0}</{name}>"
        for name in ("SalesAmount", "FreeTaxSalesAmount", "ZeroTaxSalesAmount")
    )
    lines = F0401[:start].replace("<TaxType>1<", f"<TaxType>{line_kind or kind}<")
    return lines + sums + F0401[end:].replace("<TaxType>1<", f"<TaxType>{kind}<")


def test_exempt_and_zero_rated_invoices():
    assert said(only_line("3").replace("0.05", "0").encode()) == []
    zero = only_line("2").replace("0.05", "0")
    assert said(zero.encode()) == [
        "Main/CustomsClearanceMark: is needed for zero-rated sales",
        "Main/ZeroTaxRateReason: is needed for zero-rated sales",
    ]
    cleared = change(
        zero,
        (
            "<PrintMark>",
            "<CustomsClearanceMark>1</CustomsClearanceMark><ZeroTaxRateReason>71</ZeroTaxRateReason><PrintMark>",
        ),
    )
    assert said(cleared) == []


def test_special_tax_wants_an_invoice_of_its_own_type():
    special = only_line("4")
    assert said(special.encode()) == ["Main/InvoiceType: special tax (4) is for invoices of type 08"]
    assert said(special.replace("<InvoiceType>07", "<InvoiceType>08").encode()) == []


def test_lines_and_document_agree_on_the_kind_of_tax():
    assert said(only_line("1", line_kind="3").encode()) == [
        "Amount/TaxType: tax type 1 does not go with lines of tax type 3"
    ]
    assert said(only_line("9", line_kind="1").encode()) == [
        "Amount/TaxType: tax type 9 does not go with lines of tax type 1"
    ]
    assert "Details/ProductItem[1]/TaxType: mixed tax (9) is for the whole invoice, not for a line" in said(
        only_line("1", line_kind="9").encode()
    )
    mixed = (
        F0401.replace(
            "<TaxType>1</TaxType>\n      <Amount>230.5", "<TaxType>3</TaxType>\n      <Amount>230.5"
        )
        .replace("<SalesAmount>1851", "<SalesAmount>1620")
        .replace("<FreeTaxSalesAmount>0", "<FreeTaxSalesAmount>231")
        .replace("<TaxType>1</TaxType>\n    <TaxRate>", "<TaxType>9</TaxType>\n    <TaxRate>")
    )
    assert said(mixed.encode()) == []


def test_an_invoice_over_nothing_or_over_too_much_is_refused():
    nothing = (
        F0401.replace("<UnitPrice>810<", "<UnitPrice>-115.25<")
        .replace("<Amount>1620<", "<Amount>-230.5<")
        .replace("1851", "0")
    )
    assert said(nothing.encode()) == ["Amount/TotalAmount: an invoice over nothing is not issued"]
    much = (
        F0401.replace("<UnitPrice>810<", "<UnitPrice>500000000000<")
        .replace("<Amount>1620<", "<Amount>1000000000000<")
        .replace("1851", "1000000000231")
    )
    assert said(much.encode()) == ["Amount/TotalAmount: has more than 12 digits"]


def test_a_discount_is_a_negative_line():
    discount = (
        F0401.replace("<UnitPrice>230.5<", "<UnitPrice>-20<")
        .replace("<Amount>230.5<", "<Amount>-20<")
        .replace("1851", "1600")
    )
    assert said(discount.encode()) == []
