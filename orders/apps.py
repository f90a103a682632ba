"""The orders floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = _("Orders")

    def ready(self) -> None:
        from customers.messaging.links import subject_pages
        from luckygas.core import extend, importing
        from luckygas.core.api.tokens import scopes
        from orders import extensions, verify
        from orders.services.importing import history, prices

        extensions.register()
        subject_pages.register("order", extensions.order_page)
        extend.verifiers.register("orders", verify.differences, order=10)
        scopes["orders:read"] = _("read orders")
        scopes["orders:write"] = _("take and cancel orders")

        importing.register(history.IMPORTER)
        importing.register(prices.IMPORTER)
