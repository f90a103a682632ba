"""How customers move over: flags, the legacy system, and what both have agreed on."""

from pilot.models.flags import (
    Flag,
    FlagChange,
    FlagCustomer,
    FlagKind,
    FlagRequest,
    FlagState,
    FlagToken,
    ListSide,
    RequestState,
)

__all__ = [
    "Flag",
    "FlagChange",
    "FlagCustomer",
    "FlagKind",
    "FlagRequest",
    "FlagState",
    "FlagToken",
    "ListSide",
    "RequestState",
]
