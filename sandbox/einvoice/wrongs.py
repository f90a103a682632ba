"""The wrong answers that the fault switches put in place of, or beside, the right one."""

from dataclasses import replace

from sandbox.einvoice.documents import Document, identifier
from sandbox.einvoice.results import Answered

GARBAGE = ("rubbish", "truncated", "empty", "other_root")


def garbage_bytes(how: str, true: bytes) -> bytes:
    """What arrives instead of ``true``; ``how`` is one of GARBAGE."""
    if how == "empty":
        return b""
    if how == "truncated":
        return true[: len(true) // 2]
    if how == "other_root":
        return b'<?xml version="1.0" encoding="UTF-8"?>\n<Error xmlns="urn:example:none">503</Error>\n'
    return b"\x00\xff\xfe<<<not xml" + true[::-1][:200]


def stranger(answered: Answered, seq: int) -> Answered:
    """The answer to a document nobody sent: same seller and day, a number outside every track in use."""
    number = f"ZZ{seq % 10**8:08d}"
    document = Document(number, answered.date, answered.date, answered.seller)
    return replace(
        answered,
        pack_id=f"{answered.pack_id}-0",
        number=number,
        identifier=identifier(answered.code, document),
        file_name=f"{number}.xml",
        problems=(),
    )
