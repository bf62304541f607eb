"""A schema in which everything happens that may happen to an operation, and its mutations, which leave their marks."""

from datetime import date, datetime
from typing import Annotated, Any, Generic, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLSchema
from strawberry.scalars import JSON
from strawberry.schema.config import StrawberryConfig

from execution import hints
from tests.execution.plans.torture_faults import Later
from tests.execution.plans.torture_fields import (
    Framed,
    Info,
    Trusted,
    Vetted,
    after_a_while,
    at_once,
    guests,
    label,
    makers,
    neighbours,
    ranks,
    resolved_by,
    trail,
)
from tests.execution.plans.torture_world import Being, Mood, World

Entry = TypeVar("Entry")
Even = NewType("Even", int)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value % 2:
        message = f"{value!r} is not even"
        raise ValueError(message)
    return value


SCALARS: dict[object, Any] = {Even: strawberry.scalar(name="Even", serialize=_whole, parse_value=_whole)}
strawberry.enum(Mood)


@strawberry.interface
class Animate:
    """Whatever has a name and friends."""

    id: strawberry.ID
    name: str
    nickname: str | None
    mood: Mood | None
    friend: "Animate | None"
    friends: "list[Animate | None]"
    label: str = resolved_by(label)
    trail: str | None = resolved_by(trail)

    @classmethod
    def resolve_type(cls, value: Any, _info: object, _type: object) -> Any:
        return value.being.kind

    @classmethod
    def is_type_of(cls, value: Any, _info: object) -> bool:
        being: Being | None = getattr(value, "being", None)
        return being is None or being.kind == cls.__name__


@strawberry.type
class Place:
    """A place, which is no being."""

    id: strawberry.ID
    name: str
    key: UUID | None
    tags: list[str] | None
    guests: list[Animate | None] = resolved_by(guests)

    @classmethod
    def is_type_of(cls, value: Any, _info: object) -> bool:
        being: Being | None = getattr(value, "being", None)
        return being is None or being.kind == "Place"


Anything = Annotated["Person | Robot | Place", strawberry.union("Anything")]


@strawberry.type
class Person(Animate):
    """A being that is read by key."""

    age: int | None
    height: float | None
    weight: float
    is_awake: bool | None
    moods: list[Mood]
    born: datetime
    day: date | None
    key: UUID
    score: Even | None
    anything: JSON | None
    tags: list[str]
    grid: list[list[int | None] | None] | None
    strict_grid: list[list[int]]
    home: Place | None
    strict_friend: "Robot"
    fans: "list[Person] | None" = resolved_by(after_a_while("fans"))
    maker: "Person | None" = resolved_by(after_a_while("maker"))
    rank: int | None = resolved_by(ranks)
    patron: "Person | None" = resolved_by(makers)
    neighbours: "list[Animate | None] | None" = resolved_by(neighbours)


@strawberry.type
class Robot(Animate):
    """A being that is read by attribute."""

    age: int
    height: float
    is_awake: bool
    born: datetime | None
    score: Even
    tags: list[str | None] | None
    crowd: list[list[Animate]] | None
    things: list[Anything]
    maker: Person = resolved_by(after_a_while("maker"))
    rank: int = resolved_by(ranks)
    patron: Person = resolved_by(makers)
    neighbours: list[Animate] = resolved_by(neighbours)
    home: Place = resolved_by(at_once("home"))
    secret: str | None = resolved_by(at_once("nickname"), permission_classes=[Trusted])
    deeper_secret: str = resolved_by(after_a_while("name"), permission_classes=[Vetted, Trusted])
    framed: str | None = resolved_by(at_once("nickname"), extensions=[Framed()])


@strawberry.type
class PageEdge(Generic[Entry]):
    """An entry with its place."""

    cursor: str
    node: Entry


@strawberry.type
class Page(Generic[Entry]):
    """Some entries of a list."""

    edges: list[PageEdge[Entry]]
    has_more: bool
    world: strawberry.Private[World]

    @strawberry.field
    async def total_count(self) -> int:
        await Later(1, lambda: None)
        return self.world.faults.read("Page.total", str(len(self.edges)), lambda: 100)


def page(world: World, nodes: list[Any]) -> Any:
    """The page of these entries."""
    edges: list[PageEdge[Any]] = [PageEdge(cursor=f"c{place}", node=node) for place, node in enumerate(nodes)]
    made: Page[Any] = Page(edges=edges, has_more=bool(nodes), world=world)
    return made


@strawberry.input
class Range:
    """Bounds."""

    low: int = 0
    high: int | None = None


@strawberry.input
class Filter:
    """What to look for."""

    mood: Mood | None = Mood.HAPPY
    names: list[str] | None = None
    ages: list[Range] | None = strawberry.UNSET
    even: Even | None = None
    since: datetime | None = None
    limit: int = 2


@strawberry.input(one_of=True)
class Key:
    """One way to say which."""

    id: strawberry.ID | None = strawberry.UNSET
    number: int | None = strawberry.UNSET


@strawberry.type
class Query:
    """Everything that can be read."""

    @strawberry.field
    def person(self, info: Info, id: strawberry.ID = strawberry.ID("1")) -> Person | None:  # noqa: A002, B008 - arguments
        return info.context.faults.read("Query.person", id, lambda: info.context.make("Person", id))

    @strawberry.field
    async def robot(self, info: Info, key: Key | None = None) -> Robot:
        await Later(2, lambda: None)
        return info.context.faults.read("Query.robot", str(key), lambda: info.context.make("Robot", 7))

    @strawberry.field
    def being(self, info: Info, number: int) -> Animate | None:
        return info.context.some("being", number)

    @strawberry.field
    async def anything(self, info: Info, number: int = 3) -> Anything | None:
        return info.context.faults.read("Query.anything", str(number), lambda: info.context.some("any", number))

    @strawberry.field
    def beings(self, info: Info, count: int = 3) -> list[Animate]:
        return info.context.faults.read(
            "Query.beings", str(count), lambda: [info.context.some("beings", number) for number in range(count % 5)]
        )

    @strawberry.field
    async def people(self, info: Info, filter: Filter = Filter()) -> Page[Person]:  # noqa: A002, B008 - arguments
        limit = filter.limit % 4
        return page(info.context, [info.context.make("Person", f"{filter.mood}{place}") for place in range(limit)])

    @strawberry.field
    def robots(self, info: Info, first: int | None = 2) -> Page[Robot | None] | None:
        some = [info.context.make("Robot", place) if place != 1 else None for place in range((first or 0) % 4)]
        return info.context.faults.read("Query.robots", str(first), lambda: page(info.context, some))

    @strawberry.field
    def echo(  # noqa: PLR0917 - as many as there are kinds
        self,
        filter: Filter | None = None,  # noqa: A002 - an argument's name
        moods: list[Mood | None] | None = None,
        grid: list[list[int]] | None = None,
        when: datetime | None = None,
        text: str = "text",
        number: float | None = strawberry.UNSET,
    ) -> str:
        return f"{filter} {moods} {grid} {when} {text!r} {number}"

    @strawberry.field(permission_classes=[Vetted])
    def vault(self, info: Info) -> Person:
        return info.context.make("Person", "vault")


@strawberry.type
class Done:
    """What a mutation answers: how many there were when it was asked, and who it was done to."""

    effects: int
    person: Person | None
    strict_person: Person

    @strawberry.field
    async def effects_later(self, info: Info) -> int:
        await Later(2, lambda: None)
        return len(info.context.faults.effects)


def _do(info: Info, what: str, id_: str) -> Any:
    world = info.context
    world.faults.effects.append(f"{what} {id_}")
    person = world.make("Person", id_)
    done = Done(effects=len(world.faults.effects), person=person, strict_person=person)
    return world.faults.read(f"Mutation.{what}", id_, lambda: done)


@strawberry.type
class Mutation:
    """Everything that leaves a mark."""

    @strawberry.mutation
    def touch(self, info: Info, id: strawberry.ID) -> Done | None:  # noqa: A002 - an argument's name
        return _do(info, "touch", id)

    @strawberry.mutation
    async def move(self, info: Info, id: strawberry.ID, to: Filter | None = None) -> Done | None:  # noqa: A002 - as above
        await Later(2, lambda: None)
        return _do(info, "move", f"{id} {to}")

    @strawberry.mutation
    async def must(self, info: Info, number: int = 0) -> Done:
        await Later(1, lambda: None)
        return _do(info, "must", str(number))

    @strawberry.mutation(permission_classes=[Trusted])
    def dare(self, info: Info, even: Even) -> Done | None:
        return _do(info, "dare", str(even))


def _read(source: Any, name: str) -> Any:
    return source[name] if hasattr(source, "keys") else getattr(source, name)


@hints.left_to_encoder(datetime)
def _instant(value: Any) -> Any:
    return value.isoformat()


@hints.left_to_encoder(UUID)
def _key(value: Any) -> str:
    return str(value)


HINTED: dict[object, Any] = {
    datetime: strawberry.scalar(name="DateTime", serialize=_instant, parse_value=datetime.fromisoformat),
    UUID: strawberry.scalar(name="UUID", serialize=_key, parse_value=UUID),
}


def made(scalars: dict[object, Any], read: Any) -> strawberry.Schema:
    """The schema, with scalars and a way to read objects."""
    return strawberry.Schema(
        query=Query,
        mutation=Mutation,
        config=StrawberryConfig(scalar_map={**SCALARS, **scalars}, default_resolver=read),
    )


def core_of(schema: strawberry.Schema) -> GraphQLSchema:
    """What graphql-core knows of it."""
    return schema._schema  # pyright: ignore[reportPrivateUsage]


STRANGE = made({}, _read)
"""Nothing is known of its functions: each has to be called."""
FAMILIAR = made(HINTED, hints.read)
"""Its functions are those of which the engine knows what they do."""
