"""What goes over one line to the old system's database, read just far enough to fail at the right moment.

PostgreSQL's protocol, version 3: a client's first packet has no type byte; after it, every message is a type byte, a
length that counts itself, and content. Only the client's side is read.
"""

import struct
from dataclasses import dataclass, field

NO_ENCRYPTION = b"N"
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
LARGEST_KEPT = 256 * 1024
_WRITES = (b"INSERT INTO", b"UPDATE ")


@dataclass
class Reading:
    """The client's side of one connection. ``said`` is what the open transaction said so far."""

    begun: bool = False
    said: bytearray = field(default_factory=bytearray)
    _rest: bytearray = field(default_factory=bytearray)

    def take(self, data: bytes) -> list[tuple[bytes, bytes]]:
        """(type, whole message) for every message that is complete now; the first packet has type b""."""
        self._rest += data
        found = []
        while (message := self._next()) is not None:
            found.append(message)
        return found

    def _next(self) -> tuple[bytes, bytes] | None:
        head = 1 if self.begun else 0
        if len(self._rest) < head + 4:
            return None
        (length,) = struct.unpack_from("!I", self._rest, head)
        if len(self._rest) < head + length:
            return None
        whole = bytes(self._rest[: head + length])
        del self._rest[: head + length]
        return whole[:head], whole

    def note(self, kind: bytes, message: bytes) -> None:
        """Remember what a query and its values said."""
        if kind in (b"Q", b"P", b"B") and len(self.said) < LARGEST_KEPT:
            self.said += message

    def asks(self, kind: bytes) -> bool:
        """Whether the server answers now: a simple query, or the end of a batch."""
        return kind in (b"Q", b"S")

    def commits(self, kind: bytes, message: bytes) -> bool:
        """Whether this message ends a transaction that wrote."""
        return _text_of(kind, message).startswith(b"COMMIT") and any(word in self.said for word in _WRITES)

    def ends(self, kind: bytes, message: bytes) -> bool:
        """Whether this message ends a transaction, one way or the other."""
        return _text_of(kind, message).startswith((b"COMMIT", b"ROLLBACK"))

    def forget(self) -> None:
        self.said.clear()


def wants_encryption(packet: bytes) -> bool:
    """Whether a first packet asks for an encrypted line, which is answered with ``NO_ENCRYPTION``."""
    return len(packet) == 8 and struct.unpack_from("!I", packet, 4)[0] in (SSL_REQUEST, GSS_REQUEST)


def _text_of(kind: bytes, message: bytes) -> bytes:
    if kind == b"Q":
        return message[5:].upper()
    if kind == b"P":
        return message[5:].partition(b"\0")[2].upper()
    return b""
