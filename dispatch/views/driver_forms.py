"""What a driver's form holds, as typed values; a Refused names the field that cannot be read."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from luckygas.core.errors import Refused


class Entered:
    """A posted form. Full-width digits are understood, as phones' keyboards make them."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._data = data

    def text(self, name: str) -> str:
        """The field's text, trimmed; empty when it is not there."""
        return str(self._data.get(name, "")).strip()

    def uuid(self) -> uuid.UUID:
        """The post's own number."""
        try:
            return uuid.UUID(self.text("uuid"))
        except ValueError as error:
            raise Refused(
                _("The form is incomplete; reload the page and enter it again."), code="uuid", field="uuid"
            ) from error

    def whole(self, name: str) -> int | None:
        """A whole number, thousands separators allowed; None when empty."""
        text = self.text(name).replace(",", "")
        if not text:
            return None
        try:
            if len(text) > 12:
                raise ValueError
            return int(text)
        except ValueError as error:
            raise Refused(
                _("“%(text)s” is not a whole number.") % {"text": self.text(name)[:40]},
                code="number",
                field=name,
            ) from error

    def number(self, name: str) -> Decimal | None:
        """A decimal number; None when empty."""
        text = self.text(name).replace(",", "")
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            raise Refused(
                _("“%(text)s” is not a number.") % {"text": self.text(name)[:40]}, code="number", field=name
            )
        return value

    def counts(self, prefix: str) -> dict[int, int]:
        """{product id: cylinders} of the fields that begin so."""
        found = {}
        for name in self._data:
            identity = name.removeprefix(prefix)
            if name.startswith(prefix) and identity.isascii() and identity.isdigit() and len(identity) < 10:
                found[int(identity)] = self.whole(name) or 0
        return found

    def moment(self) -> dt.datetime | None:
        """When it happened on the sender's clock; None when he does not say, or says what is no time."""
        try:
            at = dt.datetime.fromisoformat(self.text("at"))
        except ValueError:
            return None
        return at if at.tzinfo is not None else None
