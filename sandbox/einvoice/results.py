"""The two answers of the platform as XML: ProcessResult (per message) and SummaryResult (per day), MIG 4.1.

``RoutingInfo`` is the message's own, from the seller to the platform. In ``Info``, Parameter0 is the
document's number, Parameter1 its date, Parameter2 the gateway's INVOICE_IDENTIFIER, Parameter3 the name of
the file that was dropped, and Parameter4 the element a refusal is about.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from sandbox.einvoice.codes import Problem

PLATFORM_ID = "0000000000"
MOST_REFERENCES = 9999
NO_SELLER = "00000000"
NOT_IN_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Answered:
    """A message the platform has looked at, as its answers need it."""

    pack_id: str
    code: str
    category: str
    process: str
    size: int
    seller: str
    number: str
    date: str
    identifier: str
    file_name: str
    problems: tuple[Problem, ...]


def _element(name: str, text: str) -> str:
    kept = NOT_IN_XML.sub("", text)
    return f"<{name}>{escape(kept)}</{name}>"


def _routing(seller: str) -> str:
    sender = seller or NO_SELLER
    return (
        "<RoutingInfo>"
        f"<From>{_element('PartyId', sender)}</From><FromVAC>{_element('RoutingId', sender)}</FromVAC>"
        f"<To>{_element('PartyId', PLATFORM_ID)}</To><ToVAC>{_element('RoutingId', PLATFORM_ID)}</ToVAC>"
        "</RoutingInfo>"
    )


def _message_info(pack_id: str, size: int, code: str, category: str, process: str) -> str:
    return (
        _element("Id", pack_id)
        + _element("Size", str(size))
        + _element("MessageType", code)
        + _element("Service", category)
        + _element("Action", process)
    )


def _document(root: str, body: str) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{root} xmlns="urn:GEINV:{root}:4.1">{body}</{root}>\n'.encode()


def process_result(answered: Answered, accepted: Problem) -> bytes:
    """The answer to one message: one Info ``accepted``, or one per reason for the refusal."""
    infos = []
    for problem in answered.problems or (accepted,):
        parameters = (
            answered.number,
            answered.date,
            answered.identifier,
            answered.file_name,
            problem.where,
        )
        infos.append(
            "<Info>"
            + _element("Code", problem.code)
            + _element("Description", problem.description)
            + "".join(_element(f"Parameter{place}", text) for place, text in enumerate(parameters))
            + "</Info>"
        )
    info = _message_info(answered.pack_id, answered.size, answered.code, answered.category, answered.process)
    body = f"{_routing(answered.seller)}<MessageInfo>{info}</MessageInfo><Result>{''.join(infos)}</Result>"
    return _document("ProcessResult", body)


def summary_result(day: str, answered: Iterable[Answered]) -> bytes:
    """The day's account: per message type how many came, which were good and which failed.

    A type with more than 9,999 messages takes several ``Message`` elements. ``day`` is ``YYYYMMDD`` and
    stands in for the date of a document that has none. With nothing to report one message of count 0 says so
    (the schema wants at least one).
    """
    by_code: dict[str, list[Answered]] = {}
    for one in answered:
        by_code.setdefault(one.code, []).append(one)
    messages = []
    for code, ones in sorted(by_code.items()):
        for start in range(0, len(ones), MOST_REFERENCES):
            messages.append(_summary_message(day, code, start, ones[start : start + MOST_REFERENCES]))
    if not messages:
        messages.append(_summary_message(day, "F0401", 0, []))
    seller = next((one.seller for ones in by_code.values() for one in ones if one.seller), "")
    return _document("SummaryResult", f"{_routing(seller)}<DetailList>{''.join(messages)}</DetailList>")


def _summary_message(day: str, code: str, start: int, ones: Sequence[Answered]) -> str:
    size = max(1, sum(one.size for one in ones))
    category, process = (ones[0].category, ones[0].process) if ones else ("B2S", "STORAGE")
    info = _message_info(f"4.1-{code}-{day}-{start:06d}", size, code, category, process)
    good = [one for one in ones if not one.problems]
    failed = [one for one in ones if one.problems]
    return (
        f"<Message><Info>{info}</Info><ResultType>"
        f"<Total>{_detail(len(ones), [], day)}</Total>"
        f"<Good>{_detail(len(good), good, day)}</Good>"
        f"<Failed>{_detail(len(failed), failed, day)}</Failed>"
        "</ResultType></Message>"
    )


def _detail(count: int, ones: Sequence[Answered], day: str) -> str:
    # A reference has 10 to 16 characters: what has no such number (a shorter allowance number, a file
    # that could not be read) is counted and not named.
    references = "".join(
        "<Invoice>"
        + _element("ReferenceNumber", one.number)
        + _element("InvoiceDate", one.date or day)
        + "</Invoice>"
        for one in ones
        if 10 <= len(one.number) <= 16
    )
    invoices = f"<Invoices>{references}</Invoices>" if references else ""
    return f"<ResultDetailType>{_element('Count', str(count))}{invoices}</ResultDetailType>"
