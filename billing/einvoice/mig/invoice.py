"""F0401 (開立發票存證) as frozen records with MIG's own names, and as XML."""

from dataclasses import dataclass, fields
from datetime import date, time
from decimal import Decimal
from xml.etree import ElementTree

_NAMESPACE = "urn:GEINV:eInvoiceMessage:F0401:4.1"


@dataclass(frozen=True, slots=True)
class Role:
    """A seller or a buyer. `Identifier`: 8 digits, or ten zeros for a consumer."""

    Identifier: str
    Name: str
    Address: str | None = None
    PersonInCharge: str | None = None
    TelephoneNumber: str | None = None
    FacsimileNumber: str | None = None
    EmailAddress: str | None = None
    CustomerNumber: str | None = None
    RoleRemark: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceMain:
    """The head of an invoice; date and time are those of Taipei."""

    InvoiceNumber: str
    InvoiceDate: date
    InvoiceTime: time
    Seller: Role
    Buyer: Role
    PrintMark: str
    InvoiceType: str = "07"
    DonateMark: str = "0"
    BuyerRemark: str | None = None
    MainRemark: str | None = None
    CustomsClearanceMark: str | None = None
    Category: str | None = None
    RelateNumber: str | None = None
    GroupMark: str | None = None
    CarrierType: str | None = None
    CarrierId1: str | None = None
    CarrierId2: str | None = None
    NPOBAN: str | None = None
    RandomNumber: str | None = None
    BondedAreaConfirm: str | None = None
    ZeroTaxRateReason: str | None = None
    Reserved1: str | None = None
    Reserved2: str | None = None


@dataclass(frozen=True, slots=True)
class ProductItem:
    """A line: a consumer's with tax inside, a business's without."""

    Description: str
    Quantity: Decimal
    UnitPrice: Decimal
    Amount: Decimal
    SequenceNumber: int
    TaxType: str = "1"
    Unit: str | None = None
    Remark: str | None = None
    RelateNumber: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceAmount:
    """The sums in whole NT$."""

    SalesAmount: Decimal
    TaxAmount: Decimal
    TotalAmount: Decimal
    FreeTaxSalesAmount: Decimal = Decimal(0)
    ZeroTaxSalesAmount: Decimal = Decimal(0)
    TaxType: str = "1"
    TaxRate: Decimal = Decimal("0.05")
    DiscountAmount: Decimal | None = None
    OriginalCurrencyAmount: Decimal | None = None
    ExchangeRate: Decimal | None = None
    Currency: str | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An F0401 message."""

    Main: InvoiceMain
    Details: tuple[ProductItem, ...]
    Amount: InvoiceAmount


def build(invoice: Invoice) -> bytes:
    """The F0401 message in UTF-8; elements that are None are left out.

    The same invoice always gives the same bytes. Nothing is judged here: hold the answer with `check` before
    filing. Raises ValueError for a character that XML cannot carry.
    """
    ElementTree.register_namespace("", _NAMESPACE)
    root = _element("Invoice")
    root.append(_record("Main", invoice.Main))
    details = _element("Details")
    details.extend(_record("ProductItem", item) for item in invoice.Details)
    root.append(details)
    root.append(_record("Amount", invoice.Amount))
    ElementTree.indent(root)
    xml: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return xml


def _element(name: str, text: str | None = None) -> ElementTree.Element:
    element = ElementTree.Element(f"{{{_NAMESPACE}}}{name}")
    element.text = text
    return element


def _record(name: str, record: InvoiceMain | Role | ProductItem | InvoiceAmount) -> ElementTree.Element:
    element = _element(name)
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, Role):
            element.append(_record(field.name, value))
        elif value is not None:
            element.append(_element(field.name, _text(field.name, value)))
    return element


def _text(name: str, value: str | date | time | Decimal | int) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, time):
        return value.strftime("%H:%M:%S")
    if isinstance(value, date):
        return value.strftime("%Y%m%d")
    text = str(value)
    for character in text:
        if not _is_xml(ord(character)):
            raise ValueError(f"{name}: the character U+{ord(character):04X} cannot stand in a message")
    return text


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
