"""The pilot floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PilotConfig(AppConfig):
    name = "pilot"
    verbose_name = _("Pilot programme")

    def ready(self) -> None:
        from luckygas.core import breakers, flags
        from pilot import extensions
        from pilot.flags.provider import provider

        flags.register(provider)
        breakers.register("legacy", _("old system"), reset_seconds=60)
        extensions.register()
