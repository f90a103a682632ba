"""Tax arithmetic of an invoice: half-up to whole NT$, on the document and never on the line.

Sources: 營業稅法 §10 (5 %), 營業稅法施行細則 §32-1 (consumers), 統一發票使用辦法 §9 (a consumer's invoice
states the price with tax inside, a business's states sales and tax apart).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from luckygas.core.money import round_half_up

TAX_RATE = Decimal("0.05")
_WITH_TAX = 1 + TAX_RATE
_LINE_PLACES = 7
_ZERO = Decimal(0)


class TaxType(StrEnum):
    """`TaxType` of the platform's messages."""

    TAXABLE = "1"
    ZERO_RATED = "2"
    EXEMPT = "3"
    MIXED = "9"


@dataclass(frozen=True, slots=True)
class TaxLine:
    """A line as it is sold: `unit_price` is with or without tax as the caller of `document` says."""

    quantity: Decimal
    unit_price: Decimal
    tax_type: TaxType = TaxType.TAXABLE


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line as it stands on the document, at most 7 decimals."""

    quantity: Decimal
    unit_price: Decimal
    amount: Decimal
    tax_type: TaxType


@dataclass(frozen=True, slots=True)
class Document:
    """The sums of an invoice in whole NT$; `lines` add up to the buckets once rounded."""

    lines: tuple[DocumentLine, ...]
    sales: Decimal
    free: Decimal
    zero: Decimal
    tax: Decimal
    total: Decimal
    tax_type: TaxType
    tax_rate: Decimal


def split_inclusive(total: Decimal) -> tuple[Decimal, Decimal]:
    """A total with tax inside as (sales without tax, tax), both whole NT$ and together the total."""
    sales = round_half_up(total / _WITH_TAX)
    return sales, total - sales


def tax_on(sales: Decimal) -> Decimal:
    """5 % of `sales`, half-up to whole NT$."""
    return round_half_up(sales * TAX_RATE)


def lawful_taxes(sales: Decimal, rate: Decimal = TAX_RATE) -> list[Decimal]:
    """The whole taxes at most half a dollar from `sales × rate`: two where it ends in exactly .5, else one.

    Prices kept with tax inside arrive at the lower of the two; both are lawful by agreement.
    """
    exact = sales * rate
    upper = round_half_up(exact)
    return [upper - 1, upper] if upper - exact == Decimal("0.5") else [upper]


def period_output_tax(totals: Iterable[Decimal]) -> tuple[Decimal, Decimal]:
    """(sales, output tax) of all consumers' invoices of a period: §32-1 rounds the period's total once."""
    total = sum(totals, _ZERO)
    tax = round_half_up(total / _WITH_TAX * TAX_RATE)
    return total - tax, tax


def document(lines: Sequence[TaxLine], *, business: bool, inclusive: bool) -> Document:
    """The document over `lines`.

    `business`: the buyer has a business number, so lines and sales stand without tax and the tax beside them;
    a consumer's lines stand with tax inside and `tax` is 0. `inclusive`: the unit prices given have tax
    inside. Raises ValueError when there is no line, or when taxable, exempt and zero-rated lines are mixed
    in a way that no invoice may (only taxable with exempt, or taxable with zero-rated).
    """
    kind = _kind(lines)
    taxable = [line for line in lines if line.tax_type is TaxType.TAXABLE]
    raw = sum((line.quantity * line.unit_price for line in taxable), _ZERO)
    if business and inclusive:
        gross = round_half_up(raw)
        sales, tax = split_inclusive(gross)
        factor = 1 / _WITH_TAX
    elif business:
        sales = round_half_up(raw)
        tax, factor = tax_on(sales), Decimal(1)
    elif inclusive:
        sales, tax, factor = round_half_up(raw), _ZERO, Decimal(1)
    else:
        sales, tax, factor = round_half_up(raw * _WITH_TAX), _ZERO, _WITH_TAX
    shown = _settle(
        [_line(line, factor if line.tax_type is TaxType.TAXABLE else Decimal(1)) for line in lines], sales
    )
    free, zero = (
        round_half_up(sum((line.amount for line in shown if line.tax_type is kind_), _ZERO))
        for kind_ in (TaxType.EXEMPT, TaxType.ZERO_RATED)
    )
    return Document(
        lines=tuple(shown),
        sales=sales,
        free=free,
        zero=zero,
        tax=tax,
        total=sales + free + zero + tax,
        tax_type=kind,
        tax_rate=TAX_RATE if taxable else _ZERO,
    )


def _kind(lines: Sequence[TaxLine]) -> TaxType:
    kinds = {line.tax_type for line in lines}
    if not kinds:
        raise ValueError("an invoice needs at least one line")
    if TaxType.MIXED in kinds:
        raise ValueError("a line is taxable, zero-rated or exempt; only the whole invoice is mixed")
    if {TaxType.EXEMPT, TaxType.ZERO_RATED} <= kinds:
        raise ValueError("zero-rated and exempt goods may not be on one invoice; make two")
    return next(iter(kinds)) if len(kinds) == 1 else TaxType.MIXED


def _line(line: TaxLine, factor: Decimal) -> DocumentLine:
    return DocumentLine(
        quantity=line.quantity,
        unit_price=round_half_up(line.unit_price * factor, _LINE_PLACES),
        amount=round_half_up(line.quantity * line.unit_price * factor, _LINE_PLACES),
        tax_type=line.tax_type,
    )


def _settle(lines: list[DocumentLine], sales: Decimal) -> list[DocumentLine]:
    """Give the cents by which taxable lines round to another sum than `sales` to the largest of them."""
    taxable = [line for line in lines if line.tax_type is TaxType.TAXABLE]
    added = sum((line.amount for line in taxable), _ZERO)
    if round_half_up(added) == sales:
        return lines
    largest = max(taxable, key=lambda line: abs(line.amount))
    mended = DocumentLine(
        largest.quantity, largest.unit_price, largest.amount + sales - added, largest.tax_type
    )
    return [mended if line is largest else line for line in lines]
