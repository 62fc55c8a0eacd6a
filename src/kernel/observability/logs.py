"""Structured logs: one JSON object a line, or colours for a person in development."""

import logging
import sys
from typing import Any

import structlog

from kernel import context


def configuration(level: str, readable: bool) -> dict[str, Any]:
    """Settings for `logging.config.dictConfig`; sets up structlog to go the same way."""
    shared: list[Any] = [
        _with_request_id,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.format_exc_info,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()) if readable else structlog.processors.JSONRenderer()
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": [*shared, structlog.processors.format_exc_info],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"structured": formatter},
        "filters": {"unforeseen": {"()": "django.utils.log.CallbackFilter", "callback": _has_traceback}},
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "structured"},
            "unforeseen": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["unforeseen"]},
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {
            "seam": {"level": level},
            "django.request": {"level": "ERROR", "handlers": ["unforeseen"], "propagate": False},
            "django.server": {"level": "WARNING"},
            "urllib3": {"level": "ERROR"},
        },
    }


def _with_request_id(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Put the id of the request under way in every line, of libraries too."""
    event.setdefault("request_id", context.current().request_id)
    return event


def _has_traceback(record: logging.LogRecord) -> bool:
    # A 503 that we answered on purpose has its own line already.
    return record.exc_info is not None
