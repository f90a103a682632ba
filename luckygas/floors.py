"""What the roof collects from the floors by convention: pages, API, sidebar items, the clock's schedule."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.urls import URLPattern, URLResolver, include, path

FLOORS = ("customers", "orders", "dispatch", "billing", "pilot")


def _module(app: str, name: str) -> Any | None:
    """``<app>.<name>`` when the floor has it; a module that fails to import is a defect and is heard."""
    return import_module(f"{app}.{name}") if find_spec(f"{app}.{name}") else None


def pages() -> list[URLPattern | URLResolver]:
    return [path("", include(f"{app}.urls")) for app in FLOORS if find_spec(f"{app}.urls")]


def api() -> list[URLPattern | URLResolver]:
    return [path("", include(f"{app}.api_urls")) for app in FLOORS if find_spec(f"{app}.api_urls")]


def navigation(app: str) -> list[tuple[Any, str, str, str]]:
    """(title, icon, URL name, permission) for each of the floor's pages in the sidebar."""
    module = _module(app, "navigation")
    return list(module.ITEMS) if module else []


def schedule() -> dict[str, dict[str, Any]]:
    """The floors' entries for Celery beat."""
    entries: dict[str, dict[str, Any]] = {}
    for app in FLOORS:
        module = _module(app, "tasks")
        entries |= getattr(module, "BEAT", {}) if module else {}
    return entries
