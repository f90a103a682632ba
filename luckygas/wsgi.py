"""WSGI entry point (gunicorn)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
application = get_wsgi_application()

from luckygas.core import secrets  # noqa: E402  (Django's apps have said by now which they need)

secrets.demand()
