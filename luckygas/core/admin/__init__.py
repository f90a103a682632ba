"""The admin's foundation: ServiceAdmin and its parts; the cellar's own pages register themselves below."""

from luckygas.core.admin.base import ServiceAdmin, ServiceInline, service_action
from luckygas.core.admin.outbound import OutboundAdmin
from luckygas.core.admin.paging import CappedPaginator

__all__ = ["CappedPaginator", "OutboundAdmin", "ServiceAdmin", "ServiceInline", "service_action"]

from luckygas.core.admin import imports, notices, packages, pages  # noqa: F401  (they register on import)
