"""What a message is about: number, date, seller, and the gateway's identifier for it."""

from dataclasses import dataclass

from sandbox.einvoice.reading import Node


@dataclass(frozen=True)
class Document:
    """``number`` and ``date`` name the invoice, allowance or (E0402) branch and track the message is about;
    ``deed_date`` is the day of the deed itself: the cancel or void date where there is one."""

    number: str
    date: str
    deed_date: str
    seller: str


NOTHING = Document("", "", "", "")
_FLAT = {
    "F0501": ("CancelInvoiceNumber", "InvoiceDate", "CancelDate"),
    "F0701": ("VoidInvoiceNumber", "InvoiceDate", "VoidDate"),
    "G0501": ("CancelAllowanceNumber", "AllowanceDate", "CancelDate"),
}
_HEADED = {"F0401": ("InvoiceNumber", "InvoiceDate"), "G0401": ("AllowanceNumber", "AllowanceDate")}


def document_of(code: str, root: Node) -> Document:
    """What the message says it is about; empty texts where it does not say (it may be all wrong)."""
    if code in _FLAT:
        number, issued, done = (root.value(name)[:16] for name in _FLAT[code])
        return Document(number, issued, done, root.value("SellerId")[:10])
    mains = root.all("Main")
    if not mains:
        return NOTHING
    main = mains[0]
    if code in _HEADED:
        number, issued = (main.value(name)[:16] for name in _HEADED[code])
        seller = next((node.value("Identifier")[:10] for node in main.all("Seller")), "")
        return Document(number, issued, issued, seller)
    branch, track, kind = (main.value(name)[:10] for name in ("BranchBan", "InvoiceTrack", "InvoiceType"))
    return Document(f"{branch}-{track}-{kind}", "", "", main.value("HeadBan")[:10])


def identifier(code: str, document: Document) -> str:
    """INVOICE_IDENTIFIER of the gateway's log: type, number, day of the deed; for E0402 branch-track-type."""
    if not document.number:
        return ""
    if code == "E0402":
        return document.number
    return f"{code}{document.number}{document.deed_date}"
