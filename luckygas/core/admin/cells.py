"""Cells of a list that say more than one thing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def titled(title: Any, details: Iterable[Any], *, url: str = "") -> SafeString:
    """A cell of two lines: who or what the row is about, under it the details that are there, muted.

    ``url`` makes the title a link. On a phone such a cell heads its row's card.
    """
    head = format_html('<b class="lg-name" title="{}">{}</b>', title, title)
    if url:
        head = format_html('<a href="{}">{}</a>', url, head)
    below = format_html_join(" · ", "{}", ((detail,) for detail in details if detail))
    return format_html(
        '<div class="lg-titled">{}{}</div>', head, format_html("<small>{}</small>", below) if below else ""
    )
