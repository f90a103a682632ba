"""How the company is paid and taxed: numbers, events, invoices, their filing, payments, counted cash."""

from billing.models.bank import BankHostKey, BankProfile
from billing.models.bank_files import BankFile, BankFileStatus, BankSighting, BankTransfer
from billing.models.billable import BillableEvent, EventKind, EventState
from billing.models.credit import CreditDecision
from billing.models.deposits import BankDeposit, ClearingState, DepositClearing, DepositPosting
from billing.models.filing import (
    EInvoiceSubmission,
    FileStatus,
    PlatformFinding,
    PlatformVerdict,
    TurnkeyFile,
)
from billing.models.invoices import Handling, Invoice, InvoiceLine, InvoicePrint
from billing.models.numbers import NumberTrack
from billing.models.payments import CashCount, Payment, PaymentAllocation, PaymentKind

__all__ = [
    "BankDeposit",
    "BankFile",
    "BankFileStatus",
    "BankHostKey",
    "BankProfile",
    "BankSighting",
    "BankTransfer",
    "BillableEvent",
    "CashCount",
    "ClearingState",
    "CreditDecision",
    "DepositClearing",
    "DepositPosting",
    "EInvoiceSubmission",
    "EventKind",
    "EventState",
    "FileStatus",
    "Handling",
    "Invoice",
    "InvoiceLine",
    "InvoicePrint",
    "NumberTrack",
    "Payment",
    "PaymentAllocation",
    "PaymentKind",
    "PlatformFinding",
    "PlatformVerdict",
    "TurnkeyFile",
]
