"""To whom the house writes: mobile numbers of Taiwan in E.164, and no others. Pure.

A fixed line takes no message, and a foreign number costs three times as much and is mostly a mistake at the desk.
"""

from __future__ import annotations

import re

_MOBILE = re.compile(r"\+8869[0-9]{8}")


def is_mobile(number: str) -> bool:
    """Whether a number in E.164 is a mobile of Taiwan (``+8869`` and eight digits)."""
    return _MOBILE.fullmatch(number) is not None
