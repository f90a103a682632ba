"""The messages the gateway takes, element by element: MIG 4.1 (財政部 電子發票資料交換標準訊息建置指引)."""

import re
from dataclasses import dataclass
from decimal import Decimal

from sandbox.einvoice.shapes import Group, Number, Text, Time, may, must, rows

VERSION = "4.1"

INVOICE_NUMBER = Text(pattern=re.compile(r"[A-Z]{2}[0-9]{8}"))
ALLOWANCE_NUMBER = Text(1, 16)
DATE = Text(pattern=re.compile(r"[0-9]{4}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"))
BAN = Text(0, 10)
YEAR_MONTH = Text(pattern=re.compile(r"[0-9]{3}(?:0[2468]|1[02])"))
EIGHT_DIGITS = Text(pattern=re.compile(r"[0-9]{8}"))
INVOICE_TYPE = Text(choices=("07", "08"))
TAX_TYPE = Text(choices=("1", "2", "3", "4", "9"))
TAX_RATE = Number(20, 7, choices=tuple(map(Decimal, ("0", "0.01", "0.02", "0.05", "0.15", "0.25"))))
AMOUNT = Number(20, 7)
AMOUNT_FROM_ZERO = Number(20, 7, at_least_zero=True)
TAX = Number(20, 0)
TAX_FROM_ZERO = Number(20, 0, at_least_zero=True)
REASON = Text(1, 20, collapse=True)
REMARK = Text(0, 200, collapse=True)

# ISO 4217 as the guideline lists it: some of these codes have since been withdrawn.
CURRENCIES = tuple(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYR BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CYP CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GGP GHS
    GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES KGS KHR KMF
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
    SEK SGD SHP SLL SOS SPL SRD STD SVC SYP SZL THB TJS TMM TND TOP TRY TTD TVD TWD TZS UAH UGX USD UYU
    UZS VEB VEF VND VUV WST XAF XAG XAU XCD XDR XOF XPD XPF XPT YER ZAR ZMK ZWD
    MTL
    """.split()  # noqa: SIM905 - 170 quoted words would hide the list
)

ROLE = Group(
    in_order=True,
    children=(
        must("Identifier", Text(8, 10)),
        must("Name", Text(1, 60)),
        may("Address", Text(0, 100)),
        may("PersonInCharge", Text(0, 30)),
        may("TelephoneNumber", Text(0, 26)),
        may("FacsimileNumber", Text(0, 26)),
        may("EmailAddress", Text(0, 400)),
        may("CustomerNumber", Text(0, 20)),
        may("RoleRemark", Text(0, 40)),
    ),
)

INVOICE = Group(
    (
        must(
            "Main",
            Group(
                (
                    must("InvoiceNumber", INVOICE_NUMBER),
                    must("InvoiceDate", DATE),
                    must("InvoiceTime", Time()),
                    must("Seller", ROLE),
                    must("Buyer", ROLE),
                    may("BuyerRemark", Text(choices=("1", "2", "3", "4"))),
                    may("MainRemark", Text(0, 200)),
                    may("CustomsClearanceMark", Text(choices=("1", "2"))),
                    may("Category", Text(0, 2)),
                    may("RelateNumber", Text(0, 20)),
                    must("InvoiceType", INVOICE_TYPE),
                    may("GroupMark", Text(choices=("*",))),
                    must("DonateMark", Text(choices=("0", "1"))),
                    may("CarrierType", Text(0, 6)),
                    may("CarrierId1", Text(0, 400)),
                    may("CarrierId2", Text(0, 400)),
                    must("PrintMark", Text(choices=("Y", "N"))),
                    may("NPOBAN", Text(0, 10)),
                    may("RandomNumber", Text(pattern=re.compile(r"(?:[0-9]{4})?"))),
                    may("BondedAreaConfirm", Text(choices=("1", "2", "3", "4"))),
                    may("ZeroTaxRateReason", Text(pattern=re.compile(r"7[1-9]"))),
                    may("Reserved1", Text(0, 20)),
                    may("Reserved2", Text(0, 100)),
                )
            ),
        ),
        must(
            "Details",
            Group(
                (
                    rows(
                        "ProductItem",
                        Group(
                            (
                                must("Description", Text(0, 500)),
                                must("Quantity", AMOUNT),
                                may("Unit", Text(0, 6)),
                                must("UnitPrice", AMOUNT),
                                must("TaxType", TAX_TYPE),
                                must("Amount", AMOUNT),
                                must("SequenceNumber", Text(0, 4)),
                                may("Remark", Text(0, 120)),
                                may("RelateNumber", Text(0, 50)),
                            )
                        ),
                        9999,
                    ),
                )
            ),
        ),
        must(
            "Amount",
            Group(
                (
                    must("SalesAmount", AMOUNT_FROM_ZERO),
                    must("FreeTaxSalesAmount", AMOUNT_FROM_ZERO),
                    must("ZeroTaxSalesAmount", AMOUNT_FROM_ZERO),
                    must("TaxType", TAX_TYPE),
                    must("TaxRate", TAX_RATE),
                    must("TaxAmount", TAX_FROM_ZERO),
                    must("TotalAmount", AMOUNT_FROM_ZERO),
                    may("DiscountAmount", AMOUNT_FROM_ZERO),
                    may("OriginalCurrencyAmount", AMOUNT_FROM_ZERO),
                    may("ExchangeRate", Number(13, 5, at_least_zero=True)),
                    may("Currency", Text(choices=CURRENCIES)),
                )
            ),
        ),
    )
)

CANCEL_INVOICE = Group(
    (
        must("CancelInvoiceNumber", INVOICE_NUMBER),
        must("InvoiceDate", DATE),
        must("BuyerId", BAN),
        must("SellerId", BAN),
        must("CancelDate", DATE),
        must("CancelTime", Time()),
        must("CancelReason", REASON),
        may("ReturnTaxDocumentNumber", Text(0, 60)),
        may("Remark", REMARK),
        may("Reserved1", Text(0, 20)),
        may("Reserved2", Text(0, 100)),
    )
)

VOID_INVOICE = Group(
    (
        must("VoidInvoiceNumber", INVOICE_NUMBER),
        must("InvoiceDate", DATE),
        must("BuyerId", BAN),
        must("SellerId", BAN),
        must("VoidDate", DATE),
        must("VoidTime", Time()),
        must("VoidReason", REASON),
        may("Remark", REMARK),
        may("Reserved1", Text(0, 20)),
        may("Reserved2", Text(0, 100)),
    )
)

ALLOWANCE = Group(
    (
        must(
            "Main",
            Group(
                (
                    must("AllowanceNumber", ALLOWANCE_NUMBER),
                    must("AllowanceDate", DATE),
                    must("Seller", ROLE),
                    must("Buyer", ROLE),
                    must("AllowanceType", Text(choices=("2",))),
                    may("OriginalInvoiceSellerId", BAN),
                    may("OriginalInvoiceBuyerId", BAN),
                )
            ),
        ),
        must(
            "Details",
            Group(
                (
                    rows(
                        "ProductItem",
                        Group(
                            (
                                must("OriginalInvoiceDate", DATE),
                                must("OriginalInvoiceNumber", INVOICE_NUMBER),
                                may("OriginalSequenceNumber", Text(0, 4)),
                                must("OriginalDescription", Text(0, 500)),
                                must("Quantity", AMOUNT),
                                may("Unit", Text(0, 6)),
                                must("UnitPrice", AMOUNT),
                                must("Amount", AMOUNT),
                                must("Tax", TAX),
                                must("AllowanceSequenceNumber", Text(1, 4)),
                                must("TaxType", TAX_TYPE),
                            )
                        ),
                        9999,
                    ),
                )
            ),
        ),
        must(
            "Amount",
            Group((must("TaxAmount", TAX_FROM_ZERO), must("TotalAmount", AMOUNT_FROM_ZERO))),
        ),
    )
)

CANCEL_ALLOWANCE = Group(
    (
        must("CancelAllowanceNumber", ALLOWANCE_NUMBER),
        must("AllowanceType", Text(choices=("1", "2"))),
        must("AllowanceDate", DATE),
        must("BuyerId", BAN),
        must("SellerId", BAN),
        must("CancelDate", DATE),
        must("CancelTime", Time()),
        must("CancelReason", REASON),
        may("Remark", REMARK),
    )
)

BLANK_NUMBERS = Group(
    (
        must(
            "Main",
            Group(
                (
                    must("HeadBan", BAN),
                    must("BranchBan", BAN),
                    must("InvoiceType", INVOICE_TYPE),
                    must("YearMonth", YEAR_MONTH),
                    must("InvoiceTrack", Text(pattern=re.compile(r"[A-Z]{2}"))),
                )
            ),
        ),
        must(
            "Details",
            Group(
                (
                    rows(
                        "BranchTrackBlankItem",
                        Group((must("InvoiceBeginNo", EIGHT_DIGITS), must("InvoiceEndNo", EIGHT_DIGITS))),
                        10000,
                    ),
                )
            ),
        ),
    )
)


@dataclass(frozen=True)
class MessageKind:
    """A message: its code, where the gateway looks for it, its root element and the shape below."""

    code: str
    category: str
    process: str
    root: str
    shape: Group

    @property
    def namespace(self) -> str:
        """The one namespace its elements stand in."""
        return f"urn:GEINV:eInvoiceMessage:{self.code}:{VERSION}"

    @property
    def folder(self) -> str:
        """The folder below UpCast, such as ``B2SSTORAGE/F0401``."""
        return f"{self.category}{self.process}/{self.code}"


KINDS = {
    kind.code: kind
    for kind in (
        MessageKind("F0401", "B2S", "STORAGE", "Invoice", INVOICE),
        MessageKind("F0501", "B2S", "STORAGE", "CancelInvoice", CANCEL_INVOICE),
        MessageKind("F0701", "B2S", "STORAGE", "VoidInvoice", VOID_INVOICE),
        MessageKind("G0401", "B2S", "STORAGE", "Allowance", ALLOWANCE),
        MessageKind("G0501", "B2S", "STORAGE", "CancelAllowance", CANCEL_ALLOWANCE),
        MessageKind("E0402", "B2P", "MESSAGE", "BranchTrackBlank", BLANK_NUMBERS),
    )
}
