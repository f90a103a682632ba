"""Which address a request comes from, when proxies stand between."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client(request: HttpRequest) -> str:
    """The address that asks: with n proxies of ours before us, the n-th from the end of ``X-Forwarded-For``.

    Each proxy appends whom it was asked by, so what stands further left was written by the asker and is not believed.
    Without that header, or with rubbish in that place, it is whoever is connected to us.
    """
    connected: str = request.META.get("REMOTE_ADDR", "")
    if not settings.PROXY_COUNT:
        return connected
    told = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    try:
        return str(ip_address(told[-settings.PROXY_COUNT].strip()))
    except (IndexError, ValueError):
        return connected
