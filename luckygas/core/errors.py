"""What a person is told when something is refused.

Services raise ``Refused``; the faces (admin, pages, API, commands) show ``message`` and change nothing. Any
other exception that reaches a person is a defect.
"""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """A business refusal. ``message`` is translated text that says what would be right.

    ``code`` is a stable word for programs, ``field`` the input it is about, ``details`` plain data (for the
    problem document of the API and for lists).
    """

    def __init__(self, message: Any, *, code: str = "refused", field: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.field = field
        self.details = details

    def __str__(self) -> str:
        return str(self.message)


class Busy(Refused):
    """Another person or job holds the row right now; trying again is right."""
