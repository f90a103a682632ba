"""The rows of a list, made quickly.

The theme renders a template for every checkbox, label and column of every row; half of a list's time goes there.
Here each column is looked up once for a page, and a cell is one string with one class (``lg-cell`` in admin.css).
What the theme offers beside that (editable lists, row actions, sections, sorting by dragging) a ServiceAdmin has not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from unfold.utils import display_for_field, display_for_value

_PLACE = "0PLACE0"
_CHECKBOX = "action_checkbox"
Show = Callable[[Any], Any]


@dataclass(frozen=True)
class _Column:
    """One column of a page: what opens and closes its cells, and what a row shows in it."""

    opening: str
    show: Show
    closing: str
    linked: bool


def body(cl: ChangeList, headers: list[dict[str, Any]]) -> SafeString:
    """The ``<tr>`` elements of a page of results. ``headers`` are the theme's, in the order of the columns."""
    address = _address(cl)
    columns = list(_columns(cl, headers, linking=bool(address)))
    return mark_safe("".join(_row(row, cl, columns, address) for row in cl.result_list))  # noqa: S308 - escaped below


def _row(row: Any, cl: ChangeList, columns: list[_Column], address: str) -> str:
    parts = ['<tr class="lg-line">']
    for column in columns:
        shown: str = conditional_escape(column.show(row))
        if column.linked:
            where = address.replace(_PLACE, conditional_escape(quote(getattr(row, cl.pk_attname))))
            chosen = row.serializable_value(cl.to_field or cl.pk_attname) if cl.is_popup else ""
            opener = f' data-popup-opener="{conditional_escape(chosen)}"' if cl.is_popup else ""
            shown = f'<a href="{where}"{opener}>{shown}</a>'
        parts += (column.opening, shown, column.closing)
    parts.append("</tr>")
    return "".join(parts)


def _address(cl: ChangeList) -> str:
    """The address of a row's page with a mark in the place of its key, escaped; empty where rows have no page."""
    try:
        row: Any = SimpleNamespace(**{cl.pk_attname: _PLACE})
        plain = cl.url_for_result(row)
    except NoReverseMatch:
        return ""
    context: Any = {"preserved_filters": cl.preserved_filters, "opts": cl.opts}
    return conditional_escape(add_preserved_filters(context, plain, popup=cl.is_popup, to_field=cl.to_field))


def _columns(cl: ChangeList, headers: list[dict[str, Any]], *, linking: bool) -> Iterator[_Column]:
    links = cl.list_display_links
    first = next((name for name in cl.list_display if name != _CHECKBOX), None)
    for name, header in zip(cl.list_display, headers, strict=True):
        if name == _CHECKBOX:
            yield _Column(
                f'<td class="lg-cell action-checkbox" data-label="{conditional_escape(_("Select record"))}">',
                _checkbox(cl.model_admin),
                "</td>",
                linked=False,
            )
            continue
        linked = linking and links is not None and (name in links or (not links and name == first))
        tag = "th" if linked and name == first else "td"
        opening = (
            f'<{tag} class="lg-cell field-{getattr(name, "__name__", name)}"'
            f' data-label="{conditional_escape(header["text"])}">'
        )
        yield _Column(opening, _show(cl, name), f"</{tag}>", linked)


def _checkbox(model_admin: Any) -> Show:
    before, after = str(model_admin.action_checkbox(SimpleNamespace(pk=_PLACE))).split(_PLACE)
    return lambda row: mark_safe(f"{before}{row.pk}{after}")  # noqa: S308 - a key of ours between the theme's markup


def _show(cl: ChangeList, name: Any) -> Show:
    empty = cl.model_admin.get_empty_value_display()
    try:
        field = None if callable(name) else cl.lookup_opts.get_field(name)
    except FieldDoesNotExist:
        field = None
    if isinstance(field, models.Field):
        return _show_field(field, empty)
    attribute: Any = name if callable(name) else getattr(cl.model_admin, name, None)
    if attribute is None:
        return lambda row: display_for_value(_called(getattr(row, name)), empty)
    return _show_computed(attribute, getattr(attribute, "empty_value_display", empty))


def _called(value: Any) -> Any:
    return value() if callable(value) else value


def _show_field(field: models.Field[Any, Any], empty: str) -> Show:
    name = field.attname if not field.remote_field else field.name
    if isinstance(field, models.BooleanField):
        return lambda row: _icon(getattr(row, name), get_language())
    if field.flatchoices:
        words = {value: str(label) for value, label in field.flatchoices}
        return lambda row: words.get(getattr(row, name), empty)

    def show(row: Any) -> Any:
        value = getattr(row, name)
        if type(value) is str and value:
            return value
        return display_for_field(value, field, empty) if value is not None else empty

    return (
        (lambda row: empty if getattr(row, name) is None else getattr(row, name))
        if field.remote_field
        else show
    )


def _show_computed(attribute: Any, empty: str) -> Show:
    label = getattr(attribute, "label", None)
    if label:
        return lambda row: _labelled(attribute(row), label)
    if getattr(attribute, "boolean", False):
        return lambda row: _icon(attribute(row), get_language())

    def show(row: Any) -> Any:
        value = attribute(row)
        return value if isinstance(value, str) else display_for_value(value, empty)

    return show


def _labelled(value: Any, label: Any) -> str:
    """A coloured label; ``value`` is (state, its words) when the colours go by state."""
    state, words = value if isinstance(value, tuple) else (value, value)
    return _label(str(words), label.get(state) if isinstance(label, dict) else None) if words else "-"


@lru_cache(maxsize=500)
def _label(words: str, colour: str | None) -> SafeString:
    return render_to_string("unfold/helpers/label.html", {"text": words, "type": colour})


@lru_cache(maxsize=20)
def _icon(value: bool | None, language: str | None) -> SafeString:
    return render_to_string("unfold/helpers/boolean.html", {"value": value})
