"""Twilio's numbers for what goes wrong, and what it makes of the fields of a new message."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MOST_CHARACTERS = 1600
DOCS = "https://www.twilio.com/docs/errors"

#: Code → HTTP status and words of a request that is refused.
REQUEST = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number or a messaging service is required."),
    21604: (400, "A 'To' phone number is required."),
    21608: (400, "The number is unverified. Trial accounts cannot send messages to unverified numbers."),
    21609: (400, "The StatusCallback URL is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21612: (400, "The 'To' phone number is not currently reachable via SMS from this 'From'"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    30001: (429, "Queue overflow"),
    30002: (401, "Account suspended"),
    57012: (400, "Invalid signature"),
}

#: Code → final status and words of a message that was taken and not delivered.
NETWORK = {
    30003: ("undelivered", "Unreachable destination handset"),
    30004: ("undelivered", "Message blocked"),
    30005: ("undelivered", "Unknown destination handset"),
    30006: ("undelivered", "Landline or unreachable carrier"),
    30007: ("undelivered", "Message filtered"),
    30008: ("undelivered", "Unknown error"),
    30010: ("failed", "Message price exceeds max price"),
    30042: ("failed", "Sender ID is generic"),
}

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_WORD_SENDER = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
#: Numbers of Taiwan: a mobile is +886 9 and eight digits, what else begins so is a fixed line of eight or nine.
_TAIWAN = re.compile(r"\+886[0-9]+")
_TAIWAN_MOBILE = re.compile(r"\+8869[0-9]{8}")
_TAIWAN_FIXED = re.compile(r"\+886[2-8][0-9]{7,8}")


@dataclass(frozen=True)
class Trouble:
    """A request that is refused: the HTTP status, Twilio's code, its words."""

    status: int
    code: int
    words: str

    def as_json(self) -> dict[str, object]:
        """The body of the answer."""
        return {
            "code": self.code,
            "message": self.words,
            "more_info": f"{DOCS}/{self.code}",
            "status": self.status,
        }


def trouble(code: int, words: str = "") -> Trouble:
    """The refusal of a known code."""
    status, usual = REQUEST[code]
    return Trouble(status, code, words or usual)


def objection(form: Mapping[str, str]) -> Trouble | None:
    """What Twilio has against a new message, looking at its fields alone."""
    to, body = form.get("To", ""), form.get("Body", "")
    sender = form.get("From", "") or form.get("MessagingServiceSid", "")
    callback = form.get("StatusCallback", "")
    if not to:
        return trouble(21604)
    if not _is_number(to):
        return trouble(21211, f"The 'To' number {to} is not a valid phone number.")
    if not sender:
        return trouble(21603)
    if not (_E164.fullmatch(sender) or _WORD_SENDER.fullmatch(sender) or sender.startswith("MG")):
        return trouble(21212, f"The 'From' number {sender} is not a valid phone number.")
    if _TAIWAN.fullmatch(to) and not _TAIWAN_MOBILE.fullmatch(to):
        return trouble(21614)
    if not body:
        return trouble(21602)
    if len(body) > MOST_CHARACTERS:
        return trouble(21617)
    if callback and not _is_address(callback):
        return trouble(21609, f"The StatusCallback URL {callback} is not a valid URL.")
    return None


def _is_number(text: str) -> bool:
    if _TAIWAN.fullmatch(text):
        return bool(_TAIWAN_MOBILE.fullmatch(text) or _TAIWAN_FIXED.fullmatch(text))
    return bool(_E164.fullmatch(text))


def _is_address(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in ("http", "https") and bool(parts.netloc)
