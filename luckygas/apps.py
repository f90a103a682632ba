"""The roof as a Django app: access, home page, the working day."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class RoofConfig(AppConfig):
    name = "luckygas"
    label = "roof"
    verbose_name = _("Lucky Gas")

    def ready(self) -> None:
        from luckygas import access, celery  # noqa: F401  (the Celery app)

        post_migrate.connect(access.write_groups, dispatch_uid="luckygas.access")
