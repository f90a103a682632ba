"""Shorthand for tests that work a platform by hand."""

from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from sandbox.clock import Clock
from sandbox.einvoice.messages import KINDS
from sandbox.einvoice.platform import EInvoicePlatform
from sandbox.tests.documents import Message


class Stopped(Clock):
    """A clock that the test sets."""

    def __init__(self, instant: datetime) -> None:
        super().__init__()
        self.instant = instant

    def now(self, *, fresh: bool = False) -> datetime:
        return self.instant


RESULT = {"r": "urn:GEINV:ProcessResult:4.1"}


def put(platform: EInvoicePlatform, message: Message, name: str = "") -> Path:
    """Drop a message without waiting for anything."""
    source = platform.folders.upcast(KINDS[message.code]) / "SRC"
    path = source / (name or f"m{len(list(platform.folders.root.rglob('*.xml'))):05d}.xml")
    path.write_bytes(message.bytes())
    return path


def file(platform: EInvoicePlatform, message: Message, name: str = "") -> list[str]:
    """Drop a message, let the platform work once, and return the codes of its problems (empty: accepted)."""
    put(platform, message, name)
    platform.tick()
    return [problem["code"] for problem in newest(platform)["problems"]]


def newest(platform: EInvoicePlatform, match: str = "") -> dict[str, Any]:
    """The newest row of the log."""
    return platform.messages(match, 1)[0]


def below(platform: EInvoicePlatform, *names: str) -> list[str]:
    """Whole files below a folder of the gateway, as relative paths."""
    root = platform.folders.root.joinpath(*names)
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def answers(platform: EInvoicePlatform) -> list[ElementTree.Element]:
    """All ProcessResults, in the order of their file names."""
    names = below(platform, "Unpack", "BAK", "ProcessResult")
    root = platform.folders.root / "Unpack" / "BAK" / "ProcessResult"
    return [ElementTree.fromstring((root / name).read_bytes()) for name in names]  # noqa: S314 - our own


def told(answer: ElementTree.Element) -> list[tuple[str, str]]:
    """Code and number of every Info of an answer."""
    return [
        (info.findtext("r:Code", "", RESULT), info.findtext("r:Parameter0", "", RESULT))
        for info in answer.findall("r:Result/r:Info", RESULT)
    ]
