"""What tests read of an event, and the draft that they begin with."""

from typing import Any

from tests.api import Api
from tests.world import Listed, Team, World

LIFE = "event { id status version publishedAt availableTransitions { to allowed reason } }"
READ = """
query ($id: ID!) {
  event(id: $id) {
    id slug title summary description category tags status startsAt endsAt startsAtLocal endsAtLocal timezone online
    url capacity publishedAt createdAt updatedAt version venue { id }
    capacityStatus { version capacity }
    ticketTiers { name quota sold available salesStartAt salesEndAt perPersonLimit price { amountMinor currency } }
    availableTransitions { to allowed reason }
  }
}
"""


async def read(api: Api, event_id: str, by: str) -> dict[str, Any]:
    return (await api.run(READ, {"id": event_id}, by=by)).data["event"]


async def history(api: Api, event_id: str, by: str) -> list[dict[str, Any]]:
    document = "query ($id: ID!) { event(id: $id) { history { edges { node { kind version } } } } }"
    answer = await api.run(document, {"id": event_id}, by=by)
    return [edge["node"] for edge in answer.data["event"]["history"]["edges"]]


def allowed(event: dict[str, Any]) -> set[str]:
    return {way["to"] for way in event["availableTransitions"] if way["allowed"]}


async def draft(api: Api, **details: Any) -> tuple[World, Team, Listed]:
    world = World(api)
    team = await world.team()
    return world, team, await world.event(team, published=False, **details)
