"""The pilot floor as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PilotConfig(AppConfig):
    name = "pilot"
    verbose_name = _("Pilot programme")

    def ready(self) -> None:
        from luckygas.core import breakers, extend, flags
        from luckygas.core.api.tokens import scopes
        from pilot import extensions, one_owner
        from pilot.flags.provider import provider
        from pilot.queries.flags import attention

        flags.register(provider)
        breakers.register("legacy", _("old system"), reset_seconds=60, trusted_seconds=0.5)
        extensions.register()
        extend.attention.register("pilot.flags", attention)
        extend.verifiers.register("one_owner", one_owner.differences)
        scopes["flags:read"] = _("read feature flags")
