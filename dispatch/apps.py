"""How orders get there, as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DispatchConfig(AppConfig):
    name = "dispatch"
    verbose_name = _("Dispatch")

    def ready(self) -> None:
        from dispatch import events, extensions, handlers, tracking  # noqa: F401  (registering is their import)
        from dispatch.services import fleet_import  # noqa: F401
