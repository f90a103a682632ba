"""The cellar's tables."""

from luckygas.core.models.access import ApiToken, IdempotencyKey
from luckygas.core.models.audit import AuditEvent
from luckygas.core.models.calendar import CalendarDay
from luckygas.core.models.clock import SimulatedClock
from luckygas.core.models.events import Event, EventDelivery
from luckygas.core.models.importing import ImportProblem, ImportRun
from luckygas.core.models.lease import Lease
from luckygas.core.models.notices import Notice, NoticeRead
from luckygas.core.models.outbound import OutboundAttempt, OutboundRow
from luckygas.core.models.sms import SmsMessage, SmsReceipt
from luckygas.core.models.user import User

__all__ = [
    "ApiToken",
    "AuditEvent",
    "CalendarDay",
    "Event",
    "EventDelivery",
    "IdempotencyKey",
    "ImportProblem",
    "ImportRun",
    "Lease",
    "Notice",
    "NoticeRead",
    "OutboundAttempt",
    "OutboundRow",
    "SimulatedClock",
    "SmsMessage",
    "SmsReceipt",
    "User",
]
