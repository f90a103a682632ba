"""Money is whole NT$ and `Decimal`; this is the one place where it is rounded."""

from decimal import ROUND_HALF_UP, Decimal, localcontext


def round_half_up(amount: Decimal, places: int = 0) -> Decimal:
    """Round `amount` to `places` decimals, a half going away from zero (四捨五入).

    The business tax act's practice rounds the document to whole NT$, never the single line. Raises
    TypeError for anything but a Decimal (a float has already lost the half) and ValueError for NaN,
    an infinity or negative places. Never answers minus zero.
    """
    if not isinstance(amount, Decimal):
        raise TypeError(f"money must be a Decimal, not {type(amount).__name__}: {amount!r}")
    if not amount.is_finite():
        raise ValueError(f"money must be a finite number, not {amount}")
    if places < 0:
        raise ValueError(f"places must be 0 or more, not {places}")
    with localcontext() as context:
        context.prec = max(28, amount.adjusted() + places + 3)
        rounded = amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    return rounded.copy_abs() if rounded.is_zero() else rounded
