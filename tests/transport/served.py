"""A small service behind the transport, and its bytes in and out as a server would pass them."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import orjson
from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, build_schema
from graphql.execution import Executor

from execution.documents import Documents
from execution.engine import Engine
from execution.limits import Limits
from schema import schema
from transport.asgi import Message
from transport.head import Head
from transport.http import HTTP, Page
from transport.operations import Observation
from transport.refusals import Headers, Refused

SCHEMA = build_schema("type Query { hello: String! broken: String! } type Mutation { add: Int! }")
JSON = ((b"content-type", b"application/json"),)
HELLO = b'{"query": "{ hello }"}'


@dataclass(slots=True)
class Visitor:
    """Whoever sent a request: nobody in particular."""

    context: object = None


@dataclass(slots=True)
class Counter:
    """A service that counts what it is told; of the requests that come, those with these numbers fail."""

    failing: frozenset[int] = frozenset()
    asked: int = 0
    added: int = 0
    observed: list[Observation] = field(default_factory=list[Observation])
    refusals: list[str] = field(default_factory=list[str])
    failures: list[str] = field(default_factory=list[str])

    async def asker(self, head: Head) -> Visitor:
        self.asked += 1
        if self.asked in self.failing:
            message = f"broken at {head.path}"
            raise RuntimeError(message)
        return Visitor(self)

    async def spend(self, asker: Visitor, cost: int) -> int | None:
        return None

    def may_introspect(self, asker: Visitor) -> bool:
        return True

    def observe(self, asker: Visitor, observation: Observation) -> None:
        self.observed.append(observation)

    def refused(self, refused: Refused) -> None:
        self.refusals.append(refused.code)

    def unexpected(self, error: Exception) -> Refused:
        self.failures.append(repr(error))
        return Refused(500, "It broke.", "INTERNAL")


@dataclass(slots=True)
class Told:
    """What went out for one request."""

    messages: list[Message]
    read: int
    """How many messages were taken before the answer began."""

    @property
    def status(self) -> int:
        return self.messages[0]["status"]

    @property
    def headers(self) -> Mapping[bytes, bytes]:
        return dict(self.messages[0]["headers"])

    @property
    def body(self) -> Any:
        return orjson.loads(b"".join(message["body"] for message in self.messages[1:]))

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.body["errors"]]


@dataclass(slots=True)
class Served:
    """The endpoint of the small service."""

    http: HTTP[Visitor]
    service: Counter
    documents: Documents

    async def call(self, *received: Message, method: str = "POST", headers: Headers = JSON) -> Told:
        """Send a head and these messages; after them nothing comes any more."""
        coming = iter(received)
        told = Told([], 0)

        async def receive() -> Message:
            told.read += not told.messages
            for message in coming:
                return message
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            told.messages.append(message)

        scope = {"type": "http", "method": method, "path": "/graphql", "headers": list(headers)}
        async with asyncio.timeout(30):
            await self.http(scope, receive, send)
        return told

    async def post(self, body: bytes, *headers: tuple[bytes, bytes]) -> Told:
        """Send a body in one piece."""
        return await self.call(piece(body), headers=(*JSON, *headers))


def piece(body: bytes, *, more: bool = False) -> Message:
    """A piece of a body."""
    return {"type": "http.request", "body": body, "more_body": more}


GONE: Message = {"type": "http.disconnect"}


def _resolve(type_: GraphQLObjectType | None, name: str, resolver: Any) -> None:
    assert type_ is not None
    type_.fields[name].resolve = resolver


def _hello(_: object, __: GraphQLResolveInfo[Any]) -> str:
    return "world"


def _broken(_: object, info: GraphQLResolveInfo[Any]) -> str:
    message = f"{info.field_name} is broken"
    raise GraphQLError(message, extensions={"code": "BROKEN"})


def _add(_: object, info: GraphQLResolveInfo[Any]) -> int:
    service = cast("Counter", info.context)
    service.added += 1
    return service.added


_resolve(SCHEMA.query_type, "hello", _hello)
_resolve(SCHEMA.query_type, "broken", _broken)
_resolve(SCHEMA.mutation_type, "add", _add)


@asynccontextmanager
async def served(failing: Sequence[int] = ()) -> AsyncGenerator[Served]:
    documents = Documents(SCHEMA, Limits())
    engine = Engine(
        SCHEMA,
        executor_class=cast("type[Executor[Any]]", schema.execution_context_class),  # pyright: ignore[reportUnknownMemberType]
        present=lambda error: error,
        limits=Limits(),
        documents=documents,
    )
    service = Counter(frozenset(failing))
    try:
        yield Served(HTTP(engine, service, page=lambda _: Page(b"<!doctype html>", ())), service, documents)
    finally:
        documents.close()
