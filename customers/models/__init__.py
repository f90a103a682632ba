"""Customers, where they are, what stands there, when they open, and what they owe (as billing tells it)."""

from customers.models.account import CustomerAccount
from customers.models.area import Area
from customers.models.customer import Customer, CustomerPhone
from customers.models.messaging import ConsentKind, ConsentSource, MessageConsent, MessageTemplate, Occasion
from customers.models.planned import PlannedVisit
from customers.models.quality import DataGap
from customers.models.site import Availability, CustomerCylinder, Equipment, UsageArea, UsageMetrics
from customers.models.taxnumbers import KnownTaxNumber

__all__ = [
    "Area",
    "Availability",
    "ConsentKind",
    "ConsentSource",
    "Customer",
    "CustomerAccount",
    "CustomerCylinder",
    "CustomerPhone",
    "DataGap",
    "Equipment",
    "KnownTaxNumber",
    "MessageConsent",
    "MessageTemplate",
    "Occasion",
    "PlannedVisit",
    "UsageArea",
    "UsageMetrics",
]
