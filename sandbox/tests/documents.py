"""Messages to drop, written for the tests alone: right ones to start from, and ways to make them wrong."""

from collections.abc import Mapping, Sequence
from typing import Self
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

CONSUMER = "0000000000"
SELLER, BUYER = "04595257", "10458575"
Fields = Mapping[str, "str | Fields | Sequence[Fields]"]


def _fill(parent: Element, fields: Fields) -> None:
    for name, content in fields.items():
        if isinstance(content, str):
            SubElement(parent, name).text = content
        else:
            for one in [content] if isinstance(content, Mapping) else content:
                _fill(SubElement(parent, name), one)


class Message:
    """A message under way. Paths are below the root: ``Main/Buyer/Name``, ``Details/ProductItem[2]``."""

    def __init__(self, code: str, root: str, fields: Fields) -> None:
        self.code = code
        self.root = Element(root)
        self.namespace = f"urn:GEINV:eInvoiceMessage:{code}:4.1"
        _fill(self.root, fields)

    def at(self, path: str) -> Element:
        """The element there."""
        found = self.root.find(path)
        assert found is not None, path
        return found

    def set(self, path: str, value: str) -> Self:
        """Put a text there; an element that is not there yet comes last."""
        parent, _, name = path.rpartition("/")
        found = self.root.find(path)
        if found is None:
            found = SubElement(self.at(parent) if parent else self.root, name)
        found.text = value
        return self

    def drop(self, path: str) -> Self:
        """Leave the element out."""
        parent, _, _ = path.rpartition("/")
        (self.at(parent) if parent else self.root).remove(self.at(path))
        return self

    def add(self, path: str, fields: Fields) -> Self:
        """Put a further element with these fields there."""
        parent, _, name = path.rpartition("/")
        _fill(SubElement(self.at(parent) if parent else self.root, name), fields)
        return self

    def bytes(self) -> bytes:
        """The file."""
        self.root.set("xmlns", self.namespace)
        return ElementTree.tostring(self.root, encoding="UTF-8", xml_declaration=True)


def line(**changes: str) -> dict[str, str]:
    """One taxable line of 2 × 760."""
    return {
        "Description": "家用液化石油氣 20公斤",
        "Quantity": "2",
        "Unit": "桶",
        "UnitPrice": "760",
        "TaxType": "1",
        "Amount": "1520",
        "SequenceNumber": "1",
        **changes,
    }


def invoice(number: str = "AB12345678", date: str = "20260901") -> Message:
    """F0401 to a person, printed: NT$1,520, tax inside."""
    return Message(
        "F0401",
        "Invoice",
        {
            "Main": {
                "InvoiceNumber": number,
                "InvoiceDate": date,
                "InvoiceTime": "14:05:09",
                "Seller": {"Identifier": SELLER, "Name": "測試瓦斯行"},
                "Buyer": {"Identifier": CONSUMER, "Name": "消費者"},
                "InvoiceType": "07",
                "DonateMark": "0",
                "PrintMark": "Y",
                "RandomNumber": "7081",
            },
            "Details": {"ProductItem": [line()]},
            "Amount": {
                "SalesAmount": "1520",
                "FreeTaxSalesAmount": "0",
                "ZeroTaxSalesAmount": "0",
                "TaxType": "1",
                "TaxRate": "0.05",
                "TaxAmount": "0",
                "TotalAmount": "1520",
            },
        },
    )


def company_invoice(number: str = "AB12345682", date: str = "20260901") -> Message:
    """F0401 to a company, printed: NT$1,000 and 50 tax."""
    message = invoice(number, date)
    message.set("Main/Buyer/Identifier", BUYER).set("Main/Buyer/Name", "測試餐廳有限公司")
    for name, value in line(Quantity="1", UnitPrice="1000", Amount="1000").items():
        message.set(f"Details/ProductItem/{name}", value)
    return (
        message.set("Amount/SalesAmount", "1000")
        .set("Amount/TaxAmount", "50")
        .set("Amount/TotalAmount", "1050")
    )


def carried_invoice(number: str = "AB12345679", code: str = "/ABC+123", kind: str = "3J0002") -> Message:
    """F0401 to a person, kept in a carrier."""
    message = invoice(number).set("Main/PrintMark", "N").set("Main/CarrierType", kind)
    return message.set("Main/CarrierId1", code).set("Main/CarrierId2", code)


def donated_invoice(number: str = "AB12345680", receiver: str = "168001") -> Message:
    """F0401 to a person, given away."""
    message = invoice(number).set("Main/PrintMark", "N").set("Main/DonateMark", "1")
    return message.set("Main/NPOBAN", receiver)


def full_invoice() -> Message:
    """F0401 with every element there is, all right."""
    role: Fields = {
        "Address": "臺東市中山路1號",
        "PersonInCharge": "王小明",
        "TelephoneNumber": "089-000000",
        "FacsimileNumber": "089-000001",
        "EmailAddress": "shop@example.invalid",
        "CustomerNumber": "C00001",
        "RoleRemark": "",
    }
    return Message(
        "F0401",
        "Invoice",
        {
            "Main": {
                "InvoiceNumber": "AB12345683",
                "InvoiceDate": "20260901",
                "InvoiceTime": "14:05:09",
                "Seller": {"Identifier": SELLER, "Name": "測試瓦斯行", **role},
                "Buyer": {"Identifier": BUYER, "Name": "測試餐廳有限公司", **role},
                "BuyerRemark": "1",
                "MainRemark": "備註",
                "CustomsClearanceMark": "1",
                "Category": "01",
                "RelateNumber": "O-20260901-1",
                "InvoiceType": "07",
                "GroupMark": "*",
                "DonateMark": "0",
                "CarrierType": "3J0002",
                "CarrierId1": "/ABC+123",
                "CarrierId2": "/ABC+123",
                "PrintMark": "Y",
                "NPOBAN": "",
                "RandomNumber": "7081",
                "BondedAreaConfirm": "1",
                "ZeroTaxRateReason": "71",
                "Reserved1": "",
                "Reserved2": "",
            },
            "Details": {
                "ProductItem": [
                    line(Quantity="1", UnitPrice="1000", Amount="1000", Remark="", RelateNumber="O-1"),
                    line(
                        Quantity="1", UnitPrice="20", Amount="20", SequenceNumber="2", TaxType="2", Remark=""
                    ),
                ]
            },
            "Amount": {
                "SalesAmount": "1000",
                "FreeTaxSalesAmount": "0",
                "ZeroTaxSalesAmount": "20",
                "TaxType": "9",
                "TaxRate": "0.05",
                "TaxAmount": "50",
                "TotalAmount": "1070",
                "DiscountAmount": "0",
                "OriginalCurrencyAmount": "33.5",
                "ExchangeRate": "31.94",
                "Currency": "USD",
            },
        },
    )


def cancel(number: str = "AB12345678", buyer: str = CONSUMER) -> Message:
    """F0501 of the invoice to a person."""
    return Message(
        "F0501",
        "CancelInvoice",
        {
            "CancelInvoiceNumber": number,
            "InvoiceDate": "20260901",
            "BuyerId": buyer,
            "SellerId": SELLER,
            "CancelDate": "20260902",
            "CancelTime": "09:00:00",
            "CancelReason": "金額錯誤",
            "ReturnTaxDocumentNumber": "",
            "Remark": "",
            "Reserved1": "",
            "Reserved2": "",
        },
    )


def void(number: str = "AB12345678", buyer: str = CONSUMER) -> Message:
    """F0701 of the invoice to a person."""
    return Message(
        "F0701",
        "VoidInvoice",
        {
            "VoidInvoiceNumber": number,
            "InvoiceDate": "20260901",
            "BuyerId": buyer,
            "SellerId": SELLER,
            "VoidDate": "20260902",
            "VoidTime": "09:00:00",
            "VoidReason": "買方統編錯誤",
            "Remark": "",
            "Reserved1": "",
            "Reserved2": "",
        },
    )


def allowance(number: str = "AL20260905000001", original: str = "AB12345682") -> Message:
    """G0401 on the company's invoice: NT$400 and 20 tax off."""
    return Message(
        "G0401",
        "Allowance",
        {
            "Main": {
                "AllowanceNumber": number,
                "AllowanceDate": "20260905",
                "Seller": {"Identifier": SELLER, "Name": "測試瓦斯行"},
                "Buyer": {"Identifier": BUYER, "Name": "測試餐廳有限公司"},
                "AllowanceType": "2",
                "OriginalInvoiceSellerId": SELLER,
                "OriginalInvoiceBuyerId": BUYER,
            },
            "Details": {
                "ProductItem": [
                    {
                        "OriginalInvoiceDate": "20260901",
                        "OriginalInvoiceNumber": original,
                        "OriginalSequenceNumber": "1",
                        "OriginalDescription": "家用液化石油氣 20公斤",
                        "Quantity": "1",
                        "Unit": "桶",
                        "UnitPrice": "400",
                        "Amount": "400",
                        "Tax": "20",
                        "AllowanceSequenceNumber": "1",
                        "TaxType": "1",
                    }
                ]
            },
            "Amount": {"TaxAmount": "20", "TotalAmount": "400"},
        },
    )


def cancel_allowance(number: str = "AL20260905000001") -> Message:
    """G0501 of that allowance."""
    return Message(
        "G0501",
        "CancelAllowance",
        {
            "CancelAllowanceNumber": number,
            "AllowanceType": "2",
            "AllowanceDate": "20260905",
            "BuyerId": BUYER,
            "SellerId": SELLER,
            "CancelDate": "20260906",
            "CancelTime": "09:00:00",
            "CancelReason": "折讓錯誤",
            "Remark": "",
        },
    )


def blank(first: str = "12345687", last: str = "12345699") -> Message:
    """E0402 of one range of period 11510."""
    return Message(
        "E0402",
        "BranchTrackBlank",
        {
            "Main": {
                "HeadBan": SELLER,
                "BranchBan": SELLER,
                "InvoiceType": "07",
                "YearMonth": "11510",
                "InvoiceTrack": "AB",
            },
            "Details": {"BranchTrackBlankItem": [{"InvoiceBeginNo": first, "InvoiceEndNo": last}]},
        },
    )
