"""Numbers that people and businesses of Taiwan carry: is it well formed, and what is its one spelling?"""

import re
import unicodedata

import phonenumbers

_UBN = re.compile(r"[0-9]{8}")
_UBN_WEIGHTS = (1, 2, 1, 2, 1, 2, 4, 1)
_MOBILE_BARCODE = re.compile(r"/[0-9A-Z.+\-]{7}")
_CITIZEN_CERTIFICATE = re.compile(r"[A-Z]{2}[0-9]{14}")
_DONATION_CODE = re.compile(r"[0-9]{3,7}")

_PHONE_CHARACTERS = re.compile(r"\+?[0-9 ().\-/]+")
_HYPHENS = dict.fromkeys(map(ord, "‐‑‒–—―−─ー～~"), "-")
_LONGEST_PHONE_TEXT = 40


def is_valid_ubn(text: str) -> bool:
    """A unified business number (統一編號) of 8 digits with the check rule in force since 2023-04-01.

    Digits times 1,2,1,2,1,2,4,1, the decimal digits of the products added up: the sum, or the sum plus one
    when the 7th digit is 7, must divide by 5 (Ministry of Finance). `00000000` passes the arithmetic but
    stands for "no buyer", so it is none. A few real registrations break the rule: let a supervisor override.
    """
    if not _UBN.fullmatch(text) or text == "00000000":
        return False
    products = [int(digit) * weight for digit, weight in zip(text, _UBN_WEIGHTS, strict=True)]
    total = sum(product // 10 + product % 10 for product in products)
    return total % 5 == 0 or (text[6] == "7" and (total + 1) % 5 == 0)


def is_valid_mobile_barcode(text: str) -> bool:
    """A mobile barcode carrier (手機條碼, 3J0002): `/` and 7 of digits, capitals, `.`, `+`, `-`."""
    return _MOBILE_BARCODE.fullmatch(text) is not None


def is_valid_citizen_certificate(text: str) -> bool:
    """A citizen digital certificate carrier (自然人憑證, CQ0001): 2 capitals and 14 digits."""
    return _CITIZEN_CERTIFICATE.fullmatch(text) is not None


def is_valid_donation_code(text: str) -> bool:
    """A donation code (愛心碼) of 3 to 7 digits."""
    return _DONATION_CODE.fullmatch(text) is not None


def normalise_phone(text: str) -> str:
    """The E.164 spelling (`+886912345678`) of a phone number as people of Taiwan write it.

    Full-width characters, spaces, hyphens and brackets are understood, and `00886…` and `886…` as well as
    `+886…`. A number of another country needs its `+`. Raises ValueError saying why it is not one number
    that can be dialled; an extension is refused because E.164 cannot hold it.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_HYPHENS).strip()
    if not plain:
        raise ValueError("the phone number is empty")
    if len(plain) > _LONGEST_PHONE_TEXT:
        raise ValueError(
            f"a phone number has at most {_LONGEST_PHONE_TEXT} characters, this has {len(plain)}"
        )
    if "#" in plain:
        raise ValueError(f"{text!r}: write the extension after # as a note, not in the number")
    if not _PHONE_CHARACTERS.fullmatch(plain):
        raise ValueError(
            f"{text!r} has characters that no phone number has; write digits, for example 089-331234"
        )
    if plain.startswith("00886"):
        plain = "+" + plain[2:]
    try:
        number = phonenumbers.parse(plain, "TW")
    except phonenumbers.NumberParseException:
        raise ValueError(f"{text!r} is not a phone number; write digits, for example 089-331234") from None
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise ValueError(f"{text!r} has too few digits for a phone number with its area code")
    if reason == phonenumbers.ValidationResult.TOO_LONG:
        raise ValueError(f"{text!r} has too many digits for a phone number")
    if not phonenumbers.is_valid_number(number):
        raise ValueError(
            f"{text!r} is not a number in use; write it with its area code, for example 089-331234"
        )
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
