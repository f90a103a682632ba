"""The orders floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from luckygas.core import importing
        from orders.services.importing import history, prices

        importing.register(history.IMPORTER)
        importing.register(prices.IMPORTER)
