"""``{% rows cl %}``: the table of a list."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_hidden_fields
from django.contrib.admin.views.main import ChangeList
from unfold.templatetags.unfold_list import result_headers

from luckygas.core.admin.rows import body

register = template.Library()


@register.inclusion_tag("admin/change_list_rows.html", takes_context=True)
def rows(context: dict[str, Any], cl: ChangeList) -> dict[str, Any]:
    """What the theme's own tag gives its template, with the rows as one string."""
    headers = list(result_headers(cl))
    return {
        "cl": cl,
        "result_hidden_fields": list(result_hidden_fields(cl)),
        "result_headers": headers,
        "num_sorted_fields": sum(bool(header["sortable"] and header["sorted"]) for header in headers),
        "results": body(cl, headers),
        "has_add_permission": cl.model_admin.has_add_permission(context["request"]),
    }
