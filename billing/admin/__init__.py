"""Billing's pages in the admin; each module registers its own."""

from billing.admin import bank, cash, credit, events, filing, invoices, numbers, payments

__all__ = ["bank", "cash", "credit", "events", "filing", "invoices", "numbers", "payments"]
