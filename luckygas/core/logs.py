"""Structured logs: one JSON object a line, with request id, actor and task id, personal data masked."""

from __future__ import annotations

import re
from typing import Any

import structlog

MASKED_KEYS = frozenset(
    {
        "phone",
        "email",
        "address",
        "name",
        "tax_id",
        "password",
        "token",
        "secret",
        "authorization",
        "carrier_id",
    }
)
#: Whoever has the token of such an address may look behind it.
BEARER = re.compile(r"(/t/)[^/\s?\"'&]+")
PHONE = re.compile(r"(?<!\d)(\+886|0)\d[\d-]{5,10}(\d{3})(?!\d)")


def mask(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Keys that hold personal data lose their value; phone numbers in text keep their last three digits.

    A request keeps its address without the query: what was searched is a name, a number or a street. Of a customer's
    link its token is left out.
    """
    for key, value in event.items():
        if key.lower() in MASKED_KEYS and value:
            event[key] = "***"
        elif key == "request" and isinstance(value, str):
            event[key] = _masked(value.partition("?")[0])
        elif isinstance(value, str) and key != "timestamp":
            event[key] = _masked(value)
    return event


def _masked(text: str) -> str:
    return PHONE.sub(r"***\2", BEARER.sub(r"\1***", text))


SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    mask,
]


def configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def logging_config(*, level: str) -> dict[str, Any]:
    """Django's LOGGING: everything, the libraries' lines included, leaves as JSON on standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.processors.JSONRenderer(ensure_ascii=False),
                "foreign_pre_chain": SHARED,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": ["stderr"], "level": level, "propagate": False},
            "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
            "axes": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }
