"""The cellar as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "luckygas.core"
    label = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        from luckygas.core import (  # noqa: F401  (registers system checks and collectors)
            breaker_signs,
            checks,
            metrics,
            rights,
        )
        from luckygas.core.api import tokens
        from luckygas.core.notify import setup

        # Sent for every app once all migrations have run; one of them is enough.
        post_migrate.connect(rights.after_migrate, sender=self, dispatch_uid="luckygas.core.rights")
        tokens.scopes |= {
            "health:read": _("read the state of every part"),
            "breakers:reset": _("have an outside party called again"),
        }
        breaker_signs.register()
        setup.register()
