"""MIG 4.1 (Message Implementation Guideline of the Ministry of Finance): build and check messages.

`build(invoice)` writes an F0401 (platform-stored issue); `check(xml)` says what keeps a message from being
filed, for F0401, F0501, F0701, G0401, G0501 and E0402. Both work without Django.
"""

from billing.einvoice.mig.check import check
from billing.einvoice.mig.invoice import Invoice, InvoiceAmount, InvoiceMain, ProductItem, Role, build
from billing.einvoice.mig.problem import Problem

__all__ = ["Invoice", "InvoiceAmount", "InvoiceMain", "Problem", "ProductItem", "Role", "build", "check"]
