"""What every outside party of the sandbox looks like to the process that runs it."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sandbox.faults import FaultTable

Json = dict[str, Any]


class PartyError(ValueError):
    """A request to a party that cannot be carried out; the message says what would be right."""


class Party(Protocol):
    """One outside party. All calls come from one thread at a time.

    ``name`` is how the command line and the control requests call it. ``faults`` are its switches.
    ``actions`` maps a control request (``POST /<action>``) to the function that answers it; such a
    function takes the request's JSON object and returns one, or raises `PartyError`.
    """

    @property
    def name(self) -> str: ...

    @property
    def faults(self) -> FaultTable: ...

    @property
    def actions(self) -> Mapping[str, Callable[[Json], Json]]: ...

    def tick(self) -> int:
        """Do all that is due now; returns the number of things done (0 = nothing to do)."""
        ...

    def recover(self) -> None:
        """Bring files and records back in step after a failed or interrupted `tick`."""
        ...

    def state(self) -> Json:
        """What a person would like to see: counts, what waits, what is withheld."""
        ...

    def messages(self, wanted: str, limit: int) -> list[Json]:
        """The newest messages whose document or file name contains ``wanted`` (empty: any)."""
        ...

    def close(self) -> None:
        """Let go of files and connections; called once, when the process ends."""
        ...
