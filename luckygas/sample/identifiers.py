"""Made-up numbers of the right shape, with check digits where the real ones have them.

Nothing here is meant to stand for anybody: all tax numbers begin with 99, so that nobody takes one for a
company he knows, and bank accounts carry a bank code that is not in use.
"""

from __future__ import annotations

import numpy as np

# The made-up company's own tax number; it passes the Ministry of Finance's check (sum divisible by five).
SELLER_UBN = "99000002"
# Five digits that stand for the company in its virtual accounts at the bank.
VIRTUAL_ACCOUNT_PREFIX = "99218"
PAYER_BANK = "998"

_UBN_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_LANDLINE_EXCHANGES = (22, 23, 31, 32, 33, 34, 35, 51, 53, 55, 77, 78, 81, 83, 85, 86)
_BARCODE_CHARACTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ+-."
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DONATION_CODES = ("99901", "99925", "9990", "999168", "9991919")


def ubn_sum(digits: str) -> int:
    """The sum that a tax number's check looks at: decimal digits of digit times weight, added up."""
    return sum(sum(divmod(int(d) * w, 10)) for d, w in zip(digits, _UBN_WEIGHTS, strict=True))


def tax_numbers(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct tax numbers that pass the check, none of them the seller's."""
    found: dict[str, None] = {}
    while len(found) < count:
        body = f"99{rng.integers(100_000):05d}"
        last = next(d for d in range(10) if ubn_sum(f"{body}{d}") % 5 == 0)
        number = f"{body}{last}"
        if number != SELLER_UBN and body[6] != "7":
            found[number] = None
    return list(found)


def landlines(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct Taitung numbers, 089 and six digits, as ``089-331234``."""
    chosen = rng.choice(len(_LANDLINE_EXCHANGES) * 10_000, size=min(count, 160_000), replace=False)
    return [f"089-{_LANDLINE_EXCHANGES[n // 10_000]}{n % 10_000:04d}" for n in chosen.tolist()]


def mobiles(rng: np.random.Generator, count: int) -> list[str]:
    """Distinct mobile numbers, 09 and eight digits, as ``0912-345678``."""
    chosen = rng.choice(90_000_000, size=count, replace=False).tolist()
    return [f"09{n // 1_000_000:02d}-{n % 1_000_000:06d}" for n in chosen]


def virtual_account(serial: int) -> str:
    """Fourteen digits: company 5, number 8, and the check digit of weights 3, 7, 1 without an amount."""
    body = f"{VIRTUAL_ACCOUNT_PREFIX}{serial:08d}"
    total = sum(int(digit) * (3, 7, 1)[i % 3] for i, digit in enumerate(body))
    return f"{body}{-total % 10}"


def payer_account(rng: np.random.Generator) -> str:
    """The account a customer pays from: bank code and twelve digits."""
    return f"{PAYER_BANK}{rng.integers(10**12):012d}"


def mobile_barcode(rng: np.random.Generator) -> str:
    """A mobile barcode carrier: a slash and seven characters."""
    return "/" + "".join(_BARCODE_CHARACTERS[i] for i in rng.integers(len(_BARCODE_CHARACTERS), size=7))


def citizen_certificate(rng: np.random.Generator) -> str:
    """A citizen digital certificate carrier: two capitals and fourteen digits."""
    letters = "".join(_LETTERS[i] for i in rng.integers(26, size=2))
    return f"{letters}{rng.integers(10**14):014d}"


def donation_code(rng: np.random.Generator) -> str:
    """One of a few charities' codes, four to seven digits."""
    return _DONATION_CODES[rng.integers(len(_DONATION_CODES))]
