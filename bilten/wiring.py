"""Joins adapters to ports: the one place that knows which database, keys and clock stand behind a use case."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from graphql.execution import Executor

from bilten.auth import Claims, KeysAreUnavailable, TokenIsInvalid, TokenVerifier, create_verifier, name_from
from bilten.budget import Budgets
from bilten.config import EngineName, Settings
from bilten.health import CheckFailed
from bilten.invitations import SignedInvitationLinks, signing_secret
from bilten.metrics import Metrics
from bilten.source import RandomSource
from db.database import Database, connect
from db.decisions import Decisions
from db.denials import SqlDenials
from db.lanes import Lanes as BatchedLanes
from db.lanes import lane_connections
from db.migrate import knows, newest
from db.reads import SqlReads
from db.unit_of_work import SqlUnitOfWork, check_key
from db.users import Identity, recognise, viewer_by_id
from domain import errors
from domain.asked import Asked
from domain.ids import EventId, UserId
from domain.pagination import DEFAULT_SIZE
from domain.permissions import ANONYMOUS, Viewer
from domain.ports import DenialLog, InvitationLinks, Lanes, Reads, Source, UnitOfWork
from execution.compiled import Compiled
from execution.documents import Documents
from execution.engine import Engine
from execution.limits import Limits
from schema import schema
from schema.failures import presented
from subscriptions.transport import Transport

Clock = Callable[[], datetime]
CHECKS = ("database", "migrations", "redis")
"""The parts that `/readyz` asks."""
DISPENSABLE = frozenset({"redis"})
"""Those without which everything is served all the same, only less freshly."""


@dataclass(slots=True)
class RequestContext:
    """What the use cases of one request get; fulfils `resolvers.context.Context`."""

    database: Database
    viewer: Viewer
    unit_of_work: UnitOfWork
    lanes: Lanes
    source: Source
    links: InvitationLinks
    denials: DenialLog
    now: datetime
    verified_email: str | None
    reads: Reads = field(init=False)
    _has_begun: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.reads = SqlReads(self.database, self.viewer, self.now)

    async def begin(self) -> None:
        """Start a command; the last one may have taken away what the viewer is allowed, or the account itself."""
        await self.renew(viewer=self._has_begun)
        self._has_begun = True

    async def renew(self, *, viewer: bool = False) -> None:
        """Forget what was read so far; with `viewer`, read the viewer's roles again as well."""
        if viewer and self.viewer.user_id is not None:
            self.viewer = await viewer_by_id(self.database, self.viewer.user_id)
        self.reads = SqlReads(self.database, self.viewer, self.now)


@dataclass(frozen=True, slots=True)
class RequestLanes:
    """The lanes for one request: what it asks is asked as its viewer. Fulfils `domain.ports.Lanes`."""

    lanes: BatchedLanes
    actor_id: UserId | None
    request_id: str
    gone: Callable[[], bool] | None = None

    async def run(self, command: object, *, event_id: EventId, key: str | None) -> Any:  # noqa: ANN401 - as the command
        """Have the command decided; what it led to."""
        if key is not None:
            check_key(key)
        return await self.lanes.run(Asked(event_id, command, self.actor_id, self.request_id, key, self.gone))


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that lives as long as the process serves."""

    settings: Settings
    clock: Clock
    database: Database
    transport: Transport
    verifier: TokenVerifier
    denials: SqlDenials
    secret: bytes
    engine: Engine
    budgets: Budgets
    lanes: BatchedLanes
    source: RandomSource = field(default_factory=RandomSource)
    metrics: Metrics = field(default_factory=Metrics)

    async def context(
        self, *, authorization: str | None, request_id: str, base_url: str, gone: Callable[[], bool] | None = None
    ) -> RequestContext:
        """The context of one request. Raises `Unauthenticated` and `Unavailable`."""
        now = self.clock()
        claims = await self._claims(authorization)
        viewer = ANONYMOUS
        if claims is not None:
            viewer = await recognise(
                self.database, _identity(claims), new_id=self.source.new_id(), request_id=request_id, now=now
            )
        return RequestContext(
            database=self.database,
            viewer=viewer,
            unit_of_work=SqlUnitOfWork(self.database, viewer.user_id, request_id, now),
            lanes=RequestLanes(self.lanes, viewer.user_id, request_id, gone),
            source=self.source,
            links=SignedInvitationLinks(self.secret, self.settings.public_url or base_url),
            denials=self.denials,
            now=now,
            verified_email=claims.email if claims and claims.email_verified else None,
        )

    async def check(self, name: str) -> str | None:
        """Ask one part whether it is ready. Raises `CheckFailed`."""
        match name:
            case "database":
                return await self._check_database()
            case "migrations":
                return await self._check_migrations()
            case _:
                return await self._check_redis()

    async def _claims(self, authorization: str | None) -> Claims | None:
        if authorization is None:
            return None
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            message = "The Authorization header has to read: Bearer <token>."
            raise errors.Unauthenticated(message)
        try:
            return await self.verifier.verify(token.strip())
        except TokenIsInvalid as invalid:
            message = f"The token is not accepted: {invalid.reason}."
            raise errors.Unauthenticated(message) from invalid
        except KeysAreUnavailable as unavailable:
            raise errors.Unavailable(service="authentication", retryAfter=5) from unavailable

    async def _check_database(self) -> str | None:
        try:
            await self.database.fetchrow("SELECT 1")
        except errors.Unavailable as unavailable:
            message = "does not answer"
            raise CheckFailed(message) from unavailable
        return None

    async def _check_migrations(self) -> str | None:
        try:
            row = await self.database.fetchrow("SELECT version_num FROM alembic_version")
        except errors.Unavailable as unavailable:
            message = "unknown while the database does not answer"
            raise CheckFailed(message) from unavailable
        found = row["version_num"] if row else "none"
        if found != "none" and not knows(found):
            # While versions are exchanged one process after the other, the old ones still serve.
            return f"at revision {found}, newer than this code"
        if found != newest():
            message = f"at revision {found}, this code needs {newest()}: run bilten migrate"
            raise CheckFailed(message)
        return f"at revision {found}"

    async def _check_redis(self) -> str | None:
        try:
            await self.transport.ping()
        except errors.Unavailable as unavailable:
            message = "does not answer"
            raise CheckFailed(message) from unavailable
        return None


def _identity(claims: Claims) -> Identity:
    name = claims.name or name_from(claims.email or "") or "Newcomer"
    return Identity(claims.issuer, claims.subject, claims.email, claims.email_verified, name)


def _engine(settings: Settings, metrics: Metrics) -> Engine:
    graphql_schema = schema._schema  # pyright: ignore[reportPrivateUsage]
    limits = Limits(cost=settings.max_operation_cost, page=DEFAULT_SIZE)
    hidden = settings.production
    documents = Documents(graphql_schema, limits, hide_suggestions=hidden, observe=metrics.document)
    compiled = Compiled(
        graphql_schema,
        documents,
        sights=settings.compile_at,
        hide_suggestions=hidden,
        observe=metrics.engine,
    )
    return Engine(
        graphql_schema,
        executor_class=cast("type[Executor[Any]]", schema.execution_context_class),  # pyright: ignore[reportUnknownMemberType]
        present=presented,
        limits=limits,
        documents=documents,
        hide_suggestions=hidden,
        compiled=compiled if settings.engine is EngineName.COMPILED else None,
    )


@asynccontextmanager
async def application(settings: Settings, clock: Clock) -> AsyncGenerator[Application]:
    """The application for as long as the block runs. Services may be away: what needs them says so."""
    if settings.database_url is None or settings.redis_url is None:
        message = "the application needs database_url and redis_url; bilten serve fills in the embedded ones"
        raise ValueError(message)
    verifier = create_verifier(settings, clock)
    database = await connect(settings.database_url.get_secret_value(), pool_size=settings.database_pool_size)
    transport = Transport(settings.redis_url.get_secret_value())
    denials = SqlDenials(database, clock)
    metrics = Metrics()
    engine = _engine(settings, metrics)
    budgets = Budgets(settings.redis_url.get_secret_value())
    source = RandomSource()
    connect_lane = lane_connections(settings.database_url.get_secret_value())
    lanes = BatchedLanes(
        connect_lane,
        Decisions(source, clock),
        lanes=settings.lanes,
        waiting=settings.lane_queue,
        per_event=max(settings.lane_queue // 2, 1),
        observer=metrics.lanes,
    )
    lanes.start()
    try:
        yield Application(
            settings=settings,
            clock=clock,
            database=database,
            transport=transport,
            verifier=verifier,
            denials=denials,
            secret=signing_secret(settings),
            engine=engine,
            budgets=budgets,
            lanes=lanes,
            source=source,
            metrics=metrics,
        )
    finally:
        await lanes.aclose()
        engine.documents.close()
        await denials.flush()
        await budgets.close()
        await verifier.aclose()
        await transport.close()
        await database.close()
