"""Log lines: one JSON object per line in production, readable lines in development, whoever writes them."""

import io
import json
import logging
from collections.abc import Generator
from typing import cast

import pytest
import structlog
from pydantic import SecretStr

from bilten.config import Environment, Settings
from bilten.logs import configure_logging

PRODUCTION = Settings(
    env=Environment.PRODUCTION,
    public_url="https://events.example",
    database_url=SecretStr("postgresql://database/bilten"),
    redis_url=SecretStr("redis://redis"),
    jwks_url="https://issuer.example/keys",
    jwt_issuer="https://issuer.example",
    jwt_audience="bilten",
    secret=SecretStr("s" * 32),
    smtp_url=SecretStr("none"),
)


@pytest.fixture(autouse=True)
def restored_logging() -> Generator[None]:
    """The configuration belongs to the process: what a test changed is put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [cast("dict[str, object]", json.loads(line)) for line in stream.getvalue().splitlines()]


def test_production_writes_one_object_per_line() -> None:
    stream = io.StringIO()
    configure_logging(PRODUCTION, stream)
    structlog.contextvars.bind_contextvars(request_id="r-1")

    structlog.get_logger("bilten.test").info("event.published", event_id="e-1", text="two\nlines")
    logging.getLogger("some.library").warning("%s is slow", "it", extra={"seconds": 3})

    ours, theirs = lines(stream)
    assert ours["event"] == "event.published"
    assert (ours["level"], ours["logger"], ours["request_id"]) == ("info", "bilten.test", "r-1")
    assert str(ours["timestamp"]).endswith("Z")
    assert (theirs["event"], theirs["seconds"], theirs["request_id"]) == ("it is slow", 3, "r-1")


def test_a_failure_stays_on_its_line() -> None:
    stream = io.StringIO()
    configure_logging(PRODUCTION, stream)
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger("bilten.test").exception("request.failed", error_id="x")
        logging.getLogger("uvicorn.error").exception("theirs")
    ours, theirs = lines(stream)
    assert "broken" in str(ours["exception"])
    assert "broken" in str(theirs["exception"])


def test_the_level_is_obeyed_by_both_kinds_of_loggers() -> None:
    stream = io.StringIO()
    configure_logging(PRODUCTION.model_copy(update={"log_level": "WARNING"}), stream)
    structlog.get_logger("bilten.test").info("quiet")
    logging.getLogger("some.library").info("quiet")
    structlog.get_logger("bilten.test").warning("loud")
    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_development_is_for_eyes() -> None:
    stream = io.StringIO()
    configure_logging(Settings(), stream)
    structlog.get_logger("bilten.test").info("event.published", event_id="e-1")
    assert "event.published" in stream.getvalue()
    assert "event_id=e-1" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_configuring_twice_does_not_double_the_lines() -> None:
    stream = io.StringIO()
    configure_logging(PRODUCTION, stream)
    configure_logging(PRODUCTION, stream)
    logging.getLogger("uvicorn.error").warning("once")
    assert len(lines(stream)) == 1
