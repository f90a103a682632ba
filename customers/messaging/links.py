"""Addresses that a higher floor puts into a message.

    links.register("out_for_delivery", tracking_url)       # in AppConfig.ready of the floor that owns the page

The function gets the context of the announcement (see ``announcing.announce``): ``customer`` and ``customer_code``
always, beside what the announcing floor gave (``order_pk``, ``stop_pk``, ``date`` …). It answers the whole address,
or an empty text when this customer gets none; the template leaves its piece out then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from luckygas.core.extend import Registry

Link = Callable[[Mapping[str, Any]], str]
_links: Registry[Link] = Registry("link")


def register(name: str, function: Link) -> None:
    """``name`` is the occasion's code; a second function for it is a defect and refused."""
    _links.register(name, function)


def url(name: str, context: Mapping[str, Any]) -> str:
    """The address for this announcement; empty when no floor gives one."""
    return _links[name](context) if name in _links else ""


# what a message is about (``order``) -> its page in the admin, by the row's number
subject_pages: Registry[Callable[[int], str]] = Registry("subject of messages")


def page_of(subject: str) -> str:
    """The page of what a message is about (``order:12``); empty when no floor has one."""
    kind, _colon, number = subject.partition(":")
    return subject_pages[kind](int(number)) if kind in subject_pages and number.isdigit() else ""
