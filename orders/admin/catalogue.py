"""Products and prices."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.queries import lookup_ids
from luckygas.core.admin import ServiceAdmin
from orders.models import Price, Product
from orders.services import catalogue, pricing
from orders.templatetags.shown import money

SEARCHED = 200


@admin.register(Product)
class ProductAdmin(ServiceAdmin):
    list_display = ("name", "sku", "method", "size_kg", "attribute", "net_kg", "shown_deposit", "is_active")
    list_filter = ("method", "is_active")
    ordering = ("position",)
    fields = (
        "name", ("sku", "method"), ("size_kg", "attribute", "net_kg"), "deposit", ("position", "is_active"),
    )  # fmt: skip
    readonly_fields = ("sku", "method", "size_kg", "attribute", "net_kg")
    change_service = staticmethod(catalogue.change_product)

    @admin.display(description=_("deposit"))
    def shown_deposit(self, product: Product) -> str:
        return money(product.deposit)


@admin.register(Price)
class PriceAdmin(ServiceAdmin):
    list_display = ("product", "whose", "shown_price", "valid_from", "created_by")
    list_filter = ("product",)
    list_select_related = ("product", "customer")
    ordering = ("-valid_from", "product__position", "id")
    fields = ("product", "customer", "unit_price", "valid_from")
    autocomplete_fields = ("customer",)
    search_fields = ("product__name",)
    search_help_text = _("Customer of a contract price: code, phone number or name")
    add_service = staticmethod(pricing.add_price)
    change_service = staticmethod(pricing.change_price)

    def two_step_search(self, text: str) -> Q:
        return Q(customer_id__in=lookup_ids(text, SEARCHED))

    def get_readonly_fields(self, request: object, obj: Price | None = None) -> tuple[str, ...]:
        return ("product", "customer") if obj else ()

    @admin.display(description=_("customer"))
    def whose(self, price: Price) -> str:
        return str(price.customer) if price.customer else str(_("List price"))

    @admin.display(description=_("unit price"), ordering="unit_price")
    def shown_price(self, price: Price) -> str:
        return f"{money(price.unit_price)}{'/kg' if price.product.is_metered else ''}"
