"""Problems: what a refusal tells programs beside its message."""

from collections.abc import Mapping
from typing import Any, cast

import strawberry
from strawberry.schema.config import StrawberryConfig

from domain import errors
from resolvers.context import Context
from schema.context import Info
from schema.problems import Payload, answer
from schema.scalars import SCALARS
from tests.api import Api
from tests.commands import refusals
from tests.world import World, address


class _Asker:
    """A context with nothing to begin."""

    async def begin(self) -> None:
        pass


async def _is_busy(_: Context) -> None:
    raise errors.Busy(waiting=1_000, retry_after=180)


async def _show(_: Context, __: None) -> Mapping[str, Any]:
    raise AssertionError


@strawberry.type
class _Query:
    @strawberry.field
    async def crowded(self, info: Info) -> Payload:
        return await answer(Payload, info, _is_busy, _show)


async def test_who_is_turned_away_learns_when_to_come_back() -> None:
    schema = strawberry.Schema(_Query, config=StrawberryConfig(scalar_map=SCALARS))
    document = "{ crowded { problems { code message retryable retryAfter params } } }"

    result = await schema.execute(document, context_value=_Asker())

    assert result.errors is None
    assert cast("dict[str, Any]", result.data)["crowded"]["problems"] == [
        {
            "code": "BUSY",
            "message": "1000 requests are waiting here already: try again in 180 milliseconds.",
            "retryable": True,
            "retryAfter": 180,
            "params": {"waiting": 1_000, "retryAfter": 180},
        }
    ]


async def test_problem_has_the_numbers_of_its_message_by_name(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team(), capacity=3)

    [problem] = await refusals(
        api, address("guest"), "register", eventId=event.id, ticketTierId=event.tiers["Standard"], quantity=4
    )

    assert problem["code"] == "SOLD_OUT"
    assert problem["params"] == {"asked": 4, "available": 3}
    assert problem["retryAfter"] is None
