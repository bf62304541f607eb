"""The comparison notices what it is there for, and the documents that it is fed are good ones."""

from random import Random
from typing import Any

import pytest
from graphql import GraphQLError, parse, validate
from graphql.execution import ExecutionResult

from tests.execution.plans.test_differential import SUBJECTS, UNHEARD
from tests.execution.plans.torture_cases import collected_at_the_end
from tests.execution.plans.torture_comparison import Outcome, difference, finished, invented, without_spreading
from tests.execution.plans.torture_documents import Document, Drawn
from tests.execution.plans.torture_faults import Faults
from tests.execution.plans.torture_shrinking import shrunk
from tests.execution.plans.torture_supply import supply
from tests.execution.plans.torture_world import World


def drawn(subject: str, seed: str) -> Drawn:
    random = Random(seed)  # noqa: S311 - a test's own dice
    return Document(SUBJECTS[subject].schema, random, supply).draw(random.choice(("query", "mutation")), 3)


async def outcome(data: Any, *errors: GraphQLError, effects: tuple[str, ...] = ()) -> Outcome:
    return await finished(ExecutionResult(data, list(errors)), lambda: list(effects))


def error(*path: str | int, message: str = "broken") -> GraphQLError:
    return GraphQLError(message, path=list(path))


# --- The documents --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", SUBJECTS)
def test_drawn_documents_are_valid(subject: str) -> None:
    for number in range(150):
        text = drawn(subject, f"valid:{number}").text

        assert validate(SUBJECTS[subject].schema, parse(text)) == [], text


def test_drawn_documents_use_all_that_a_document_may_hold() -> None:
    texts = "\n".join(drawn("familiar", f"all:{number}").text for number in range(150))

    parts = ("mutation", "fragment F0", "...F0", "... on ", "... {", "@skip(if: $", "@include(if: true)")
    for part in (*parts, "__typename", ": name", "= false", "[", "null", "$v0: "):
        assert part in texts


def test_same_seed_draws_the_same_document_and_values() -> None:
    one, other = drawn("core", "again"), drawn("core", "again")

    assert (one.text, one.values(wrong=True)) == (other.text, other.values(wrong=True))


@UNHEARD
async def test_most_operations_succeed_until_reads_fail() -> None:
    clean = broken = 0
    with collected_at_the_end():
        for number in range(100):
            asked = drawn("familiar", f"health:{number}")
            values = asked.values(wrong=False)
            for percent in (0, 20):
                context = World(Faults(f"health:{number}", percent))
                found = await finished(SUBJECTS["familiar"].plainly(parse(asked.text), values, context))
                clean += percent == 0 and not found.errors
                broken += percent == 20 and bool(found.errors)

    assert clean > 40
    assert broken > 60


# --- The comparison -------------------------------------------------------------------------------------------------

FRIEND = {"person": {"name": "a", "friend": None}}


@pytest.mark.parametrize(
    ("core", "plan"),
    [
        (({"a": 1, "b": 2},), ({"b": 2, "a": 1},)),
        (({"a": 1},), ({"a": 1.0},)),
        (({"a": None},), (None,)),
        ((FRIEND, error("person", "friend")), (FRIEND,)),
        ((FRIEND,), (FRIEND, error("person", "friend"))),
        ((FRIEND, error("person", "friend")), (FRIEND, error("person", "friend", message="else"))),
        ((FRIEND, error("person", "friend")), (FRIEND, error("person", "friend"), error("person", "friend"))),
        ((FRIEND, error("person", "friend", "name")), (FRIEND,)),
        ((FRIEND, error("person", "friend", "name")), (FRIEND, error("person", "friend"))),
        ((None, error("person", "name")), (None,)),
    ],
    ids=["order", "number", "null", "missing error", "error too many", "message", "twice", "no error below a null",
         "error at a null instead of below", "no error of the whole"],
)  # fmt: skip
async def test_difference_is_noticed(core: tuple[Any, ...], plan: tuple[Any, ...]) -> None:
    assert difference(await outcome(*core), await outcome(*plan)) is not None


async def test_effects_are_compared_in_their_order() -> None:
    one, other = await outcome({}, effects=("a", "b")), await outcome({}, effects=("b", "a"))

    assert difference(one, other) is not None


async def test_order_of_errors_and_their_choice_below_a_null_make_no_difference() -> None:
    first, second, third = error("person", "name"), error("person", "friend", "a"), error("person", "friend", "b")

    core, plan = await outcome(FRIEND, first, second), await outcome(FRIEND, third, second, first)

    assert difference(core, plan) is None


async def test_error_below_a_null_that_nothing_causes_is_noticed() -> None:
    document = parse("{ vault { maker { name } } }")
    everything = await finished(
        SUBJECTS["familiar"].plainly(without_spreading(document), {}, World(Faults("invented", 100)))
    )
    real, unreal = everything.errors[0], error("vault", "maker", "name", message="made up")

    assert invented(Outcome(None, (real,), ()), everything) is None
    assert invented(Outcome(None, (dict(unreal.formatted),), ()), everything) is not None


async def test_document_is_shrunk_to_what_shows_the_difference() -> None:
    text = """
    query Q($v: Boolean! = true, $w: String) {
      person { name ...F age @skip(if: $v) label(style: $w) }
      vault { id }
    }
    fragment F on Person { tags home { id name @include(if: true) } }
    """

    async def shows(candidate: str) -> bool:
        return "home" in candidate

    smallest = await shrunk(SUBJECTS["familiar"].schema, text, shows)

    assert " ".join(smallest.split()) == "query Q { person { ...F } } fragment F on Person { home { name } }"
