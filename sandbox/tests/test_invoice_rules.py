"""What the F0401 schema lets pass and the platform does not: each rule with what it takes and what it refuses."""

import pytest

from sandbox.einvoice import codes
from sandbox.einvoice.content import message_problems
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import read
from sandbox.tests.documents import (
    BUYER,
    Message,
    carried_invoice,
    company_invoice,
    donated_invoice,
    full_invoice,
    invoice,
    line,
)


def found(message: Message) -> list[tuple[str, str]]:
    problems = message_problems(read(message.bytes()), KINDS[message.code])
    return [(problem.code, problem.where.removeprefix("Invoice/")) for problem in problems]


@pytest.mark.parametrize(
    "message", [invoice(), company_invoice(), carried_invoice(), donated_invoice(), full_invoice()]
)
def test_right_invoices_pass(message: Message) -> None:
    assert found(message) == []


def company_carried(kind: str = "3J0002", code: str = "/ABC+123", printed: str = "N") -> Message:
    message = company_invoice().set("Main/PrintMark", printed).set("Main/CarrierType", kind)
    return message.set("Main/CarrierId1", code).set("Main/CarrierId2", code)


@pytest.mark.parametrize("date", ["20260231", "20260431", "20250229", "00000101", "19111231", "99991231"])
def test_a_day_has_to_exist(date: str) -> None:
    assert found(invoice().set("Main/InvoiceDate", date)) == [(codes.DATE, "Main/InvoiceDate")]


def test_the_29th_of_february_in_a_leap_year() -> None:
    assert found(invoice().set("Main/InvoiceDate", "20280229")) == []


@pytest.mark.parametrize("seller", ["0000000000", "0459525X", "045952570", "00000000"])
def test_the_seller_has_a_company_number(seller: str) -> None:
    message = invoice().set("Main/Seller/Identifier", seller)
    assert found(message) == [(codes.PARTY, "Main/Seller/Identifier")]


@pytest.mark.parametrize("buyer", ["00000000", "1045857X", "104585750", "000000000"])
def test_the_buyer_has_a_company_number_or_ten_zeros(buyer: str) -> None:
    message = company_invoice().set("Main/Buyer/Identifier", buyer)
    assert found(message) == [(codes.PARTY, "Main/Buyer/Identifier")]


def test_a_company_number_with_a_wrong_check_digit_passes_because_only_the_register_knows() -> None:
    assert found(company_invoice().set("Main/Buyer/Identifier", "12345678")) == []


@pytest.mark.parametrize(
    "message",
    [
        invoice().set("Main/PrintMark", "N"),
        carried_invoice().set("Main/PrintMark", "Y"),
        donated_invoice().set("Main/PrintMark", "Y"),
        donated_invoice()
        .set("Main/CarrierType", "3J0002")
        .set("Main/CarrierId1", "/ABC+123")
        .set("Main/CarrierId2", "/ABC+123"),
    ],
)
def test_a_person_gets_paper_or_carrier_or_gives_away_one_way_only(message: Message) -> None:
    assert found(message) == [(codes.HANDED_OVER, "Main/PrintMark")]


@pytest.mark.parametrize(
    "message",
    [
        company_carried(),
        company_carried(printed="Y"),
        company_carried("CQ0001", "AB12345678901234"),
        company_carried("EJ0113", "member-17"),
    ],
)
def test_a_company_may_keep_its_invoice_in_a_carrier(message: Message) -> None:
    assert found(message) == []


def test_a_company_without_carrier_gets_paper() -> None:
    message = company_invoice().set("Main/PrintMark", "N")
    assert found(message) == [(codes.HANDED_OVER, "Main/PrintMark")]


@pytest.mark.parametrize(("kind", "code"), [("CQ0001", "AB12345678901234"), ("EJ0113", "member-17")])
def test_only_a_mobile_barcode_may_be_printed_too(kind: str, code: str) -> None:
    assert found(company_carried(kind, code, "Y")) == [(codes.HANDED_OVER, "Main/PrintMark")]


def test_a_company_cannot_give_its_invoice_away() -> None:
    message = company_invoice().set("Main/PrintMark", "N").set("Main/DonateMark", "1")
    assert found(message.set("Main/NPOBAN", "168001")) == [(codes.HANDED_OVER, "Main/DonateMark")]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("3J0002", "/TRM+O+P"),
        ("3J0002", "/AB.-+99"),
        ("3J0002", "/1234567"),
        ("CQ0001", "AB12345678901234"),
        ("EG0071", "anything"),
    ],
)
def test_carriers_that_pass(kind: str, code: str) -> None:
    assert found(carried_invoice(kind=kind, code=code)) == []


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("3J0002", "TRM+O+P"),
        ("3J0002", "/ABC12345"),
        ("3J0002", "/ABC_123"),
        ("3J0002", "/ABC 123"),
        ("3J0002", "/abc+123"),
        ("CQ0001", "ab12345678901234"),
        ("CQ0001", "AB1234567890123"),
    ],
)
def test_carrier_codes_that_do_not(kind: str, code: str) -> None:
    assert found(carried_invoice(kind=kind, code=code)) == [(codes.CARRIER, "Main/CarrierId1")]


@pytest.mark.parametrize("kind", ["", "3J0001", "1J0001", "ej0113", "EJ013"])
def test_carrier_kinds_that_do_not_exist(kind: str) -> None:
    assert found(carried_invoice(kind=kind)) == [(codes.CARRIER, "Main/CarrierType")]


def test_both_carrier_codes_are_there_and_equal() -> None:
    assert found(carried_invoice().drop("Main/CarrierId2")) == [(codes.CARRIER, "Main/CarrierId1")]
    assert found(carried_invoice().set("Main/CarrierId1", "")) == [(codes.CARRIER, "Main/CarrierId1")]
    other = carried_invoice().set("Main/CarrierId2", "/ABC+124")
    assert found(other) == [(codes.CARRIER, "Main/CarrierId2")]
    member = carried_invoice(kind="EJ0113", code="shown").set("Main/CarrierId2", "hidden")
    assert found(member) == []


@pytest.mark.parametrize("receiver", ["123", "5678", "168001", "1234567"])
def test_donation_codes_that_pass(receiver: str) -> None:
    assert found(donated_invoice(receiver=receiver)) == []


@pytest.mark.parametrize("receiver", ["", "12", "12345678", "X5678", "１２３"])
def test_donation_codes_that_do_not(receiver: str) -> None:
    assert found(donated_invoice(receiver=receiver)) == [(codes.DONATION, "Main/NPOBAN")]


def test_who_gives_nothing_away_names_nobody() -> None:
    assert found(invoice().set("Main/NPOBAN", "168001")) == [(codes.DONATION, "Main/NPOBAN")]


def test_a_persons_invoice_has_a_random_number_and_a_companys_may_go_without() -> None:
    assert found(invoice().drop("Main/RandomNumber")) == [(codes.RANDOM_NUMBER, "Main/RandomNumber")]
    assert found(invoice().set("Main/RandomNumber", "")) == [(codes.RANDOM_NUMBER, "Main/RandomNumber")]
    assert found(company_invoice().drop("Main/RandomNumber")) == []


def sold_as(kind: str, rate: str, bucket: str, invoice_type: str = "07") -> Message:
    """A person's NT$1,520 of one tax kind."""
    message = invoice().set("Details/ProductItem/TaxType", kind).set("Amount/TaxType", kind)
    message.set("Amount/SalesAmount", "0").set(f"Amount/{bucket}", "1520").set("Amount/TaxRate", rate)
    message.set("Main/InvoiceType", invoice_type)
    if kind == "2":
        message.set("Main/CustomsClearanceMark", "1").set("Main/ZeroTaxRateReason", "71")
    return message


@pytest.mark.parametrize(
    ("kind", "rate", "bucket", "invoice_type"),
    [
        ("1", "0.05", "SalesAmount", "07"),
        ("2", "0", "ZeroTaxSalesAmount", "07"),
        ("3", "0", "FreeTaxSalesAmount", "07"),
        ("3", "0", "FreeTaxSalesAmount", "08"),
        ("4", "0.01", "SalesAmount", "08"),
        ("4", "0.25", "SalesAmount", "08"),
    ],
)
def test_tax_kinds_with_their_rate_bucket_and_invoice_type(
    kind: str, rate: str, bucket: str, invoice_type: str
) -> None:
    assert found(sold_as(kind, rate, bucket, invoice_type)) == []


@pytest.mark.parametrize(
    ("kind", "rate", "bucket", "invoice_type"),
    [
        ("1", "0", "SalesAmount", "07"),
        ("1", "0.15", "SalesAmount", "07"),
        ("2", "0.05", "ZeroTaxSalesAmount", "07"),
        ("3", "0.05", "FreeTaxSalesAmount", "07"),
        ("4", "0", "SalesAmount", "08"),
    ],
)
def test_rates_that_do_not_go_with_the_tax_kind(kind: str, rate: str, bucket: str, invoice_type: str) -> None:
    message = sold_as(kind, rate, bucket, invoice_type)
    assert found(message) == [(codes.TAX_KIND, "Amount/TaxRate")]


@pytest.mark.parametrize(
    ("kind", "rate", "bucket", "invoice_type"),
    [
        ("1", "0.05", "SalesAmount", "08"),
        ("2", "0", "ZeroTaxSalesAmount", "08"),
        ("4", "0.05", "SalesAmount", "07"),
    ],
)
def test_invoice_type_08_is_for_special_taxes(kind: str, rate: str, bucket: str, invoice_type: str) -> None:
    message = sold_as(kind, rate, bucket, invoice_type)
    assert found(message) == [(codes.TAX_KIND, "Main/InvoiceType")]


@pytest.mark.parametrize(
    ("kind", "bucket"), [("2", "ZeroTaxSalesAmount"), ("3", "FreeTaxSalesAmount"), ("9", "SalesAmount")]
)
def test_lines_are_of_the_invoices_tax_kind(kind: str, bucket: str) -> None:
    message = invoice().set("Details/ProductItem/TaxType", kind)
    message.set("Amount/SalesAmount", "0").set(f"Amount/{bucket}", "1520")
    if kind == "2":
        message.set("Main/CustomsClearanceMark", "1").set("Main/ZeroTaxRateReason", "71")
    wrong = [(codes.TAX_KIND, "Details/ProductItem/TaxType")]
    assert found(message) == wrong + ([(codes.AMOUNTS, "Amount/SalesAmount")] if kind == "9" else [])


def mixed(*kinds: str) -> Message:
    """A person's invoice of mixed kinds, NT$100 a line."""
    message = invoice().set("Amount/TaxType", "9").drop("Details/ProductItem")
    for place, kind in enumerate(kinds, start=1):
        fields = line(TaxType=kind, Quantity="1", UnitPrice="100", Amount="100", SequenceNumber=str(place))
        message.add("Details/ProductItem", fields)
    for kind, bucket in (("1", "SalesAmount"), ("2", "ZeroTaxSalesAmount"), ("3", "FreeTaxSalesAmount")):
        message.set(f"Amount/{bucket}", str(100 * kinds.count(kind)))
    message.set("Amount/TotalAmount", str(100 * len(kinds)))
    if "2" in kinds:
        message.set("Main/CustomsClearanceMark", "2").set("Main/ZeroTaxRateReason", "72")
    return message


@pytest.mark.parametrize("kinds", [("1", "3"), ("1", "2"), ("3", "1", "1", "3")])
def test_mixtures_that_pass(kinds: tuple[str, ...]) -> None:
    assert found(mixed(*kinds)) == []


@pytest.mark.parametrize("kinds", [("1", "1"), ("3", "3"), ("2", "3"), ("1", "2", "3")])
def test_mixtures_that_do_not(kinds: tuple[str, ...]) -> None:
    assert found(mixed(*kinds)) == [(codes.TAX_KIND, "Details/ProductItem/TaxType")]


@pytest.mark.parametrize("name", ["CustomsClearanceMark", "ZeroTaxRateReason"])
def test_zero_rated_sales_say_why(name: str) -> None:
    message = sold_as("2", "0", "ZeroTaxSalesAmount").drop(f"Main/{name}")
    assert found(message) == [(codes.ZERO_RATE, f"Main/{name}")]
    assert found(mixed("1", "2").drop(f"Main/{name}")) == [(codes.ZERO_RATE, f"Main/{name}")]


@pytest.mark.parametrize("text", ["", " ", "\u3000"])
def test_a_line_says_what_was_sold(text: str) -> None:
    message = invoice().set("Details/ProductItem/Description", text)
    assert found(message) == [(codes.LINES, "Details/ProductItem[1]/Description")]


@pytest.mark.parametrize("sequence", ["", "0", "a", "1.0", "-1", "0000"])
def test_lines_are_numbered(sequence: str) -> None:
    message = invoice().set("Details/ProductItem/SequenceNumber", sequence)
    assert found(message) == [(codes.LINES, "Details/ProductItem[1]/SequenceNumber")]


def test_line_numbers_do_not_repeat() -> None:
    message = mixed("1", "3").set("Details/ProductItem[2]/SequenceNumber", "0001")
    assert found(message) == [(codes.LINES, "Details/ProductItem[2]/SequenceNumber")]
    assert found(message.set("Details/ProductItem[2]/SequenceNumber", "0009")) == []


def priced(*lines: tuple[str, str, str]) -> Message:
    """A person's invoice of these lines (quantity, unit price, amount); sums left as they are."""
    message = invoice().drop("Details/ProductItem")
    for place, (quantity, price, amount) in enumerate(lines, start=1):
        fields = line(Quantity=quantity, UnitPrice=price, Amount=amount, SequenceNumber=str(place))
        message.add("Details/ProductItem", fields)
    return message


def test_quantity_times_price_is_the_amount_within_a_dollar() -> None:
    assert found(priced(("3", "506.6667", "1520"))) == []
    assert found(priced(("1", "1519", "1520"))) == []
    assert found(priced(("1", "1518.9", "1520"))) == [(codes.AMOUNTS, "Details/ProductItem[1]/Amount")]


def test_the_sum_is_rounded_once_half_up() -> None:
    # 50.00 − 16.50 = 33.50 → 34, though each line by itself would give 50 − 17 = 33.
    message = priced(("1", "50", "50"), ("1", "-16.5", "-16.5"))
    message.set("Amount/SalesAmount", "34").set("Amount/TotalAmount", "34")
    assert found(message) == []
    message.set("Amount/SalesAmount", "33").set("Amount/TotalAmount", "33")
    assert found(message) == [(codes.AMOUNTS, "Amount/SalesAmount")]


def test_a_discount_is_a_line_below_zero_and_the_total_stays_above() -> None:
    message = priced(("2", "760", "1520"), ("1", "-20", "-20"))
    message.set("Amount/SalesAmount", "1500").set("Amount/TotalAmount", "1500")
    assert found(message) == []
    nothing = priced(("2", "760", "1520"), ("1", "-1520", "-1520"))
    nothing.set("Amount/SalesAmount", "0").set("Amount/TotalAmount", "0")
    assert found(nothing) == [(codes.AMOUNTS, "Amount/TotalAmount")]


@pytest.mark.parametrize(
    ("bucket", "kind", "rate"),
    [("SalesAmount", "1", "0.05"), ("FreeTaxSalesAmount", "3", "0"), ("ZeroTaxSalesAmount", "2", "0")],
)
def test_each_sum_is_the_sum_of_its_lines(bucket: str, kind: str, rate: str) -> None:
    message = sold_as(kind, rate, bucket).set(f"Amount/{bucket}", "1519").set("Amount/TotalAmount", "1519")
    assert found(message) == [(codes.AMOUNTS, f"Amount/{bucket}")]


@pytest.mark.parametrize("bucket", ["FreeTaxSalesAmount", "ZeroTaxSalesAmount"])
def test_a_sum_without_lines_is_zero(bucket: str) -> None:
    message = invoice().set(f"Amount/{bucket}", "1").set("Amount/TotalAmount", "1521")
    if bucket == "ZeroTaxSalesAmount":
        message.set("Main/CustomsClearanceMark", "1").set("Main/ZeroTaxRateReason", "71")
    assert found(message) == [(codes.AMOUNTS, f"Amount/{bucket}")]


def test_sums_are_whole_dollars() -> None:
    message = priced(("1", "1520.4", "1520.4"))
    assert found(message) == []
    message.set("Amount/SalesAmount", "1520.4").set("Amount/TotalAmount", "1520.4")
    assert found(message)[:2] == [
        (codes.AMOUNTS, "Amount/SalesAmount"),
        (codes.AMOUNTS, "Amount/TotalAmount"),
    ]


def test_the_total_is_the_sum_of_its_parts() -> None:
    assert found(invoice().set("Amount/TotalAmount", "1521")) == [(codes.AMOUNTS, "Amount/TotalAmount")]
    assert found(company_invoice().set("Amount/TotalAmount", "1000")) == [
        (codes.AMOUNTS, "Amount/TotalAmount")
    ]


def test_the_total_has_at_most_twelve_digits() -> None:
    message = priced(("1", "999999999999", "999999999999"))
    message.set("Amount/SalesAmount", "999999999999").set("Amount/TotalAmount", "999999999999")
    assert found(message) == []
    more = priced(("1", "1000000000000", "1000000000000"))
    more.set("Amount/SalesAmount", "1000000000000").set("Amount/TotalAmount", "1000000000000")
    assert found(more) == [(codes.AMOUNTS, "Amount/TotalAmount")]


def test_figures_as_long_as_the_schema_lets_them_be_are_refused_and_not_stumbled_over() -> None:
    longest = "9" * 13 + "." + "9" * 7
    message = priced((longest, longest, longest), (longest, "-" + longest, longest))
    for name in ("SalesAmount", "FreeTaxSalesAmount", "ZeroTaxSalesAmount", "TotalAmount"):
        message.set(f"Amount/{name}", longest)
    message.set("Amount/TaxAmount", "9" * 20).set("Main/Buyer/Identifier", BUYER)
    assert {code for code, _ in found(message)} == {codes.AMOUNTS, codes.TAX, codes.ZERO_RATE}


def test_a_persons_prices_hold_the_tax_so_there_is_none_beside_them() -> None:
    message = invoice().set("Amount/TaxAmount", "72").set("Amount/SalesAmount", "1448")
    assert (codes.TAX, "Amount/TaxAmount") in found(message)
    message = invoice().set("Amount/TaxAmount", "72").set("Amount/TotalAmount", "1592")
    assert found(message) == [(codes.TAX, "Amount/TaxAmount")]


def company_sum(sales: int, tax: int, lines: str | None = None) -> Message:
    amount = lines or str(sales)
    message = company_invoice().set("Amount/SalesAmount", str(sales)).set("Amount/TaxAmount", str(tax))
    message.set("Amount/TotalAmount", str(sales + tax)).set("Details/ProductItem/Amount", amount)
    return message.set("Details/ProductItem/UnitPrice", amount)


# Tax-exclusive sales and the tax beside them: the published examples 100/5, 1000/50, 1500/75, and the
# table of inclusive totals 1, 11, 21, 105, 157, 210, 340, 999, 1050, 1575, 9999 with their splits.
@pytest.mark.parametrize(
    ("sales", "tax"),
    [
        (1, 0),
        (10, 1),
        (20, 1),
        (99, 5),
        (100, 5),
        (150, 7),
        (150, 8),
        (200, 10),
        (324, 16),
        (951, 48),
        (1000, 50),
        (1410, 71),
        (1410, 70),
        (1500, 75),
        (9523, 476),
        (10, 0),
        (30, 1),
        (30, 2),
    ],
)
def test_taxes_a_company_may_see(sales: int, tax: int) -> None:
    assert found(company_sum(sales, tax)) == []


@pytest.mark.parametrize(
    ("sales", "tax"), [(100, 4), (100, 6), (1410, 69), (1410, 72), (20, 0), (324, 17), (1000, 0)]
)
def test_taxes_it_may_not(sales: int, tax: int) -> None:
    assert found(company_sum(sales, tax)) == [(codes.TAX, "Amount/TaxAmount")]


def test_every_inclusive_price_has_a_split_the_platform_takes() -> None:
    for inclusive in range(1, 1000):
        untaxed = (inclusive * 100 * 2 + 105) // 210  # half up of inclusive / 1.05
        assert found(company_sum(untaxed, inclusive - untaxed)) == [], inclusive


def test_a_companys_lines_worked_out_backwards_may_be_a_dollar_off() -> None:
    assert found(company_sum(1000, 50, "999")) == []
    assert found(company_sum(1000, 50, "1001.4")) == []
    assert found(company_sum(1000, 50, "998")) == [(codes.AMOUNTS, "Amount/SalesAmount")]
    assert found(company_sum(1000, 50, "1001.5")) == [(codes.AMOUNTS, "Amount/SalesAmount")]


def test_every_problem_is_told_at_once() -> None:
    message = invoice().set("Main/InvoiceDate", "20260231").set("Main/PrintMark", "N")
    assert found(message.set("Amount/TaxAmount", "1")) == [
        (codes.DATE, "Main/InvoiceDate"),
        (codes.HANDED_OVER, "Main/PrintMark"),
        (codes.AMOUNTS, "Amount/TotalAmount"),
        (codes.TAX, "Amount/TaxAmount"),
    ]
