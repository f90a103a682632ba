"""What Prometheus is told of this process, under the house's prefix."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, ProcessCollector

REGISTRY = CollectorRegistry()
ProcessCollector(namespace="luckygas", registry=REGISTRY)

sockets = Gauge("luckygas_live_sockets", "Open lines", registry=REGISTRY)
listening = Gauge("luckygas_live_listening", "1 while subscribed to Redis", registry=REGISTRY)
heard = Counter("luckygas_live_heard", "Messages heard from Redis, by kind", ["kind"], registry=REGISTRY)
sent = Counter("luckygas_live_sent", "Messages written to lines", registry=REGISTRY)
resyncs = Counter("luckygas_live_resyncs", "Times that everybody was told to ask again", registry=REGISTRY)
refused = Counter("luckygas_live_refused", "Handshakes refused, by reason", ["why"], registry=REGISTRY)
ended = Counter("luckygas_live_ended", "Lines ended by this side, by reason", ["why"], registry=REGISTRY)
