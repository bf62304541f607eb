"""What stands behind `/graphql`: who asks, what they may spend, how failures are told. The protocols are elsewhere."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog
from uuid_utils.compat import uuid7

from bilten.budget import BudgetIsSpent
from bilten.config import Introspection
from bilten.web import graphiql_page
from bilten.wiring import Application, RequestContext
from db.database import statements
from domain import errors
from transport.asgi import App, Receive, Scope, Send
from transport.head import Head
from transport.http import HTTP, Page
from transport.operations import Observation
from transport.refusals import Refused
from transport.websocket import Origins, WebSocket

_log = structlog.get_logger("bilten.endpoint")
_STATUS = {errors.Unauthenticated.code: 401, errors.Unavailable.code: 503}


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever sent a request, while one operation of it runs."""

    context: RequestContext
    principal: str
    """Whose budget it takes from: a user, or the address of somebody who has not signed in."""
    seen: list[str]
    """The SQL of the request so far; the operation's own begins at `before`."""
    before: int


class Visitors:
    """Fulfils `transport.operations.Service` for the application, which exists only inside the lifespan."""

    def __init__(self, application: Callable[[], Application]) -> None:
        self._application = application

    async def asker(self, head: Head) -> Visitor:
        """Authenticate. Raises `Refused` with 401 and 503."""
        seen = statements.get()
        if seen is None:
            seen = list[str]()
            statements.set(seen)
        before = len(seen)
        try:
            context = await self._application().context(
                authorization=head.header(b"authorization"),
                request_id=head.state["request_id"],
                base_url=head.base_url,
                gone=head.gone,
            )
        except errors.RequestError as error:
            raise _refusal(error) from error
        user = context.viewer.user_id
        return Visitor(context, f"user:{user}" if user else f"address:{head.client}", seen, before)

    async def spend(self, asker: Visitor, cost: int) -> int | None:
        """Take a cost from the asker's budget. Raises `Refused` with 429."""
        current = self._application()
        settings = current.settings
        signed_in = asker.context.viewer.user_id is not None
        per_minute = settings.cost_per_minute if signed_in else settings.anonymous_cost_per_minute
        if per_minute == 0:
            return None
        if cost > per_minute:
            # Waiting does not help, so it is not asked for.
            message = f"The operation costs {cost:,} points, and a whole minute's budget is {per_minute:,}."
            raise Refused(400, message, "QUERY_TOO_COMPLEX", extensions={"found": cost, "limit": per_minute})
        try:
            return await current.budgets.spend(asker.principal, cost, per_minute)
        except BudgetIsSpent as spent:
            message = (
                f"The budget of {spent.limit:,} points a minute is spent and this operation costs {cost:,}: "
                f"try again in {spent.retry_after} seconds."
            )
            raise Refused(
                429,
                message,
                "RATE_LIMITED",
                headers=((b"retry-after", str(spent.retry_after).encode()),),
                extensions={"retryAfter": spent.retry_after, "cost": cost, "limit": spent.limit},
            ) from spent

    def may_introspect(self, asker: Visitor) -> bool:
        """As the settings say."""
        match self._application().settings.introspection_for:
            case Introspection.EVERYONE:
                return True
            case Introspection.SIGNED_IN:
                return asker.context.viewer.user_id is not None
            case Introspection.NOBODY:
                return False

    def observe(self, asker: Visitor, observation: Observation) -> None:
        """Count an operation, and why it was rejected if it was."""
        metrics = self._application().metrics
        metrics.operation(
            observation.name,
            observation.kind or "none",
            observation.outcome,
            observation.seconds,
            len(asker.seen) - asker.before,
        )
        for code in observation.codes:
            metrics.refused(code)

    def refused(self, refused: Refused) -> None:
        """Count a request that did not get as far as an operation."""
        self._application().metrics.refused(refused.code)

    def unexpected(self, error: Exception) -> Refused:
        """Mask a failure outside of every field like one inside."""
        if isinstance(error, errors.RequestError):
            return _refusal(error)
        error_id = str(uuid7())
        _log.error("unexpected error", error_id=error_id, exc_info=error)
        return Refused(500, "Something went wrong on our side.", "INTERNAL", extensions={"errorId": error_id})


class Endpoint:
    """The ASGI application of `/graphql`; `application` is asked at each request."""

    def __init__(self, application: Callable[[], Application]) -> None:
        self._application = application
        self._visitors = Visitors(application)
        self._served: Application | None = None
        self._by_type: dict[str, App] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        await self._protocols()[scope["type"]](scope, receive, send)

    def _protocols(self) -> Mapping[str, App]:
        current = self._application()
        if self._served is not current:
            origins = Origins(current.settings.cors_origins)
            self._served = current
            self._by_type = {
                "http": HTTP(current.engine, self._visitors, page=_page),
                "websocket": WebSocket(current.engine, self._visitors, origins=origins),
            }
        return self._by_type


def _page(head: Head) -> Page:
    page = graphiql_page()
    return Page(page.body, tuple([header for header in page.headers if header[0] != b"content-length"]))


def _refusal(error: errors.RequestError) -> Refused:
    headers = ((b"www-authenticate", b"Bearer"),) if isinstance(error, errors.Unauthenticated) else ()
    retry_after = error.extensions.get("retryAfter")
    if retry_after is not None:
        headers = (*headers, (b"retry-after", str(retry_after).encode()))
    return Refused(
        _STATUS.get(error.code, 400), error.message, error.code, headers=headers, extensions=dict(error.extensions)
    )
