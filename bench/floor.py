"""The floor: what the operations of the benchmark cost without GraphQL, a bare ASGI application written by hand.

It checks tokens and finds accounts as Bilten does, reads and writes the same rows under the same conditions, and
answers with the same JSON. It makes no accounts, keeps no budgets, counts and logs nothing: that is Bilten's price.
"""

import os
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson
from uuid_utils.compat import uuid7

from bench import statements
from bilten.auth import Claims, TokenIsInvalid, TokenVerifier, create_verifier
from bilten.config import Settings
from bilten.source import RandomSource
from db.idempotency import input_hash
from domain.ids import EventId, TicketTierId
from domain.pagination import Cursor
from domain.queries import WINDOW_ORDERS
from domain.registrations import Register
from schema import ids
from transport.asgi import App, Receive, Scope, Send

POOL_SIZE = 10
"""As many connections as Bilten has unless told otherwise."""
_JSON = [(b"content-type", b"application/json; charset=utf-8")]

Row = Any
"""A record, or a row within one, by position."""
Data = dict[str, Any]


class Refused(Exception):
    """The request is answered with this status and nothing else."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def global_id(prefix: str, *key: UUID) -> str:
    """As `schema.ids.encode`, for keys that come from the database."""
    return f"{prefix}_{urlsafe_b64encode(b''.join([part.bytes for part in key])).rstrip(b'=').decode()}"


def _status(stored: str, starts_at: datetime, ends_at: datetime, now: datetime) -> str:
    if stored != "PUBLISHED" or now < starts_at:
        return stored
    return "LIVE" if now < ends_at else "ENDED"


def _money(amount: int, currency: str) -> Data:
    return {"amountMinor": amount, "currency": currency}


def _page(rows: list[Row], size: int, order: str) -> tuple[list[Row], Data]:
    kept = rows[:size]
    end = Cursor(order, kept[-1]["sort_key"], str(kept[-1]["id"])).encode() if kept else None
    return kept, {"hasNextPage": len(rows) > size, "endCursor": end}


def _tickets(event_id: UUID, tickets: Iterable[Row]) -> list[Data]:
    return [{"id": global_id("tkt", event_id, key), "code": code, "status": status} for key, code, status in tickets]


def _shown(row: Row) -> Data:
    """An event on the page of what comes next: published, and not begun."""
    event_id, capacity = row["id"], row["capacity"]
    venue = row["venue_id"]
    return {
        "id": global_id("evt", event_id),
        "slug": row["slug"],
        "title": row["title"],
        "summary": row["summary"],
        "category": row["category"],
        "tags": row["tags"],
        "status": "PUBLISHED",
        "startsAt": row["starts_at"],
        "endsAt": row["ends_at"],
        "timezone": row["timezone"],
        "online": row["online"],
        "organization": {
            "id": global_id("org", row["organization_id"]),
            "slug": row["organization_slug"],
            "name": row["organization_name"],
        },
        "venue": venue
        and {
            "id": global_id("ven", venue),
            "name": row["venue_name"],
            "city": row["city"],
            "country": row["country"],
        },
        "ticketTiers": [
            {"id": global_id("tier", event_id, key), "name": name, "price": _money(price, unit), "available": available}
            for key, name, price, unit, available in row["tiers"]
        ],
        "capacityStatus": {
            "capacity": capacity,
            "confirmed": row["confirmed"],
            "available": None if capacity is None else max(row["free"], 0),
            "soldOut": capacity is not None and row["free"] <= 0,
            "version": row["stream_version"],
        },
    }


def _listed(row: Row) -> Data:
    return {
        "id": global_id("evt", row["id"]),
        "slug": row["slug"],
        "title": row["title"],
        "category": row["category"],
        "status": "PUBLISHED",
        "startsAt": row["starts_at"],
        "endsAt": row["ends_at"],
        "timezone": row["timezone"],
        "organization": {"id": global_id("org", row["organization_id"]), "name": row["organization_name"]},
    }


def _detailed(row: Row, now: datetime) -> Data:
    event_id, capacity, venue, own = row["id"], row["capacity"], row["venue_key"], row["registration"]
    organization_id, organization_slug, organization_name, organization_description, organization_url = row[
        "organization"
    ]
    return {
        "id": global_id("evt", event_id),
        **{name: row[name] for name in ("slug", "title", "summary", "description", "category", "tags")},
        "status": _status(row["status"], row["starts_at"], row["ends_at"], now),
        "startsAt": row["starts_at"],
        "endsAt": row["ends_at"],
        **{name: row[name] for name in ("timezone", "online", "url")},
        "organization": {
            "id": global_id("org", organization_id),
            "slug": organization_slug,
            "name": organization_name,
            "description": organization_description,
            "url": organization_url,
        },
        "venue": venue
        and {
            "id": global_id("ven", venue),
            "name": row["venue_name"],
            **{name: row[name] for name in ("address", "city", "country")},
            "timezone": row["venue_timezone"],
        },
        "capacityStatus": {
            **{name: row[name] for name in ("capacity", "confirmed", "held", "offered", "blocked")},
            "available": None if capacity is None else max(row["free"], 0),
            "soldOut": capacity is not None and row["free"] <= 0,
            "version": row["stream_version"],
        },
        "ticketTiers": [
            {
                "id": global_id("tier", event_id, key),
                "name": name,
                "description": description,
                "price": _money(price, unit),
                "quota": quota,
                "sold": sold,
                "available": available,
                "salesStartAt": opens,
                "salesEndAt": closes,
                "perPersonLimit": limit,
            }
            for key, name, description, price, unit, quota, sold, available, opens, closes, limit in row["tiers"]
        ],
        "viewerRegistration": own and _registered(event_id, own),
        "publishedAt": row["published_at"],
        "createdAt": row["created_at"],
        "updatedAt": row["updated_at"],
        "version": row["version"],
    }


def _registered(event_id: UUID, own: Row) -> Data:
    key, status, quantity, price, unit, tickets = own
    return {
        "id": global_id("reg", event_id, key),
        "status": status,
        "quantity": quantity,
        "price": _money(price, unit),
        "tickets": _tickets(event_id, tickets),
    }


def _mine(row: Row, now: datetime) -> Data:
    event_id, place = row["event_id"], row["venue_name"]
    return {
        "id": global_id("reg", event_id, row["id"]),
        "status": row["status"],
        "quantity": row["quantity"],
        "price": _money(row["price_minor"], row["currency"]),
        "createdAt": row["created_at"],
        "cancelledAt": row["cancelled_at"],
        "event": {
            "id": global_id("evt", event_id),
            "slug": row["slug"],
            "title": row["title"],
            "status": _status(row["event_status"], row["starts_at"], row["ends_at"], now),
            "startsAt": row["starts_at"],
            "timezone": row["timezone"],
            "organization": {"name": row["organization_name"]},
            "venue": None if place is None else {"name": place, "city": row["city"]},
        },
        "ticketTier": {"id": global_id("tier", event_id, row["ticket_tier_id"]), "name": row["tier_name"]},
        "tickets": _tickets(event_id, row["tickets"]),
    }


class Floor:
    """The operations over one pool. `clock` is for tests."""

    def __init__(self, pool: Any, verifier: TokenVerifier, clock: Callable[[], datetime]) -> None:  # noqa: ANN401 - a pool of asyncpg
        self._pool = pool
        self._verifier = verifier
        self._clock = clock
        self._source = RandomSource()
        self._operations: dict[str, Callable[[Claims | None, Data], Awaitable[Data]]] = {
            "/typename": self._typename,
            "/discover": self._discover,
            "/listing": self._listing,
            "/detail": self._detail,
            "/my_registrations": self._my_registrations,
            "/register": self._register,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: the path names the operation, the body is a JSON object with its variables."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        try:
            status, answer = 200, await self._operations[scope["path"]](await self._claims(scope), orjson.loads(body))
        except Refused as refused:
            status, answer = refused.status, None
        text = orjson.dumps({"data": answer})
        headers = [*_JSON, (b"content-length", b"%d" % len(text))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    async def _claims(self, scope: Scope) -> Claims | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                try:
                    return await self._verifier.verify(value.decode("latin-1").removeprefix("Bearer "))
                except TokenIsInvalid:
                    raise Refused(401) from None
        return None

    async def _typename(self, _claims: Claims | None, _variables: Data) -> Data:
        return {"__typename": "Query"}

    async def _discover(self, _claims: Claims | None, _variables: Data) -> Data:
        rows, page = _page(await self._pool.fetch(statements.DISCOVER, self._clock()), 20, "STARTS_AT_ASC")
        return {"events": {"edges": [{"node": _shown(row)} for row in rows], "pageInfo": page}}

    async def _listing(self, _claims: Claims | None, _variables: Data) -> Data:
        rows, page = _page(await self._pool.fetch(statements.LISTING, self._clock()), 500, "STARTS_AT_ASC")
        return {"events": {"edges": [{"node": _listed(row)} for row in rows], "pageInfo": page}}

    async def _detail(self, claims: Claims | None, variables: Data) -> Data:
        [event_id] = ids.decode(variables["id"]).key
        [row] = await self._of_account(claims, statements.DETAIL, event_id)
        return {"event": _detailed(row, self._clock()) if row["id"] else None}

    async def _my_registrations(self, claims: Claims | None, _variables: Data) -> Data:
        found = await self._of_account(claims, statements.MY_REGISTRATIONS)
        first, now = found[0], self._clock()
        rows, page = _page([row for row in found if row["id"]], 10, WINDOW_ORDERS["user_registrations"])
        return {
            "viewer": {
                "id": global_id("usr", first["viewer_id"]),
                "name": first["viewer_name"],
                "email": first["email"],
                "registrations": {
                    "edges": [{"node": _mine(row, now)} for row in rows],
                    "pageInfo": page,
                    "totalCount": first["total"],
                },
            }
        }

    async def _of_account(self, claims: Claims | None, sql: str, *values: object) -> list[Row]:
        if claims is None:
            raise Refused(401)
        rows = await self._pool.fetch(sql, claims.issuer, claims.subject, *values)
        if not rows or rows[0]["account_status"] != "ACTIVE":
            raise Refused(401)
        return rows

    async def _register(self, claims: Claims | None, variables: Data) -> Data:
        if claims is None:
            raise Refused(401)
        given, source = variables["input"], self._source
        [event_id], [_, tier_id] = ids.decode(given["eventId"]).key, ids.decode(given["ticketTierId"]).key
        quantity: int = given.get("quantity", 1)
        if not 1 <= quantity <= 100:
            raise Refused(400)
        try:
            row = await self._pool.fetchrow(
                statements.REGISTER,
                *(claims.issuer, claims.subject, event_id, tier_id, quantity, source.new_id()),
                [source.new_id() for _ in range(quantity)],
                [source.new_ticket_code() for _ in range(quantity)],
                given["idempotencyKey"],
                input_hash(Register(EventId(event_id), TicketTierId(tier_id), quantity)),
                str(uuid7()),
                self._clock(),
            )
        except asyncpg.RaiseError as refusal:
            return {"register": {"registration": None, "problems": [{"code": str(refusal)}]}}
        if row["refusal"]:
            return {"register": {"registration": None, "problems": [{"code": row["refusal"]}]}}
        registration = {
            "id": global_id("reg", event_id, row["id"]),
            "status": row["status"],
            "quantity": row["quantity"],
            "price": _money(row["price_minor"], row["currency"]),
            "createdAt": row["created_at"],
            "tickets": _tickets(event_id, zip(row["keys"], row["codes"], row["states"], strict=True)),
        }
        return {"register": {"registration": registration, "problems": []}}


async def connect(url: str) -> Any:  # noqa: ANN401 - a pool of asyncpg
    """A pool whose sessions know the floor's function, and are not reset between statements."""

    async def prepare(connection: Any) -> None:  # noqa: ANN401 - as asyncpg types its callback
        await connection.execute(statements.REGISTER_FUNCTION)

    return await asyncpg.create_pool(
        url,
        min_size=POOL_SIZE,
        max_size=POOL_SIZE,
        init=prepare,
        reset=_nothing,
        command_timeout=20,
        server_settings={"application_name": "floor", "timezone": "UTC"},
    )


async def _nothing(_: object) -> None:
    """Statements leave nothing behind in a session."""


def served() -> App:
    """The application for a server of ASGI: `BILTEN_HOME` holds the key of tokens, `BILTEN_DATABASE_URL` is needed."""
    settings = Settings.load()
    floor: Floor | None = None

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal floor
        if scope["type"] == "http" and floor is not None:
            await floor(scope, receive, send)
            return
        await receive()
        pool = await connect(os.environ["BILTEN_DATABASE_URL"])
        floor = Floor(pool, create_verifier(settings, _now), _now)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    return app


def _now() -> datetime:
    return datetime.now(UTC)
