"""Issuing an invoice: number, rows, message and the wish to file it, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from billing.einvoice import mig, periods, turnkey
from billing.einvoice.mig.rules import CONSUMER
from billing.einvoice.tax import Document, TaxLine, document
from billing.events import InvoiceIssued
from billing.models import BillableEvent, EInvoiceSubmission, Handling, Invoice, InvoiceLine
from billing.services import numbers
from customers.identifiers import is_valid_citizen_certificate, is_valid_mobile_barcode
from customers.models import Customer
from customers.queries.taxnumbers import is_accepted, known_among
from luckygas.core import clock, outbound
from luckygas.core.errors import Refused
from luckygas.core.events import publish
from orders.models import Product

_CONSUMER_NAME = "消費者"
_CARRIERS = {"3J0002": is_valid_mobile_barcode, "CQ0001": is_valid_citizen_certificate}


@dataclass(frozen=True)
class Sold:
    """What one line sells: ``unit_price`` NT$ with tax inside, per ``unit``."""

    product: Product
    quantity: Decimal
    unit: str
    unit_price: Decimal


@dataclass(frozen=True)
class Buyer:
    """Who gets the invoice and what becomes of its proof."""

    identifier: str
    name: str
    address: str
    handling: Handling
    carrier_type: str = ""
    carrier_id: str = ""
    donation_code: str = ""

    @property
    def is_business(self) -> bool:
        return self.identifier != CONSUMER


def buyer_of(customer: Customer) -> Buyer:
    """B2B with a tax number, always printed; else a consumer's, by donation code, carrier or on paper.

    Raises Refused (bad_buyer, bad_carrier) naming the number that is wrong.
    """
    if customer.tax_id:
        if not is_accepted(customer.tax_id):
            raise Refused(
                _("%(tax_id)s is not a valid business number.") % {"tax_id": customer.tax_id},
                code="bad_buyer",
                tax_id=customer.tax_id,
            )
        name = customer.invoice_title or customer.short_name
        return Buyer(customer.tax_id, name[:60], customer.address[:100], Handling.PRINT)
    address = customer.address[:100]
    if customer.donation_code:
        return Buyer(
            CONSUMER, _CONSUMER_NAME, address, Handling.DONATION, donation_code=customer.donation_code
        )
    if customer.carrier_id:
        if not _CARRIERS[customer.carrier_type](customer.carrier_id):
            raise Refused(
                _("%(carrier)s is not a number of the customer's carrier type.")
                % {"carrier": customer.carrier_id},
                code="bad_carrier",
                carrier=customer.carrier_id,
            )
        return Buyer(
            CONSUMER, _CONSUMER_NAME, address, Handling.CARRIER, customer.carrier_type, customer.carrier_id
        )
    return Buyer(CONSUMER, _CONSUMER_NAME, address, Handling.PRINT)


def figures_of(sold: Sequence[Sold], buyer: Buyer) -> Document:
    """What the invoice comes to. Prices are kept with tax inside, as gas is sold at the door."""
    lines = [TaxLine(one.quantity, one.unit_price) for one in sold]
    return document(lines, business=buyer.is_business, inclusive=True)


def issue(event: BillableEvent, sold: Sequence[Sold], buyer: Buyer, figures: Document) -> Invoice:
    """Take a number and write the invoice of an event, its message and its submission.

    The caller holds the transaction and the lock of the customer's account; the lock of the number track is
    taken here, last. Raises Refused when there is no number, or when the message would not be fileable.
    """
    taken = numbers.take()
    day = clock.taipei(taken.issued_at).date()
    invoice = Invoice(
        track=taken.track,
        period=taken.track.period,
        number=taken.number,
        issued_at=taken.issued_at,
        event=event,
        customer_id=event.customer_id,
        buyer_identifier=buyer.identifier,
        buyer_name=buyer.name,
        buyer_address=buyer.address,
        handling=buyer.handling,
        carrier_type=buyer.carrier_type,
        carrier_id=buyer.carrier_id,
        donation_code=buyer.donation_code,
        random_number=f"{secrets.randbelow(10_000):04d}",
        sales=figures.sales,
        free=figures.free,
        zero=figures.zero,
        tax=figures.tax,
        total=figures.total,
        tax_type=figures.tax_type.value,
        upload_due=periods.upload_deadline(day, business=buyer.is_business),
    )
    lines = [
        InvoiceLine(
            invoice=invoice,
            sequence=sequence,
            product=one.product,
            description=_description(one.product),
            quantity=line.quantity,
            unit=one.unit,
            unit_price=line.unit_price,
            amount=line.amount,
            tax_type=line.tax_type.value,
        )
        for sequence, (one, line) in enumerate(zip(sold, figures.lines, strict=True), 1)
    ]
    xml = message_of(invoice, lines, event)
    invoice.save(force_insert=True)
    InvoiceLine.objects.bulk_create(lines)
    EInvoiceSubmission.objects.create(
        invoice=invoice,
        message="F0401",
        file_name=turnkey.file_name("F0401", invoice.number, f"{day:%Y%m%d}", 1),
        xml=xml,
        lane=f"{invoice.period} {invoice.number}",
    )
    outbound.nudge(EInvoiceSubmission)
    publish(InvoiceIssued(invoice.pk, invoice.customer_id, invoice.total))
    return invoice


def message_of(invoice: Invoice, lines: Sequence[InvoiceLine], event: BillableEvent) -> bytes:
    """The F0401 message; Refused (not_fileable) with every problem when the platform would not take it."""
    moment = clock.taipei(invoice.issued_at)
    code = event.customer.code
    try:
        xml = mig.build(
            mig.Invoice(
                Main=mig.InvoiceMain(
                    InvoiceNumber=invoice.number,
                    InvoiceDate=moment.date(),
                    InvoiceTime=moment.time(),
                    Seller=mig.Role(
                        settings.SELLER_UBN, settings.SELLER_NAME, Address=settings.SELLER_ADDRESS or None
                    ),
                    Buyer=mig.Role(
                        invoice.buyer_identifier,
                        invoice.buyer_name,
                        Address=(invoice.buyer_address or None) if invoice.is_business else None,
                        CustomerNumber=code,
                    ),
                    RelateNumber=event.order.number,
                    DonateMark="1" if invoice.handling == Handling.DONATION else "0",
                    NPOBAN=invoice.donation_code or None,
                    CarrierType=invoice.carrier_type or None,
                    CarrierId1=invoice.carrier_id or None,
                    CarrierId2=invoice.carrier_id or None,
                    PrintMark="Y" if invoice.handling == Handling.PRINT else "N",
                    RandomNumber=invoice.random_number,
                ),
                Details=tuple(
                    mig.ProductItem(
                        line.description,
                        line.quantity,
                        line.unit_price,
                        line.amount,
                        line.sequence,
                        TaxType=line.tax_type,
                        Unit=line.unit,
                    )
                    for line in lines
                ),
                Amount=mig.InvoiceAmount(
                    SalesAmount=invoice.sales,
                    FreeTaxSalesAmount=invoice.free,
                    ZeroTaxSalesAmount=invoice.zero,
                    TaxType=invoice.tax_type,
                    TaxAmount=invoice.tax,
                    TotalAmount=invoice.total,
                ),
            )
        )
    except ValueError as error:
        raise _not_fileable([("", str(error).replace("%", "%%"), [])]) from error
    buyer = [invoice.buyer_identifier] if invoice.is_business else []
    problems = mig.check(xml, known_ubns=known_among(buyer))
    if problems:
        raise _not_fileable([(one.path, one.rule, [list(pair) for pair in one.values]) for one in problems])
    return xml


def _not_fileable(problems: list[tuple[str, str, list[list[str]]]]) -> Refused:
    shown = "; ".join(f"{path}: {rule % dict(places)}" for path, rule, places in problems)
    return Refused(
        _("The tax platform would not take it: %(problems)s") % {"problems": shown},
        code="not_fileable",
        problems=problems,
    )


def _description(product: Product) -> str:
    return f"液化石油氣 {product.name}"
