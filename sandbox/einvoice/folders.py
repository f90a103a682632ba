"""The gateway's folders: where messages are dropped, where they go, where answers appear.

Everything the gateway writes appears whole: another name first, then a rename.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sandbox.clock import TAIPEI
from sandbox.einvoice.messages import KINDS, MessageKind

SEPARATOR = "__"
LONGEST_NAME = 180


@dataclass(frozen=True)
class Claim:
    """A file taken out of SRC: nobody else writes to it any more. ``id`` is unique for ever."""

    id: str
    code: str
    file_name: str
    path: Path


def kept_name(name: str) -> str:
    """A file's name as it is kept and told: valid UTF-8, and short enough to carry a claim before it."""
    return name.encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore")


def is_message_name(name: str) -> bool:
    """Whether the gateway looks at a file of this name: ``*.xml``, neither hidden nor a half-written one."""
    return name.lower().endswith(".xml") and not name.startswith((".", "~", "#"))


def day_and_hour(instant: datetime) -> tuple[str, str]:
    """The two folder levels of an instant, in Taipei's time: ``20260901``, ``14``."""
    local = instant.astimezone(TAIPEI)
    return f"{local:%Y%m%d}", f"{local:%H}"


class Folders:
    """All paths below one directory (the gateway's root)."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.work = root / ".work"

    def create(self) -> None:
        """Make the folders that a client may expect to find."""
        self.work.mkdir(parents=True, exist_ok=True)
        for kind in KINDS.values():
            for name in ("SRC", "BAK", "ERR"):
                (self.upcast(kind) / name).mkdir(parents=True, exist_ok=True)
        for answer in ("ProcessResult", "SummaryResult"):
            (self.root / "Unpack" / "BAK" / answer).mkdir(parents=True, exist_ok=True)

    def upcast(self, kind: MessageKind) -> Path:
        """The folder of one message type, holding SRC, BAK and ERR."""
        return self.root / "UpCast" / kind.folder

    def waiting(self, kind: MessageKind) -> list[Path]:
        """The files in SRC that are messages, in the order they were dropped."""
        found = []
        with os.scandir(self.upcast(kind) / "SRC") as entries:
            for entry in entries:
                if is_message_name(entry.name):
                    try:
                        if entry.is_file(follow_symlinks=False):
                            found.append((entry.stat(follow_symlinks=False).st_mtime_ns, entry.path))
                    except FileNotFoundError:
                        continue
        return [Path(path) for _, path in sorted(found)]

    def claim(self, kind: MessageKind, source: Path) -> Claim | None:
        """Take a file out of SRC; None when its owner has withdrawn it meanwhile."""
        claim_id, name = uuid.uuid4().hex, kept_name(source.name)
        path = self.claim_path(claim_id, kind.code, name)
        try:
            source.rename(path)
        except FileNotFoundError:
            return None
        return Claim(claim_id, kind.code, name, path)

    def claim_path(self, claim_id: str, code: str, file_name: str) -> Path:
        """Where a taken file lies until it is put away."""
        return self.work / f"{claim_id}{SEPARATOR}{code}{SEPARATOR}{file_name}"

    def claimed(self) -> Iterator[Claim]:
        """The files taken out of SRC and not yet put away."""
        for path in sorted(self.work.iterdir(), key=lambda path: path.stat().st_mtime_ns):
            claim_id, _, rest = path.name.partition(SEPARATOR)
            code, _, name = rest.partition(SEPARATOR)
            if code in KINDS:
                yield Claim(claim_id, code, name, path)

    def put_away(self, claim: Claim, taken: datetime, promised: set[Path], *, refused: bool) -> Path:
        """Where a looked-at file goes, relative to the root.

        A name that is there already, or ``promised`` to another file, gets the claim's id behind it.
        """
        outcome = "ERR" if refused else "BAK"
        place = self.upcast(KINDS[claim.code]).relative_to(self.root) / outcome / Path(*day_and_hour(taken))
        path = place / claim.file_name
        if path in promised or (self.root / path).exists():
            path = path.with_name(f"{path.stem}~{claim.id[:8]}{path.suffix}")
        promised.add(path)
        return path

    def answer(self, kind_of_answer: str, name: str, written: datetime) -> Path:
        """Where an answer goes, relative to the root."""
        return Path("Unpack", "BAK", kind_of_answer, *day_and_hour(written), name)

    def write(self, relative: Path, data: bytes) -> None:
        """Write a file whole; an older one of the same name is replaced."""
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f".{path.name}.tmp")
        half.write_bytes(data)
        half.replace(path)

    def move(self, source: Path, relative: Path) -> None:
        """Put a taken file away. A source no longer there was put away before the process died."""
        path = self.root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            source.rename(path)
