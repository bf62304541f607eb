"""`/graphql` in its first form: Strawberry's own view with our context, and a JSON answer for every bad request."""

import time
from collections.abc import Callable
from typing import Any, cast

import orjson
import structlog
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from uuid_utils.compat import uuid7

from bilten.web import graphiql_page
from bilten.wiring import Application, RequestContext
from domain import errors
from schema import schema

_log = structlog.get_logger("bilten.endpoint")
_STATUS = {errors.Unauthenticated.code: 401, errors.Unavailable.code: 503}


class Endpoint(GraphQL[RequestContext, None]):
    """The GraphQL endpoint; `application` is asked at each request, since it exists only inside the lifespan."""

    def __init__(self, application: Callable[[], Application]) -> None:
        # Subscriptions come later; until then a socket has nothing to say.
        super().__init__(schema, graphql_ide="graphiql", subscription_protocols=())
        self._application = application

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).close(1008)
            return
        request = Request(scope, receive)
        try:
            response: Response = await self.run(request)
        except HTTPException as error:
            response = _refusal(error.status_code, error.reason, errors.BadInput.code)
        except errors.RequestError as error:
            response = _refusal(_STATUS.get(error.code, 400), error.message, error.code, **error.extensions)
        except (UnicodeDecodeError, RecursionError):
            response = _refusal(400, "The request body is not JSON that can be read.", errors.BadInput.code)
        except Exception:
            # What went wrong outside of a field is masked like everything else.
            error_id = str(uuid7())
            _log.exception("unexpected error", error_id=error_id)
            response = _refusal(500, "Something went wrong on our side.", "INTERNAL", errorId=error_id)
        await response(scope, receive, send)

    async def render_graphql_ide(self, request: Request) -> Response:
        """GraphiQL, for whoever asks with a browser."""
        page = graphiql_page()
        response = Response(page.body)
        response.raw_headers = list(page.headers)
        return response

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> RequestContext:
        """Who asks, and what the use cases need."""
        return await self._application().context(
            authorization=request.headers.get("authorization"),
            request_id=request.state.request_id,
            base_url=str(request.base_url).rstrip("/"),
        )

    async def execute_single(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Strawberry's own
        """Run one operation and count it."""
        request = kwargs["request_data"]
        kind = "mutation" if (request.query or "").lstrip().startswith("mutation") else "query"
        started = time.perf_counter()
        outcome = "errors"
        try:
            result = await super().execute_single(*args, **kwargs)
            outcome = "errors" if result.errors else "ok"
            return result
        finally:
            seconds = time.perf_counter() - started
            self._application().metrics.operation(request.operation_name, kind, outcome, seconds, 0)

    def decode_json(self, data: str | bytes) -> object:
        """Strict JSON: UTF-8 without lone surrogates, which no part of Bilten could store or send back."""
        decoded: object = orjson.loads(data)
        if decoded is not None and not isinstance(decoded, dict | list):
            raise HTTPException(400, "The request has to be a JSON object.")
        # Nothing counts as an object without members; what it lacks is told next.
        return {} if decoded is None else cast("object", decoded)

    def encode_json(self, data: object) -> bytes:
        """Faster than the standard library's, and strict about what it accepts."""
        return orjson.dumps(data)


def _refusal(status: int, message: str, code: str, **extensions: Any) -> JSONResponse:  # noqa: ANN401 - JSON scalars
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return JSONResponse(body, status_code=status, headers=headers)
