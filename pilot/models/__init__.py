"""How customers move over: flags, the legacy system, and what both have agreed on."""

from pilot.models.enrolment import STAGES, Enrolment, EnrolmentChange, Phase
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
from pilot.models.sync import (
    ConsistencyRun,
    Entity,
    LegacyWrite,
    SyncConflict,
    SyncCursor,
    SyncDirty,
    SyncLink,
    SyncPause,
    SyncRead,
)

__all__ = [
    "STAGES",
    "ConsistencyRun",
    "Enrolment",
    "EnrolmentChange",
    "Entity",
    "Flag",
    "FlagChange",
    "FlagCustomer",
    "FlagKind",
    "FlagRequest",
    "FlagState",
    "FlagToken",
    "LegacyWrite",
    "ListSide",
    "Phase",
    "RequestState",
    "SyncConflict",
    "SyncCursor",
    "SyncDirty",
    "SyncLink",
    "SyncPause",
    "SyncRead",
]
