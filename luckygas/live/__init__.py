"""The process that keeps a line open to every page: one subscription in, many sockets out, nothing else.

`python -m luckygas.live` runs it. It decides nothing and stores nothing: it may be killed and started at any moment.

    hub       the open lines, and who hears what
    door      who may come in, asked at the handshake and again each minute
    ear       the one subscription to Redis
    socket    one line from handshake to close, as an ASGI application
    health    /healthz, /readyz, /metrics over plain HTTP
    process   starts and stops the whole
"""
