"""The element lists of MIG 4.1, written anew from its tables."""

from decimal import Decimal

from billing.einvoice.mig.facets import Facet, clock_time, day, decimal, one_of, pattern, rate, text
from billing.einvoice.mig.schema import Field, Group

VERSION = "4.1"
_CURRENCIES = (  # ISO 4217 as the platform lists it
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYR "
    "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CYP CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD JPY KES "
    "KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO "
    "MTL MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD "
    "RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SPL SRD STD SVC SYP SZL THB TJS TMM TND TOP TRY TTD "
    "TVD TWD TZS UAH UGX USD UYU UZS VEB VEF VND VUV WST XAF XAG XAU XCD XDR XOF XPD XPF XPT YER ZAR "
    "ZMK ZWD"
)


def _optional(name: str, facet: Facet) -> Field:
    return Field(name, facet, least=0)


_zero = Decimal(0)
_number = pattern("[A-Z]{2}[0-9]{8}", "AB12345678")
_eight_digits = pattern("[0-9]{8}", "12345678")
_year_month = pattern("[0-9]{3}(0[2468]|1[02])", "11510")
_track = pattern("[A-Z]{2}", "AB")
_amount = decimal(20, 7)
_sum = decimal(20, 7, least=_zero)
_whole_sum = decimal(20, 0, least=_zero)
_ban = text(10)
_tax_type = one_of("1", "2", "3", "4", "9")
_invoice_type = one_of("07", "08")
_reason = text(20, least=1, collapse=True)
_allowance_number = text(16, least=1)

_ROLE = Group(
    (
        Field("Identifier", text(10, least=8)),
        Field("Name", text(60, least=1)),
        _optional("Address", text(100)),
        _optional("PersonInCharge", text(30)),
        _optional("TelephoneNumber", text(26)),
        _optional("FacsimileNumber", text(26)),
        _optional("EmailAddress", text(400)),
        _optional("CustomerNumber", text(20)),
        _optional("RoleRemark", text(40)),
    ),
    ordered=True,
)

_INVOICE = Group(
    (
        Field(
            "Main",
            Group(
                (
                    Field("InvoiceNumber", _number),
                    Field("InvoiceDate", day),
                    Field("InvoiceTime", clock_time),
                    Field("Seller", _ROLE),
                    Field("Buyer", _ROLE),
                    _optional("BuyerRemark", one_of("1", "2", "3", "4")),
                    _optional("MainRemark", text(200)),
                    _optional("CustomsClearanceMark", one_of("1", "2")),
                    _optional("Category", text(2)),
                    _optional("RelateNumber", text(20)),
                    Field("InvoiceType", _invoice_type),
                    _optional("GroupMark", one_of("*")),
                    Field("DonateMark", one_of("0", "1")),
                    _optional("CarrierType", text(6)),
                    _optional("CarrierId1", text(400)),
                    _optional("CarrierId2", text(400)),
                    Field("PrintMark", one_of("Y", "N")),
                    _optional("NPOBAN", text(10)),
                    _optional("RandomNumber", pattern("([0-9]{4})?", "1234")),
                    _optional("BondedAreaConfirm", one_of("1", "2", "3", "4")),
                    _optional(
                        "ZeroTaxRateReason", one_of("71", "72", "73", "74", "75", "76", "77", "78", "79")
                    ),
                    _optional("Reserved1", text(20)),
                    _optional("Reserved2", text(100)),
                )
            ),
        ),
        Field(
            "Details",
            Group(
                (
                    Field(
                        "ProductItem",
                        Group(
                            (
                                Field("Description", text(500)),
                                Field("Quantity", _amount),
                                _optional("Unit", text(6)),
                                Field("UnitPrice", _amount),
                                Field("TaxType", _tax_type),
                                Field("Amount", _amount),
                                Field("SequenceNumber", text(4)),
                                _optional("Remark", text(120)),
                                _optional("RelateNumber", text(50)),
                            )
                        ),
                        most=9999,
                    ),
                )
            ),
        ),
        Field(
            "Amount",
            Group(
                (
                    Field("SalesAmount", _sum),
                    Field("FreeTaxSalesAmount", _sum),
                    Field("ZeroTaxSalesAmount", _sum),
                    Field("TaxType", _tax_type),
                    Field("TaxRate", rate("0", "0.01", "0.02", "0.05", "0.15", "0.25")),
                    Field("TaxAmount", _whole_sum),
                    Field("TotalAmount", _sum),
                    _optional("DiscountAmount", _sum),
                    _optional("OriginalCurrencyAmount", _sum),
                    _optional("ExchangeRate", decimal(13, 5, least=_zero)),
                    _optional("Currency", one_of(*_CURRENCIES.split())),
                )
            ),
        ),
    )
)

_CANCEL_INVOICE = Group(
    (
        Field("CancelInvoiceNumber", _number),
        Field("InvoiceDate", day),
        Field("BuyerId", _ban),
        Field("SellerId", _ban),
        Field("CancelDate", day),
        Field("CancelTime", clock_time),
        Field("CancelReason", _reason),
        _optional("ReturnTaxDocumentNumber", text(60)),
        _optional("Remark", text(200, collapse=True)),
        _optional("Reserved1", text(20)),
        _optional("Reserved2", text(100)),
    )
)

_VOID_INVOICE = Group(
    (
        Field("VoidInvoiceNumber", _number),
        Field("InvoiceDate", day),
        Field("BuyerId", _ban),
        Field("SellerId", _ban),
        Field("VoidDate", day),
        Field("VoidTime", clock_time),
        Field("VoidReason", _reason),
        _optional("Remark", text(200, collapse=True)),
        _optional("Reserved1", text(20)),
        _optional("Reserved2", text(100)),
    )
)

_ALLOWANCE = Group(
    (
        Field(
            "Main",
            Group(
                (
                    Field("AllowanceNumber", _allowance_number),
                    Field("AllowanceDate", day),
                    Field("Seller", _ROLE),
                    Field("Buyer", _ROLE),
                    Field("AllowanceType", one_of("2")),
                    _optional("OriginalInvoiceSellerId", _ban),
                    _optional("OriginalInvoiceBuyerId", _ban),
                )
            ),
        ),
        Field(
            "Details",
            Group(
                (
                    Field(
                        "ProductItem",
                        Group(
                            (
                                Field("OriginalInvoiceDate", day),
                                Field("OriginalInvoiceNumber", _number),
                                _optional("OriginalSequenceNumber", text(4)),
                                Field("OriginalDescription", text(500)),
                                Field("Quantity", _amount),
                                _optional("Unit", text(6)),
                                Field("UnitPrice", _amount),
                                Field("Amount", _amount),
                                Field("Tax", decimal(20, 0)),
                                Field("AllowanceSequenceNumber", text(4, least=1)),
                                Field("TaxType", _tax_type),
                            )
                        ),
                        most=9999,
                    ),
                )
            ),
        ),
        Field("Amount", Group((Field("TaxAmount", _whole_sum), Field("TotalAmount", _sum)))),
    )
)

_CANCEL_ALLOWANCE = Group(
    (
        Field("CancelAllowanceNumber", _allowance_number),
        Field("AllowanceType", one_of("1", "2")),
        Field("AllowanceDate", day),
        Field("BuyerId", _ban),
        Field("SellerId", _ban),
        Field("CancelDate", day),
        Field("CancelTime", clock_time),
        Field("CancelReason", _reason),
        _optional("Remark", text(200, collapse=True)),
    )
)

_BRANCH_TRACK_BLANK = Group(
    (
        Field(
            "Main",
            Group(
                (
                    Field("HeadBan", _ban),
                    Field("BranchBan", _ban),
                    Field("InvoiceType", _invoice_type),
                    Field("YearMonth", _year_month),
                    Field("InvoiceTrack", _track),
                )
            ),
        ),
        Field(
            "Details",
            Group(
                (
                    Field(
                        "BranchTrackBlankItem",
                        Group((Field("InvoiceBeginNo", _eight_digits), Field("InvoiceEndNo", _eight_digits))),
                        most=10_000,
                    ),
                )
            ),
        ),
    )
)

MESSAGES: dict[str, tuple[str, Group]] = {
    "F0401": ("Invoice", _INVOICE),
    "F0501": ("CancelInvoice", _CANCEL_INVOICE),
    "F0701": ("VoidInvoice", _VOID_INVOICE),
    "G0401": ("Allowance", _ALLOWANCE),
    "G0501": ("CancelAllowance", _CANCEL_ALLOWANCE),
    "E0402": ("BranchTrackBlank", _BRANCH_TRACK_BLANK),
}
"""Message name to root element and its children."""
