"""The arithmetic of the platform: whole NT$, half up, and what counts as the right tax."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

from sandbox.einvoice.reading import Node

ONE = Decimal(1)
NORMAL_RATE = Decimal("0.05")


def number(node: Node, name: str) -> Decimal:
    """The figure in a child element (its shape has been checked)."""
    return Decimal(node.child(name).text.strip())


def whole(amount: Decimal) -> Decimal:
    """Rounded to whole NT$, half away from zero."""
    return amount.quantize(ONE, ROUND_HALF_UP)


def is_whole(amount: Decimal) -> bool:
    """Whether the amount has no fraction."""
    return amount == amount.to_integral_value()


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum."""
    return sum(amounts, Decimal(0))


def right_taxes(sales: Decimal, rate: Decimal) -> set[Decimal]:
    """Every tax the platform takes for these tax-exclusive sales.

    Half up; where 5 % leaves exactly half a dollar (sales ending in 10, 30, 50, 70, 90) the lower figure
    is right too, because a tax-inclusive price splits that way.
    """
    exact = sales * rate
    taxes = {whole(exact)}
    if exact - exact.to_integral_value(ROUND_HALF_UP) == Decimal("-0.5"):
        taxes.add(whole(exact) - 1)
    return taxes
