"""Billing's pages in the sidebar."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Invoices"), "receipt_long", "admin:billing_invoice_changelist", "billing.view_invoice"),
    (_("To be printed"), "print", "admin:billing_invoice_print_list", "billing.view_invoice"),
    (
        _("Billable events"),
        "pending_actions",
        "admin:billing_billableevent_changelist",
        "billing.view_billableevent",
    ),
    (_("Payments"), "payments", "admin:billing_payment_changelist", "billing.view_payment"),
    (_("Bank queue"), "account_balance", "admin:billing_bankdeposit_queue", "billing.clear_bankdeposit"),
    (_("Bank deposits"), "move_to_inbox", "admin:billing_bankdeposit_changelist", "billing.view_bankdeposit"),
    (_("Bank files"), "draft", "admin:billing_bankfile_changelist", "billing.view_bankfile"),
    (_("Bank transfers"), "sync_alt", "admin:billing_banktransfer_changelist", "billing.view_banktransfer"),
    (_("Banks"), "assured_workload", "admin:billing_bankprofile_changelist", "billing.view_bankprofile"),
    (
        _("Credit decisions"),
        "credit_score",
        "admin:billing_creditdecision_changelist",
        "billing.view_creditdecision",
    ),
    (_("Cash count"), "savings", "admin:billing_cashcount_day", "billing.view_cashcount"),
    (
        _("E-invoice submissions"),
        "upload",
        "admin:billing_einvoicesubmission_changelist",
        "billing.view_einvoicesubmission",
    ),
    (
        _("Platform results"),
        "fact_check",
        "admin:billing_platformfinding_changelist",
        "billing.view_platformfinding",
    ),
    (
        _("Number tracks"),
        "confirmation_number",
        "admin:billing_numbertrack_changelist",
        "billing.view_numbertrack",
    ),
]
