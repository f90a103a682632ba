import dataclasses
from datetime import date, time
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice.mig import Invoice, InvoiceAmount, InvoiceMain, ProductItem, Role, build, check
from billing.einvoice.tax import TaxLine, document

NAMESPACE = "{urn:GEINV:eInvoiceMessage:F0401:4.1}"
SELLER = Role("22099131", "幸福氣瓦斯行", Address="臺東市中山路 1 號")


def invoice(**main: Any) -> Invoice:
    given_main: dict[str, Any] = {
        "Buyer": Role("0000000000", "消費者"),
        "PrintMark": "Y",
        "RandomNumber": "0412",
    } | main
    return Invoice(
        Main=InvoiceMain(
            InvoiceNumber="QA20000050",
            InvoiceDate=date(2026, 11, 3),
            InvoiceTime=time(9, 5, 7),
            Seller=SELLER,
            **given_main,
        ),
        Details=(
            ProductItem(
                "瓦斯 20公斤 <優惠> & 送", Decimal(2), Decimal("810.5000"), Decimal(1621), 1, Unit="桶"
            ),
        ),
        Amount=InvoiceAmount(
            SalesAmount=Decimal(1621), TaxAmount=Decimal(0), TotalAmount=Decimal("1.621E+3")
        ),
    )


def values(xml: bytes) -> list[tuple[str, str | None]]:
    return [
        (element.tag.removeprefix(NAMESPACE), element.text)
        for element in ElementTree.fromstring(xml).iter()  # noqa: S314
    ]


def test_the_message_word_for_word():
    xml = build(invoice())
    assert xml.startswith(
        b"<?xml version='1.0' encoding='UTF-8'?>\n<Invoice xmlns=\"urn:GEINV:eInvoiceMessage:F0401:4.1\">"
    )
    assert [(name, text) for name, text in values(xml) if text and text.strip()] == [
        ("InvoiceNumber", "QA20000050"),
        ("InvoiceDate", "20261103"),
        ("InvoiceTime", "09:05:07"),
        ("Identifier", "22099131"),
        ("Name", "幸福氣瓦斯行"),
        ("Address", "臺東市中山路 1 號"),
        ("Identifier", "0000000000"),
        ("Name", "消費者"),
        ("PrintMark", "Y"),
        ("InvoiceType", "07"),
        ("DonateMark", "0"),
        ("RandomNumber", "0412"),
        ("Description", "瓦斯 20公斤 <優惠> & 送"),
        ("Quantity", "2"),
        ("UnitPrice", "810.5"),
        ("Amount", "1621"),
        ("SequenceNumber", "1"),
        ("TaxType", "1"),
        ("Unit", "桶"),
        ("SalesAmount", "1621"),
        ("TaxAmount", "0"),
        ("TotalAmount", "1621"),
        ("FreeTaxSalesAmount", "0"),
        ("ZeroTaxSalesAmount", "0"),
        ("TaxType", "1"),
        ("TaxRate", "0.05"),
    ]
    assert check(xml) == []
    assert build(invoice()) == xml


def test_elements_without_a_value_are_left_out_and_empty_ones_kept():
    names = [name for name, _ in values(build(invoice(MainRemark="", Category=None)))]
    assert "MainRemark" in names
    assert "Category" not in names
    assert "CarrierType" not in names


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe"])
def test_a_character_xml_cannot_carry_is_named(character):
    with pytest.raises(ValueError, match=rf"MainRemark: the character U\+{ord(character):04X} cannot"):
        build(invoice(MainRemark=f"備註{character}"))


def test_rare_characters_and_tabs_go_through():
    xml = build(invoice(MainRemark="𠮷\t堃\n"))
    assert ("MainRemark", "𠮷\t堃\n") in values(xml)


@given(
    st.lists(
        st.tuples(st.integers(1, 99), st.decimals(min_value=1, max_value=9999, places=4)),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
    st.booleans(),
)
def test_what_tax_and_build_make_is_fileable(lines, business, inclusive):
    figures = document(
        [TaxLine(Decimal(quantity), price) for quantity, price in lines],
        business=business,
        inclusive=inclusive,
    )
    made = dataclasses.replace(
        invoice(Buyer=Role("04595257", "海邊餐廳") if business else Role("0000000000", "消費者")),
        Details=tuple(
            ProductItem("瓦斯", line.quantity, line.unit_price, line.amount, number)
            for number, line in enumerate(figures.lines, 1)
        ),
        Amount=InvoiceAmount(figures.sales, figures.tax, figures.total),
    )
    assert [str(problem) for problem in check(build(made))] == []
