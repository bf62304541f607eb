"""Both engines give the same answers over our own schema and a real database, asked as clients ask."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from random import Random
from typing import Any, cast

import pytest
from graphql import GraphQLSchema

from schema import schema
from schema.ids import PREFIXES
from tests.api import Answer, Api, Clock, running_api
from tests.execution.plans.torture_cases import CASES, SEED
from tests.execution.plans.torture_comparison import Outcome, difference
from tests.execution.plans.torture_documents import Document, Drawn
from tests.operations.data import GUEST, MANAGER, OWNER, STAFF, make_platform
from tests.operations.databases import NOON, own_database

OURS: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]
CHUNKS = 4
DOCUMENTS = CASES // 30
VIEWERS = (None, OWNER, MANAGER, STAFF, GUEST)
SIZES = {"first", "last"}
RARE = {"last", "before", "after"}
"""A page goes either way, and a cursor belongs to one list."""
EXISTING = """
{
  events(first: 20) { edges { cursor node { id slug organization { id } venue { id } ticketTiers { id } } } }
  viewer {
    id
    memberships { id organization { id slug } }
    registrations(first: 5) { edges { node { id tickets { id } } } }
  }
}
"""


@dataclass(frozen=True, slots=True)
class Platforms:
    """The same platform behind each engine, and what is on it by the name of its field."""

    compiled: Api
    core: Api
    known: dict[str, list[Any]]

    def supply(self, random: Random, scalar: str, where: str) -> Any:
        """A value for an argument: often one that leads to something."""
        name = where.rpartition(".")[2]
        if name in SIZES or scalar == "Int":
            return random.randint(0, 3)
        known = self.known.get({"after": "cursor", "before": "cursor"}.get(name, name), [])
        if scalar == "ID":
            meant = [prefix for typename, prefix in PREFIXES.items() if typename.lower() in where.lower()]
            known = [id_ for id_ in self.known["id"] if not meant or id_.startswith(meant[-1])]
        if known and random.random() < 0.95:
            return random.choice(known)
        return random.choice(VALUES.get(scalar, ("text", "", "evening")))


VALUES: dict[str, tuple[Any, ...]] = {
    "Boolean": (True, False),
    "DateTime": ("2026-12-04T00:00:00Z", "2027-01-01T00:00:00+01:00"),
    "Date": ("2026-12-04",),
    "LocalDateTime": ("2026-12-04T18:00", "2026-12-04T18:00:00"),
    "TimeZone": ("Europe/Ljubljana", "UTC"),
    "CountryCode": ("SI",),
    "CurrencyCode": ("EUR",),
    "URL": ("https://library.example",),
}


def found(data: Any, name: str) -> list[Any]:
    """Every value of this field in an answer, however deep."""
    if isinstance(data, dict):
        members = cast("dict[str, Any]", data)
        own = [value for field, value in members.items() if field == name]
        return own + [entry for value in members.values() for entry in found(value, name)]
    return (
        [entry for value in cast("list[Any]", data) for entry in found(value, name)] if isinstance(data, list) else []
    )


@pytest.fixture(scope="module")
async def platforms(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Platforms]:
    home = tmp_path_factory.mktemp("home")
    async with (
        own_database(postgres_admin_url) as database,
        running_api(database, redis_url, home, Clock(NOON), engine="compiled") as compiled,
        running_api(database, redis_url, home, Clock(NOON), engine="core") as core,
    ):
        await make_platform(compiled)
        answers = [await core.run(EXISTING, by=who) for who in VIEWERS]
        known = {
            name: sorted(set(found([answer.body for answer in answers], name))) for name in ("id", "slug", "cursor")
        }
        yield Platforms(compiled, core, known)


def outcome(answer: Answer) -> Outcome:
    """What must not depend on the engine."""
    return Outcome(answer.body.get("data"), tuple(answer.errors), (str(answer.status), str(sorted(answer.body))))


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_our_schema_answers_alike_on_both_engines(platforms: Platforms, chunk: int) -> None:
    answered = 0
    for number in range(DOCUMENTS // CHUNKS):
        seed = f"{SEED}:ours:{chunk}:{number}"
        random = Random(seed)  # noqa: S311 - a test's own dice
        # Nobody may change anything: what both engines read stays the same.
        kind, by = ("mutation", None) if number % 10 == 9 else ("query", random.choice(VIEWERS))
        drawn: Drawn = Document(OURS, random, platforms.supply, most=15, rare=RARE).draw(kind, random.randint(2, 5))
        values = drawn.values(wrong=number % 7 == 0)

        compiled = await platforms.compiled.run(drawn.text, values, by=by)
        core = await platforms.core.run(drawn.text, values, by=by)

        told = f"{seed} as {by}\n{drawn.text}\n{values}"
        assert difference(outcome(core), outcome(compiled)) is None, told
        assert "INTERNAL" not in core.codes, told
        answered += core.body.get("data") is not None
    assert answered > DOCUMENTS // CHUNKS // 3
