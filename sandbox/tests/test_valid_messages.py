"""Whatever a seller may lawfully file, the platform takes: random right messages, put together independently."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.einvoice.content import message_problems
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.reading import read
from sandbox.tests.documents import (
    CONSUMER,
    Message,
    allowance,
    invoice,
    line,
)

CENT = Decimal("0.01")
words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=20)
named = words.filter(lambda text: text.strip() != "")
days = st.dates(min_value=date(2025, 1, 1), max_value=date(2040, 12, 31))
company_numbers = st.integers(1, 99_999_999).map(lambda number: f"{number:08d}")
barcodes = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.+-", min_size=7, max_size=7).map(
    lambda text: "/" + text
)


def half_up(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal(1), ROUND_HALF_UP)


@st.composite
def priced_lines(draw: st.DrawFn, kinds: list[str]) -> list[dict[str, str]]:
    """Lines of these tax kinds whose sum is above zero; some are discounts."""
    lines = []
    for place, kind in enumerate(kinds, start=1):
        quantity = Decimal(draw(st.integers(1, 999)))
        price = draw(st.integers(100, 9_999_99)) * CENT
        amount = quantity * price
        lines.append(
            line(
                Description=draw(named),
                Quantity=str(quantity),
                UnitPrice=str(price),
                Amount=str(amount),
                TaxType=kind,
                SequenceNumber=str(place),
            )
        )
        if draw(st.booleans()):
            cut = draw(st.integers(1, int(amount * 50))) * CENT
            lines.append(
                line(
                    Description="折扣",
                    Quantity="1",
                    UnitPrice=str(-cut),
                    Amount=str(-cut),
                    TaxType=kind,
                    SequenceNumber=str(1000 + place),
                )
            )
    return lines


@st.composite
def right_invoices(draw: st.DrawFn) -> Message:
    day = draw(days)
    number = draw(st.from_regex(r"[A-Z]{2}[0-9]{8}", fullmatch=True))
    message = invoice(number, f"{day:%Y%m%d}")
    message.set("Main/InvoiceTime", f"{draw(st.times()):%H:%M:%S}")
    to_company = draw(st.booleans())
    message.set("Main/Buyer/Identifier", draw(company_numbers) if to_company else CONSUMER)
    message.set("Main/Buyer/Name", draw(named))

    way = draw(
        st.sampled_from(["paper", "barcode", "certificate", "paper and barcode" if to_company else "gift"])
    )
    if "paper" not in way:
        message.set("Main/PrintMark", "N")
    if way == "gift":
        receiver = draw(st.integers(100, 9_999_999))
        message.set("Main/DonateMark", "1").set("Main/NPOBAN", str(receiver))
    if "barcode" in way or way == "certificate":
        kind = "CQ0001" if way == "certificate" else "3J0002"
        code = draw(st.from_regex(r"[A-Z]{2}[0-9]{14}", fullmatch=True) if way == "certificate" else barcodes)
        message.set("Main/CarrierType", kind).set("Main/CarrierId1", code).set("Main/CarrierId2", code)
    if to_company and draw(st.booleans()):
        message.drop("Main/RandomNumber")

    kind = draw(st.sampled_from("1239"))
    if kind == "9":
        other = draw(st.sampled_from("23"))
        kinds = ["1", other, *draw(st.lists(st.sampled_from(["1", other]), max_size=4))]
    else:
        kinds = [kind] * draw(st.integers(1, 5))
    if "2" in kinds:
        message.set("Main/CustomsClearanceMark", draw(st.sampled_from("12")))
        message.set("Main/ZeroTaxRateReason", f"7{draw(st.integers(1, 9))}")

    lines = draw(priced_lines(kinds))
    message.drop("Details/ProductItem")
    for fields in lines:
        message.add("Details/ProductItem", fields)
    sums = {
        wanted: half_up(
            sum((Decimal(one["Amount"]) for one in lines if one["TaxType"] == wanted), Decimal(0))
        )
        for wanted in "123"
    }
    tax = half_up(sums["1"] / 20) if to_company else Decimal(0)
    if to_company and sums["1"] % 20 == 10 and draw(st.booleans()):
        tax -= 1
    message.set("Amount/SalesAmount", str(sums["1"])).set("Amount/ZeroTaxSalesAmount", str(sums["2"]))
    message.set("Amount/FreeTaxSalesAmount", str(sums["3"])).set("Amount/TaxAmount", str(tax))
    message.set("Amount/TaxType", kind).set("Amount/TaxRate", "0.05" if kind in "19" else "0")
    return message.set("Amount/TotalAmount", str(sum(sums.values()) + tax))


@settings(max_examples=150, deadline=None)
@given(right_invoices())
def test_a_right_invoice_is_taken(message: Message) -> None:
    assert message_problems(read(message.bytes()), KINDS["F0401"]) == []


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 99), st.integers(1, 99_999)), min_size=1, max_size=6),
    st.booleans(),
)
def test_a_right_allowance_is_taken(lines: list[tuple[int, int]], to_person: bool) -> None:
    message = allowance()
    if to_person:
        message.set("Main/Buyer/Identifier", CONSUMER).set("Main/OriginalInvoiceBuyerId", CONSUMER)
    base = {element.tag: element.text or "" for element in message.at("Details/ProductItem")}
    message.drop("Details/ProductItem")
    amounts = taxes = Decimal(0)
    for place, (quantity, price) in enumerate(lines, start=1):
        amount = Decimal(quantity * price)
        tax = half_up(amount / 20)
        message.add(
            "Details/ProductItem",
            {
                **base,
                "Quantity": str(quantity),
                "UnitPrice": str(price),
                "Amount": str(amount),
                "Tax": str(tax),
                "AllowanceSequenceNumber": str(place),
            },
        )
        amounts, taxes = amounts + amount, taxes + tax
    message.set("Amount/TotalAmount", str(amounts)).set("Amount/TaxAmount", str(taxes))
    assert message_problems(read(message.bytes()), KINDS["G0401"]) == []


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_whatever_stands_in_an_invoice_the_platform_answers_and_does_not_stumble(data: st.DataObject) -> None:
    message = data.draw(right_invoices())
    leaves = [element for element in message.root.iter() if len(element) == 0]
    for element in data.draw(st.lists(st.sampled_from(leaves), min_size=1, max_size=3)):
        element.text = data.draw(
            st.one_of(
                words,
                st.sampled_from(
                    ["", "0", "9", "00000000", "99991231", "00000000000", "-1", "9" * 13 + "." + "9" * 7]
                ),
                st.decimals(allow_nan=False, allow_infinity=False).map(str),
            )
        )
    for problem in message_problems(read(message.bytes()), KINDS["F0401"]):
        assert problem.code
        assert problem.description
        assert problem.where.startswith("Invoice")
