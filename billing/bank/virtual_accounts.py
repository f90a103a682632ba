"""Virtual account numbers and their check digit; pure.

First Bank's published shape has 16 digits: company 5, last digit of the year, day of the year 3, number 6, check. The
check digit makes the weighted sum of the digits before it (3, 7, 1, repeated from the left) a multiple of ten; where
the contract binds the amount, its eight digits times 8, 7, … 1 are added before. Length and weights differ by
contract, so they are a `Rule` and not a constant.
"""

import datetime as dt
from dataclasses import dataclass
from enum import Enum

AMOUNT_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 1)
MOST = 10 ** len(AMOUNT_WEIGHTS) - 1


class Wrong(Enum):
    """What is wrong with a virtual account number."""

    LENGTH = "length"
    COMPANY = "company"
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of one contract: the company's leading digits, the length with the check digit, the weights.

    ``binds_amount``: the check digit covers the amount too, so one number is good for one amount only.
    """

    company: str
    length: int = 16
    weights: tuple[int, ...] = (3, 7, 1)
    binds_amount: bool = False


def check_digit(rule: Rule, body: str, amount: int = 0) -> str:
    """The digit that follows ``body`` (all digits but it). ``amount``: whole NT$, when the contract binds it.

    Raises ValueError for a body that is not ``length - 1`` digits or an amount above eight digits.
    """
    if len(body) != rule.length - 1 or not (body.isascii() and body.isdigit()):
        raise ValueError(f"{body!r} is not {rule.length - 1} digits")
    if rule.binds_amount and not 0 <= amount <= MOST:
        raise ValueError(f"{amount} is not an amount of at most {len(AMOUNT_WEIGHTS)} digits")
    total = sum(int(digit) * rule.weights[i % len(rule.weights)] for i, digit in enumerate(body))
    if rule.binds_amount:
        digits = f"{amount:0{len(AMOUNT_WEIGHTS)}d}"
        total += sum(int(digit) * weight for digit, weight in zip(digits, AMOUNT_WEIGHTS, strict=True))
    return str(-total % 10)


def make(rule: Rule, number: int, *, due: dt.date | None = None, amount: int = 0) -> str:
    """The account number ``number`` of the contract, with the year's digit and day of ``due`` where it has a date.

    Raises ValueError when the number does not fit between the company's digits and the check digit.
    """
    dated = "" if due is None else f"{due.year % 10}{due:%j}"
    room = rule.length - 1 - len(rule.company) - len(dated)
    digits = f"{number:0{max(room, 0)}d}"
    if number < 0 or len(digits) != room:
        raise ValueError(f"{number} does not fit into {room} digits")
    body = f"{rule.company}{dated}{digits}"
    return body + check_digit(rule, body, amount)


def wrong_with(rule: Rule, account: str, amount: int = 0) -> Wrong | None:
    """Why the number cannot be one of the contract's, for that amount; None when it can."""
    if len(account) != rule.length or not (account.isascii() and account.isdigit()):
        return Wrong.LENGTH
    if not account.startswith(rule.company):
        return Wrong.COMPANY
    if rule.binds_amount and not 0 <= amount <= MOST:
        return Wrong.CHECK_DIGIT
    return None if check_digit(rule, account[:-1], amount) == account[-1] else Wrong.CHECK_DIGIT
