"""The floor's pages in the sidebar: (title, icon, URL name, permission)."""

from django.utils.translation import gettext_lazy as _

ITEMS = [
    (_("Order desk"), "call", "admin:orders_order_desk", "orders.add_order"),
    (_("Orders"), "receipt_long", "admin:orders_order_changelist", "orders.view_order"),
    (
        _("Cylinder movements"),
        "swap_horiz",
        "admin:orders_cylindermovement_changelist",
        "orders.view_cylindermovement",
    ),
    (_("Places"), "warehouse", "admin:orders_place_changelist", "orders.view_place"),
    (_("Due visits"), "event_repeat", "admin:orders_duerun_changelist", "orders.view_duerun"),
    (_("Prices"), "sell", "admin:orders_price_changelist", "orders.view_price"),
    (_("Products"), "propane_tank", "admin:orders_product_changelist", "orders.view_product"),
]
