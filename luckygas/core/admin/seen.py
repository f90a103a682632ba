"""Two people on one form: nobody writes back what he only had on his screen.

A form of the admin holds every field of a row. Compared with the row as it is when the form arrives, a field that
a colleague changed meanwhile would look like a change of ours and be turned back. So the page carries what it
showed, only fields that differ from that are changes, and one that a colleague changed too is refused.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from luckygas.core.errors import Refused


class SeveralHidden(forms.MultipleHiddenInput):
    """Django's renders nothing for an empty list; the empty list is a value that was seen, too."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value or [""], attrs)
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for value in super().value_from_datadict(data, files, name) or [] if value]


class TellsRefusal(forms.ModelForm):
    """Left of a ModelForm: what the service refused stands at its field, and what was typed stays."""

    refusal: Refused | None = None

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.refusal is not None:
            self.add_error(
                self.refusal.field if self.refusal.field in self.fields else None, str(self.refusal)
            )
        return data


class RemembersSeen(TellsRefusal):
    """Of a form that changes a row; a request without what was seen is compared with the row itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_bound and not any(self.add_initial_prefix(name) in self.data for name in self.fields):
            return
        for field in self.fields.values():
            field.show_hidden_initial = True
            if issubclass(field.hidden_widget, forms.MultipleHiddenInput):
                field.hidden_widget = SeveralHidden

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for name in self.changed_data:
            if self._changed_by_others(name):
                self.add_error(
                    name, _("Somebody else changed this while the page was open. Load it again and repeat.")
                )
        return data

    def _changed_by_others(self, name: str) -> bool:
        """What stands in the row now is neither what the page showed nor what is wanted."""
        bound = self[name]
        field = bound.field
        if not field.show_hidden_initial:
            return False
        seen = field.hidden_widget().value_from_datadict(self.data, self.files, bound.html_initial_name)
        try:
            return bool(
                field.has_changed(bound.initial, seen) and field.has_changed(bound.initial, bound.data)
            )
        except ValidationError:
            return True
