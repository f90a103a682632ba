"""The billing floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from billing import bank_verifier, handlers, panels, verifiers  # noqa: F401  (they register themselves)
        from billing.services import numbers
        from luckygas.core import breakers, importing

        breakers.register("bank", _("bank"))
        importing.register(numbers.IMPORTER)
