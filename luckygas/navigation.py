"""The admin's sidebar by job, and how the theme looks."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse, reverse_lazy
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from luckygas import floors

LINKS: list[Any] = []
"""Where every item of the sidebar leads, lazily: apps are not loaded yet."""


def _item(title: Any, icon: str, url: str, permission: str) -> dict[str, Any]:
    link = SimpleLazyObject(lambda: reverse(url))  # looked up once: every page shows all of them
    LINKS.append(link)
    return {
        "title": title,
        "icon": icon,
        "link": link,
        "active": lambda request: _nearest(request.path) == str(link),
        "permission": lambda request: request.user.has_perm(permission),
    }


@lru_cache(maxsize=2000)
def _nearest(path: str) -> str:
    """The item a page belongs to. The desk lies under the list of orders: the longest address wins."""
    return max((link for link in map(str, LINKS) if path.startswith(link)), key=len, default="")


def _live(user: Any) -> str:
    """The script that listens, and where; whoever is no staff has no line to listen on."""
    script = static("luckygas/live.js")
    return (
        f"{script}?{urlencode({'to': settings.LIVE_URL})}" if settings.LIVE_URL and user.is_staff else script
    )


def _page(title: Any, icon: str, app: str, model: str) -> dict[str, Any]:
    return _item(title, icon, f"admin:{app}_{model}_changelist", f"{app}.view_{model}")


def _floor(app: str) -> list[dict[str, Any]]:
    return [_item(*entry) for entry in floors.navigation(app)]


SYSTEM = [
    _page(_("Notices"), "notifications", "core", "notice"),
    _page(_("Imports"), "upload_file", "core", "importrun"),
    _page(_("Calendar"), "event_busy", "core", "calendarday"),
    _page(_("Event deliveries"), "outbox", "core", "eventdelivery"),
    _item(_("Outside parties"), "power", "breakers", "core.view_outboundattempt"),
    _page(_("Audit events"), "policy", "core", "auditevent"),
    _page(_("API tokens"), "key", "core", "apitoken"),
    _page(_("Users"), "group", "core", "user"),
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "幸福氣",
    "SITE_HEADER": "幸福氣",
    "SITE_SUBHEADER": _("Lucky Gas, Taitung"),
    "SITE_SYMBOL": "local_fire_department",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "DASHBOARD_CALLBACK": "luckygas.home.dashboard",
    "ENVIRONMENT": "luckygas.home.environment",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("luckygas/icon.svg")}
    ],
    "STYLES": [
        lambda request: static("luckygas/admin.css"),
        lambda request: static("luckygas/pages.css"),
    ],
    "SCRIPTS": [lambda request: static("luckygas/admin.js"), lambda request: _live(request.user)],
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "255 247 237",
            "100": "255 237 213",
            "200": "254 215 170",
            "300": "253 186 116",
            "400": "251 146 60",
            "500": "234 108 24",
            "600": "206 84 12",
            "700": "170 65 12",
            "800": "135 53 16",
            "900": "110 46 17",
            "950": "60 21 6",
        }
    },
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": [
            {
                "items": [
                    {
                        "title": _("Home"),
                        "icon": "home",
                        "link": reverse_lazy("admin:index"),
                    }
                ]
            },
            {"title": _("Orders"), "separator": True, "items": _floor("orders")},
            {"title": _("Customers"), "separator": True, "items": _floor("customers")},
            {"title": _("Dispatch"), "separator": True, "items": _floor("dispatch")},
            {"title": _("Billing"), "separator": True, "items": _floor("billing")},
            {"title": _("Pilot programme"), "separator": True, "items": _floor("pilot")},
            {"title": pgettext_lazy("sidebar", "System"), "collapsible": True, "items": SYSTEM},
        ],
    },
}
