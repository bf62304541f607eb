"""`/metrics` over HTTP: who may read the numbers, and asking the services whether they are up."""

import asyncio
import hmac
import time
from collections.abc import Callable, Mapping

from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bilten.health import TIMEOUT, Check, Readiness
from bilten.metrics import Metrics


def metrics_routes(
    metrics: Callable[[], Metrics], services: Mapping[str, Check], *, token: SecretStr | None, is_open: bool
) -> list[Route]:
    """`/metrics` for whoever has the token; without a token for everyone if `is_open`, and else no route at all."""
    if token is None and not is_open:
        return []
    expected = token.get_secret_value().encode() if token else None
    readiness = Readiness(services, timeout=TIMEOUT, monotonic=time.monotonic)

    async def page(request: Request) -> Response:
        if expected is not None and not _is_allowed(request, expected):
            return _refusal()
        up = {name: result.ok for name, result in (await readiness.report()).items()}
        # Requests are served meanwhile.
        text = await asyncio.to_thread(metrics().render, up)
        return Response(text, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return [Route("/metrics", page, methods=["GET"])]


def _is_allowed(request: Request, expected: bytes) -> bool:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    # In constant time, so that nobody finds the token out letter by letter.
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), expected)


def _refusal() -> Response:
    error = {"message": "The metrics need their token.", "extensions": {"code": "UNAUTHENTICATED"}}
    return JSONResponse({"errors": [error]}, status_code=401, headers={"www-authenticate": "Bearer"})
