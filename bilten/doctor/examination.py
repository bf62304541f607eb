"""Runs the checks one after the other and collects what they find; a check that breaks is a finding and not the end."""

import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import version as distribution_version

import structlog

from bilten.config import Settings
from bilten.doctor.address import address_findings
from bilten.doctor.authentication import authentication_findings
from bilten.doctor.database import database_findings
from bilten.doctor.findings import Finding, Level, problem
from bilten.doctor.home import home_findings
from bilten.doctor.machine import machine_findings
from bilten.doctor.redaction import redacted, secrets_of
from bilten.doctor.redis import redis_findings
from bilten.doctor.services import opened_services

_log = structlog.get_logger("bilten.doctor")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was found, in order."""

    version: str
    findings: tuple[Finding, ...]
    thorough: bool
    seconds: float

    @property
    def healthy(self) -> bool:
        """Whether there is no problem."""
        return self.count(Level.PROBLEM) == 0

    def count(self, level: Level) -> int:
        """How many findings are of a level."""
        return sum(1 for finding in self.findings if finding.level is level)


async def examine(
    settings: Settings | None, known: Iterable[Finding], *, thorough: bool, report: Callable[[str], None]
) -> Report:
    """Look at everything that the settings name, which are None when they are broken.

    What is `known` already comes first; `report` gets a sentence for each long step.
    """
    started = time.monotonic()
    findings = list(known)
    secrets = secrets_of(settings) if settings is not None else frozenset[str]()
    findings += [one async for one in _guarded("machine", _each(lambda: machine_findings(settings)))]
    if settings is not None:
        findings += await _with_services(settings, report, thorough=thorough)
    return Report(
        distribution_version("bilten"), tuple(redacted(findings, secrets)), thorough, time.monotonic() - started
    )


async def _with_services(settings: Settings, report: Callable[[str], None], *, thorough: bool) -> list[Finding]:
    # The port first: the services do not take it, and a server that runs is found before its home is.
    checks = [
        ("home", _each(lambda: home_findings(settings))),
        ("port", address_findings(settings)),
        ("authentication", authentication_findings(settings)),
        ("services", _of_services(settings, report, thorough=thorough)),
    ]
    return [finding for name, found in checks async for finding in _guarded(name, found)]


async def _of_services(settings: Settings, report: Callable[[str], None], *, thorough: bool) -> AsyncGenerator[Finding]:
    async with opened_services(settings, report) as services:
        for finding in services.findings:
            yield finding
        async for finding in _guarded("database", database_findings(settings, services, thorough=thorough)):
            yield finding
        async for finding in _guarded("redis", redis_findings(settings, services)):
            yield finding


async def _each(findings: Callable[[], Iterable[Finding]]) -> AsyncGenerator[Finding]:
    for finding in findings():
        yield finding


async def _guarded(check: str, findings: AsyncGenerator[Finding]) -> AsyncGenerator[Finding]:
    """The findings; of an error that nobody foresaw only its kind, because its text may say anything."""
    try:
        async for finding in findings:
            yield finding
    except Exception as error:
        _log.debug("doctor.check_broke", check=check, exc_info=error)
        yield problem(
            check,
            f"could not be looked at: {type(error).__name__}",
            "ask again with BILTEN_LOG_LEVEL=DEBUG, and report what it logs",
        )
