"""Logging of the whole process: JSON lines in production, readable lines in development, for every library."""

import logging
import sys
from typing import TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor

from bilten.config import Settings

ROUTED = ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi")
"""Libraries that bring handlers of their own; theirs are removed so that every line has one form."""

CHATTY = ("alembic", "asyncio", "websockets", "sqlalchemy.engine", "uvicorn.error")
"""Libraries whose ordinary progress is nobody's news; the process reports its own start and stop."""


def configure_logging(settings: Settings, stream: TextIO | None = None) -> None:
    """Send every log line, of structlog and of the standard library, to `stream` (standard error by default).

    Values bound with `structlog.contextvars`, such as `request_id`, appear on every line of their request.
    Calling it again replaces the previous configuration.
    """
    output = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso" if settings.production else "%H:%M:%S", utc=settings.production),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_renderers(settings, output)],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    for name in ROUTED:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _renderers(settings: Settings, stream: TextIO) -> list[Processor]:
    if settings.production:
        return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(serializer=_to_json)]
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty(), pad_event_to=28, exception_formatter=plain)]


def _to_json(event: EventDict, **_: object) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
