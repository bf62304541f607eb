"""Liveness and readiness over HTTP: what is checked is passed in, how probes are bounded is decided here."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Check = Callable[[], Awaitable[str | None]]
"""Returns a detail worth showing, or None. Raises `CheckFailed`, or anything else, if the part is not ready."""

TIMEOUT = 2.0
SHARED_FOR = 1.0
"""Seconds for which one run answers every probe, so that probes cannot become load."""

_HEADERS = {"Cache-Control": "no-store"}
_MAX_DETAIL = 200
_URL = re.compile(r"[a-z][a-z0-9+.-]*://\S*", re.IGNORECASE)
_SECRET = re.compile(r"\b(password|passwd|pwd|secret|token|key)\b\s*[=:]\s*\S+", re.IGNORECASE)


class CheckFailed(Exception):
    """A part is not ready; the message is shown to whoever probes, so it names no host and no secret."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """How one part of the process is."""

    ok: bool
    detail: str | None
    milliseconds: float


Report = Mapping[str, CheckResult]

_DRAINING: Report = {"draining": CheckResult(ok=False, detail="this process is ending", milliseconds=0.0)}


def health_routes(
    checks: Mapping[str, Check],
    *,
    dispensable: Collection[str] = (),
    timeout: float = TIMEOUT,
    monotonic: Callable[[], float] = time.monotonic,
) -> list[Route]:
    """`/healthz` says that the process answers; `/readyz` says whether every named check passes, and how.

    A failing check that is dispensable degrades the process and leaves it ready: taking every process out of service
    at once helps nobody.
    """
    readiness = Readiness(checks, timeout=timeout, monotonic=monotonic)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"}, headers=_HEADERS)

    async def readyz(request: Request) -> Response:
        report = _DRAINING if _is_draining(request) else await readiness.report()
        failing = {name for name, result in report.items() if not result.ok}
        ready = failing <= set(dispensable)
        body = {
            "status": "unready" if not ready else "degraded" if failing else "ready",
            "checks": {
                name: {"ok": result.ok, "detail": result.detail, "ms": result.milliseconds}
                for name, result in report.items()
            },
        }
        return JSONResponse(body, status_code=200 if ready else 503, headers=_HEADERS)

    # Starlette adds HEAD to every route that answers GET.
    return [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]


class Readiness:
    """Runs the checks together, at most one run at a time, and shares its report for a second."""

    def __init__(self, checks: Mapping[str, Check], *, timeout: float, monotonic: Callable[[], float]) -> None:
        self._checks = dict(checks)
        self._timeout = timeout
        self._monotonic = monotonic
        self._run: asyncio.Task[Report] | None = None
        self._started_at = 0.0
        # A check that ignores its cancellation keeps its place here and is not started a second time.
        self._running: dict[str, asyncio.Task[CheckResult]] = {}

    async def report(self) -> Report:
        """The state of every part, at most a second old."""
        if self._run is None or (self._run.done() and self._monotonic() - self._started_at >= SHARED_FOR):
            self._started_at = self._monotonic()
            self._run = asyncio.create_task(self._run_all(), name="readiness")
        # A probe that gives up must not cancel the run that others wait for.
        return await asyncio.shield(self._run)

    async def _run_all(self) -> Report:
        started = {name: self._start(name, check) for name, check in self._checks.items()}
        if started:
            await asyncio.wait(started.values(), timeout=self._timeout)
        return {name: self._collect(task) for name, task in started.items()}

    def _start(self, name: str, check: Check) -> asyncio.Task[CheckResult]:
        task = self._running.get(name)
        if task is None or task.done():
            task = asyncio.create_task(self._judge(check), name=f"readiness-{name}")
            self._running[name] = task
        return task

    def _collect(self, task: asyncio.Task[CheckResult]) -> CheckResult:
        if task.done() and not task.cancelled():
            return task.result()
        task.cancel()
        return CheckResult(
            ok=False, detail=f"no answer within {self._timeout:g} s", milliseconds=round(self._timeout * 1_000, 1)
        )

    async def _judge(self, check: Check) -> CheckResult:
        start = self._monotonic()
        try:
            detail, ok = await check(), True
        except CheckFailed as failure:
            detail, ok = str(failure), False
        except Exception as error:
            # Whatever a driver raises means not ready. Its text may name hosts or passwords, so only its kind is told.
            detail, ok = type(error).__name__, False
        return CheckResult(ok=ok, detail=_shown(detail), milliseconds=round((self._monotonic() - start) * 1_000, 1))


def _is_draining(request: Request) -> bool:
    """Whether the server, which puts an event of its own into every request, takes no new connections any more."""
    begun: asyncio.Event | None = request.scope.get("state", {}).get("draining")
    return begun is not None and begun.is_set()


def _shown(detail: str | None) -> str | None:
    """The detail without anything that looks like an address or a credential, in case a check was careless."""
    if not detail:
        return None
    redacted = _SECRET.sub(r"\1=…", _URL.sub("…", detail))
    return redacted[:_MAX_DETAIL]
