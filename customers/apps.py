"""Who we serve, as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers import handlers, panels  # noqa: F401  (they subscribe and register)
        from customers.messaging import consents
        from customers.services.importing.files import IMPORTERS
        from luckygas.core import importing
        from luckygas.core.api.tokens import scopes
        from luckygas.core.notify import sms

        for importer in IMPORTERS:
            importing.register(importer)
        sms.objections.register("customer", consents.objection)
        scopes["customers:read"] = _("read customers")
        scopes["customers:write"] = _("create customers")
