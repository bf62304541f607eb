"""What is measured: the operations, and the requests that ask for them on a seeded database."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import orjson

from bilten.auth import issue_token
from bilten.config import Settings
from db.database import BareConnection
from domain.users import DEVELOPMENT_ISSUER
from schema import ids

DOCUMENTS = Path(__file__).parent / "documents"
PEOPLE, READERS, PLACES = 20_000, 2_000, 1_000
"""How many users take part in registering, how many read their pages, and how many events they look at."""
LIFETIME = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Operation:
    """One row of the table. The document of Bilten and the path of the floor have the name of `asks`."""

    name: str
    title: str
    asks: str
    statements: int
    """How many SQL statements Bilten takes, a lane's batch aside, which many share; the floor takes one, or none."""
    connections: int = 32
    """How many clients ask at once."""

    @property
    def document(self) -> str:
        """The GraphQL document."""
        return (DOCUMENTS / f"{self.asks}.graphql").read_text(encoding="utf-8")

    @property
    def writes(self) -> bool:
        """Whether each request has to be a new one."""
        return self.asks == "register"


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation("typename", "`{ __typename }`", "typename", 0),
        Operation("discover", "discover: 20 upcoming events", "discover", 2),
        Operation("detail", "one event by id, signed in", "detail", 8),
        Operation("my_registrations", "my registrations, signed in", "my_registrations", 8),
        Operation("listing", "500 events, 8 fields each and the organization", "listing", 1, connections=8),
        Operation("register", "register, everybody for one event", "register", 4),
        Operation("register_spread", "register, for many events", "register", 4),
    )
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the variables and who asks."""

    variables: dict[str, Any]
    token: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the request."""
        signed = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return {"content-type": "application/json", **signed}

    def bodies(self, operation: Operation) -> tuple[bytes, bytes]:
        """As Bilten gets it, and as the floor does."""
        query = {"query": operation.document, **({"variables": self.variables} if self.variables else {})}
        return orjson.dumps(query), orjson.dumps(self.variables)


@dataclass(frozen=True, slots=True)
class Target:
    """A ticket tier that anybody can register for, as often as they like."""

    event_id: UUID
    tier_id: UUID


_GUESTS = """
SELECT account.email FROM users AS account
WHERE account.status = 'ACTIVE' AND account.issuer = $2 AND account.platform_role IS NULL
    AND NOT EXISTS (SELECT FROM memberships AS m WHERE m.user_id = account.id)
ORDER BY md5(account.id::text) LIMIT $1
"""
_TARGETS = """
SELECT event.id, tier.id AS tier_id FROM events AS event
JOIN event_heads AS head ON head.event_id = event.id AND head.sales_open
JOIN ticket_tiers AS tier ON tier.event_id = event.id AND tier.sales_start_at IS NULL AND tier.sales_end_at IS NULL
WHERE event.status = 'PUBLISHED' AND event.starts_at > $2::timestamptz + interval '2 days'
ORDER BY md5(event.id::text) LIMIT $1
"""
_OPEN_POOLS = "UPDATE capacity_pools SET capacity = NULL WHERE event_id = $1 AND id IN ($1, $2)"
_OPEN_TIERS = "UPDATE ticket_tiers SET per_person_limit = NULL WHERE event_id = $1 AND id = $2"
_VISITS = """
SELECT registration.event_id, account.email FROM registrations AS registration
JOIN events AS event ON event.id = registration.event_id AND event.status = 'PUBLISHED'
JOIN users AS account ON account.id = registration.user_id AND account.status = 'ACTIVE'
ORDER BY md5(registration.id::text) LIMIT $1
"""


@dataclass(slots=True)
class Sample:
    """People and events of the database, chosen once; requests are made of them."""

    guests: Sequence[str]
    """Tokens of guests, who belong to no team."""
    targets: Sequence[Target]
    visits: Sequence[tuple[UUID, str]]
    """Events, each with the token of somebody; every other one has registered for it."""

    def of(self, operation: Operation, count: int) -> Iterator[Asked]:
        """So many requests; those that read come again in turn."""
        match operation.asks:
            case "detail":
                for place in range(min(count, len(self.visits))):
                    event_id, token = self.visits[place]
                    yield Asked({"id": ids.encode("Event", event_id)}, token)
            case "my_registrations":
                for token in self.guests[: min(count, READERS)]:
                    yield Asked({}, token)
            case "register":
                targets = self.targets if operation.name == "register_spread" else self.targets[:1]
                for place in range(count):
                    target = targets[place % len(targets)]
                    yield Asked(_registration(target), self.guests[place % len(self.guests)])
            case _:
                yield Asked({})


def _registration(target: Target) -> dict[str, Any]:
    return {
        "input": {
            "eventId": ids.encode("Event", target.event_id),
            "ticketTierId": ids.encode("TicketTier", target.event_id, target.tier_id),
            "quantity": 1,
            "idempotencyKey": str(uuid4()),
        }
    }


def comparable(operation: Operation, answer: Any) -> Any:  # noqa: ANN401 - JSON
    """What two servers have to agree on: of what was made just now, not its ids, codes and time."""
    if not operation.writes:
        return answer
    made = answer["data"]["register"]["registration"]
    tickets = [ticket | {"id": "", "code": ""} for ticket in made["tickets"]]
    return {**answer["data"]["register"], "registration": made | {"id": "", "createdAt": "", "tickets": tickets}}


async def take_sample(
    connection: BareConnection, settings: Settings, now: datetime, *, people: int = PEOPLE, places: int = PLACES
) -> Sample:
    """Choose people and events, the same in every run, and make sure that nobody is refused a place."""
    emails = [row["email"] for row in await connection.fetch(_GUESTS, people, DEVELOPMENT_ISSUER)]
    targets = [Target(row["id"], row["tier_id"]) for row in await connection.fetch(_TARGETS, places, now)]
    if not emails or not targets:
        message = "the database has no guests, or no event that is on sale: seed it with more events, and anew"
        raise SystemExit(message)
    for target in targets:
        await connection.execute(_OPEN_POOLS, target.event_id, target.tier_id)
        await connection.execute(_OPEN_TIERS, target.event_id, target.tier_id)
    came = [(row["event_id"], row["email"]) for row in await connection.fetch(_VISITS, places // 2)]
    guests = {email: issue_token(settings, email, lifetime=LIFETIME, now=now) for email in emails}
    tokens = {email: issue_token(settings, email, lifetime=LIFETIME, now=now) for _, email in came}
    chance = random.Random(1)  # noqa: S311 - wanted: the same again, not a secret
    visits = [(event_id, tokens[email]) for event_id, email in came]
    visits += [
        (target.event_id, guests[emails[place % len(emails)]]) for place, target in enumerate(targets[: len(came)])
    ]
    chance.shuffle(visits)
    return Sample(list(guests.values()), targets, visits)
