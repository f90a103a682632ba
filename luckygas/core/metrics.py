"""Business gauges for Prometheus, read from the database when scraped, under the one prefix ``luckygas_``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, Min
from django.http import HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    GC_COLLECTOR,
    PLATFORM_COLLECTOR,
    PROCESS_COLLECTOR,
    REGISTRY,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from luckygas.core import clock, extend, outbound


def _outbound_gauges() -> dict[str, tuple[str, Any]]:
    rows: dict[tuple[str, str], float] = {}
    oldest: dict[tuple[str, ...], float] = {}
    now = clock.now()
    for model in outbound.kinds():
        open_rows = model._base_manager.filter(status__in=outbound.OutboundRow.OPEN)
        for line in open_rows.values("status").annotate(count=Count("pk"), since=Min("created_at")):
            rows[(model._meta.label, line["status"])] = line["count"]
            age = (now - line["since"]).total_seconds()
            oldest[(model._meta.label,)] = max(age, oldest.get((model._meta.label,), 0.0))
    return {
        "outbound_rows": ("Outbound rows that are not final, by kind and status", (("kind", "status"), rows)),
        "outbound_oldest_seconds": ("Age of the oldest open outbound row", (("kind",), oldest)),
    }


extend.gauges.register("outbound", _outbound_gauges)


class BusinessCollector(Collector):
    """Every registered gauge; a database that is away yields no sample rather than a failed scrape."""

    def describe(self) -> list[Any]:
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for _, gauges in extend.gauges.items():
            try:
                found = gauges()
            except DatabaseError:
                continue
            for name, (text, value) in found.items():
                if isinstance(value, tuple):
                    labels, samples = value
                    family = GaugeMetricFamily(f"luckygas_{name}", text, labels=list(labels))
                    for key, number in samples.items():
                        family.add_metric(list(key), number)
                else:
                    family = GaugeMetricFamily(f"luckygas_{name}", text, value=value)
                yield family


# Everything leaves under one prefix; the library's own process figures come without.
for unprefixed in (GC_COLLECTOR, PLATFORM_COLLECTOR, PROCESS_COLLECTOR):
    REGISTRY.unregister(unprefixed)
ProcessCollector(namespace="luckygas", registry=REGISTRY)
REGISTRY.register(BusinessCollector())


def metrics(request: HttpRequest) -> HttpResponse:
    """The scrape. With several processes behind one port their figures are added up by way of shared files."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
        registry.register(BusinessCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
