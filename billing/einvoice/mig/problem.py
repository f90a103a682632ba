"""What keeps a message from being filed, in a form that a page can translate."""

from dataclasses import dataclass


def N_(text: str) -> str:  # noqa: N802 - the name message extractors know
    """Mark a text for the message catalogue; the page translates it."""
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason against filing.

    `path` names the element from the root down (`Main/InvoiceDate`, `Details/ProductItem[2]/Amount`), empty
    for the whole message; `rule` is an English sentence with `%(name)s` places for `values`, the key of its
    translation.
    """

    path: str
    rule: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def message(self) -> str:
        """The sentence in English, without the path."""
        return self.rule % dict(self.values)

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


_SHOWN_LENGTH = 60


def problem(path: str, rule: str, **values: object) -> Problem:
    """A `Problem` whose values are shortened to what a page can show."""
    return Problem(path, rule, tuple((name, _shorten(str(value))) for name, value in values.items()))


def _shorten(text: str) -> str:
    return text if len(text) <= _SHOWN_LENGTH else text[:_SHOWN_LENGTH] + "…"
