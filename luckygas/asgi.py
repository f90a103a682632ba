"""ASGI entry point: `/ws/live/` and nothing else (`luckygas.live`); pages and the API are served by WSGI."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "luckygas.settings")
django.setup()

from luckygas.core import secrets  # noqa: E402  (Django's apps have said by now which they need)
from luckygas.live.process import Process  # noqa: E402

secrets.demand()
application = Process().application
