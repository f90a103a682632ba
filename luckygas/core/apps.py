"""The cellar as a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "luckygas.core"
    label = "core"
    verbose_name = _("System")

    def ready(self) -> None:
        from luckygas.core import checks, metrics  # noqa: F401  (registers system checks and collectors)
        from luckygas.core.api import tokens

        tokens.scopes |= {
            "health:read": _("read the state of every part"),
            "metrics:read": _("read business figures"),
        }
