"""Who we serve, as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        from customers.services.importing.files import IMPORTERS
        from luckygas.core import importing

        for importer in IMPORTERS:
            importing.register(importer)
