"""The wire of the Turnkey folder channel: names and places of files, and what the results say.

Turnkey is the ministry's program on the merchant's machine. It takes one message per file from `SRC`, moves
it to `BAK/<YYYYMMDD>/<HH>/` or refuses it into `ERR/…`, and puts the platform's answers below `Unpack/BAK/`.
This module reads no folder: it knows names and bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from billing.einvoice.mig.problem import N_, Problem
from billing.einvoice.mig.reader import Node, read

UNPACKED = PurePosixPath("Unpack/BAK")
RESULT_KINDS = ("ProcessResult", "SummaryResult")
_STORAGE = PurePosixPath("UpCast/B2SSTORAGE")
_RESULT_NAMESPACE = re.compile(r"urn:GEINV:(ProcessResult|SummaryResult):[0-9]+\.[0-9]+")
_IDENTIFIER = re.compile(r"(?<![A-Z0-9])(?:(F0401|F0501|F0701)?)([A-Z]{2}[0-9]{8})([0-9]{8})?(?![A-Z0-9])")
_ACCEPTED_CODE = re.compile("0+")
_REFUSED_CODE = re.compile("E[0-9]{4}|[579][0-9]{3}|6[0-9]{4}")


class Verdict(StrEnum):
    """What the platform says about a document."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict over one document. `message`: F0401…, or empty when not said; `date`: YYYYMMDD."""

    message: str
    reference: str
    verdict: Verdict
    code: str = ""
    description: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """A result file as read: its kind, the platform's id of the pack it answers, and its findings."""

    kind: str
    ids: tuple[str, ...]
    findings: tuple[Finding, ...]


def source_folder(message: str) -> PurePosixPath:
    """Where Turnkey looks for messages of this kind, below its own folder."""
    return _STORAGE / message / "SRC"


def taken_folder(message: str) -> PurePosixPath:
    """Below this, by day and hour, lie the messages that Turnkey has taken."""
    return _STORAGE / message / "BAK"


def refused_folder(message: str) -> PurePosixPath:
    """Below this, by day and hour, lie the messages that Turnkey has refused."""
    return _STORAGE / message / "ERR"


def file_name(message: str, reference: str, date: str, serial: int) -> str:
    """The one name a submission has for ever: `F0401-AB12345678-20260901-1.xml`.

    The name is what tells a second filing from a first, so a retry uses it again; `serial` grows only when
    the same number is rightly filed anew (after F0701).
    """
    return f"{message}-{reference}-{date}-{serial}.xml"


def original_name(name: str) -> str:
    """The name a file was dropped under: one of a name already taken is put away as `name~1a2b3c4d.xml`."""
    return re.sub(r"~[0-9A-Za-z]{8}(?=\.xml$)", "", name)


def parse_result(xml: bytes) -> Result | Problem:
    """What a ProcessResult or SummaryResult says, or why it cannot be read."""
    root = read(xml)
    if isinstance(root, Problem):
        return root
    kind = _RESULT_NAMESPACE.fullmatch(root.namespace)
    if kind is None or root.name != kind[1]:
        return Problem("", N_("this is neither a ProcessResult nor a SummaryResult"))
    if root.name == "ProcessResult":
        return Result(root.name, (root.value("MessageInfo/Id"),), tuple(_processed(root)))
    messages = list(_below(root, "DetailList", "Message"))
    return Result(
        root.name,
        tuple(one.value("Info/Id") for one in messages),
        tuple(finding for one in messages for finding in _summed(one)),
    )


def _processed(root: Node) -> Iterator[Finding]:
    """One finding per document an `Info` names; one that names none speaks of what the pack's id names."""
    kind = root.value("MessageInfo/MessageType")
    for info in _below(root, "Result", "Info"):
        code, description = info.value("Code").strip(), info.value("Description").strip()
        parameters = [info.value(f"Parameter{index}") for index in range(5)]
        named = (
            _references(" ".join([*parameters, description]))
            or _references(root.value("MessageInfo/Id"))
            or [("", "", "")]
        )
        for message, reference, day in named:
            yield Finding(message or kind, reference, _verdict(code), code, description, day)


def _references(text: str) -> list[tuple[str, str, str]]:
    """(message, number, date) of each document named, once, as fully as any of its mentions says it."""
    found: dict[str, tuple[str, str]] = {}
    for match in _IDENTIFIER.finditer(text):
        message, day = found.get(match[2], ("", ""))
        found[match[2]] = (message or match[1] or "", day or match[3] or "")
    return [(message, number, day) for number, (message, day) in found.items()]


def _verdict(code: str) -> Verdict:
    if _ACCEPTED_CODE.fullmatch(code):
        return Verdict.ACCEPTED
    return Verdict.REFUSED if _REFUSED_CODE.fullmatch(code) else Verdict.UNCLEAR


def _summed(message: Node) -> Iterator[Finding]:
    kind = message.value("Info/MessageType")
    for outcome, verdict in (("Good", Verdict.ACCEPTED), ("Failed", Verdict.REFUSED)):
        for invoice in _below(message, "ResultType", outcome, "ResultDetailType", "Invoices", "Invoice"):
            reference, day = invoice.value("ReferenceNumber"), invoice.value("InvoiceDate")
            yield Finding(kind, reference.strip(), verdict, date=day.strip())


def _below(node: Node, *names: str) -> Iterator[Node]:
    if not names:
        yield node
        return
    for child in node.all(names[0]):
        yield from _below(child, *names[1:])
