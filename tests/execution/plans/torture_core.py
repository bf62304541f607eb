"""What graphql-core lets a schema say and Strawberry does not, over the same world: a second torture schema."""

from typing import Any, cast

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    GraphQLUnionType,
)
from graphql.pyutils import Undefined

from tests.execution.plans.torture_faults import Later, Stream, number_of
from tests.execution.plans.torture_world import KINDS, World, being_of


def _shown(value: Any) -> Any:
    if value == "wrong":
        return Undefined
    return None if value == 7 else f"<{value}>"


SHOWN = GraphQLScalarType("Shown", serialize=_shown)
MOOD = GraphQLEnumType("Mood", {"HAPPY": "happy", "SAD": "sad", "ODD": "odd one"})


def _needed(type_: Any) -> Any:
    return GraphQLNonNull(type_)


def _some(type_: Any) -> Any:
    return GraphQLList(type_)


def _read(name: str, type_: Any) -> GraphQLField:
    def resolve(parent: Any, _: Any) -> Any:
        return being_of(parent).read(name)

    return GraphQLField(type_, resolve=resolve)


def _await(name: str, type_: Any) -> GraphQLField:
    async def resolve(parent: Any, _: Any) -> Any:
        being = being_of(parent)
        await Later(being.number(name, "turns") % 3, lambda: None)
        return being.read(name)

    return GraphQLField(type_, resolve=resolve)


def _stream(name: str, type_: Any) -> GraphQLField:
    async def resolve(parent: Any, _: Any) -> Any:
        found = being_of(parent).read(name)
        return Stream(cast("list[Any]", found)) if isinstance(found, list) else found

    return GraphQLField(type_, resolve=resolve)


def _mood(parent: Any, _: Any) -> Any:
    mood = being_of(parent).read("mood")
    return getattr(mood, "value", mood)


def _where(_: Any, info: Any, **given: Any) -> str:
    names = [node.name.value for node in info.field_nodes]
    return f"{info.path.as_list()} {info.parent_type} {info.return_type} {info.field_name} {names} {given}"


def _wide(depth: str) -> GraphQLField:
    given = {
        "text": GraphQLArgument(GraphQLString, out_name="words"),
        "grid": GraphQLArgument(_some(_some(GraphQLInt))),
        "mood": GraphQLArgument(MOOD),
    }
    return GraphQLField(_needed(GraphQLString) if depth == "strict" else GraphQLString, args=given, resolve=_where)


def _kind_at_once(value: Any, _info: Any, _type: Any) -> Any:
    return value.being.kind


async def _kind_later(value: Any, _info: Any, _type: Any) -> Any:
    await Later(1, lambda: None)
    return value.being.kind


def _is(kind: str) -> Any:
    def check(value: Any, _info: Any) -> Any:
        being = being_of(value)
        # Some take their time to find out, and one refuses its own.
        if being.number("is") % 5 == 0:
            return Later(1, lambda: being.kind == kind)
        return being.kind == kind and being.number("is") % 17 != 4

    return check


NAMED = GraphQLInterfaceType(
    "Named",
    lambda: {"id": GraphQLField(_needed(GraphQLID)), "name": GraphQLField(GraphQLString)},
    resolve_type=_kind_later,
)
AGED = GraphQLInterfaceType(
    "Aged",
    lambda: {
        "id": GraphQLField(_needed(GraphQLID)),
        "name": GraphQLField(GraphQLString),
        "age": GraphQLField(GraphQLInt),
        "friend": GraphQLField(NAMED),
    },
    interfaces=[NAMED],
    resolve_type=_kind_at_once,
)


def _person() -> dict[str, GraphQLField]:
    return {
        # Without a resolver: graphql-core finds these by itself, in a mapping.
        "id": GraphQLField(_needed(GraphQLID)),
        "name": GraphQLField(GraphQLString),
        "age": GraphQLField(GraphQLInt),
        "height": GraphQLField(_needed(GraphQLFloat)),
        "tags": GraphQLField(_needed(_some(_needed(GraphQLString)))),
        "friend": _await("friend", AGED),
        "friends": _stream("friends", _some(NAMED)),
        "fans": _stream("fans", _needed(_some(_needed(PERSON)))),
        "mood": GraphQLField(_needed(MOOD), resolve=_mood),
        "shown": _read("nickname", SHOWN),
        "where": _wide("strict"),
    }


def _robot() -> dict[str, GraphQLField]:
    return {
        "id": GraphQLField(_needed(GraphQLID)),
        "name": GraphQLField(GraphQLString),
        "age": GraphQLField(GraphQLInt),
        "weight": GraphQLField(_needed(GraphQLInt)),
        "grid": GraphQLField(_some(_some(GraphQLInt))),
        "friend": _read("friend", NAMED),
        "things": _await("things", _some(ANY)),
        "maker": _await("maker", _needed(PERSON)),
        "awake": _read("is_awake", _needed(GraphQLBoolean)),
        "shown": _await("nickname", _needed(SHOWN)),
        "where": _wide("loose"),
    }


PERSON: Any = GraphQLObjectType("Person", _person, interfaces=[AGED, NAMED], is_type_of=_is("Person"))
ROBOT = GraphQLObjectType("Robot", _robot, interfaces=[AGED, NAMED])
PLACE = GraphQLObjectType(
    "Place",
    lambda: {
        "id": _read("id", _needed(GraphQLID)),
        "name": _read("name", GraphQLString),
        "around": _read("things", ANY),
    },
    is_type_of=_is("Place"),
)
# Nobody says how to tell its members apart: each is asked whether it is one.
ANY: Any = GraphQLUnionType("Any", [PERSON, PLACE])


def _being(_: Any, info: Any, number: int = 0) -> Any:
    return info.context.some("core", number)


async def _any(_: Any, info: Any, number: int | None = 2) -> Any:
    await Later(1, lambda: None)
    kind = (KINDS[0], KINDS[2])[(number or 0) % 2]
    return info.context.faults.read("Query.any", str(number), lambda: info.context.make(kind, number))


def _beings(_: Any, info: Any, count: int = 2) -> Any:
    def one(place: int) -> Any:
        being = info.context.make(KINDS[place % 2], place)
        return being if number_of("wait", place) % 2 else Later(place, lambda: being)

    return (one(place) for place in range(count % 5))


def _made(kind: str) -> Any:
    def resolve(_: Any, info: Any) -> Any:
        return info.context.make(kind, 1)

    return resolve


def _counted(name: str, type_: Any, default: int) -> dict[str, GraphQLArgument]:
    return {name: GraphQLArgument(type_, default_value=default)}


QUERY = GraphQLObjectType(
    "Query",
    lambda: {
        "being": GraphQLField(NAMED, args=_counted("number", _needed(GraphQLInt), 0), resolve=_being),
        "any": GraphQLField(ANY, args=_counted("number", GraphQLInt, 2), resolve=_any),
        "beings": GraphQLField(_some(_needed(AGED)), args=_counted("count", _needed(GraphQLInt), 2), resolve=_beings),
        "person": GraphQLField(PERSON, resolve=_made("Person")),
        "robot": GraphQLField(_needed(ROBOT), resolve=_made("Robot")),
        # Found in the root value: one of them is a function, one waits.
        "called": GraphQLField(GraphQLString, args={"times": GraphQLArgument(GraphQLInt)}),
        "waited": GraphQLField(_needed(PERSON)),
        "shown": GraphQLField(SHOWN),
    },
)


def _act(name: str) -> Any:
    async def resolve(_: Any, info: Any, number: int = 1) -> Any:
        world: World = info.context
        await Later(number_of(name) % 3, lambda: None)
        world.faults.effects.append(f"{name} {number}")
        return world.faults.read(f"Mutation.{name}", str(number), lambda: world.make("Person", number))

    return resolve


MUTATION = GraphQLObjectType(
    "Mutation",
    lambda: {
        "act": GraphQLField(PERSON, args=_counted("number", GraphQLInt, 1), resolve=_act("act")),
        "insist": GraphQLField(_needed(PERSON), args=_counted("number", GraphQLInt, 1), resolve=_act("insist")),
    },
)
CORE = GraphQLSchema(QUERY, MUTATION, types=[PERSON, ROBOT, PLACE])


class Root:
    """The root value, whose members are found by name."""

    shown = "shown"

    def called(self, _info: Any, times: int | None = None) -> str:
        return f"called {times}"

    async def waited(self, info: Any) -> Any:
        await Later(1, lambda: None)
        return info.context.make("Person", "root")
