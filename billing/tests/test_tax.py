from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.einvoice.tax import (
    TaxLine,
    TaxType,
    document,
    lawful_taxes,
    period_output_tax,
    split_inclusive,
    tax_on,
)


def lines(*prices: str) -> list[TaxLine]:
    return [TaxLine(Decimal(1), Decimal(price)) for price in prices]


def sums(figures) -> tuple[int, int, int]:
    return int(figures.sales), int(figures.tax), int(figures.total)


@pytest.mark.parametrize(
    ("prices", "business", "inclusive", "expected"),
    [
        (["105"], False, True, (105, 0, 105)),
        (["100"], True, False, (100, 5, 105)),
        (["1050"], True, True, (1000, 50, 1050)),
        (["340"], True, True, (324, 16, 340)),
        (["99"], False, False, (104, 0, 104)),
        (["1410"], True, False, (1410, 71, 1481)),
        (["50.00", "-16.50"], False, True, (34, 0, 34)),
        (["10.4", "10.4"], False, True, (21, 0, 21)),
        (["21.5"], True, True, (21, 1, 22)),
        (["0.4"], False, True, (0, 0, 0)),
    ],
)
def test_the_document_is_rounded_not_the_line(prices, business, inclusive, expected):
    assert sums(document(lines(*prices), business=business, inclusive=inclusive)) == expected


def test_lines_of_a_business_stand_without_tax():
    (line,) = document([TaxLine(Decimal(2), Decimal(810))], business=True, inclusive=True).lines
    assert (line.quantity, line.unit_price, line.amount) == (
        2,
        Decimal("771.4285714"),
        Decimal("1542.8571429"),
    )


def test_the_cents_of_the_rounded_total_go_to_the_largest_line():
    figures = document(lines("20.5", "1"), business=True, inclusive=True)
    assert sums(figures) == (21, 1, 22)
    assert [line.amount for line in figures.lines] == [Decimal("20.0476190"), Decimal("0.9523810")]


def test_exempt_zero_rated_and_mixed():
    exempt = document([TaxLine(Decimal(1), Decimal(100), TaxType.EXEMPT)], business=False, inclusive=True)
    assert (exempt.sales, exempt.free, exempt.zero, exempt.tax, exempt.total) == (0, 100, 0, 0, 100)
    assert (exempt.tax_type, exempt.tax_rate) == (TaxType.EXEMPT, 0)
    zero = document([TaxLine(Decimal(1), Decimal(100), TaxType.ZERO_RATED)], business=True, inclusive=True)
    assert (zero.sales, zero.free, zero.zero, zero.tax, zero.total) == (0, 0, 100, 0, 100)
    mixed = document(
        [TaxLine(Decimal(1), Decimal(100)), TaxLine(Decimal(1), Decimal("9.5"), TaxType.EXEMPT)],
        business=True,
        inclusive=False,
    )
    assert (mixed.sales, mixed.free, mixed.tax, mixed.total) == (100, 10, 5, 115)
    assert (mixed.tax_type, mixed.tax_rate) == (TaxType.MIXED, Decimal("0.05"))


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ([], "at least one line"),
        ([TaxType.MIXED], "only the whole invoice is mixed"),
        ([TaxType.EXEMPT, TaxType.ZERO_RATED], "may not be on one invoice"),
    ],
)
def test_what_no_invoice_may_hold(kinds, says):
    with pytest.raises(ValueError, match=says):
        document([TaxLine(Decimal(1), Decimal(1), kind) for kind in kinds], business=False, inclusive=True)


@pytest.mark.parametrize(
    ("total", "sales", "tax"),
    [(1, 1, 0), (11, 10, 1), (21, 20, 1), (105, 100, 5), (157, 150, 7), (999, 951, 48), (9999, 9523, 476)],
)
def test_totals_with_tax_inside(total, sales, tax):
    assert split_inclusive(Decimal(total)) == (sales, tax)


@given(st.integers(1, 200_000))
def test_a_split_is_always_lawful(total):
    sales, tax = split_inclusive(Decimal(total))
    assert sales + tax == total
    assert tax in lawful_taxes(sales)
    assert (tax != tax_on(sales)) <= (sales % 20 == 10)


def test_half_a_dollar_has_two_lawful_taxes():
    assert lawful_taxes(Decimal(1410)) == [70, 71]
    assert lawful_taxes(Decimal(1411)) == [71]
    assert lawful_taxes(Decimal(1409)) == [70]


def test_a_periods_tax_is_rounded_once():
    assert period_output_tax([Decimal(10)] * 10) == (95, 5)
    assert period_output_tax([]) == (0, 0)
