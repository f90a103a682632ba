"""Talking to Turnkey's folders: put a message in, find where it went, see what came back."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from glob import escape
from pathlib import Path

from billing.einvoice.mig.reader import MOST_BYTES
from billing.einvoice.turnkey import RESULT_KINDS, UNPACKED, refused_folder, source_folder, taken_folder


class Whereabouts(StrEnum):
    """Where a file is: still waiting for Turnkey, taken by it, refused by it, or in none of these places."""

    WAITING = "waiting"
    TAKEN = "taken"
    REFUSED = "refused"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Found:
    """Where a message's file is; `path` is relative to Turnkey's folder and empty when it is nowhere."""

    where: Whereabouts
    path: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that was left for us: `kind` ProcessResult, SummaryResult or the ERR of a message."""

    kind: str
    path: str
    name: str
    size: int
    modified_ns: int


class TurnkeyFolder:
    """Turnkey's own folder (`EINVTurnkey`), with `UpCast` and `Unpack` below it.

    Every method raises OSError when the folder cannot be reached; nothing was handed over then.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def place(self, message: str, name: str, xml: bytes) -> None:
        """Put the message where Turnkey takes it, whole or not at all: another name, then a rename."""
        folder = self.root / source_folder(message)
        if not self.root.is_dir():
            raise FileNotFoundError(f"there is no Turnkey folder at {self.root}")
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f".{name}.{os.getpid()}.tmp"
        try:
            with unfinished.open("xb") as stream:
                stream.write(xml)
                stream.flush()
                os.fsync(stream.fileno())
            unfinished.rename(folder / name)
        finally:
            unfinished.unlink(missing_ok=True)

    def find(self, message: str, name: str) -> Found:
        """Where the file of that name is. The order of looking is the order in which Turnkey moves it."""
        if not self.root.is_dir():
            raise FileNotFoundError(f"there is no Turnkey folder at {self.root}")
        waiting = source_folder(message) / name
        if (self.root / waiting).exists():
            return Found(Whereabouts.WAITING, str(waiting))
        for where, folder in (
            (Whereabouts.TAKEN, taken_folder(message)),
            (Whereabouts.REFUSED, refused_folder(message)),
        ):
            for path in self._by_hour(Path(folder), escape(name)):
                return Found(where, str(path.relative_to(self.root)))
        return Found(Whereabouts.NOWHERE)

    def arrived(self, messages: tuple[str, ...], *, since: date | None = None) -> Iterator[Arrived]:
        """Result files, and files of these messages that Turnkey refused, oldest folder first.

        `since`: only those that Turnkey filed under that day or a later one.
        """
        earliest = f"{since:%Y%m%d}" if since else ""
        places = [(kind, Path(UNPACKED) / kind) for kind in RESULT_KINDS]
        places += [(f"ERR {message}", Path(refused_folder(message))) for message in messages]
        for kind, folder in places:
            for path in sorted(self._by_hour(folder)):
                if path.suffix.lower() != ".xml" or path.parent.parent.name < earliest:
                    continue
                try:
                    facts = path.stat()
                except FileNotFoundError:
                    continue
                relative = str(path.relative_to(self.root))
                yield Arrived(kind, relative, path.name, facts.st_size, facts.st_mtime_ns)

    def read(self, arrived: Arrived) -> bytes:
        """The bytes of an arrived file, one more than the platform's limit at most."""
        with (self.root / arrived.path).open("rb") as stream:
            return stream.read(MOST_BYTES + 1)

    def _by_hour(self, folder: Path, pattern: str = "*") -> Iterator[Path]:
        """Files at `<folder>/<YYYYMMDD>/<HH>/<name>`, as Turnkey files them.

        A pattern that is one name is looked for in each hour; the hours' files are not listed, and there are years
        of them.
        """
        return (self.root / folder).glob(f"[0-9]*/[0-9]*/{pattern}")
