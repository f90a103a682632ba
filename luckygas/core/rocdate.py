"""Dates of the Republic of China calendar (民國), where year 1 is 1912.

Files mix 7-digit ROC, 8-digit ROC and 8-digit common dates, and `01150804` and `20260804` look alike: every
field declares how many digits it has, and nothing is guessed from the length.
"""

from datetime import date

_YEARS_BEHIND = 1911
_WIDTHS = (7, 8)


def _check_width(digits: int) -> None:
    if digits not in _WIDTHS:
        raise ValueError(f"a ROC date has 7 or 8 digits, not {digits}")


def parse(text: str, *, digits: int) -> date:
    """`1150804` (digits=7) or `01150804` (digits=8) as a date; ValueError says what is wrong with it."""
    _check_width(digits)
    shape = "YYYMMDD" if digits == 7 else "YYYYMMDD"
    if not isinstance(text, str) or len(text) != digits or not (text.isascii() and text.isdigit()):
        raise ValueError(
            f"{text!r} is not a ROC date of {digits} digits ({shape}, for example {'1150804':0>{digits}})"
        )
    year, month, day = int(text[:-4]), int(text[-4:-2]), int(text[-2:])
    if not 1 <= year <= 9999 - _YEARS_BEHIND:
        raise ValueError(f"{text!r}: there is no ROC year {year}")
    try:
        return date(year + _YEARS_BEHIND, month, day)
    except ValueError:
        raise ValueError(f"{text!r}: ROC year {year} has no month {month} with a day {day}") from None


def format(day: date, *, digits: int = 7) -> str:
    """A date as `1150804` (digits=7) or `01150804` (digits=8); ValueError when it does not fit."""
    _check_width(digits)
    year = day.year - _YEARS_BEHIND
    if year < 1:
        raise ValueError(f"{day} is before ROC year 1 (1912)")
    text = f"{year:0{digits - 4}d}{day.month:02d}{day.day:02d}"
    if len(text) != digits:
        raise ValueError(f"{day} needs more than {digits} digits as a ROC date")
    return text
