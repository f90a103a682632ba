"""Billing's pages in the admin; each module registers its own."""

from billing.admin import cash, credit, events, filing, invoices, numbers, payments

__all__ = ["cash", "credit", "events", "filing", "invoices", "numbers", "payments"]
