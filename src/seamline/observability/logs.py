"""Structured logs: one JSON object a line, or colours for a person in development."""

import logging
import sys
from typing import Any

import msgspec
import structlog

from seamline import context

_encode = msgspec.json.Encoder(enc_hook=str).encode


def configuration(level: str, readable: bool) -> dict[str, Any]:
    """Make the settings of `logging`, by which libraries log, and set up our own logs to look the same.

    Ours do not go by way of `logging`, which takes longer than most contract calls (structlog's documentation,
    "Performance").
    """
    shared: list[Any] = [
        _with_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: Any = _console() if readable else _json
    processors: list[Any] = [_with_name, *shared, renderer]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=_Readable if readable else _Lines,
        cache_logger_on_first_use=True,
    )
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _console() if readable else structlog.processors.JSONRenderer(),
        ],
        "foreign_pre_chain": [structlog.stdlib.add_logger_name, *shared],
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
            "django.request": {"level": "ERROR", "handlers": ["unforeseen"], "propagate": False},
            "django.server": {"level": "WARNING"},
            "urllib3": {"level": "ERROR"},
        },
    }


def configure_for_project() -> None:
    """Send our own logs by way of `logging`, as a project's settings have it; not where it set up structlog itself."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.format_exc_info,
            structlog.stdlib.add_log_level,
            structlog.processors.KeyValueRenderer(key_order=["event"], drop_missing=True),
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


class _Readable(structlog.WriteLogger):
    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr)
        self.name = name


class _Lines(structlog.BytesLogger):
    def __init__(self, name: str) -> None:
        super().__init__(sys.stderr.buffer)
        self.name = name


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())


def _json(logger: Any, method: str, event: dict[str, Any]) -> bytes:
    return _encode(event)


def _with_request_id(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    """Put the id of the request under way, and of its trace, in every line, of libraries too."""
    if "request_id" not in event:
        event["request_id"] = context.current().request_id
    if traceparent := context.current().traceparent:
        _, event["trace_id"], event["span_id"], _ = traceparent.split("-")
    return event


def _with_name(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
    event["logger"] = logger.name
    return event


def _has_traceback(record: logging.LogRecord) -> bool:
    # A 503 that we answered on purpose has its own line already.
    return record.exc_info is not None
