"""What the platform says when it takes or refuses a message.

The ministry publishes the shape of its codes (``E`` and four digits from the gateway, ``5…``, ``6…``,
``7…``, ``9…`` from the platform) but no list; inside those shapes the numbers are the sandbox's own.
"""

from dataclasses import dataclass

ACCEPTED = "0000"

# The gateway looks at one file by itself.
NOT_XML = "E1001"
TOO_LARGE = "E1002"
WRONG_MESSAGE = "E1003"
MISSING = "E1004"
NOT_KNOWN = "E1005"
REPEATED = "E1006"
OUT_OF_ORDER = "E1007"
LENGTH = "E1008"
VALUE = "E1009"
NUMBER = "E1010"
ROWS = "E1011"

# The platform looks at what the document says ...
DATE = "7001"
PARTY = "7002"
HANDED_OVER = "7003"
CARRIER = "7004"
DONATION = "7005"
TAX_KIND = "7006"
ZERO_RATE = "7007"
LINES = "7008"
AMOUNTS = "7009"
TAX = "7010"
RANDOM_NUMBER = "7011"
RANGE = "7012"

# ... and at what it has on record.
DUPLICATE = "5001"
NOT_CONFIRMED = "5002"
DIFFERS = "5003"
CANCELLED_ALREADY = "5004"
HAS_ALLOWANCE = "5005"
DONATED = "5006"
TOO_LATE = "5007"
ALLOWANCE_TOO_HIGH = "5008"
REPORTED_BLANK = "5009"
IN_USE = "5010"

REFUSED_ON_PURPOSE = "9001"


@dataclass(frozen=True)
class Problem:
    """One reason for a refusal: code, text for a person, and the element it is about (a path)."""

    code: str
    description: str
    where: str = ""
